"""What is said of a run in the chat: the message that is edited in place, and the milestones.

Markdown, as on GitHub. Each fits one phone screen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ghapp.core.builds import builds_are_settled
from ghapp.core.chat import Button, Card, Confirm
from ghapp.core.evidence import Report
from ghapp.core.kinds import changes_code, is_merged
from ghapp.core.ledger import QUESTION, Fate
from ghapp.core.messages.aftermath import BASE_RED, DEPLOYED, FAILED, deploying, means
from ghapp.core.messages.merging import wish_line
from ghapp.core.messages.screen import MAX_LABEL, MAX_LINES, MAX_TEXT, cut, elsewhere, line, short
from ghapp.core.messages.status import checklist, now_word, paths_to_allow, spent
from ghapp.core.messages.talk import in_talk
from ghapp.core.messages.words import coded, duration
from ghapp.core.run import Conclusion, Pause, Run, State

_MAX_STEPS, _MAX_STEP = 8, 100

_STOP = Button("stop", "🛑 Stop", style="danger")
_RETRY = Button("retry", "Try again")
_REVERT = Button(
    "revert",
    "Revert",
    style="danger",
    confirm=Confirm("Undo it?", "This opens a pull request that undoes the merge.", "Revert"),
)
_BUDGET = Confirm("Spend more?", "The run may spend 5 dollars more.", "Add $5")
_WAKE = Confirm("Go on?", "The run may spend a dollar more.", "Add $1")
_ALLOW = Button(
    "allow",
    "Let them through",
    style="primary",
    confirm=Confirm(
        "Let these files through?", "They go into the pull request as they were shown.", "Let them through"
    ),
)
_GO_ON = Button("fix", "Do it", style="primary")
_NOT_YET = Button("not-yet", "Not yet")


@dataclass(frozen=True)
class Sights:
    """Addresses of what a run is about: its own page, its issue and its pull request at GitHub."""

    run: str
    issue: str
    pull: str


# --- the message that is edited ---------------------------------------------------------------------------------------


def chat_progress(run: Run, at: Sights, now: float) -> Card:
    """Where the run stands, live."""
    end = run.history[-1].at if run.is_done and run.history else now
    title = line(run.request.title, 120) or f"#{run.thread.number}"
    parts = [
        f"**{now_word(run)}** · {duration(end - run.created_at)} · [{title}]({at.issue})",
        checklist(run),
        _pull(run, at),
        wish_line(run) if not run.is_done and not is_merged(run) else "",
        spent(run) if not run.is_done else "",
        "" if run.is_active else in_talk(line(run.reason, 300)),
    ]
    note = f"{run.thread.repository.full_name} #{run.thread.number}"
    buttons = () if run.is_done or is_merged(run) else (_STOP,)
    return Card("\n\n".join(filter(None, parts)), (*buttons, Button("page", "Details", url=at.run)), note=note)


def _pull(run: Run, at: Sights) -> str:
    if run.pull is None:
        return ""
    checks = [check for check in run.ci if not check.expected]
    ci = f" · CI {sum(check.passed for check in checks)} of {len(checks)} green" if checks else ""
    return f"[#{run.pull}]({at.pull}){ci}"


# --- milestones -------------------------------------------------------------------------------------------------------

Told = tuple[str, Card]
"""A name that tells a milestone of a run from its others, and what is said."""


def milestones(run: Run, at: Sights) -> tuple[Told, ...]:
    """What is true of the run now and worth a message of its own, in the order in which it came."""
    return tuple(told for find in _MILESTONES for told in find(run, at))


def _opened(run: Run, at: Sights) -> Sequence[Told]:
    """A revert has a pull request of its own; what only reads has none."""
    if run.pull is None or not changes_code(run) or run.target is not None:
        return ()
    changed = f"\n\n{short(run.report.summary, at.pull)}" if run.report and run.report.summary else ""
    return ((f"pull:{run.pull}", Card(f"The pull request is open: [#{run.pull}]({at.pull}){changed}")),)


def _paused(run: Run, at: Sights) -> Sequence[Told]:
    if run.state is not State.PAUSED or run.pause is None:
        return ()
    card = _wants_money(run) if run.pause is Pause.BUDGET else _wants_leave(run, at)
    return ((f"paused:{run.history[-1].at}", card),)


def _wants_money(run: Run) -> Card:
    """The buttons carry when the pause began: two who press them mean one sum."""
    began = run.history[-1].at
    if run.budget.exceeded(run.usage) is None:
        text = (
            "It is paused: a day's limit is reached, or another one of this server. The first is over at midnight "
            "(UTC), the operator of Honk can raise the others; then a dollar more has it go on."
        )
        return Card(text, (Button("budget", "Add $1", f"+1 {began}", confirm=_WAKE), _STOP))
    text = (
        "It waits for more budget. Someone with the role *write* adds some, and it goes on where it was; above the "
        "repository's cap that takes the role *maintain*."
    )
    return Card(text, (Button("budget", "Add $5", f"+5 {began}", "primary", _BUDGET), _STOP))


def _wants_leave(run: Run, at: Sights) -> Card:
    """The button lets through what is shown. What is too much for a screen is shown, and let through, on GitHub."""
    paths = [coded(path) for path in paths_to_allow(run)]
    if len(paths) > MAX_LINES or sum(map(len, paths)) > MAX_TEXT:
        text = f"It waits for a word on {len(paths)} protected files, too many to show here. [See them]({at.issue})"
        return Card(text, (_STOP,))
    listed = "\n".join(f"- {path}" for path in paths)
    text = f"It waits for a word on protected files:\n\n{listed}\n\nSomeone with the role *maintain* lets them through."
    return Card(f"{text} Or say how to do without.", (_ALLOW, _STOP))


def _ready(run: Run, at: Sights) -> Sequence[Told]:
    """Green, and what can be tried is there to be tried, or said to be missing."""
    sha = run.head_sha
    if run.state is not State.AWAITING_REVIEW or not changes_code(run) or run.wish is not None:
        return ()
    if run.pull is None or not sha or not builds_are_settled(run.builds, sha):
        return ()
    name, base = f"#{run.pull} at {sha[:7]}", cut(run.base_branch or "its base", MAX_LABEL)
    sure = Confirm("Merge it?", f"{name} goes into {base}. {means(run.means)}".strip(), "Merge")
    text = f"[#{run.pull}]({at.pull}) is green at {coded(sha[:7])}. Merge it?"
    return ((f"ready:{sha}", Card(text, (Button("merge", "Merge", sha, "primary", sure), _NOT_YET))),)


def _merged(run: Run, at: Sights) -> Sequence[Told]:
    if not is_merged(run) or not run.merged_sha:
        return ()
    text = f"Merged: [#{run.pull}]({at.pull}) is {coded(run.merged_sha[:7])} on {_base(run)}."
    watched = (_REVERT,) if run.state is State.DEPLOYING else ()
    return ((f"merged:{run.merged_sha}", Card(f"{text} {means(run.means)}".strip(), watched)),)


def _base(run: Run) -> str:
    return coded(cut(run.base_branch, MAX_LABEL)) if run.base_branch else "its base"


def _news(run: Run, at: Sights) -> Sequence[Told]:
    """Deployments, and what went red after the merge."""
    way_back = (_REVERT,) if run.state is State.DEPLOYING else ()
    found: list[Told] = []
    for note in run.notes:
        if note.startswith(DEPLOYED):
            found.append((f"news:{note[:200]}", Card(f"🚀 {cut(note, MAX_TEXT)}", way_back)))
        elif note.startswith((BASE_RED, FAILED)):
            found.append((f"news:{note[:200]}", Card(f"❌ {cut(note, MAX_TEXT)}", way_back)))
    asked = run.deployment
    if asked is not None and not asked.is_underway:
        found.append((f"deployment:{asked.id}:{asked.state}", Card(deploying(asked, followed=True), way_back)))
    return found


def _told(run: Run, at: Sights) -> Sequence[Told]:
    """A plan or an answer."""
    if run.report is None or run.conclusion not in (Conclusion.PLANNED, Conclusion.ANSWERED):
        return ()
    if run.conclusion is Conclusion.ANSWERED:
        return ((f"answer:{run.id}", Card(short(run.report.summary, at.issue) or elsewhere(at.issue))),)
    return ((f"plan:{run.id}", Card(_plan(run.report, at), (_GO_ON, _NOT_YET))),)


def _plan(report: Report, at: Sights) -> str:
    """What fits of it. Whoever goes on with it by a tap sees how much more there is."""
    steps = [f"{number}. {line(step, _MAX_STEP)}" for number, step in enumerate(report.steps[:_MAX_STEPS], 1)]
    more = len(report.steps) - _MAX_STEPS
    rest = f"… and {more} more: [see or change the plan]({at.issue})" if more > 0 else f"[Change the plan]({at.issue})"
    return "\n\n".join(filter(None, [line(report.summary, 300), "\n".join(steps), rest]))


def _answered(run: Run, at: Sights) -> Sequence[Told]:
    """Questions about the open pull request."""
    return [
        (f"question:{point.id}:{point.newest}", Card(short(point.words, at.pull)))
        for point in run.ledger
        if point.id.startswith(QUESTION) and point.fate is Fate.ANSWERED and point.words
    ]


def _over(run: Run, at: Sights) -> Sequence[Told]:
    """An end that nothing above has told."""
    good = (Conclusion.PLANNED, Conclusion.ANSWERED, Conclusion.MERGED, Conclusion.DEPLOYED)
    if run.conclusion is None or run.conclusion in good:
        return ()
    again = () if run.conclusion is Conclusion.CLOSED else (_RETRY,)
    why = in_talk(short(run.reason, at.issue)) or elsewhere(at.issue)
    return ((f"over:{run.conclusion}", Card(f"**{now_word(run)}**: {why}", again)),)


_MILESTONES: Sequence[Callable[[Run, Sights], Sequence[Told]]] = (
    _opened,
    _paused,
    _ready,
    _merged,
    _news,
    _told,
    _answered,
    _over,
)


# --- pictures ---------------------------------------------------------------------------------------------------------


def qr_of(name: str) -> str:
    """What the picture of a QR code shows, for who cannot see it."""
    return f"QR code that opens the page of {name}"


def screenshot_of(name: str) -> str:
    """The same of a screenshot."""
    return f"Screenshot of {name}"
