"""What is said of CI: why each check fails, what is done about it, and when it is a person's turn."""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from ghapp.core.checks import Check
from ghapp.core.ci import Cause, Failure
from ghapp.core.disarm import code_block, inline, quiet
from ghapp.core.run import Run, State

_MAX_LINES, _MAX_SHOWN, _MAX_SUMMARY, _MAX_TOLD, _MAX_NAMES = 20, 3, 1_500, 5, 10
_LINK = re.compile(r"https?://[\w./?=&%:#~+-]{1,500}")


def ci_causes(run: Run) -> str:
    """Each failing check of the head in a line: its name, why it fails, and the evidence; then what it printed."""
    failures = [one for one in run.failures if one.sha == run.head_sha]
    more = [f"- … and {len(failures) - _MAX_LINES} more"] if len(failures) > _MAX_LINES else []
    lines = "\n".join([*(f"- {_line(one)}" for one in failures[:_MAX_LINES]), *more])
    shown = [_printed(one) for one in failures if one.summary and _is_for_a_person(one)]
    return "\n\n".join(filter(None, [lines, *(shown[:_MAX_SHOWN] if run.state is State.AWAITING_CI else ())]))


def _line(failure: Failure) -> str:
    link = f" · [see it]({failure.url})" if _LINK.fullmatch(failure.url) else ""
    return f"{inline(failure.check)}: **{failure.cause.value}** · {inline(failure.evidence)}{link}"


def _is_for_a_person(failure: Failure) -> bool:
    return failure.cause in (Cause.OURS, Cause.INFRASTRUCTURE)


def _printed(failure: Failure) -> str:
    block = code_block(failure.summary[:_MAX_SUMMARY])
    return f"<details><summary>What {escape(quiet(failure.check))} printed</summary>\n\n{block}\n\n</details>"


def ci_running(checks: Sequence[Check]) -> str:
    """Not all checks have ended, or nothing is reported yet."""
    if all(check.settled for check in checks) and checks:
        return "CI has ended; I wait a moment for checks that come late."
    return "CI is running" if checks else "Nothing is reported on the head yet."


def ci_late(names: Sequence[str]) -> str:
    """Two hours without any news."""
    return f"CI has had no news for two hours, and this has not ended: {_names(names)}. Look at it, please."


def ci_missing(names: Sequence[str]) -> str:
    """A rule of the branch requires what nobody has reported who may."""
    return (
        f"The base branch requires what is not reported on this commit, or not by the App that it must come from: "
        f"{_names(names)}. Until then it stays as it is."
    )


def ci_green(number: int, failures: Iterable[Failure], *, ready: bool) -> str:
    """Nothing of this change's is red, and what was red besides."""
    found = tuple(failures)
    old = _names(one.check for one in found if one.cause is Cause.ALREADY_RED)
    flaky = _names(one.check for one in found if one.cause is Cause.FLAKY)
    beside = f", but for what is red on the base too ({old})" if old else ""
    chance = f" Flaky, as it passed when it ran again: {flaky}." if flaky else ""
    end = f"; #{number} is ready for review" if ready else ""
    return f"CI is green{beside}{end}{'.' if chance else ''}{chance}"


def ci_unsure(failures: Iterable[Failure]) -> str:
    """Something runs once more."""
    names = _names(one.check for one in failures if one.cause is Cause.UNSURE)
    return f"CI is red: {names}. It runs once more, to tell chance from a fault of this change."


def ci_sent_back(failures: Iterable[Failure], round_: int, most: int, *, by_code: bool) -> str:
    """The change is to be mended."""
    how = "a command that is known for it mends it" if by_code else "the agent mends it"
    return f"CI is red because of this change: {_names(_ours(failures))}; {how} (round {round_} of {most})"


def ci_handed_back(failures: Iterable[Failure], rounds: int, most: int) -> str:
    """It is a person's turn, after the rounds that were tried."""
    if rounds >= most:
        tried = {0: "no round of repair is allowed here", 1: "one round did not mend it"}
        why = tried.get(rounds, f"{rounds} rounds did not mend it")
    else:
        why = "the last round changed nothing about it, so no other was tried"
    return (
        f"CI is red: {_names(_ours(failures))}. I hand it back: {why}. Push to its branch and I follow that anew, or "
        "say `/honk fix …` with what you know."
    )


def ci_asks(failures: Iterable[Failure]) -> str:
    """Somebody has to do something at CI itself."""
    found = tuple(failures)
    waiting = _names(one.check for one in found if one.cause is Cause.WAITING)
    broken = _names(one.check for one in found if one.cause is Cause.INFRASTRUCTURE)
    approve = f"CI waits for a person: somebody with write access must approve {waiting}, behind its link."
    again = f"CI's machines failed, not this change: {broken}. Somebody must have it run again."
    return " ".join(words for names, words in ((waiting, approve), (broken, again)) if names)


def ci_feedback(sha: str, failures: Iterable[Failure], commands: Mapping[str, str]) -> str:
    """What the agent is told of the failures of ours; `commands` are those known to mend some, by the check's name."""
    found = tuple(failures)
    told = [one for one in found if one.cause is Cause.OURS]
    others = _names(one.check for one in found if one.cause not in (Cause.OURS, Cause.FLAKY))
    parts = [f"CI is red on the commit {sha} of your work. Mend what it says below; run here what you can of it."]
    parts += [_told(one, commands.get(one.check, "")) for one in told[:_MAX_TOLD]]
    parts += [f"As red: {_names(one.check for one in told[_MAX_TOLD:])}."] if len(told) > _MAX_TOLD else []
    parts += [f"Red too, and not for you to mend: {others}."] if others else []
    return "\n\n".join(parts)


def _told(failure: Failure, command: str) -> str:
    said = failure.summary.strip()
    printed = f"It printed:\n{said}" if said else "What it printed may not be shown to you."
    known = f"\nThis command is known to mend it, when it is run last: {command}" if command else ""
    return f"The check {quiet(failure.check)} fails: {failure.evidence}. {printed}{known}"


def _ours(failures: Iterable[Failure]) -> list[str]:
    return [one.check for one in failures if one.cause is Cause.OURS]


def _names(names: Iterable[str]) -> str:
    found = list(dict.fromkeys(" ".join(name.split())[:100] for name in names))
    more = f" and {len(found) - _MAX_NAMES} more" if len(found) > _MAX_NAMES else ""
    return ", ".join(found[:_MAX_NAMES]) + more
