"""The door over Socket Mode: the same things come through it, by a connection that we opened."""

import threading
from collections.abc import Iterator
from functools import partial

import pytest
from redis import Redis

from ghapp.core.chat import Button, Card, Talk
from ghapp.core.errors import StoreDown, TransientError, UserError
from ghapp.core.events import ButtonPressed, ChatEvent, Happening, MessageWritten
from ghapp.playground.slack.workspace import SlackPerson, SlackWorkspace
from ghapp.slack.chat import SlackChat
from ghapp.slack.door import SocketMode, socket_mode
from ghapp.store.inbox import Inboxes
from ghapp.web.hooks import take
from tests.slack.slack_desk import NOWHERE, heard
from tests.web.web_over import Wakes


@pytest.fixture
def link(slack: SlackWorkspace, redis: Redis, wakes: Wakes) -> Iterator[SocketMode]:
    """Our connection to the workspace, open."""
    link = door_to(slack, redis, wakes)
    link.start()
    slack.sockets.wait()
    yield link
    link.stop()


def door_to(
    slack: SlackWorkspace, redis: Redis, wakes: Wakes, app_token: str = "", ping_seconds: float = 3
) -> SocketMode:
    return socket_mode(
        partial(take, Inboxes(redis), wakes),
        app_token=app_token or slack.app.app_token,
        token=slack.app.bot_token,
        api_url=slack.api_url,
        ping_seconds=ping_seconds,
    )


def test_everything_comes_through_the_connection(
    slack: SlackWorkspace, ana: SlackPerson, redis: Redis, link: SocketMode
) -> None:
    """Words, commands, shortcuts and buttons, once each and all acknowledged; over HTTP came nothing."""
    root = ana.mentions("general", "mend it")
    ana.command("/honk mend it too", "general")
    ana.shortcut("general", ana.says("general", "it is broken"), "ask_honk")
    talk = Talk(slack.team, slack.channel("general").id, root)
    asked = SlackChat(slack.app.bot_token, slack.api_url).post(talk, Card("?", (Button("stop", "Stop"),)), "status")
    ana.presses("general", asked, "Stop")
    ana.reacts("general", asked, "octagonal_sign")
    slack.settle()
    found = heard(redis)
    said = sorted(one.text for one in found if isinstance(one, MessageWritten))
    assert said == [
        "it is broken",
        "mend it",
        "mend it too",
    ]
    assert sorted(one.talk.root for one in found if isinstance(one, ButtonPressed)) == sorted([root, asked])
    assert slack.unheard == []
    assert all(sent.by_socket for sent in slack.deliveries.sent)


def test_slack_may_ask_for_another_connection(redis: Redis, wakes: Wakes) -> None:
    """It does so every few hours. What is said meanwhile is heard, and once."""
    with SlackWorkspace(patience=0.5) as slack:
        ana = slack.member("ana")
        slack.channel("general", ana)
        link = door_to(slack, redis, wakes)
        link.start()
        slack.sockets.wait()
        slack.sockets.disconnect()
        ana.mentions("general", "mend it")
        slack.settle()
        link.stop()
        assert len(heard(redis)) == 1
        assert slack.violations == []


def test_a_connection_that_breaks_is_made_anew(redis: Redis, wakes: Wakes) -> None:
    """Without a word from the other end: as soon as its end is read, and not after five pings that fail."""
    with SlackWorkspace() as slack:
        ana = slack.member("ana")
        slack.channel("general", ana)
        link = door_to(slack, redis, wakes, ping_seconds=0.2)
        link.start()
        slack.sockets.wait()
        slack.sockets.close()
        while slack.sockets.open and opened(slack) == 1:
            pass  # the playground has not noticed yet
        slack.sockets.wait()
        ana.mentions("general", "mend it")
        slack.settle()
        link.stop()
        assert opened(slack) == 2
        assert len(heard(redis)) == 1


def opened(slack: SlackWorkspace) -> int:
    """How many connections were asked for."""
    return sum(call.method == "apps.connections.open" for call in slack.calls)


class DownOnce(Inboxes):
    """A store that does not answer the first time."""

    is_down = True

    def add(self, delivery: str, event: Happening) -> str | None:
        if self.is_down:
            self.is_down = False
            raise StoreDown("the store does not answer")
        return super().add(delivery, event)


def test_what_could_not_be_stored_is_sent_again(redis: Redis, wakes: Wakes) -> None:
    """It is not acknowledged, and Slack tries once more."""
    with SlackWorkspace(patience=0.3) as slack:
        ana = slack.member("ana")
        slack.channel("general", ana)
        link = socket_mode(
            partial(take, DownOnce(redis), wakes),
            app_token=slack.app.app_token,
            token=slack.app.bot_token,
            api_url=slack.api_url,
        )
        link.start()
        slack.sockets.wait()
        ana.mentions("general", "mend it")
        slack.settle()
        link.stop()
        assert len(heard(redis)) == 1
        assert [sent.reason for sent in slack.unheard] == [""], "the first sending had no answer"


def test_a_token_that_slack_does_not_know_is_told(slack: SlackWorkspace, redis: Redis, wakes: Wakes) -> None:
    """At once, and nothing is left behind."""
    before = threading.active_count()
    link = door_to(slack, redis, wakes, app_token="xapp-wrong")
    with pytest.raises(UserError):
        link.start()
    link.stop()
    assert threading.active_count() <= before + 1, "the playground may still end the thread of a request"


def test_a_slack_that_is_away_is_told(redis: Redis, wakes: Wakes) -> None:
    """Nobody listens there; whoever started us may try again."""
    over = partial(take, Inboxes(redis), wakes)
    link = socket_mode(over, app_token="xapp-1", token="xoxb-1", api_url=NOWHERE)
    with pytest.raises(TransientError):
        link.start()


def test_a_closed_connection_takes_nothing(
    slack: SlackWorkspace, ana: SlackPerson, redis: Redis, link: SocketMode
) -> None:
    """Stopping twice is stopping."""
    link.stop()
    link.stop()
    ana.mentions("general", "mend it")
    found: list[ChatEvent] = heard(redis)
    assert found == []
