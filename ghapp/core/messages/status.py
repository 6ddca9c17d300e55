"""The status comment: where a run stands, what it has used, what it waits for, and the words to say."""

from collections.abc import Callable, Sequence

from ghapp.core.disarm import inline
from ghapp.core.gate import Severity
from ghapp.core.kinds import READING, is_merged
from ghapp.core.messages.boxes import boxes
from ghapp.core.messages.ci import ci_causes
from ghapp.core.messages.merging import wish_line
from ghapp.core.messages.reviews import ledger_table
from ghapp.core.messages.words import ci_table, coded, duration, fit, marker, money, quoted
from ghapp.core.run import Conclusion, Pause, Remark, Run, State

MAX_PATHS = 30
"""How many protected paths are shown, and so how many one `/honk allow` lets through."""

_MAX_NOTES, _MAX_WORDS, _MAX_WORD = 8, 5, 200

_CHANGE = (
    (State.PREPARING, "prepare the sandbox"),
    (State.CODING, "make the change"),
    (State.VERIFYING, "run the checks on it"),
    (State.JUDGING, "look at what leaves the sandbox"),
    (State.PUBLISHING, "open the pull request"),
    (State.AWAITING_CI, "CI"),
    (State.AWAITING_REVIEW, "ready for review"),
)
_CHECKLISTS = {
    "plan": ((State.PREPARING, "prepare the sandbox"), (State.CODING, "make a plan"), (State.DONE, "post it")),
    "ask": ((State.PREPARING, "prepare the sandbox"), (State.CODING, "find out"), (State.DONE, "answer")),
    "review": ((State.PREPARING, "prepare the sandbox"), (State.CODING, "read the change"), (State.DONE, "review it")),
}
"""What comes one after the other in a run that changes nothing; for the other kinds it is _CHANGE."""

_NOW = {
    State.QUEUED: "queued",
    State.PREPARING: "preparing",
    State.CODING: "working",
    State.VERIFYING: "checking",
    State.JUDGING: "checking",
    State.PUBLISHING: "publishing",
    State.AWAITING_CI: "waiting for CI",
    State.AWAITING_REVIEW: "ready for review",
    State.MERGING: "waiting to merge",
    State.DEPLOYING: "merged, being watched",
    State.PAUSED: "paused",
}
_ENDED = {
    Conclusion.MERGED: "merged",
    Conclusion.DEPLOYED: "deployed",
    Conclusion.ANSWERED: "answered",
    Conclusion.PLANNED: "planned",
    Conclusion.NO_CHANGES: "no change needed",
    Conclusion.REJECTED: "needs a person",
    Conclusion.TIMED_OUT: "out of time",
    Conclusion.FAILED: "failed",
    Conclusion.CANCELLED: "stopped",
    Conclusion.CLOSED: "closed",
}


_CODING = {"plan": "planning", "ask": "finding out", "review": "reviewing"}


def now_word(run: Run) -> str:
    """Where the run stands, in a word or three."""
    if run.conclusion is Conclusion.ANSWERED and run.kind == "review":
        return "reviewed"
    if run.state is State.CODING:
        return _CODING.get(run.kind, _NOW[run.state])
    return _ENDED[run.conclusion] if run.conclusion else _NOW[run.state]


def is_status(body: str) -> bool:
    """Whether this is the status comment of some run."""
    return body.startswith("<!-- honk:status:")


def status_comment(run: Run, now: float, page: str, waiting: Sequence[Remark] = ()) -> str:
    """The one comment of a run that is edited in place.

    `page` is the address of the run's page; `waiting` are the words of people that the agent has not got yet.
    """
    end = run.history[-1].at if run.is_done and run.history else now
    head = f"**Honk** · {now_word(run)} · {duration(end - run.created_at)} · [follow it]({page})"
    parts = [marker(run.id, "status"), head, checklist(run), *(section(run) for section in _SECTIONS)]
    if not run.is_active:
        parts.append(quoted(run.reason))
    parts.append("\n".join(f"- {inline(note[:500])}" for note in run.notes[-_MAX_NOTES:]))
    if not run.is_done:
        parts += [spent(run), waits_for(run)]
    late = run.is_done or is_merged(run)
    parts.append(_unheard("Said too late for this run" if late else "Waiting for the agent's next turn", waiting))
    return "\n\n".join(filter(None, [fit(parts), boxes(run)]))  # whatever had to be cut, the boxes are there


def _pull(run: Run) -> str:
    if run.pull is None:
        return ""
    if run.target is not None:
        return f"Works on #{run.pull}: the branch {coded(run.target.branch)} of {coded(run.target.full_name)}"
    return f"About #{run.pull}" if run.kind in READING else f"Pull request: #{run.pull}"


