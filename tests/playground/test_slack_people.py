"""Who somebody is: full members, guests, bots, strangers and those who left look as Slack shows them."""

from collections.abc import Iterator
from typing import Any

import pytest

from ghapp.playground.slack.person import SlackPerson
from tests.playground.slack_scene import Scene, scene


@pytest.fixture
def here() -> Iterator[Scene]:
    with scene() as made:
        yield made


def _told(here: Scene, who: SlackPerson) -> dict[str, Any]:
    found: dict[str, Any] = here.client.users_info(user=who.id)["user"]
    return found


def test_each_kind_of_person_is_told_apart(here: Scene) -> None:
    """Only a full member has none of the marks."""
    marks = ("is_bot", "deleted", "is_restricted", "is_ultra_restricted", "is_stranger")
    gone = here.slack.member("gone")
    here.slack.deactivate(gone)
    people = {
        here.ana: set(),
        here.slack.guest("gus"): {"is_restricted"},
        here.slack.guest("sue", single_channel=True): {"is_restricted", "is_ultra_restricted"},
        here.slack.bot("deploybot"): {"is_bot"},
        here.slack.stranger("eve"): {"is_stranger"},
        gone: {"deleted"},
    }
    for who, expected in people.items():
        told = _told(here, who)
        assert {name for name in marks if told.get(name)} == expected, who.user.handle
    assert (_told(here, here.ana)["real_name"], _told(here, here.ana)["team_id"]) == ("Ana", here.slack.team)
    assert _told(here, here.slack.stranger("eve"))["team_id"] != here.slack.team


def test_a_stranger_in_a_shared_channel_is_marked(here: Scene) -> None:
    """What somebody of another workspace writes and presses names their team."""
    eve = here.slack.stranger("eve")
    here.slack.channel("shared", here.ana, eve)
    eve.mentions("shared", "fix it")
    here.slack.settle()
    event = here.ear.payloads[0]
    assert (event["event"]["user_team"], event["is_ext_shared_channel"]) == (here.slack.state.foreign.id, True)
    assert event["team_id"] == here.slack.team
    told = here.client.conversations_info(channel=event["event"]["channel"])["channel"]
    assert (told["name"], told["is_ext_shared"], told["is_private"]) == ("shared", True, False)


def test_guests_and_strangers_stay_where_they_are(here: Scene) -> None:
    """Only full members walk into a public channel by themselves."""
    here.slack.channel("more")
    here.ana.says("more", "hi")
    for who in (here.slack.guest("gus"), here.slack.stranger("eve")):
        with pytest.raises(AssertionError, match="is not in more"):
            who.says("more", "hi")


def test_nobody_writes_to_bots_or_to_those_who_left(here: Scene) -> None:
    """A direct message with a bot or a closed account is refused."""
    gone = here.slack.member("gone")
    here.slack.deactivate(gone)
    assert here.refusal("conversations.open", users=gone.id) == "user_disabled"
    assert here.refusal("conversations.open", users=here.slack.bot("deploybot").id) == "cannot_dm_bot"
    assert here.refusal("conversations.open", users="U404") == "user_not_found"
    outside = here.slack.member("bob")
    given = {"channel": here.general.id, "user": outside.id, "text": "x"}
    assert here.refusal("chat.postEphemeral", **given) == "user_not_in_channel"
