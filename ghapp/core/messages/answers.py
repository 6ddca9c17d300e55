"""Answers to commands, and the notes that a run keeps of what people decided and of what went wrong."""

from collections.abc import Sequence

from ghapp.core.commands import Refusal, Verb
from ghapp.core.disarm import plain
from ghapp.core.messages.status import now_word, waits_for
from ghapp.core.messages.words import coded, money
from ghapp.core.run import Run, State


def not_allowed(login: str, verb: Verb, needed: str, has: str) -> str:
    """Said once to a person without the right."""
    has = "no role" if has == "none" else f"the role *{has}*"
    return f"@{login}, `/honk {verb}` needs the role *{needed}* on this repository, and you have {has} here."


def refusal(refused: Refusal) -> str:
    """The command was not understood."""
    hint = f" Did you mean `/honk {refused.suggestion}`?" if refused.suggestion else ""
    return f"{plain(refused.text)}{hint} `/honk help` lists what I understand."


def already_at_work(run: Run) -> str:
    """There is an open run on the thread."""
    where = f" Its pull request is #{run.pull}." if run.pull else ""
    waits = f"\n\n{waits_for(run)}" if waits_for(run) else ""
    return f"I am at it already ({now_word(run)}).{where} `/honk stop` ends it.{waits}"


def could_not(sentence: str) -> str:
    """GitHub refused, or something of ours broke, on the way."""
    return f"I could not act on this: {plain(sentence)}"


def nothing_to_stop() -> str:
    """Stop without a run."""
    return "Nothing is running here."


def nothing_to_retry() -> str:
    """Retry without a run."""
    return "There was no run here yet. `/honk fix` starts one."


def standing(run: Run | None, place: int | None = None) -> str:
    """The answer to status. `place` is how many attempts wait before the run's; None when it does not wait."""
    if run is None:
        return "There was no run here yet. `/honk fix` starts one."
    where = f" Pull request: #{run.pull}." if run.pull else ""
    waits = f"\n\n{waits_for(run)}" if waits_for(run) else ""
    ahead = f" {_ahead(place)}" if place is not None and run.state is State.QUEUED else ""
    return f"**{now_word(run)}**: {plain(run.reason or 'no reason was noted')}.{ahead}{where}{waits}"


def _ahead(place: int) -> str:
    if place == 0:
        return "It is the next one."
    return "1 run is before it." if place == 1 else f"{place} runs are before it."


def why(run: Run | None) -> str:
    """The answer to why."""
    if run is None:
        return "I have done nothing here yet, for no one has asked."
    steps = "\n".join(f"- {step.state.value.replace('_', ' ')}" for step in run.history[-12:])
    return f"It stands at **{now_word(run)}** because: {plain(run.reason)}\n\n{steps}"


def help_text() -> str:
    """The answer to help."""
    return "\n".join(
        [
            "I make the change, prove it with this repository's checks and open a pull request.",
            "",
            "| write | and I |",
            "|---|---|",
            "| `/honk` or `/honk fix …` | work on it, or change the pull request as you say |",
            "| any comment while I work | hear it at my next turn, if you may write here |",
            "| `/honk plan` | plan it; `/honk fix` goes on from there |",
            "| `/honk ask …` | answer, and change nothing |",
            "| `/honk review` | review this pull request |",
            "| `/honk stop`, `/honk retry` | stop, and keep what is done; try again |",
            "| `/honk status`, `/honk why` | say where it stands and why |",
            "| `/honk budget +5` | spend up to 5 dollars more, and go on |",
            "| `/honk allow` | let protected files through, if you maintain this |",
            "| `/honk update` | take in the base branch |",
            "| `/honk build` | look for its builds, and say where they are |",
            "| `/honk merge` | merge the commit that you see, once CI is green |",
            "| `/honk deploy NAME` | deploy it |",
            "| `/honk revert` | undo it after its merge, by a pull request |",
            "",
            "The labels `honk` and `honk:plan` do the same as `/honk fix` and `/honk plan`.",
        ]
    )


def no_ci() -> str:
    """Nothing was ever reported on the head."""
    return "No CI has reported on this commit, so it stays a draft: look at it, and mark it ready yourself."


def defect() -> str:
    """The one honest comment after a failure of our own."""
    return "something broke in Honk itself; its operator finds the details in the log"


# --- budget and protected files -------------------------------------------------------------------------------------


def nothing_open() -> str:
    """Budget without a run."""
    return "No run is open here. `/honk fix` starts one."


def topped_up_note(login: str, micros: int, word: str) -> str:
    """Kept with the run; `word`, such as `comment 7`, tells that this very word was acted on."""
    return f"@{login} added {money(micros)} to the budget ({word})."


def topped_up(run: Run, micros: int) -> str:
    """The answer to budget."""
    return (
        f"{money(micros)} more: this run may use {money(run.budget.micros)} now. It has used {money(run.usage.micros)}."
    )


def went_on(run: Run) -> str:
    """A button of a pause that is over was pressed."""
    return f"Nothing was added: that pause is over. The run may use {money(run.budget.micros)}."


def above_the_cap(total: int, cap: int) -> str:
    """Budget beyond what people with write may give."""
    return f"That would make {money(total)}. Above {money(cap)} it takes the role *maintain* (`budget.cap`)."


def too_little(run: Run, total: int) -> str:
    """Budget that is spent already."""
    return (
        f"That would make {money(total)}, and {money(run.usage.micros)} is used already. "
        "Add more, and it goes on where it was."
    )


def nothing_to_allow() -> str:
    """Allow without a run that is paused for it."""
    return "No run waits for that here."


def said_before_the_pause() -> str:
    """Allow that came before what it would allow was shown."""
    return "That was said before I showed what waits now. Look at that, and say `/honk allow` again."


def allowed_by(login: str, word: str) -> str:
    """How the note of an allowance begins. `word` as above."""
    return f"@{login} let through ({word}): "


def allowed_note(login: str, word: str, paths: Sequence[str]) -> str:
    """Kept with the run: who let what through."""
    return allowed_by(login, word) + ", ".join(map(coded, paths))


def let_through() -> str:
    """The answer to allow."""
    return "These files go through, and I go on. The pull request says who allowed it."


# --- notes ----------------------------------------------------------------------------------------------------------


def conversation_lost() -> str:
    """The agent's conversation is gone; what stands in for it."""
    return "The conversation with the agent was lost. It goes on from the change so far and a summary of it."


def setup_refused(addresses: Sequence[str]) -> str:
    """Set-up dialled what it may not."""
    more = f" and {len(addresses) - 10} more" if len(addresses) > 10 else ""
    return f"Set-up was kept from reaching {', '.join(map(coded, addresses[:10]))}{more}."


def was_lacking(answer: str) -> str:
    """What the agent says the request lacked, after a run that failed."""
    return f"Asked what the request lacked, the agent says: {answer.strip()}"
