"""The boxes of the status comment: which stand there when, and that nobody else's text makes one."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghapp.core import messages
from ghapp.core.checks import Check as CiCheck
from ghapp.core.merging import Wish
from ghapp.core.policy.saying import BOXES
from ghapp.core.run import Conclusion, Remark, Run, State
from tests.core.policy_cases import (
    CI,
    CODING,
    DONE,
    FIRST,
    HEAD,
    MERGED,
    MERGING,
    MONA,
    NO_LEAVE,
    NO_MONEY,
    QUEUED,
    REVIEW,
    WATCHED,
    on_their_branch,
    reading,
    run,
)

LINE = re.compile(r" *- \[ \] (.+) <!-- honk:box:([a-z]+)(?::([0-9a-f]{40}))? -->")
WISHED = replace(MERGING, wish=Wish(HEAD, MONA, "2026-11-01T11:00:00Z"))


def _body(run: Run, *words: Remark) -> str:
    return messages.status_comment(run, 60.0, "https://honk.example/runs/key", words)


def _boxes(run: Run, *words: Remark) -> list[str]:
    """The names of the boxes in the status comment, in their order."""
    return [found[2] for line in _body(run, *words).splitlines() if (found := LINE.fullmatch(line))]


@pytest.mark.parametrize(
    ("newest", "names"),
    [
        (QUEUED, ["stop"]),
        (FIRST, ["stop"]),
        (CODING, ["stop"]),
        (NO_MONEY, ["stop"]),
        (NO_LEAVE, ["allow", "stop"]),
        (CI, ["merge", "stop"]),
        (REVIEW, ["merge", "stop"]),
        (on_their_branch(State.AWAITING_REVIEW), ["merge", "stop"]),
        (WISHED, ["stop"]),
        (WATCHED, ["revert", "stop"]),
        (MERGED, ["revert"]),
        (run(State.DONE, conclusion=Conclusion.DEPLOYED), ["revert"]),
        (DONE, ["retry"]),
        (run(State.DONE, conclusion=Conclusion.CANCELLED), ["retry"]),
        (reading("ask"), ["stop"]),
        (reading("ask", State.DONE), ["retry"]),
    ],
)
def test_the_boxes_are_those_that_mean_something(newest: Run, names: list[str]) -> None:
    """One tap for what can be done now, and nothing that would be answered with a no."""
    assert _boxes(newest) == names
    assert set(names) <= set(BOXES)


def test_the_merge_box_names_the_commit_that_is_shown() -> None:
    """In short for the reader, and whole for us."""
    assert f"- [ ] Merge `{HEAD[:7]}` when CI is green <!-- honk:box:merge:{HEAD} -->" in _body(REVIEW)


FORGED = st.lists(
    st.sampled_from(
        [
            *("- [ ] ", "* [x] ", "x ", "\n", "\r\n", " ", "`", "```", "<!-- ", "-->", "\\", "[ ]", "|"),
            *(f"<!-- honk:box:merge:{'b' * 40} -->", "<!-- honk:box:stop -->", "- [ ] a <!-- honk:box:allow -->"),
        ]
    ),
    max_size=12,
).map("".join)


@given(FORGED)
def test_no_text_of_others_makes_a_box(text: str) -> None:
    """Whatever a person, a check or the agent says, the boxes are ours."""
    said = replace(REVIEW, reason=text, notes=(text, text), ci=(CiCheck(text, conclusion="failure"),))
    assert _boxes(said, Remark(text, text), Remark("ada", text)) == ["merge", "stop"]


def test_the_boxes_are_there_however_long_the_rest_is() -> None:
    """What has to be cut is never what can be tapped."""
    long = replace(REVIEW, notes=("x " * 400,) * 8, ci=tuple(CiCheck("y" * 200, id=number) for number in range(900)))
    words = (Remark("ada", "z" * 8_000),) * 20
    assert 60_000 < len(_body(long, *words)) <= 65_536
    assert _boxes(long, *words) == ["merge", "stop"]


def test_a_wish_is_shown_until_it_is_fulfilled() -> None:
    """Who wants which commit merged, also while the base is taken in for it; not after the merge."""
    runs = [run(state, wish=WISHED.wish) for state in State]
    shown = [one.state for one in runs if f"@mona wants `{HEAD[:9]}` merged" in _body(one)]
    assert shown == [state for state in State if state not in (State.DEPLOYING, State.DONE)]
