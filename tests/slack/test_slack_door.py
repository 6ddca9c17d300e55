"""Slack's door: what gets in, what it answers, and that nothing is acknowledged that was not stored."""

import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from redis import Redis

from ghapp.core.chat import Button, Card, Speaker, Talk
from ghapp.core.events import ButtonPressed, MessageWritten
from ghapp.playground.slack.workspace import SlackPerson, SlackWorkspace
from ghapp.slack import door
from ghapp.slack.chat import SlackChat
from ghapp.slack.signing import sign
from ghapp.store.connection import connect
from ghapp.store.inbox import Inboxes
from ghapp.supervisor import embedded_valkey
from tests.slack.slack_desk import SECRET, app_over, heard
from tests.slack.test_slack_payloads import commanded, event, message, pressed
from tests.web.web_over import Wakes

ADDRESS = "/slack/events"


@pytest.fixture
def client(redis: Redis, wakes: Wakes) -> FlaskClient:
    return app_over(redis, wakes).test_client()


def deliver(client: FlaskClient, body: bytes, *, form: bool = False, age: float = 0, **headers: str | None) -> int:
    """Post a signed body; `headers` replace (underscores are dashes), and None leaves one out. The status."""
    stamp = str(int(time.time() - age))
    sent: dict[str, str | None] = {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": sign(body, stamp, SECRET),
        "Content-Type": "application/x-www-form-urlencoded" if form else "application/json",
    }
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    answer = client.post(ADDRESS, data=body, headers={name: value for name, value in sent.items() if value is not None})
    return answer.status_code


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def test_an_event_is_stored_and_then_acknowledged(client: FlaskClient, redis: Redis, wakes: Wakes) -> None:
    """200, the message in its talk's inbox, intake woken; and no call to Slack, which nobody would answer."""
    assert deliver(client, encoded(event(message()))) == 200
    assert wakes.inboxes == list(Inboxes(redis).wanted())
    assert [type(one) for one in heard(redis)] == [MessageWritten]


def test_buttons_and_commands_come_by_the_same_door(client: FlaskClient, redis: Redis, wakes: Wakes) -> None:
    """As forms. Slack would show whatever a command is answered with, so the answer is empty."""
    stop = pressed(actions=[{"type": "button", "action_id": "honk:stop", "action_ts": "1793527500.000300"}])
    assert deliver(client, urlencode({"payload": json.dumps(stop)}).encode(), form=True) == 200
    assert deliver(client, urlencode(commanded()).encode(), form=True) == 200
    assert {type(one) for one in heard(redis)} == {ButtonPressed, MessageWritten}
    assert len(wakes.urgent) == 1, "to stop is urgent, to ask is not"


def test_a_command_may_speak_of_a_payload(client: FlaskClient, redis: Redis) -> None:
    """Bolt takes a form with that word in it for a button, and would hear nothing."""
    assert deliver(client, urlencode(commanded(text="the payload is lost")).encode(), form=True) == 200
    assert [one.text for one in heard(redis) if isinstance(one, MessageWritten)] == ["the payload is lost"]


def test_what_starts_nothing_is_acknowledged_too(client: FlaskClient, redis: Redis) -> None:
    """Slack would send it again, and at last send nothing any more."""
    assert deliver(client, encoded(event(message("good morning")))) == 200
    assert deliver(client, encoded({"type": "view_submission", "team": {"id": "T0"}})) == 200
    assert heard(redis) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"X_Slack_Signature": None},
        {"X_Slack_Signature": "v0=" + "0" * 64},
        {"X_Slack_Signature": "nonsense"},
        {"X_Slack_Request_Timestamp": None},
        {"X_Slack_Request_Timestamp": "0"},
        {"X_Slack_Request_Timestamp": "yesterday"},
    ],
    ids=str,
)
def test_an_unsigned_request_is_nobodys(client: FlaskClient, redis: Redis, wrong: dict[str, Any]) -> None:
    """401 before anything is read: also for what is no JSON, and for what Slack's challenge looks like."""
    bodies = (event(message()), {"type": "url_verification", "challenge": "c"}, {"ssl_check": "1"})
    assert [deliver(client, encoded(body), **wrong) for body in bodies] == [401, 401, 401]
    assert deliver(client, b"\xff{{{", **wrong) == 401
    assert heard(redis) == []


