"""What each verb comes to, by the state of the thread's newest run. Who may say it has been looked at before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeGuard

from ghapp.core import messages
from ghapp.core.commands import Command, Verb, added_micros
from ghapp.core.config import Config, same_label
from ghapp.core.events import Actor
from ghapp.core.intents import (
    AllowPaths,
    Answer,
    AskAgent,
    BuildRun,
    CancelRun,
    DeployRun,
    Ignore,
    Intent,
    MergeRun,
    StartRun,
    SteerRun,
    TellStatus,
    TopUp,
    UpdateRun,
)
from ghapp.core.kinds import READING, changes_code, is_merged
from ghapp.core.rights import BEYOND_THE_CAP, Permission
from ghapp.core.run import ACTIVE, FOLLOWED, Conclusion, Pause, Remark, Run, State, Trigger

MAX_REMARK = 8_192

LISTENING = ACTIVE | {State.QUEUED, State.PAUSED}
"""States in which whatever is said on the thread is meant for the agent; later it takes a command to wake it."""
_STEERED = LISTENING | FOLLOWED
"""States in which a command's words are for the agent; a merged run has none any more."""

_SAME_SECONDS = 3
"""GitHub's timeline and its deliveries need not agree on the second in which a label was put on."""


@dataclass(frozen=True)
class Asked:
    """One command, who said it, when and where, and all that the answer depends on.

    `trigger` names the comment, or none for a box. `number` is the thread's, `place` that of the issue or pull request
    where it was said, `sha` the commit that a box or button names, and `pause` when that pause began which a button was
    shown for. `in_chat`: no comment, but a word or a tap in the chat.
    """

    command: Command
    by: Actor
    trigger: Trigger
    run: Run | None
    config: Config
    right: Permission
    number: int
    on_pull: bool = False
    place: int = 0
    sha: str = ""
    pause: float = 0.0
    in_chat: bool = False

    @property
    def pull(self) -> int | None:
        """The pull request that it was said on; None when that is an issue, or one of ours that is over.

        What is said on one of ours is on the issue's thread, so that its number is not the thread's.
        """
        run = self.run
        if not self.on_pull:
            return None
        if run is None or run.pull == self.number:
            return self.number
        return None if is_merged(run) or run.conclusion is Conclusion.CLOSED else run.pull

    @property
    def word(self) -> str:
        """What tells this word from every other that the run may remember."""
        at, number = self.trigger.at, self.trigger.comment
        if self.in_chat and number:
            return f"in Slack, {at.removesuffix('Z')}.{number % 10**6:06d}Z"  # two taps may be of one second
        return f"comment {number}" if number else f"box, {at}"

    @property
    def reason(self) -> str:
        return f"@{self.by.login} said {self.command.verb}"


def obey(asked: Asked) -> Intent:
    """What the command comes to."""
    return _VERBS[asked.command.verb](asked)


def start(run: Run | None, wanted: StartRun) -> Intent:
    """A new run, unless it is begun already or another one is at work. One that is merged and watched makes way."""
    if run is not None and _same_trigger(run.trigger, wanted.trigger):
        return Ignore("this has started a run already")
    if _is_at_it(run):
        return Answer(messages.already_at_work(run), "a run is open on this thread")
    return wanted


def steer(comment: int, login: str, text: str, *, wakes: bool) -> SteerRun:
    """A person's words for the agent."""
    return SteerRun(comment, Remark(login, text[:MAX_REMARK]), wakes, f"@{login} steers")


# --- which run -------------------------------------------------------------------------------------------------------


def _is_open(run: Run | None) -> TypeGuard[Run]:
    return run is not None and not run.is_done


def _is_at_it(run: Run | None) -> TypeGuard[Run]:
    """Whether the change is still being made, or followed to its merge."""
    return _is_open(run) and run.state is not State.DEPLOYING


def _is_parked(run: Run | None) -> TypeGuard[Run]:
    """Whether there is a pull request that nobody is at work on just now."""
    return run is not None and run.is_followed and run.pull is not None


def _is_merged(run: Run | None) -> TypeGuard[Run]:
    return run is not None and is_merged(run) and run.pull is not None


def _same_trigger(one: Trigger, other: Trigger) -> bool:
    """One labelling may be told twice, by a delivery and by the reconciler."""
    if one.label is None or other.label is None or not one.at:
        return one == other
    apart = datetime.fromisoformat(other.at) - datetime.fromisoformat(one.at)
    return same_label(one.label, other.label) and abs(apart.total_seconds()) < _SAME_SECONDS


