"""What a check's output comes to: one line when it is green, the lines that explain it when it is red.

The distilled text is what the agent is shown and what stands in the pull request, so it is at most 4 KB.
"""

import re
from collections.abc import Sequence

from ghapp.core.evidence import CheckResult
from ghapp.core.ports import Completed
from ghapp.verify.clean import cut, folded, lines
from ghapp.verify.failures import failed_tests
from ghapp.verify.tools import Tool, recognized

MAX_SUMMARY = 4000
_MAX_LINE = 200
_NAMED = 20


_TROUBLE = re.compile(r"error|fail|exception|traceback|panic|assert|fatal|not found|cannot|no such", re.IGNORECASE)
_DECORATION = re.compile(r"^(?:\[[A-Z]+\] |[#ℹ] |test result: )")
_BEFORE_TROUBLE, _AFTER_TROUBLE = 2, 6


def distil(done: Completed) -> CheckResult:
    """How a check ended. Never raises, whatever was printed."""
    found = lines(done.output)
    tool = recognized(found)
    failures = failed_tests(found)
    wrong = _verdict(done, found, tool)
    if wrong is None:
        return CheckResult(True, done.seconds, _closing(found, tool) or "passed, without a word")
    return CheckResult(False, done.seconds, _explained(wrong, found, tool, failures), failures)


def _verdict(done: Completed, found: Sequence[str], tool: Tool | None) -> str | None:
    """Why the check is not green, or None when it is. An exit of 0 is not enough where no test ran."""
    code = done.exit_code
    if done.timed_out:
        return f"Timed out after {done.seconds:.0f} s and was ended. What it said last:"
    if code in (-9, 137):
        return "Was killed, most likely for want of memory. What it said last:"
    if code == 5 and tool and tool.name == "pytest":
        return "No tests were collected (pytest's exit code 5), so nothing is proven."
    if tool and tool.empty and any(tool.empty.match(line) for line in found):
        return "No tests were found, so nothing is proven."
    if code == 0:
        return None
    if code == 127:
        return "A command was not found (exit code 127)."
    if code < 0 or 128 < code < 160:
        return f"Was ended by signal {-code if code < 0 else code - 128}."
    closing = _closing(found, tool)
    return f"Exit code {code}: {closing}" if tool and closing else f"Exit code {code}."


def _closing(found: Sequence[str], tool: Tool | None) -> str:
    """The tool's own last word; without a known tool, the last line."""
    if tool is None:
        return next((line.strip()[:_MAX_LINE] for line in reversed(found) if line.strip()), "")
    said = [_DECORATION.sub("", line).strip(" =") for line in found if tool.closing.match(line)]
    words = " · ".join(dict.fromkeys(said)) if tool.name in ("cargo", "node", "go") else said[-1]
    return words.replace("\t", " ")[:_MAX_LINE]


def _explained(wrong: str, found: list[str], tool: Tool | None, failures: Sequence[str]) -> str:
    head = [wrong]
    if failures:
        more = [f"  … and {len(failures) - _NAMED} more"] if len(failures) > _NAMED else []
        head += ["Failed:", *(f"  {name[:_MAX_LINE]}" for name in failures[:_NAMED]), *more]
    top = cut(head, MAX_SUMMARY // 2)
    body = list(folded(_once(_relevant(found, tool, ended_early="said last" in wrong))))
    return f"{top}\n\n{cut(body, MAX_SUMMARY - len(top.encode()) - 2)}".strip() if any(body) else top


def _relevant(found: list[str], tool: Tool | None, ended_early: bool) -> list[str]:
    if ended_early:
        return _trimmed(found[-30:])
    if tool is None:
        return _around_trouble(found)
    start = next((at for at, line in enumerate(found) if tool.start and tool.start.match(line)), None)
    if start is None:
        return _around_trouble(found)
    kept = [line for line in found[start:] if not (tool.noise and tool.noise.match(line))]
    return _trimmed(kept)


def _around_trouble(found: list[str]) -> list[str]:
    """Lines that speak of trouble with a few around them; the last lines when none does."""
    wanted: set[int] = set()
    for at, line in enumerate(found):
        if _TROUBLE.search(line):
            wanted.update(range(at - _BEFORE_TROUBLE, at + _AFTER_TROUBLE))
    kept = [line for at, line in enumerate(found) if at in wanted]
    return _trimmed(kept or found[-30:])


def _once(found: list[str]) -> list[str]:
    """Paragraphs that were said before, word for word, are left out; many tests fail for one reason."""
    seen: set[str] = set()
    kept: list[str] = []
    for paragraph in "\n".join(found).split("\n\n"):
        if paragraph not in seen:
            kept += [*paragraph.split("\n"), ""]
        seen.add(paragraph)
    return _trimmed(kept)


def _trimmed(found: list[str]) -> list[str]:
    written = [at for at, line in enumerate(found) if line.strip()]
    return found[written[0] : written[-1] + 1] if written else []