def test_a_request_that_somebody_kept_is_refused(client: FlaskClient, redis: Redis) -> None:
    """Five minutes after it was signed, and as long before."""
    assert deliver(client, encoded(event(message())), age=302) == 401
    assert deliver(client, encoded(event(message())), age=-302) == 401
    assert heard(redis) == []


def test_a_changed_body_is_refused(client: FlaskClient, redis: Redis) -> None:
    """The signature is over every byte."""
    stamp, body = str(int(time.time())), encoded(event(message()))
    other = body.replace(b"mend it", b"drop it")
    assert deliver(client, other, X_Slack_Signature=sign(body, stamp, SECRET), X_Slack_Request_Timestamp=stamp) == 401
    assert heard(redis) == []


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{",
        b"",
        b"payload=",
        b"payload=[]",
        b"a=1",
        b"null",
        b'{"event": 5, "team": 5}',
        b'{"authorizations": [[]]}',
        b'{"type": "block_actions", "actions": {}}',
        b'{"type": "block_actions", "actions": []}',
        b'{"type": "interactive_message", "callback_id": "a", "actions": 5}',
        b'{"type": "view_submission", "view": null}',
        b'{"type": "view_closed", "view": 5}',
        b'{"type": "event_callback", "event": null}',
        b'{"type": "event_callback", "event": 5, "event_id": "Ev1"}',
        b'{"type": "url_verification", "challenge": {}}',
        b'{"type": {}}',
    ],
)
def test_a_signed_body_that_is_no_payload_does_no_harm(client: FlaskClient, redis: Redis, body: bytes) -> None:
    """Nothing of Slack's looks so; it is answered, and nothing is stored."""
    assert deliver(client, body) in (200, 400)
    assert heard(redis) == []


@pytest.mark.parametrize(
    "body", [b'{"a":' * 9_999, b"[" * 9_999, b"payload=" + b'{"a":' * 9_999], ids=lambda body: body[:9]
)
def test_a_body_that_is_nested_without_end_is_none_of_slacks(client: FlaskClient, redis: Redis, body: bytes) -> None:
    """It is refused as what it is, whether it comes as JSON or in a form."""
    assert deliver(client, body, form=body.startswith(b"payload")) == 400
    assert heard(redis) == []


def test_a_nested_challenge_does_no_harm(client: FlaskClient) -> None:
    """What can just be read may be too deep to be written."""
    bodies = [
        b'{"type": "url_verification", "challenge": %s%s}' % (b"[" * deep, b"]" * deep) for deep in range(900, 1000)
    ]
    assert {deliver(client, body) for body in bodies} == {200, 400}


def test_the_largest_body_is_taken_and_a_larger_one_is_not(client: FlaskClient, redis: Redis) -> None:
    """Slack sends nothing of that size."""
    largest = encoded(event(message()))
    largest += b" " * (door.MAX_BYTES - len(largest))
    assert deliver(client, largest + b" ") == 413
    assert heard(redis) == []
    assert deliver(client, largest) == 200
    assert len(heard(redis)) == 1


def test_an_event_that_is_sent_again_is_stored_once(client: FlaskClient, redis: Redis, wakes: Wakes) -> None:
    """Bolt does not tell a retry from a new event; its id does. It is acknowledged like the first."""
    body = encoded(event(message()))
    assert deliver(client, body) == 200
    assert deliver(client, body, X_Slack_Retry_Num="1", X_Slack_Retry_Reason="http_timeout") == 200
    assert len(heard(redis)) == 1
    assert len(wakes.inboxes) == 1


def test_a_store_that_is_down_is_not_acknowledged(redis: Redis, wakes: Wakes, tmp_path: Path) -> None:
    """503, so that Slack sends the event again in a while."""
    with embedded_valkey(tmp_path) as url:
        gone = connect(url, patient=False)
    with gone:
        assert deliver(app_over(gone, wakes).test_client(), encoded(event(message()))) == 503
    assert wakes.inboxes == []


def test_a_queue_that_is_down_loses_nothing(client: FlaskClient, redis: Redis, wakes: Wakes) -> None:
    """What is stored is acknowledged; the clock finds the inbox."""
    wakes.is_down = True
    assert deliver(client, encoded(event(message()))) == 200
    assert len(heard(redis)) == 1


def test_no_door_without_a_secret(redis: Redis, wakes: Wakes) -> None:
    """Without one, everybody could sign."""
    with pytest.raises(ValueError, match="secret"):
        app_over(redis, wakes, secret="")


