"""What became of the checks on a head: why each failing one fails, and what is done about it.

The kinds are tried in this order, and the first that fits is the answer:

- *waiting*: a person has to approve the workflow's run;
- *already red*: the same check fails on the base commit, with no failure that the base has not;
- *infrastructure*: the machines failed, by GitHub's conclusion or by known words in the log;
- *flaky*: it failed, and passed when it ran again on the same commit;
- *ours*: all else.
"""

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Why a check is red, in the words that people read. UNSURE is shown while it runs once more."""

    OURS = "ours"
    ALREADY_RED = "already red on base"
    FLAKY = "flaky"
    INFRASTRUCTURE = "infrastructure"
    WAITING = "waiting for a person"
    UNSURE = "running once more"


@dataclass(frozen=True)
class Failure:
    """One check that failed on the head `sha`, why, and the evidence for that in one line.

    `summary` is the distilled log, empty when nobody may read it; `tests` are the failing tests that it names.
    """

    check: str
    cause: Cause
    evidence: str
    sha: str
    summary: str = ""
    tests: tuple[str, ...] = ()
    url: str = ""

    @property
    def signature(self) -> str:
        """Equal for two failures of one kind, on whatever commit."""
        return f"{self.check}: {', '.join(self.tests) or self.summary[:500]}"
