"""What the agent is told, made of the versioned files in `prompts/` and the task.

The request, its comments, what the host gathered, the repository's advice and the feedback come from elsewhere: they
stand between two lines with a random word that nobody could know when they were written, so that no text can end its
own quotation. This is a help to an honest model, not a defence; what a misled model can do is limited by the sandbox
and the gate.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from string import Template

from ghapp.core.evidence import Check
from ghapp.core.ports import Task
from ghapp.core.run import Remark, Request

_TOOLS = {"messages": "tools_messages.md", "claude-code": "tools_claude_code.md"}
_FILES = ("system.md", "task.md", "follow_up.md", "said.md", "lacking.md", "judge.md", "judge_task.md")
_MAX_ADVICE = 40_000  # characters of one file
_MAX_CONTEXT = 40_000
_MAX_STAND_IN = 40_000
_MAX_FEEDBACK = 20_000
_MAX_REMARK = 20_000
_MAX_LEFT_OUT = 10_000


def system_prompt(engine: str = "messages") -> str:
    """The same for every task of an engine, so that it is read from the cache."""
    return Template(_text("system.md")).substitute(tools=_text(_TOOLS[engine]).strip())


def task_prompt(task: Task, boundary: str | None = None) -> str:
    """The first message of a conversation. `boundary` is the word that fences foreign text; random unless given.

    It contains a line `# <title>` that is followed by the issue's body, and no such line before it.
    """
    word = boundary or new_word()
    return Template(_text("task.md")).substitute(
        repository=task.repository,
        number=task.number,
        word=word,
        request=request_text(task.request, word),
        context=_told(_CONTEXT, "context", task.context, word, _MAX_CONTEXT),
        checks=_checks(task.checks),
        advice=_advice(task, word),
        stand_in=_told(_STAND_IN, "notes", task.stand_in, word, _MAX_STAND_IN),
        feedback=_told(_FEEDBACK, "feedback", task.feedback, word, _MAX_FEEDBACK),
    )


def follow_up_prompt(task: Task, boundary: str | None = None) -> str:
    """The next message of a conversation that is taken up again: only what is new, or the last question."""
    if task.over:
        return lacking_prompt()
    word = boundary or new_word()
    told = f"This is new; it stands between lines that carry the word {word}:"
    feedback = _told(told, "feedback", task.feedback, word, _MAX_FEEDBACK)
    return Template(_text("follow_up.md")).substitute(
        repository=task.repository, number=task.number, feedback=feedback or _INTERRUPTED
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
    texts = map(_text, (*_FILES, _TOOLS[engine]))
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


_CONTEXT = "The host has looked up what the request names. Read it before you look for yourself:"
_STAND_IN = "The conversation of the earlier attempt is lost; this is what was done, and your workspace holds it:"
_FEEDBACK = (
    "There was an attempt before yours; its work is in your workspace. "
    "This is what was wrong with it, or what is asked for now:"
)
_LEFT_OUT = "The diff is too long to be shown whole. Of these files the middle, or all, is left out:"
_AGAIN = "You were asked before, and your answer was no verdict: {}. Answer with one call of `verdict`."
_INTERRUPTED = "Nothing new was said: you were interrupted. Go on where you stopped."
_ADVICE = (
    "The repository's own advice to those who work on it. It holds for the folder that it lies in; where two differ, "
    "the one nearest to the file counts:"
)


def _text(name: str) -> str:
    return (resources.files("ghapp.agents") / "prompts" / name).read_text(encoding="utf-8")


def _told(heading: str, what: str, text: str, word: str, limit: int) -> str:
    """Foreign text under our heading; nothing when there is none."""
    return f"{heading}\n\n{fenced(what, text[:limit], word)}" if text.strip() else ""


def _remarks(remarks: Iterable[Remark], word: str) -> Iterator[str]:
    for remark in remarks:
        author = " ".join(remark.author.split())
        yield fenced("comment", f"Comment by {author}:\n{remark.body.strip()[:_MAX_REMARK]}", word)


def _checks(checks: Iterable[Check]) -> str:
    lines = [f"- {check.name}: `{check.command}`" for check in checks]
    if not lines:
        return "No checks were found in this repository. Look for a way to try your change yourself, and say which."
    return "\n".join(["`verify` runs these checks, and they are run again when you are done:", *lines])


def _advice(task: Task, word: str) -> str:
    if not task.advice:
        return ""
    notes = [fenced(f"advice {path}", text[:_MAX_ADVICE], word) for path, text in sorted(task.advice.items())]
    return "\n\n".join([_ADVICE, *notes])
