"""What is said of work that is no plain change: plans, answers, conflicts, and what code did by itself."""

import re
from collections.abc import Sequence
from dataclasses import replace

from ghapp.core.disarm import inline
from ghapp.core.evidence import Outcome, Report
from ghapp.core.messages.words import coded, cost_line, fit, listed, marker, quoted
from ghapp.core.run import Errand, Run

_STEP = re.compile(r"- \[([ xX])\] (.+)")
MAX_STEPS = 30


def plan(run: Run, report: Report) -> str:
    """A plan, each step with a box: ticked ones are done by the next `/honk fix`."""
    steps = "\n".join(f"- [x] {inline(step)}" for step in report.steps[:MAX_STEPS])
    return fit(
        [
            marker(run.id, "plan"),
            "### Plan",
            quoted(report.summary),
            steps,
            listed("### Assumptions", report.assumptions),
            "Untick what you do not want, change a step as you like, then say `/honk fix`.",
            f"<sub>{cost_line(run.usage)}</sub>",
        ]
    )


def agreed_steps(body: str) -> str:
    """The ticked steps of a plan's comment as it stands now, for the agent; those that are unticked are ruled out."""
    found = [match for line in body.splitlines() if (match := _STEP.fullmatch(line.strip()))][:MAX_STEPS]
    wanted = [f"- {match[2]}" for match in found if match[1] != " "]
    unwanted = [f"- {match[2]}" for match in found if match[1] == " "]
    parts = ["Follow this plan, on which people agreed:", *wanted] if wanted else []
    return "\n".join([*parts, *(["Leave these steps of it out:", *unwanted] if unwanted else [])])


def answer(run: Run, report: Report) -> str:
    """The answer to a question."""
    return fit([marker(run.id, "ask"), quoted(report.summary), f"<sub>{cost_line(run.usage)}</sub>"])


def cannot_push(number: int, why: str) -> str:
    """Fix on somebody's pull request whose branch is closed to us."""
    return f"I cannot push to the branch of #{number}: {why}."


def fork_is_closed() -> str:
    """A fork that takes nothing from maintainers."""
    return "it is in a fork. Its author can tick *Allow edits by maintainers*, or the change goes into a branch here"


def fork_is_gone() -> str:
    """A fork that was deleted."""
    return "its repository is gone"


def is_base() -> str:
    """A pull request whose head is the default branch."""
    return "it is the default branch, to which I never push"


def in_conflict(errand: Errand, paths: Sequence[str]) -> str:
    """What the agent is told when code could not finish."""
    what = "The newest base was merged into your work" if errand.kind == "update" else "The commit was reverted"
    files = "\n".join(f"- {path}" for path in paths)
    return (
        f"{what}, and these files are in conflict; they hold git's markers (<<<<<<<, =======, >>>>>>>):\n\n{files}\n\n"
        "Resolve each so that both intentions hold, take all markers out, and change nothing else."
    )


def nothing_new(errand: Errand) -> str:
    """An errand that changes nothing."""
    what = "The branch has all of its base already" if errand.kind == "update" else "There is nothing left to undo"
    return f"{what}: nothing new to push."


def by_code(errand: Errand, before: Report | None, number: int | None) -> Report:
    """The report of what code did alone: of a revert its own, else that of the work before it."""
    if errand.kind == "revert":
        return Report(Outcome.DONE, f"This undoes #{number} (`{errand.sha[:9]}`), by `git revert`.")
    if before is None:  # the records were lost
        return Report(Outcome.DONE, "The base was taken in." if errand.kind == "update" else "Commands mended it.")
    return replace(before, settled=())


def no_answer(why: str) -> str:
    """A question about an open pull request that the agent could not be asked."""
    return f"The question could not be answered: {why}"


def role_is_gone(login: str, kind: str, needed: str) -> str:
    """The role was withdrawn while the run waited."""
    return f"@{login} does not have the role {needed} any more, which {kind} needs, so this was not begun."


def not_signed(why: str) -> str:
    """Verified commits were asked for, and plain ones made."""
    return f"The commit is pushed by plain git and not signed by GitHub: {why}"


def not_behind(seen: str) -> str:
    """GitHub called the branch behind its base, and there was nothing to take in."""
    return (
        f"{coded(seen[:9])} is not merged: it was behind its base a moment ago, and is not now. Say it again, please."
    )


def wish_moved(seen: str, head: str) -> str:
    """The base was taken in by code alone, so the wish to merge holds."""
    return (
        f"The wish to merge {coded(seen[:9])} goes on for {coded(head[:9])}: only the base came in, without a conflict."
    )
