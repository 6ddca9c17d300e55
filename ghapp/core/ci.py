"""What became of the checks on a head: why each failing one fails, and what is done about it.

The kinds are tried in this order, and the first that fits is the answer:

- *waiting*: a person has to approve the workflow's run;
- *already red*: the same check fails on the base commit, with no failure that the base has not;
- *ours*, at once: what failed names a file that the change touches;
- *infrastructure*: the machines failed, by GitHub's conclusion or by known words in the log;
- *flaky*: it failed, and passed when it ran again on the same commit;
- *ours*: all else.

To tell the last three apart a check runs once more; until that has ended, its cause is *unsure*.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import Literal

from ghapp.core.checks import Check
from ghapp.core.context import files_named
from ghapp.core.evidence import CheckResult

MAX_TESTS = 50
"""How many failing tests of one check are kept."""

_WORKFLOWS = ".github/workflows/"


class Cause(StrEnum):
    """Why a check is red, in the words that people read. UNSURE is shown while it runs once more."""

    OURS = "ours"
    ALREADY_RED = "already red on base"
    FLAKY = "flaky"
    INFRASTRUCTURE = "infrastructure"
    WAITING = "waiting for a person"
    UNSURE = "running once more"


_VARIES = re.compile(r"\b[0-9a-f]{7,64}\b|\b\d+(?:\.\d+)?(?= ?m?s(?:ec(?:ond)?s?)?\b)|\b\d\d:\d\d:\d\d\S*")
"""Commits, durations and times of day: they differ between two runs of one failure."""


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
        return f"{self.check}: {', '.join(self.tests) or _VARIES.sub('0', self.summary)}"


_NOTHING = CheckResult(False, 0.0, "")


@dataclass(frozen=True)
class Told:
    """What a failing check says of itself: the log, and what that comes to. `note` says why there is none."""

    log: str = ""
    result: CheckResult = _NOTHING
    note: str = ""


@dataclass(frozen=True)
class OnBase:
    """The same check, of the same App, red on the base commit `sha`."""

    sha: str
    result: CheckResult


@dataclass(frozen=True)
class Facts:
    """All that is known of a check that failed on the head `sha`.

    `touched` are the paths that the change touches. `again` says that it failed again when it ran again on this
    commit, or that it cannot be run again.
    """

    check: Check
    sha: str
    told: Told = Told()
    base: OnBase | None = None
    touched: tuple[str, ...] = ()
    again: Literal["", "failed", "cannot"] = ""


def classify(facts: Facts) -> Failure:
    """Why the check failed."""
    rules = (_waiting, _already_red, _in_the_change, _machines, _unsure)
    cause, evidence = next(found for rule in rules if (found := rule(facts)))
    note = f"; {facts.told.note}" if facts.told.note and cause is not Cause.WAITING else ""
    result = facts.told.result
    return Failure(
        check=facts.check.name,
        cause=cause,
        evidence=f"{evidence}{note}"[:300],
        sha=facts.sha,
        summary=result.summary,
        tests=result.failures[:MAX_TESTS],
        url=facts.check.url,
    )


def passed_since(failure: Failure) -> Failure:
    """The same failure, now that its check has passed on the same commit."""
    hint = f"{failure.evidence}; " if failure.cause is Cause.UNSURE else ""
    evidence = f"{hint}it passed when it ran again on {failure.sha[:9]}"
    return replace(failure, cause=Cause.FLAKY, evidence=evidence)


_Found = tuple[Cause, str] | None


def _waiting(facts: Facts) -> _Found:
    if facts.check.conclusion != "action_required":
        return None
    return Cause.WAITING, "it does not go on before somebody with write access has approved it"


def _already_red(facts: Facts) -> _Found:
    """Red on both sides is ours only when the head has a failure that the base has not."""
    base, head = facts.base, facts.told.result
    if base is None:
        return None
    new = [test for test in head.failures if test not in base.result.failures]
    if head.failures and base.result.failures:
        if new:
            return Cause.OURS, f"it is red on the base commit {base.sha[:9]} too, but {new[0]} fails only here"
        return Cause.ALREADY_RED, f"the same tests fail on the base commit {base.sha[:9]}"
    before = _touched_in(base.result.summary, facts.touched)
    if named := [path for path in _touched_in(head.summary, facts.touched) if path not in before]:
        return Cause.OURS, f"it is red on the base commit {base.sha[:9]} too, but speaks of {named[0]} only here"
    return Cause.ALREADY_RED, f"it fails on the base commit {base.sha[:9]} too"


def _in_the_change(facts: Facts) -> _Found:
    if named := _touched_in(facts.told.result.summary, facts.touched):
        return Cause.OURS, f"what failed names {named[0]}, which the change touches"
    flow = next((path for path in facts.touched if path.startswith(_WORKFLOWS)), None)
    if facts.check.conclusion == "startup_failure" and flow:
        return Cause.OURS, f"its workflow does not start, and the change touches {flow}"
    return None


def _machines(facts: Facts) -> _Found:
    sign = _sign_of_machines(facts)
    if not sign:
        return None
    return (Cause.INFRASTRUCTURE, f"{sign}, and {_AGAIN[facts.again]}") if facts.again else (Cause.UNSURE, sign)


def _unsure(facts: Facts) -> tuple[Cause, str]:
    if facts.again:
        return Cause.OURS, _AGAIN[facts.again]
    return Cause.UNSURE, "what failed names nothing that the change touches"


_AGAIN = {
    "failed": "it failed again when it ran again on this commit",
    "cannot": "it cannot be run again from here",
}

_ENDED_BY_MACHINES = {
    "startup_failure": "it could not be started",
    "stale": "GitHub gave it up, for it never reported an end",
    "cancelled": "it was cancelled",
}
_WORDS_OF_MACHINES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (r"lost communication with the server|the runner has received a shutdown signal", "its runner was lost"),
        (r"the job was not acquired by runner", "no runner took it"),
        (r"no space left on device|ENOSPC", "the disk of its runner was full"),
        (
            r"could not resolve host|temporary failure in name resolution|getaddrinfo EAI_AGAIN",
            "a host's name could not be resolved",
        ),
        (
            r"\b50[0234] (?:internal server error|bad gateway|service (?:temporarily )?unavailable|gateway time-?out)",
            "a server that it needs was down",
        ),
        (r"http error 5\d\d while getting|npm (?:err!|error) code e50\d", "a package registry was down"),
        (r"failed to download action|unable to download the action", "an action could not be downloaded"),
        (r"toomanyrequests:|429 too many requests", "a server that it needs refused more requests"),
    )
)
"""Words that GitHub's runner, git, pip, npm, docker and curl print when it is not the code's fault. A log that names
failing tests is not searched for them: tests of network code print such words themselves."""


def _sign_of_machines(facts: Facts) -> str:
    conclusion = facts.check.conclusion or ""
    if conclusion in _ENDED_BY_MACHINES:
        return _ENDED_BY_MACHINES[conclusion]
    if facts.told.result.failures:
        return ""
    if conclusion == "timed_out":
        return "it ran out of time, and no test had failed by then"
    return next((words for pattern, words in _WORDS_OF_MACHINES if pattern.search(facts.told.log)), "")


def _touched_in(text: str, touched: Sequence[str]) -> list[str]:
    return [place.path for place in files_named(text, touched)] if text else []


class Next(StrEnum):
    """What follows from the failures of a settled head."""

    WAIT = "something runs once more"
    SEND_BACK = "the change is to be mended"
    GIVE_UP = "more rounds are no use"
    ASK = "a person has to act at CI"
    GO_ON = "nothing of this change's is red"


def what_next(failures: Iterable[Failure], rounds: Sequence[str], most: int) -> Next:
    """The next step; `rounds` are the signatures of those so far, and there are at most `most`."""
    found = tuple(failures)
    causes = {failure.cause for failure in found}
    if Cause.OURS in causes:
        return Next.GIVE_UP if len(rounds) >= most or signature(found) in rounds[-1:] else Next.SEND_BACK
    if Cause.UNSURE in causes:
        return Next.WAIT
    return Next.ASK if causes & {Cause.INFRASTRUCTURE, Cause.WAITING} else Next.GO_ON


def signature(failures: Iterable[Failure]) -> str:
    """Equal for two rounds with the same failures of ours: the checks' names, and a digest."""
    ours = sorted((one for one in failures if one.cause is Cause.OURS), key=lambda one: one.check)
    text = "\n".join(one.signature for one in ours)
    return f"{', '.join(one.check for one in ours)[:200]} {sha256(text.encode()).hexdigest()[:16]}"


def mended_by(failures: Iterable[Failure], fits: Callable[[str], str | None]) -> dict[str, str]:
    """The command for each failure of ours that one is known for, by the check's name."""
    commands = ((one.check, fits(one.check)) for one in failures if one.cause is Cause.OURS)
    return {name: command for name, command in commands if command}
