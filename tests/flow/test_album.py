"""The pictures of a talk as the agent gets them, with Slack of the playground and a real store."""

from dataclasses import replace
from datetime import UTC, datetime
from struct import pack

import pytest
from redis import Redis

from ghapp.core.chat import Speaker, Talk
from ghapp.core.ports import Pictures
from ghapp.core.run import Trigger
from ghapp.flow.album import Album
from ghapp.playground.slack.workspace import SlackPerson, SlackWorkspace
from ghapp.slack.chat import SlackChat
from ghapp.slack.files import SlackFiles
from ghapp.store.talks import ChatTalks
from tests.core.policy_cases import CODING, THREAD

ROOM = "general"


def png(width: int = 1, height: int = 1) -> bytes:
    """The beginning of a picture of this size, which is all that is looked at."""
    return b"\x89PNG\r\n\x1a\n" + pack(">I4sII", 13, b"IHDR", width, height)


@pytest.fixture
def album(redis: Redis, chat: SlackChat, files: SlackFiles) -> Album:
    return Album(chat, files, ChatTalks(redis))


def shown(album: Album, slack: SlackWorkspace, root: str, asked: str) -> Pictures:
    """The pictures for a run that was asked for by the message `asked` in the talk that `root` began."""
    talk = Talk(slack.team, slack.channel(ROOM).id, root)
    album.talks.bind(talk, THREAD, Speaker(slack.team, "U1"))
    at = datetime.fromtimestamp(float(asked), UTC).isoformat()
    return album.of(replace(CODING, trigger=Trigger(at, comment=5)))


def test_a_run_that_nobody_asked_for_in_a_talk_has_none(album: Album, slack: SlackWorkspace) -> None:
    """Slack is not even called."""
    assert album.of(CODING) == Pictures()
    assert slack.calls == []


def test_pictures_come_in_the_order_in_which_they_were_shown(
    album: Album, slack: SlackWorkspace, ana: SlackPerson
) -> None:
    """Those of the first message, and of what was said below it; what is no picture is left alone."""
    root = ana.says(ROOM, "look", files=[("a.png", png(1)), ("b.png", png(2))])
    asked = ana.says(ROOM, "and this", root, files=[("log.txt", b"x"), ("c.png", png(3))])
    found = shown(album, slack, root, asked)
    assert [(image.media_type, image.content) for image in found.images] == [
        ("image/png", png(side)) for side in (1, 2, 3)
    ]
    assert found.notes == ()


def test_only_members_show_something(album: Album, slack: SlackWorkspace, ana: SlackPerson) -> None:
    """What a guest or somebody of another workspace attaches does not come to the agent."""
    root = ana.says(ROOM, "look")
    for number, person in enumerate((slack.guest("gus"), slack.stranger("sam")), 1):
        slack.channel(ROOM, person)
        person.says(ROOM, "mine", root, files=[(f"{number}.png", png())])
    asked = ana.says(ROOM, "mend it", root)
    assert shown(album, slack, root, asked) == Pictures()


def test_five_are_enough(album: Album, slack: SlackWorkspace, ana: SlackPerson) -> None:
    """The first five; that there were more is said."""
    root = ana.says(ROOM, "look", files=[(f"{side}.png", png(side)) for side in range(1, 8)])
    found = shown(album, slack, root, root)
    assert [image.content for image in found.images] == [png(side) for side in range(1, 6)]
    assert found.notes == ("Only the first 5 pictures of the talk are taken; there are 7.",)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<svg/>", "it is no PNG"),
        (png()[:18], "it is damaged"),
        (png(8_001), "8000 by 8000 pixels"),
        (png(0), "it is damaged"),
        (png() + bytes(5 * 1024 * 1024), "larger"),
    ],
)
def test_a_picture_that_cannot_be_shown_is_left_out_with_a_word(
    album: Album, slack: SlackWorkspace, ana: SlackPerson, content: bytes, why: str
) -> None:
    """The others are there all the same: the model would refuse all for one."""
    root = ana.says(ROOM, "look", files=[("bad.png", content), ("good.png", png())])
    found = shown(album, slack, root, root)
    assert [image.content for image in found.images] == [png()]
    (note,) = found.notes
    assert note.startswith("A picture of the talk is left out: ")
    assert why in note


def test_a_picture_that_slack_does_not_give_is_left_out(album: Album, slack: SlackWorkspace, ana: SlackPerson) -> None:
    """A hiccup of the file server costs a picture, not the run."""
    root = ana.says(ROOM, "look", files=[("a.png", png(1)), ("b.png", png(2))])
    slack.fail("files-pri", status=503)
    found = shown(album, slack, root, root)
    assert [image.content for image in found.images] == [png(2)]
    assert len(found.notes) == 1


def test_what_is_shown_later_is_no_part_of_the_request(album: Album, slack: SlackWorkspace, ana: SlackPerson) -> None:
    """A run reads what there was when it was asked for, also when it is tried again."""
    root = ana.says(ROOM, "look", files=[("a.png", png())])
    assert shown(album, slack, root, str(float(root) - 2)) == Pictures()
    assert [image.content for image in shown(album, slack, root, root).images] == [png()]
