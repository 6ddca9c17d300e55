"""Which inbox an event belongs to, and which two deliveries are one happening."""

from dataclasses import replace

import pytest

from ghapp.core.chat import Speaker, Talk
from ghapp.core.events import (
    ButtonPressed,
    ChecksChanged,
    CommentDeleted,
    Happening,
    InstallationChanged,
    IssueUnlabeled,
    MessageWritten,
    Repository,
    Thread,
    branch_name,
    inbox_key,
    meaning,
    thread_number,
)
from tests.core.policy_cases import AT, HEAD, LATER, MONA, STATUS, THREAD, chatted, labeled, reviewed, said, ticked

TALK, ADA, BEN = Talk("T1", "C1", "1.000001"), Speaker("T1", "U1"), Speaker("T1", "U2")
WRITTEN = MessageWritten(TALK, ADA, "Make it blue", "2.000001", AT, addressed=True)
PRESSED = ButtonPressed(TALK, ADA, "merge", HEAD, "3.000001", "4.000001", AT)
CHECKS = ChecksChanged(THREAD, HEAD, "check_run")


@pytest.mark.parametrize(
    ("event", "key"),
    [
        (labeled(), "7:1"),
        (said("/honk"), "7:1"),
        (chatted("stop"), "7:1"),
        (CHECKS, "7:1"),
        (InstallationChanged(3, "deleted"), "installation:3"),
        (WRITTEN, "chat:T1:C1:1.000001"),
        (PRESSED, "chat:T1:C1:1.000001"),
        (replace(WRITTEN, talk=replace(TALK, root="")), "chat:T1:C1:"),
    ],
)
def test_each_event_has_one_inbox(event: Happening, key: str) -> None:
    """A thread's, an installation's, or that of a talk in which it is not known yet what it is about."""
    assert inbox_key(event) == key


def test_no_two_inboxes_have_one_name() -> None:
    """Neither a talk and a thread, nor two talks."""
    talks = [TALK, Talk("T2", "C1", "1.000001"), Talk("T1", "C2", "1.000001"), Talk("T1", "C1", "1.000002")]
    keys = [inbox_key(replace(WRITTEN, talk=talk)) for talk in talks]
    others = [inbox_key(labeled()), inbox_key(replace(labeled(), thread=Thread(Repository(8, "octo/demo", 3), 1)))]
    assert len({*keys, *others}) == 6


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (said("/honk"), replace(said("/honk stop"), created_at=AT)),  # an edited comment is still that comment
        (labeled("honk"), labeled("HONK")),
        (WRITTEN, replace(WRITTEN, text="@honk Make it blue", addressed=False)),  # Slack tells of a mention twice
        (WRITTEN, replace(WRITTEN, talk=replace(TALK, root="2.000001"))),
        (PRESSED, replace(PRESSED, value="x", message="9.000001")),
        (chatted("/honk merge", HEAD), chatted("/honk merge")),
        (ticked("stop"), ticked("stop", HEAD)),
    ],
)
def test_what_comes_twice_is_one_happening(one: Happening, other: Happening) -> None:
    """Whatever else differs between its deliveries."""
    assert meaning(one) == meaning(other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (said("/honk"), replace(said("/honk"), comment=6)),
        (said("/honk"), CommentDeleted(THREAD, MONA, 5)),
        (labeled(), labeled("honk:plan")),
        (labeled(), labeled(at=AT)),
        (labeled(), IssueUnlabeled(THREAD, MONA, "honk", LATER)),
        (ticked("stop"), ticked("retry")),
        (ticked("stop"), ticked("stop", comment=STATUS + 1)),
        (ticked("stop"), replace(ticked("stop"), at=AT)),
        (WRITTEN, replace(WRITTEN, ts="2.000002")),
        (WRITTEN, replace(WRITTEN, speaker=BEN)),  # the shortcut, used on one message by two people
        (WRITTEN, replace(WRITTEN, use="3.000001")),  # the shortcut, used on one's own words
        (replace(WRITTEN, use="3.000001"), replace(WRITTEN, use="3.000002")),
        (WRITTEN, replace(WRITTEN, again=True)),  # what had to wait for a link
        (WRITTEN, replace(WRITTEN, talk=replace(TALK, channel="C2"))),
        (PRESSED, replace(PRESSED, press="4.000002")),
        (PRESSED, replace(PRESSED, speaker=BEN)),
        (PRESSED, replace(PRESSED, again=True)),
        (chatted("stop"), replace(chatted("stop"), number=chatted("").number + 1)),
        (chatted("stop"), replace(chatted("stop"), actor=replace(MONA, id=12))),
        (chatted("stop"), replace(chatted("stop"), talk=Talk("T1", "C2", "1.000001"))),
    ],
)
def test_two_happenings_are_two(one: Happening, other: Happening) -> None:
    """Nothing that somebody did is taken for something else."""
    assert meaning(one) != meaning(other)


@pytest.mark.parametrize("event", [CHECKS, reviewed(), InstallationChanged(3, "deleted")])
def test_what_may_be_looked_at_again_has_no_name(event: Happening) -> None:
    """Acting twice on a hint does no harm, and two of them may be about two things."""
    assert meaning(event) is None


@pytest.mark.parametrize(
    ("branch", "number"),
    [
        (branch_name(12, "r1"), 12),
        ("honk/12-r1-x", 12),
        ("honk/12", None),
        ("honk/12-", None),
        ("honk/0-r1", None),
        ("honk/012-r1", None),
        ("honk/-r1", None),
        ("honk/١-r1", None),
        ("honk/99999999999-r1", None),
        ("feature/12-r1", None),
        ("Honk/12-r1", None),
        ("", None),
        (None, None),
    ],
)
def test_a_branch_of_ours_names_its_thread(branch: str | None, number: int | None) -> None:
    """And no other branch does."""
    assert thread_number(branch) == number