# --- work ------------------------------------------------------------------------------------------------------------


def _fix(asked: Asked) -> Intent:
    """A new run; while one is open, the words of the command are for its agent."""
    run, words, comment = asked.run, asked.command.argument, asked.trigger.comment
    if _is_at_it(run) and run.state in _STEERED and words and comment and not _same_trigger(run.trigger, asked.trigger):
        return steer(comment, asked.by.login, words, wakes=True)
    return _begin(asked)


def _begin(asked: Asked) -> Intent:
    """A run of the verb's own kind, about the pull request that it was said on."""
    kind, words = asked.command.verb.value, asked.command.argument
    return start(asked.run, StartRun(kind, words, asked.trigger, asked.reason, pull=asked.pull))


def _ask(asked: Asked) -> Intent:
    """Of a pull request of ours that is open, its own agent answers, who knows why it is as it is."""
    run, comment = asked.run, asked.trigger.comment
    if _is_parked(run) and changes_code(run) and comment:
        return AskAgent(comment, Remark(asked.by.login, asked.command.argument[:MAX_REMARK]), asked.reason)
    return _begin(asked)


def _review(asked: Asked) -> Intent:
    if asked.pull is None:
        return Answer(messages.review_needs_a_pull(), "there is no open pull request to review")
    return _begin(asked)


def _retry(asked: Asked) -> Intent:
    """The same again, about the same pull request of somebody's; a pull request of ours stays as it is."""
    run = asked.run
    if run is None:
        return Answer(messages.nothing_to_retry(), "there was no run")
    rule = asked.config.rule(run.trigger.label)
    engine = rule.engine if rule else None
    pull = run.pull if run.target or run.kind in READING else run.reverts
    words, model = run.request.instruction, run.model or None
    return start(run, StartRun(run.kind, words, asked.trigger, asked.reason, model, engine, pull))


def _stop(asked: Asked) -> Intent:
    run = asked.run
    if not _is_open(run):
        return Answer(messages.nothing_to_stop(), "no run is open")
    if _is_at_it(run):
        return CancelRun(Conclusion.CANCELLED, asked.reason)
    return CancelRun(Conclusion.MERGED, f"{asked.reason}: it is merged, and not watched any more")


def _update(asked: Asked) -> Intent:
    run = asked.run
    if _is_parked(run):
        return _about_another(asked, run) or UpdateRun(asked.reason)
    if _is_merged(run):
        return Answer(messages.merged_already(run), "it is merged already")
    if _is_at_it(run) and changes_code(run):
        return _say_it_again(asked, run)
    return _left(asked) or Answer(messages.nothing_to_update(), "there is no open pull request of ours")


def _about_another(asked: Asked, run: Run) -> Answer | None:
    """Said on a pull request that the run does not follow: an older one, or the one that it reverts."""
    if not asked.on_pull or asked.place in (0, run.pull):
        return None
    text = messages.about_another(asked.place, run.pull or 0, asked.command.verb)
    return Answer(text, f"#{asked.place} is not the pull request that is followed")


def _left(asked: Asked) -> Answer | None:
    """Said about a pull request that may be open still, and whose run has ended: it is followed no more."""
    run = asked.run
    if run is None or run.pull is None or not changes_code(run) or run.conclusion is Conclusion.CLOSED:
        return None
    return Answer(messages.not_followed(run.pull, asked.command.verb), f"the run of #{run.pull} has ended")


def _say_it_again(asked: Asked, run: Run) -> Answer:
    command = f"{asked.command.verb} {asked.command.argument}".strip()
    return Answer(messages.still_at_work(run, command), "it is still being changed")


# --- budget and protected files ---------------------------------------------------------------------------------------


def _top_up(asked: Asked) -> Intent:
    run, config, micros = asked.run, asked.config, added_micros(asked.command.argument)
    if not _is_open(run):
        return Answer(messages.nothing_open(), "no run is open")
    login = asked.by.login
    note = messages.topped_up_note(login, micros, asked.word)
    if note in run.notes:
        return Answer(messages.topped_up(run, micros), "it was added before")
    if asked.pause and (run.pause is not Pause.BUDGET or asked.pause != run.history[-1].at):
        return Answer(messages.went_on(run), "that pause is over")
    cap, total = config.budget.cap_micros, run.budget.micros + micros
    if total > cap and asked.right < BEYOND_THE_CAP:
        return Answer(messages.above_the_cap(total, cap), f"{login} may raise it to {messages.money(cap)}")
    if run.pause is Pause.BUDGET and run.usage.micros >= total:
        return Answer(messages.too_little(run, total), "it would not get far with that")
    return TopUp(micros, note, f"@{login} added {messages.money(micros)}")


