"""What the agent is told, made of the versioned files in `prompts/` and the task.

The request, its comments, what the host gathered, the repository's advice and the feedback come from elsewhere: they
stand between two lines with a random word that nobody could know when they were written, so that no text can end its
own quotation. This is a help to an honest model, not a defence; what a misled model can do is limited by the sandbox
and the gate.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from string import Template

from ghapp.agents.diffs import fitted
from ghapp.agents.kinds import is_change
from ghapp.agents.new_side import with_numbers
from ghapp.agents.telling import cut
from ghapp.core.ledger import Point
from ghapp.core.ports import Task
from ghapp.core.run import Remark, Request

_TOOLS = {"messages": "tools_messages", "claude-code": "tools_claude_code"}
_WORK: Mapping[str, tuple[str, ...]] = {
    "fix": ("fix.md",),
    "revert": ("fix.md", "revert.md"),
    "plan": ("plan.md",),
    "ask": ("ask.md",),
    "review": ("review.md",),
}
_FILES = (
    *("system.md", "task.md", "follow_up.md", "points.md", "said.md", "lacking.md", "judge.md", "judge_task.md"),
    *sorted({name for names in _WORK.values() for name in names}),
)
_MAX_ADVICE = 40_000  # characters of one file
_MAX_CONTEXT = 40_000
_MAX_STAND_IN = 40_000
_MAX_FEEDBACK = 20_000
_MAX_REMARK = 20_000
_MAX_LEFT_OUT = 10_000
_MAX_DIFF = 120_000
_MAX_POINT, _MAX_POINTS = 8_000, 80_000  # of one, and of all together


def system_prompt(engine: str = "messages", kind: str = "fix") -> str:
    """The same for every task of an engine and a kind, so that it is read from the cache."""
    work = "\n\n".join(_text(name).strip() for name in _WORK[kind])
    return Template(_text("system.md")).substitute(work=work, tools=_text(_tools(engine, kind)).strip())


def task_prompt(task: Task, boundary: str | None = None) -> str:
    """The first message of a conversation. `boundary` is the word that fences foreign text; random unless given.

    It contains a line `# <title>` that is followed by the issue's body, and no such line before it.
    """
    word, frame = boundary or new_word(), _FRAMES[task.kind]
    return Template(_text("task.md")).substitute(
        opening=frame.opening,
        subject=f"{frame.subject} {task.number}",
        repository=task.repository,
        word=word,
        request=request_text(task.request, word),
        context=_told(_CONTEXT, "context", task.context, word, _MAX_CONTEXT),
        diff=_numbered_diff(task.diff, word),
        checks=_checks(task),
        advice=_advice(task, word),
        stand_in=_told(_STAND_IN, "notes", task.stand_in, word, _MAX_STAND_IN),
        feedback=_told(_FEEDBACK, "feedback", task.feedback, word, _MAX_FEEDBACK),
        points=_points(task.points, word),
        closing=frame.closing,
    )


def follow_up_prompt(task: Task, boundary: str | None = None) -> str:
    """The next message of a conversation that is taken up again: only what is new, or the last question."""
    if task.over:
        return lacking_prompt()
    word, frame = boundary or new_word(), _FRAMES[task.kind]
    told = f"This is new; it stands between lines that carry the word {word}:"
    feedback, points = _told(told, "feedback", task.feedback, word, _MAX_FEEDBACK), _points(task.points, word)
    return Template(_text("follow_up.md")).substitute(
        subject=f"{frame.subject} {task.number}",
        repository=task.repository,
        feedback=feedback or ("" if points else _INTERRUPTED),
        points=points,
        again=frame.again,
    )


def said_prompt(remarks: Sequence[Remark], boundary: str | None = None) -> str:
    """What people said while the agent worked, oldest first, each under its author's name."""
    word = boundary or new_word()
    return Template(_text("said.md")).substitute(word=word, remarks="\n\n".join(_remarks(remarks, word)))


def lacking_prompt() -> str:
    """The last question of a run that failed: what the request lacked. The answer is a report of `needs_person`."""
    return _text("lacking.md")


def judge_system_prompt() -> str:
    """The judge's rules."""
    return _text("judge.md")


def router_system_prompt() -> str:
    """The router's rules."""
    return _text("router.md")


def judge_prompt(
    request: Request, diff: str, left_out: Sequence[str], fault: str = "", boundary: str | None = None
) -> str:
    """The judge's question. `left_out` names the files of the diff that are not shown whole.

    `fault` says what was wrong with the answer before, in our own words.
    """
    word = boundary or new_word()
    names = "\n".join(left_out)
    return Template(_text("judge_task.md")).substitute(
        word=word,
        request=request_text(request, word),
        diff=fenced("diff", diff, word),
        left_out=_told(_LEFT_OUT, "files", names, word, _MAX_LEFT_OUT),
        again=_AGAIN.format(fault) if fault else "",
    )


def prompt_hash(engine: str = "messages") -> str:
    """A short name of the contents of an engine's prompt files, for the pull request to say which version was used."""
    texts = map(_text, (*_FILES, _tools(engine, "fix"), _tools(engine, "ask")))
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


