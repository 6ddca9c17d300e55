"""What is said in the chat: the message that is edited in place, the milestones, and the desk's questions.

Markdown, as on GitHub. Each fits one phone screen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ghapp.core.builds import builds_are_settled
from ghapp.core.chat import Button, Card, Confirm, Message
from ghapp.core.disarm import code_block, inline, plain, seen
from ghapp.core.events import Repository
from ghapp.core.kinds import changes_code, is_merged
from ghapp.core.ledger import QUESTION, Fate
from ghapp.core.messages.aftermath import BASE_RED, DEPLOYED, FAILED, deploying, means
from ghapp.core.messages.merging import wish_line
from ghapp.core.messages.status import checklist, now_word, spent, waits_for
from ghapp.core.messages.words import coded, duration
from ghapp.core.run import Conclusion, Pause, Run, State

_MAX_STEPS = 12
_MAX_TEXT = 1_500  # characters of an answer; the rest is on GitHub
_MAX_CONTEXT, _MAX_QUOTE = 40, 2_000

_STOP = Button("stop", "🛑 Stop", style="danger")
_RETRY = Button("retry", "Try again")
_REVERT = Button(
    "revert",
    "Revert",
    style="danger",
    confirm=Confirm("Undo it?", "This opens a pull request that undoes the merge.", "Revert"),
)
_BUDGET = Button(
    "budget", "Add $5", "+5", "primary", Confirm("Spend more?", "The run may spend 5 dollars more.", "Add $5")
)
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
    title = _line(run.request.title, 120)
    parts = [
        f"**{now_word(run)}** · {duration(end - run.created_at)} · [{title}]({at.issue})",
        checklist(run),
        _pull(run, at),
        wish_line(run) if not run.is_done and not is_merged(run) else "",
        spent(run) if not run.is_done else "",
        "" if run.is_active else plain(run.reason[:300]),
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
    changed = f"\n\n{plain(run.report.summary[: _MAX_TEXT // 2])}" if run.report else ""
    return ((f"pull:{run.pull}", Card(f"The pull request is open: [#{run.pull}]({at.pull}){changed}")),)


def _paused(run: Run, at: Sights) -> Sequence[Told]:
    if run.state is not State.PAUSED or run.pause is None:
        return ()
    button = _BUDGET if run.pause is Pause.BUDGET else _ALLOW
    return ((f"paused:{run.history[-1].at}", Card(waits_for(run), (button, _STOP))),)


def _ready(run: Run, at: Sights) -> Sequence[Told]:
    """Green, and what can be tried is there to be tried, or said to be missing."""
    sha = run.head_sha
    if run.state is not State.AWAITING_REVIEW or not changes_code(run) or run.wish is not None:
        return ()
    if not builds_are_settled(run.builds, sha):
        return ()
    name, base = f"#{run.pull} at {sha[:7]}", run.base_branch or "its base"
    sure = Confirm("Merge it?", f"{name} goes into {base}. {means(run.means)}", "Merge")
    text = f"[#{run.pull}]({at.pull}) is green at {coded(sha[:7])}. Merge it?"
    return ((f"ready:{sha}", Card(text, (Button("merge", "Merge", sha, "primary", sure), _NOT_YET))),)


def _merged(run: Run, at: Sights) -> Sequence[Told]:
    if not is_merged(run) or not run.merged_sha:
        return ()
    text = f"Merged: [#{run.pull}]({at.pull}) is {coded(run.merged_sha[:7])} on {coded(run.base_branch)}."
    watched = (_REVERT,) if run.state is State.DEPLOYING else ()
    return ((f"merged:{run.merged_sha}", Card(f"{text} {means(run.means)}", watched)),)


def _news(run: Run, at: Sights) -> Sequence[Told]:
    """Deployments, and what went red after the merge."""
    way_back = (_REVERT,) if run.state is State.DEPLOYING else ()
    found: list[Told] = []
    for note in run.notes:
        if note.startswith(DEPLOYED):
            found.append((f"news:{note[:200]}", Card(f"🚀 {note}", way_back)))
        elif note.startswith((BASE_RED, FAILED)):
            found.append((f"news:{note[:200]}", Card(f"❌ {note}", way_back)))
    asked = run.deployment
    if asked is not None and asked.state not in ("pending", "queued", "in_progress", "waiting", "requested"):
        found.append((f"deployment:{asked.id}:{asked.state}", Card(deploying(asked, followed=True))))
    return found


def _told(run: Run, at: Sights) -> Sequence[Told]:
    """A plan or an answer."""
    if run.report is None or run.conclusion not in (Conclusion.PLANNED, Conclusion.ANSWERED):
        return ()
    text = plain(run.report.summary[:_MAX_TEXT])
    if run.conclusion is Conclusion.ANSWERED:
        return ((f"answer:{run.id}", Card(text)),)
    steps = "\n".join(f"{number}. {inline(step[:200])}" for number, step in enumerate(run.report.steps[:_MAX_STEPS], 1))
    return ((f"plan:{run.id}", Card(f"{text}\n\n{steps}\n\n[Change the plan]({at.issue})", (_GO_ON, _NOT_YET))),)


def _answered(run: Run, at: Sights) -> Sequence[Told]:
    """Questions about the open pull request."""
    return [
        (f"question:{point.id}:{point.newest}", Card(plain(point.words[:_MAX_TEXT])))
        for point in run.ledger
        if point.id.startswith(QUESTION) and point.fate is Fate.ANSWERED and point.words
    ]


def _over(run: Run, at: Sights) -> Sequence[Told]:
    """An end that nothing above has told."""
    good = (Conclusion.PLANNED, Conclusion.ANSWERED, Conclusion.MERGED, Conclusion.DEPLOYED)
    if run.conclusion is None or run.conclusion in good:
        return ()
    again = () if run.conclusion in (Conclusion.REVERTED, Conclusion.CLOSED) else (_RETRY,)
    return ((f"over:{run.conclusion}", Card(f"**{now_word(run)}**: {plain(run.reason[:_MAX_TEXT])}", again)),)


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


# --- the desk ---------------------------------------------------------------------------------------------------------


def link_first(address: str) -> Card:
    """To who is nobody at GitHub yet."""
    text = "Before I can do that, tell me who you are at GitHub. I look up what you may do there, each time anew."
    return Card(text, (Button("link", "Link my GitHub account", url=address, style="primary"),))


def members_only() -> Card:
    """To a guest who spoke to us."""
    return Card("Only full members of this workspace can have me work.")


def unlinked() -> Card:
    """They asked to be forgotten."""
    return Card("Done: I do not know any more who you are at GitHub.")


def gone_at_github() -> str:
    """Their account was deleted, or cannot be seen."""
    return "GitHub does not know your account any more. `/honk link` links another one."


def nowhere() -> Card:
    """The App is installed nowhere."""
    return Card("I cannot see any repository. Somebody has to install the GitHub App on one first.")


def chat_help() -> Card:
    """What one can say."""
    return Card(
        "Tell me what to fix or build, in your words: mention me, write to me, say `/honk …`, or choose *Ask Honk* on "
        "somebody's message. I open an issue, work on it, and tell how it goes here. What you write in that thread "
        "reaches me; 🛑 stops me. `/honk link` and `/honk unlink` say who you are at GitHub."
    )


def which_repository(choices: Sequence[Repository], kind: str, wish: str) -> Card:
    """The one question. `wish` names the message that it is about."""
    if not choices:
        return nowhere()
    buttons = [Button("choose", one.full_name, f"{one.id} {kind} {wish}") for one in choices]
    return Card("Which repository is this about?", (*buttons, Button("cancel", "None, leave it", wish)))


def chosen(repository: Repository) -> Card:
    """The question, answered."""
    return Card(f"It is about {coded(repository.full_name)}.")


def left_alone() -> Card:
    """The question, answered with no."""
    return Card("Left alone.")


def no_such_wish() -> Card:
    """A button of a question that nobody remembers."""
    return Card("I do not remember what this was about. Say it again, please.")


def asked_by(name: str, text: str) -> Card:
    """The first message of a talk that began with `/honk`, which nobody else sees."""
    return Card(f"{inline(name)} asks:\n\n{_quoted(text)}")


def later() -> str:
    """Not yet."""
    return "Not yet, then. The button of my status comment on GitHub, or `merge` here, does it later."


def chat_issue(wish: str, name: str, login: str, said: Sequence[tuple[str, Message]], link: str) -> str:
    """The body of the issue that a wish becomes, with the talk that it came from: names, and messages of members.

    The wish is of somebody who may write to the repository: its links and mentions work, and it hides nothing.
    """
    talk = "\n".join(f"{name}: {message.text}" for name, message in said[-_MAX_CONTEXT:])
    where = f"[a talk in Slack]({link})" if link else "Slack"
    parts = [
        seen(wish[:20_000]).replace("<", "&lt;"),
        f"<sub>{inline(name)} (@{login}) asked for this in {where}.</sub>",
    ]
    if talk:
        context = code_block(seen(talk[-20_000:]))
        parts.append(f"<details><summary>What was said there</summary>\n\n{context}\n\n</details>")
    return "\n\n".join(parts)


def said_in_chat(login: str, text: str) -> str:
    """What a person said in the chat, for the record."""
    return f"@{login} says in Slack:\n\n{_quoted(text)}"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in plain(text[:_MAX_QUOTE]).splitlines())


def _line(text: str, most: int) -> str:
    line = " ".join(text.split())
    return inline(line if len(line) <= most else line[: most - 1] + "…")


def qr_of(name: str) -> str:
    """What the picture of a QR code shows, for who cannot see it."""
    return f"QR code that opens the page of {name}"


def screenshot_of(name: str) -> str:
    """The same of a screenshot."""
    return f"Screenshot of {name}"
