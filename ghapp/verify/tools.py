"""How the output of each test tool reads: a table of patterns, all matched at the beginning of a clean line."""

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Tool:
    """How one tool's output reads.

    `closing` matches its last word, with the counts. `start` is where the failures begin; `noise` are lines that
    explain nothing; `empty` matches when it ran no test at all and yet is content (None where that cannot be told).
    """

    name: str
    closing: re.Pattern[str]
    start: re.Pattern[str]
    noise: re.Pattern[str] | None = None
    empty: re.Pattern[str] | None = None


def _tool(name: str, *, closing: str, start: str, noise: str = "", empty: str = "") -> Tool:
    optional = [re.compile(text) if text else None for text in (noise, empty)]
    return Tool(name, re.compile(closing), re.compile(start), *optional)


_COUNTED = r"\d+ (?:passed|failed|errors?|skipped|deselected|xfailed|xpassed|warnings?)\b"
_MAVEN_NOISE = (
    r"\[(?:INFO|WARNING)\]|\[ERROR\] (?:\[Help|-> \[Help|To see|Re-run|For more|Please refer)|\[ERROR\]$|"
    r"\s+at (?:org\.junit|org\.opentest4j|org\.apache\.maven|java\.base|jdk\.)"
)

TOOLS = (
    _tool(
        "pytest",
        closing=rf"=*\s*(?:{_COUNTED}.* in \d|no tests (?:ran|collected))",
        start=r"=+ (?:FAILURES|ERRORS) =+$|E\s",
        noise=r"=+ (?:FAILURES|ERRORS|short test summary info) =+$|[.sxFEX]+\s+\[ *\d+%\]$",
    ),
    _tool(
        "unittest",
        closing=r"Ran \d+ tests? in",
        start=r"=+$",
        noise=r"[=-]{70}$|[.sxFEu]{5,}$",
        empty=r"Ran 0 tests",
    ),
    _tool(
        "cargo",
        closing=r"test result: \w+\.",
        start=r"failures:$|error(?:\[E\d+\])?:",
        noise=r"\s+(?:Compiling|Finished|Running|Doc-tests) |test .* (?:ok|FAILED)$|note: run with `RUST_BACKTRACE",
    ),
    _tool(
        "go",
        closing=r"(?:ok|FAIL|\?) *\t\S+",
        start=r"\s*--- FAIL|# \S+|panic:",
        noise=r"=== |\s*--- (?:PASS|SKIP)|ok  \t|\?   \t|FAIL$",
    ),
    _tool(
        "maven",
        closing=r"(?:\[\w+\] )?Tests run: \d+, Failures: \d+, Errors: \d+, Skipped: \d+$",
        start=r"\[ERROR\]",
        noise=_MAVEN_NOISE,
    ),
    _tool("maven build", closing=r"\[INFO\] BUILD", start=r"\[ERROR\]", noise=_MAVEN_NOISE),
    _tool(
        "gradle",
        closing=r"BUILD \w+ in|\d+ tests? completed",
        start=r"> Task .* FAILED|FAILURE:|\S.* > .* FAILED",
        noise=r"> Task (?!.*FAILED)|> (?:Run with|Get more help)|\* Try:",
    ),
    _tool(
        "vitest or jest",
        closing=r"\s*Tests:? +.*\b(?:passed|failed)",
        start=r"\s*● |\s*FAIL |⎯+ Failed",
        noise=r"\s*[✓√] |PASS ",
    ),
    _tool("mocha", closing=r"\s*\d+ passing", start=r"\s*\d+ failing"),
    _tool(
        "node",
        closing=r"[#ℹ] (?:tests|pass|fail) \d+",
        start=r"\s*not ok |✖ failing tests:",
        noise=r"\s*ok \d+|\s*[#ℹ] |\s*✔ |\s*(?:---|\.\.\.)$|\s*(?:duration_ms|type): |\s*1\.\.\d|"
        r"\s+(?:at )?\S.*\(?node:(?:internal|async_hooks)",
        empty=r"[#ℹ] tests 0$",
    ),
)


def recognized(lines: Sequence[str]) -> Tool | None:
    """The tool that printed these lines, or None when it is none of the known."""
    return next((tool for tool in TOOLS if any(tool.closing.match(line) for line in lines)), None)