def _signed(run: Run) -> str:
    return f"GitHub signed `{run.head_sha[:7]}`: it is a verified commit." if run.verified and run.head_sha else ""


def _checks(run: Run) -> str:
    if run.ci:
        return ci_table(run.ci)
    return "CI has reported nothing on this commit yet." if run.state is State.AWAITING_CI else ""


def _wish(run: Run) -> str:
    return wish_line(run) if not run.is_done and not is_merged(run) else ""


_SECTIONS: Sequence[Callable[[Run], str]] = (_pull, _signed, _checks, ci_causes, ledger_table, _wish)
"""What the comment says of the pull request, in this order. A section that has nothing to say is empty."""


def checklist(run: Run) -> str:
    """What is done, what is under way and what comes. A queued run begins anew; a paused one stands where it was."""
    steps = _CHECKLISTS.get(run.kind, _CHANGE)
    order = [state for state, _ in steps]
    entered = _entered(run)
    place = _place(run, entered, order)
    lines = []
    for number, (state, text) in enumerate(steps):
        reached = state in entered and number <= place
        current = reached and number == place and not run.is_done and state is not State.AWAITING_REVIEW
        icon = "⏸" if run.state is State.PAUSED else "▶"
        lines.append(f"- {icon if current else '✅' if reached else '▫️'} {text}")
    return "\n".join(lines)


def _entered(run: Run) -> list[State]:
    """The states on the way; an end is one of them when it is the one that was wanted."""
    wanted = run.conclusion in (Conclusion.ANSWERED, Conclusion.PLANNED)
    return [step.state for step in run.history if wanted or step.state is not State.DONE]


def _place(run: Run, entered: Sequence[State], order: Sequence[State]) -> int:
    """How far it is. A run that pauses, or waits to merge, is where it was before."""
    if run.state is State.QUEUED:
        return -1
    if run.state in (State.PAUSED, State.MERGING):
        return next((order.index(state) for state in reversed(entered) if state in order), -1)
    return order.index(run.state) if run.state in order else len(order)


def spent(run: Run) -> str:
    """How much of the budget is used, of the limit that is nearest; nothing before half of it is."""
    mark = run.budget.mark(run.usage)
    used, limits = run.usage, run.budget
    line = max(
        (used.micros / limits.micros, f"{money(used.micros)} of {money(limits.micros)} used"),
        (used.calls / limits.turns, f"{used.calls} of {limits.turns} turns used"),
        (used.tokens / limits.tokens, f"{used.tokens:,} of {limits.tokens:,} tokens used"),
    )[1]
    return f"**{line}**" if mark >= 80 else line if mark else ""


def waits_for(run: Run) -> str:
    """What a paused run waits for, who may give it, and the words for it; nothing for a run that is not paused."""
    match run.pause if run.state is State.PAUSED else None:
        case Pause.BUDGET if run.budget.exceeded(run.usage) is None:
            return (
                "This run's own budget is not used up. A day's limit is over at midnight (UTC), and the operator of "
                "Honk can raise the others; then `/honk budget +1`, by someone with the role *write*, has it go on."
            )
        case Pause.BUDGET:
            return (
                "It waits for more budget: someone with the role *write* says `/honk budget +5`, and it goes on where "
                "it was. Above the repository's cap that takes the role *maintain*."
            )
        case Pause.PROTECTED:
            paths = "\n".join(f"- {coded(path)}" for path in paths_to_allow(run))
            return (
                f"It waits for a word on protected files:\n\n{paths}\n\nSomeone with the role *maintain* says "
                "`/honk allow`, and these go through as they are. Or `/honk fix do without …` has it done another way."
            )
        case None:
            return ""


def paths_to_allow(run: Run) -> tuple[str, ...]:
    """The paths for which the run is paused, as far as they are shown; the others are, once these are let through."""
    found = (finding.path for finding in run.findings if finding.severity is Severity.PAUSE)
    return tuple(dict.fromkeys(path for path in found if path not in run.allowed))[:MAX_PATHS]


def _unheard(heading: str, words: Sequence[Remark]) -> str:
    """Words that the agent has not got, the newest ones."""
    shown = [f"{inline(f'@{one.author}')}: “{_start(one.body)}”" for one in words[-_MAX_WORDS:]]
    if len(shown) == 1:
        return f"{heading}: {shown[0]}"
    return "\n".join([f"{heading}:\n", *(f"- {one}" for one in shown)]) if shown else ""


def _start(text: str) -> str:
    line = " ".join(text.split())
    return inline(line if len(line) <= _MAX_WORD else line[: _MAX_WORD - 1] + "…")