def new_word() -> str:
    """A word that nobody could know when the foreign text was written."""
    return secrets.token_hex(12)


def fenced(what: str, text: str, word: str) -> str:
    """Foreign text between two lines with the word. `what` is one line's worth of name."""
    return f"----- begin {' '.join(what.split())} {word}\n{text.strip()}\n----- end {' '.join(what.split())} {word}"


def request_text(request: Request, word: str) -> str:
    """What was asked for, each person's words in a fence of their own, so that none can put on another's name."""
    title = " ".join(request.title.split())
    parts = [fenced("request", f"# {title}\n{request.body.strip()}", word)]
    if request.instruction:
        parts.append(fenced("instruction", f"Instruction:\n{request.instruction.strip()}", word))
    return "\n\n".join([*parts, *_remarks(request.remarks, word)])


@dataclass(frozen=True)
class _Frame:
    """What stands around a task's own texts: at the beginning, at the end, and at the end of a later message."""

    opening: str
    subject: str
    closing: str
    again: str = "call `report` anew."


_CHANGE = _Frame(
    "You work on",
    "issue",
    "Fulfil the request, then call `report`.",
    "run `verify` and call `report` anew, about the whole change.",
)
_FRAMES: Mapping[str, _Frame] = {
    "fix": _CHANGE,
    "revert": _CHANGE,
    "plan": _Frame("You plan", "issue", "Plan how to fulfil the request, then call `report`."),
    "ask": _Frame("You answer a question about", "issue or pull request", "Answer what is asked, then call `report`."),
    "review": _Frame("You review", "pull request", "Review the change, then call `report`."),
}
_CONTEXT = "The host has looked up what the request names. Read it before you look for yourself:"
_STAND_IN = "The conversation of the earlier attempt is lost; this is what was done, and your workspace holds it:"
_FEEDBACK = (
    "There was an attempt before yours; its work is in your workspace. "
    "This is what was wrong with it, or what is asked for now:"
)
_DIFF = (
    "The change to review. Before each line stands its number on the new side; remarks can lie on numbered lines only:"
)
_LEFT_OUT = "The diff is too long to be shown whole. Of these files the middle, or all, is left out:"
_AGAIN = "You were asked before, and your answer was no verdict: {}. Answer with one call of `verdict`."
_INTERRUPTED = "Nothing new was said: you were interrupted. Go on where you stopped."
_ADVICE = (
    "The repository's own advice to those who work on it. It holds for the folder that it lies in; where two differ, "
    "the one nearest to the file counts:"
)


def _tools(engine: str, kind: str) -> str:
    return f"{_TOOLS[engine]}{'' if is_change(kind) else '_reading'}.md"


def _text(name: str) -> str:
    return (resources.files("ghapp.agents") / "prompts" / name).read_text(encoding="utf-8")


def _told(heading: str, what: str, text: str, word: str, limit: int) -> str:
    """Foreign text under our heading; nothing when there is none."""
    return f"{heading}\n\n{fenced(what, text[:limit], word)}" if text.strip() else ""


def _points(points: Sequence[Point], word: str) -> str:
    """The points and how they are settled; nothing when there are none."""
    if not points:
        return ""
    limit = min(_MAX_POINT, _MAX_POINTS // len(points))
    fences = [
        fenced(f"point {point.name}", f"{_whose(point)}\n{cut(point.asked.strip(), limit)}", word) for point in points
    ]
    return Template(_text("points.md")).substitute(word=word, points="\n\n".join(fences)).strip()


def _whose(point: Point) -> str:
    """The first line of a point: the host's, on one line whatever is in the path."""
    line = f", line {point.line}" if point.line else ""
    place = f" on {point.path}{line}" if point.path else " on the change as a whole"
    return " ".join(f"{point.name}, raised by {point.author}{place}:".split())


def _numbered_diff(diff: str, word: str) -> str:
    """The change to review with its lines' numbers, and the names of what did not fit."""
    if not diff.strip():
        return ""
    shown, left_out = fitted(with_numbers(diff), _MAX_DIFF)
    parts = [_DIFF, fenced("diff", shown, word), _told(_LEFT_OUT, "files", "\n".join(left_out), word, _MAX_LEFT_OUT)]
    return "\n\n".join(part for part in parts if part)


def _remarks(remarks: Iterable[Remark], word: str) -> Iterator[str]:
    for remark in remarks:
        author = " ".join(remark.author.split())
        yield fenced("comment", f"Comment by {author}:\n{remark.body.strip()[:_MAX_REMARK]}", word)


def _checks(task: Task) -> str:
    lines = [f"- {check.name}: `{check.command}`" for check in task.checks]
    if not is_change(task.kind):
        return "\n".join(["The repository's own checks:", *lines]) if lines else ""
    if not lines:
        return "No checks were found in this repository. Look for a way to try your change yourself, and say which."
    return "\n".join(["`verify` runs these checks, and they are run again when you are done:", *lines])


def _advice(task: Task, word: str) -> str:
    if not task.advice:
        return ""
    notes = [fenced(f"advice {path}", text[:_MAX_ADVICE], word) for path, text in sorted(task.advice.items())]
    return "\n\n".join([_ADVICE, *notes])