def test_a_variable_in_the_environment_changes_nothing(
    redis: Redis, wakes: Wakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bolt reads Slack's own variables, and would become an app that others can install."""
    for name in ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"):
        monkeypatch.setenv(name, "1")
    client = app_over(redis, wakes).test_client()
    assert deliver(client, encoded(event(message()))) == 200
    assert client.get("/slack/install").status_code == 404
    assert len(heard(redis)) == 1


# Against the playground's Slack, by HTTP


@pytest.mark.usefixtures("listening")
def test_slack_is_shown_that_we_are_here(slack: SlackWorkspace) -> None:
    """The challenge comes back."""
    assert slack.verify()


@pytest.mark.usefixtures("listening")
def test_people_are_heard_once_each(slack: SlackWorkspace, ana: SlackPerson, redis: Redis) -> None:
    """A mention (two events), a reply, a direct message, a command, the shortcut and a stop sign."""
    root = ana.mentions("general", "the login page is broken")
    ana.says("general", "only on phones", thread=root)
    ana.direct("mend it")
    ana.command("/honk mend it", "general")
    report = ana.says("general", "the logo is gone")
    ana.shortcut("general", report, "ask_honk")
    slack.settle()
    found = [one for one in heard(redis) if isinstance(one, MessageWritten)]
    said = sorted((one.text, one.addressed, one.command) for one in found)
    assert said == [
        ("mend it", True, False),
        ("mend it", True, True),
        ("only on phones", False, False),
        ("the login page is broken", True, False),
        ("the logo is gone", True, False),
    ]
    assert {(one.speaker.team, one.speaker.user) for one in found} == {(slack.team, ana.id)}
    assert slack.unheard == []
    assert slack.calls == [], "nothing is asked of Slack before it is answered"


@pytest.mark.usefixtures("listening")
def test_buttons_are_heard_wherever_they_stand(
    slack: SlackWorkspace, ana: SlackPerson, chat: SlackChat, redis: Redis
) -> None:
    """In a thread, and on a message that one person alone sees; with the talk that it is in."""
    talk = Talk(slack.team, slack.channel("general").id, ana.says("general", "it is broken"))
    card = Card("?", (Button("choose", "web", "7 fix"), Button("choose", "api", "8 fix")))
    asked = chat.post(talk, card, "ask")
    chat.whisper(talk, Speaker(slack.team, ana.id), card)
    ana.presses("general", asked, "api")
    (whisper,) = slack.whispers(ana)
    ana.presses("general", whisper.ts, "web")
    slack.settle()
    found = [one for one in heard(redis) if isinstance(one, ButtonPressed)]
    told = [(one.talk, one.name, one.value, one.message) for one in found]
    assert told == [(talk, "choose", "8 fix", asked), (talk, "choose", "7 fix", whisper.ts)]
    assert slack.unheard == []


@pytest.mark.usefixtures("listening")
def test_all_others_start_nothing(slack: SlackWorkspace, ana: SlackPerson, redis: Redis) -> None:
    """Bots, hooks, other workspaces, edits, deletions, and what was only forwarded."""
    slack.channel("general", stranger := slack.stranger("eve"), robot := slack.bot("sentry"))
    stranger.mentions("general", "drop it")
    robot.mentions("general", "drop it")
    slack.hook_says("general", f"<@{slack.app.bot.id}> drop it")
    quiet = ana.says("general", "good morning")
    ana.edits("general", quiet, "@honk drop it")
    ana.deletes("general", quiet)
    slack.channel("random", ana)
    ana.forwards("random", ana.says("random", "`@honk drop it`"), "general")
    slack.settle()
    assert heard(redis) == []
    assert slack.unheard == []


@pytest.mark.usefixtures("listening")
def test_a_guest_is_heard_for_who_a_guest_is_is_asked_later(slack: SlackWorkspace, redis: Redis) -> None:
    """An event does not say it; the one who acts looks."""
    guest = slack.guest("gus")
    slack.channel("general", guest)
    guest.mentions("general", "mend it")
    slack.settle()
    assert len(heard(redis)) == 1


@pytest.mark.usefixtures("listening")
def test_what_slack_sends_again_is_heard_once(slack: SlackWorkspace, ana: SlackPerson, redis: Redis) -> None:
    """A redelivery, seconds or minutes later, is the same event."""
    ana.mentions("general", "mend it")
    slack.settle()
    for sent in slack.events():
        slack.redeliver(sent)
    slack.settle()
    assert len(heard(redis)) == 1