def _allow(asked: Asked) -> Intent:
    """Only what was shown before it was allowed: a pause that began later has shown something else."""
    run, login = asked.run, asked.by.login
    if _is_open(run) and any(note.startswith(messages.allowed_by(login, asked.word)) for note in run.notes):
        return Answer(messages.let_through(), "it was allowed before")
    if not _is_open(run) or run.pause is not Pause.PROTECTED:
        return Answer(messages.nothing_to_allow(), "no run waits for that")
    if datetime.fromisoformat(asked.trigger.at).timestamp() < int(run.history[-1].at):
        return Answer(messages.said_before_the_pause(), "it was said before that was shown")
    paths = messages.paths_to_allow(run)
    return AllowPaths(paths, messages.allowed_note(login, asked.word, paths), f"@{login} let {len(paths)} through")


# --- merge, deploy, revert --------------------------------------------------------------------------------------------


def _merge(asked: Asked) -> Intent:
    run = asked.run
    if _is_parked(run):
        wish = MergeRun(asked.by, asked.trigger.at, asked.trigger.comment, asked.reason, asked.sha or None)
        return _about_another(asked, run) or wish
    if _is_merged(run):
        return Answer(messages.merged_already(run), "it is merged already")
    if _is_at_it(run) and changes_code(run):
        return _say_it_again(asked, run)
    return _left(asked) or Answer(messages.nothing_to_merge(), "there is no open pull request of ours")


def _deploy(asked: Asked) -> Intent:
    run, name = asked.run, asked.command.argument
    if name not in asked.config.deploy:
        return Answer(messages.unknown_environment(name, tuple(asked.config.deploy)), "the environment is not known")
    if _is_parked(run) and (answer := _about_another(asked, run)):
        return answer
    if _is_parked(run) or _is_merged(run):
        return DeployRun(name, asked.by, asked.reason)
    if _is_at_it(run) and changes_code(run):
        return _say_it_again(asked, run)
    return _left(asked) or Answer(messages.nothing_to_deploy(), "there is no commit to deploy")


def _build(asked: Asked) -> Intent:
    """Of what is merged or closed, too: its pages live on for a while."""
    run = asked.run
    if run is not None and (run.builds or _is_parked(run)):
        return _about_another(asked, run) or BuildRun(bool(asked.command.argument), asked.reason)
    if _is_at_it(run) and changes_code(run):
        return _say_it_again(asked, run)
    return Answer(messages.nothing_to_build(), "there is no pull request of ours")


def _revert(asked: Asked) -> Intent:
    run = asked.run
    if _is_merged(run):
        return start(run, StartRun("revert", "", asked.trigger, asked.reason, pull=run.pull))
    if run is not None and _same_trigger(run.trigger, asked.trigger):
        return Ignore("this has started a run already")
    if _is_open(run) and run.kind == "revert":
        return Answer(messages.already_at_work(run), "a run is open on this thread")
    return Answer(messages.nothing_to_revert(), "nothing is merged")


# --- answers ---------------------------------------------------------------------------------------------------------


def _status(_asked: Asked) -> Intent:
    return TellStatus("status was asked for")


def _why(asked: Asked) -> Intent:
    return Answer(messages.why(asked.run), "the reason was asked for")


def _help(_asked: Asked) -> Intent:
    return Answer(messages.help_text(), "help was asked for")


_VERBS: Mapping[Verb, Callable[[Asked], Intent]] = {
    Verb.FIX: _fix,
    Verb.PLAN: _begin,
    Verb.ASK: _ask,
    Verb.REVIEW: _review,
    Verb.STOP: _stop,
    Verb.RETRY: _retry,
    Verb.STATUS: _status,
    Verb.MERGE: _merge,
    Verb.DEPLOY: _deploy,
    Verb.REVERT: _revert,
    Verb.UPDATE: _update,
    Verb.BUILD: _build,
    Verb.BUDGET: _top_up,
    Verb.ALLOW: _allow,
    Verb.WHY: _why,
    Verb.HELP: _help,
}
