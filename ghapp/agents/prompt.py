"""What the agent is told, made of the versioned files in `prompts/` and the task.

The request, its comments, the repository's advice and the feedback come from elsewhere: they stand between two lines
with a random word that nobody could know when they were written, so that no text can end its own quotation. This is a
help to an honest model, not a defence; what a misled model can do is limited by the sandbox and the gate.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from importlib import resources
from string import Template

from ghapp.core.evidence import Check
from ghapp.core.ports import Task
from ghapp.core.run import Request

_FILES = ("system.md", "task.md")
_MAX_ADVICE = 40_000  # characters of one file
_MAX_FEEDBACK = 20_000


def system_prompt() -> str:
    """The same for every task, so that it is read from the cache."""
    return _text("system.md")


def task_prompt(task: Task, boundary: str | None = None) -> str:
    """The first message. `boundary` is the word that fences foreign text; random unless given.

    It contains a line `# <title>` that is followed by the issue's body, and no such line before it.
    """
    word = boundary or secrets.token_hex(12)
    return Template(_text("task.md")).substitute(
        repository=task.repository,
        number=task.number,
        word=word,
        request=_fenced("request", _request(task.request), word),
        checks=_checks(task.checks),
        advice=_advice(task, word),
        feedback=_feedback(task.feedback, word),
    )


def prompt_hash() -> str:
    """A short name of the prompt files' contents, for the pull request to say which version was used."""
    digest = hashlib.sha256("\0".join(map(_text, _FILES)).encode())
    return digest.hexdigest()[:12]


def _text(name: str) -> str:
    return (resources.files("ghapp.agents") / "prompts" / name).read_text(encoding="utf-8")


def _fenced(what: str, text: str, word: str) -> str:
    return f"----- begin {what} {word}\n{text.strip()}\n----- end {what} {word}"


def _request(request: Request) -> str:
    title = " ".join(request.title.split())
    parts = [f"# {title}\n{request.body.strip()}"]
    if request.instruction:
        parts.append(f"Instruction:\n{request.instruction.strip()}")
    parts += [f"Comment by {remark.author}:\n{remark.body.strip()}" for remark in request.remarks]
    return "\n\n".join(parts)


def _checks(checks: Iterable[Check]) -> str:
    lines = [f"- {check.name}: `{check.command}`" for check in checks]
    if not lines:
        return "No checks were found in this repository. Look for a way to try your change yourself, and say which."
    return "\n".join(["`verify` runs these checks, and they are run again when you are done:", *lines])


def _advice(task: Task, word: str) -> str:
    if not task.advice:
        return ""
    notes = [_fenced(f"advice {path}", text[:_MAX_ADVICE], word) for path, text in sorted(task.advice.items())]
    return "\n\n".join(["The repository's own advice to those who work on it:", *notes])


def _feedback(feedback: str, word: str) -> str:
    if not feedback.strip():
        return ""
    told = "There was an attempt before yours; its work is in your workspace. This is what was wrong with it:"
    return f"{told}\n\n{_fenced('feedback', feedback[:_MAX_FEEDBACK], word)}"
