"""The front door: what gets in, what it answers, and that nothing is acknowledged that was not stored."""

import hashlib
import hmac
import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from redis import Redis

from ghapp.core.chat import Speaker
from ghapp.core.events import CommentCreated
from ghapp.core.ports import Invitation
from ghapp.github.webhook import MAX_BYTES
from ghapp.store.connection import connect
from ghapp.store.identities import ChatIdentities
from ghapp.store.inbox import Inboxes
from ghapp.supervisor import embedded_valkey
from tests.web.web_over import SECRETS, Wakes, app_over

ADDRESS = "/webhooks/github"
BOX = "7:12"
USER_ID = 11
USER = {"id": USER_ID, "login": "mona", "type": "User"}
ISSUE = {"number": 12, "title": "It is broken", "body": "Mend it", "user": USER, "updated_at": "2026-11-01T10:00:00Z"}


def comment(number: int = 99, body: str = "/honk fix") -> dict[str, Any]:
    """An `issue_comment` payload, with the fields that are read."""
    return {
        "action": "created",
        "repository": {"id": 7, "full_name": "octo/demo"},
        "installation": {"id": 3},
        "sender": USER,
        "issue": ISSUE,
        "comment": {"id": number, "body": body, "user": USER, "created_at": "2026-11-01T10:05:00Z"},
    }


def signed(body: bytes, event: str = "issue_comment", delivery: str = "d1", secret: str = SECRETS[0]) -> dict[str, str]:
    """The headers that GitHub sends with a body."""
    return {
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery,
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
        "Content-Type": "application/json",
    }


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


REVOKED = {"action": "revoked", "sender": USER}


@pytest.mark.parametrize(("body", "left"), [(REVOKED, None), (REVOKED | {"sender": USER | {"id": 12}}, 11)])
def test_who_takes_back_their_sign_in_is_nobody_in_the_chat(
    client: FlaskClient, redis: Redis, body: dict[str, Any], left: int | None
) -> None:
    """In every workspace; and nobody else's is taken back. GitHub sends this without being asked."""
    identities = ChatIdentities(redis)
    speakers = [Speaker(team, "U1") for team in ("T1", "T2")]
    for speaker in speakers:
        identities.accept(identities.invite(Invitation(speaker, "mona")), USER_ID)
    content = encoded(body)
    sent = signed(content, event="github_app_authorization")
    assert client.post(ADDRESS, data=content, headers=sent).status_code == 200
    assert [identities.github(speaker) for speaker in speakers] == [left, left]


def test_nobody_is_forgotten_on_a_strangers_word(client: FlaskClient, redis: Redis) -> None:
    """Only GitHub's signature counts, and only this word."""
    identities, speaker = ChatIdentities(redis), Speaker("T1", "U1")
    identities.accept(identities.invite(Invitation(speaker, "mona")), USER_ID)
    content = encoded(REVOKED)
    forged = signed(content, event="github_app_authorization", secret="another")
    assert client.post(ADDRESS, data=content, headers=forged).status_code == 401
    other = encoded(REVOKED | {"action": "granted"})
    assert client.post(ADDRESS, data=other, headers=signed(other, event="github_app_authorization")).status_code == 200
    assert client.post(ADDRESS, data=content, headers=signed(content, event="ping")).status_code == 200
    assert identities.github(speaker) == USER_ID


def _deliver(client: FlaskClient, body: bytes, **headers: str) -> tuple[int, Any]:
    """Post a signed body; `headers` replace (underscores are dashes), and an empty one is left out."""
    sent = signed(body) | {name.replace("_", "-"): value for name, value in headers.items()}
    answer = client.post(ADDRESS, data=body, headers={name: value for name, value in sent.items() if value})
    return answer.status_code, answer.get_json()


def _kept(redis: Redis) -> list[CommentCreated]:
    """What is in the issue's inbox."""
    found = []
    with Inboxes(redis).drain(BOX) as mail:
        assert mail is not None
        while (event := mail.peek()) is not None:
            assert isinstance(event, CommentCreated)
            found.append(event)
            mail.done()
    return found


def test_a_delivery_is_stored_and_then_acknowledged(client: FlaskClient, redis: Redis, wakes: Wakes) -> None:
    """202, the event in its thread's inbox, the thread wanted, and intake woken."""
    assert _deliver(client, encoded(comment())) == (202, {"stored": True})
    assert Inboxes(redis).wanted() == (BOX,)
    assert wakes.inboxes == [BOX]
    assert [event.comment for event in _kept(redis)] == [99]


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=" + "0" * 64,
        "sha1=" + hmac.new(SECRETS[0].encode(), encoded(comment()), hashlib.sha1).hexdigest(),
        hmac.new(SECRETS[0].encode(), encoded(comment()), hashlib.sha256).hexdigest(),
        "sha256=" + hmac.new(SECRETS[0].encode(), encoded(comment()), hashlib.sha256).hexdigest().upper(),
        "sha256=" + hmac.new(b"", encoded(comment()), hashlib.sha256).hexdigest(),
        "sha256=\xfc",
    ],
    ids=["missing", "wrong", "sha1", "bare", "capitals", "empty secret", "not ASCII"],
)
def test_a_signature_that_is_not_ours_is_refused(client: FlaskClient, redis: Redis, signature: str) -> None:
    """401, whatever else is in the request, and nothing is stored."""
    status, said = _deliver(client, encoded(comment()), X_Hub_Signature_256=signature)
    assert status == 401
    assert "signature" in said["error"]
    assert redis.dbsize() == 0


def test_an_old_signature_beside_is_not_asked(client: FlaskClient) -> None:
    """GitHub still sends SHA-1 too; neither a right nor a wrong one changes anything."""
    body = encoded(comment())
    assert _deliver(client, body, X_Hub_Signature="sha1=" + "0" * 40)[0] == 202
    right = hmac.new(SECRETS[0].encode(), body, hashlib.sha1).hexdigest()
    assert _deliver(client, body, X_Hub_Signature=f"sha1={right}", X_Hub_Signature_256="")[0] == 401


def test_both_secrets_open_the_door_while_they_are_rotated(client: FlaskClient) -> None:
    """The newest and the one before it, and no other."""
    body = encoded(comment())
    for secret, status in ((SECRETS[1], 202), ("older", 401)):
        headers = signed(body, secret=secret)
        assert client.post(ADDRESS, data=body, headers=headers).status_code == status


@pytest.mark.parametrize("secrets", [(), ("",), ("good", "")])
def test_without_a_secret_there_is_no_door(redis: Redis, secrets: tuple[str, ...]) -> None:
    """An application that would take unsigned deliveries is not made."""
    from ghapp.store.runs import Runs
    from ghapp.store.transcripts import Streams
    from ghapp.web import create_app

    with pytest.raises(ValueError, match="secret"):
        create_app(inbox=Inboxes(redis), queue=Wakes(), secrets=secrets, pages=Runs(redis), transcripts=Streams(redis))


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(comment(), indent=4).encode(),
        json.dumps(comment(body="naïve 🙂"), ensure_ascii=False).encode(),
        json.dumps(comment(body="naïve 🙂")).encode(),
        b" \r\n\t" + encoded(comment()) + b"\n\n",
    ],
    ids=["indented", "UTF-8", "escapes", "blanks around"],
)
def test_the_signature_is_over_the_bytes_as_they_came(client: FlaskClient, body: bytes) -> None:
    """Any spelling of the JSON is accepted with its own signature, and refused with another's."""
    assert _deliver(client, body)[0] == 202
    other = signed(encoded(json.loads(body)) + b" ")["X-Hub-Signature-256"]
    assert _deliver(client, body, X_Hub_Signature_256=other)[0] == 401


def test_a_form_is_as_good_as_json(client: FlaskClient, redis: Redis) -> None:
    """The signature is over the form's bytes."""
    body = urlencode({"payload": json.dumps(comment(body="ä&=+ 🙂"))}).encode()
    assert _deliver(client, body, Content_Type="application/x-www-form-urlencoded")[0] == 202
    assert [event.body for event in _kept(redis)] == ["ä&=+ 🙂"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"action": "created"',
        b"[]",
        b"null",
        b"\xff",
        b"[" * 200_000,
        b'{"x": ' + b"9" * 100_000 + b"}",
        encoded(comment() | {"issue": ISSUE | {"number": float("nan")}}),
        encoded(comment() | {"issue": ISSUE | {"number": "12"}}),
        encoded(comment() | {"comment": None}),
        encoded({"action": "created"} | {"repository": 1, "installation": 2}),
    ],
    ids=["empty", "truncated", "a list", "null", "no UTF-8", "deep", "huge", "NaN", "a text", "missing", "numbers"],
)
def test_what_cannot_be_read_is_told_so(client: FlaskClient, redis: Redis, body: bytes) -> None:
    """400 with the reason, and nothing is stored."""
    status, said = _deliver(client, body)
    assert status == 400
    assert said["error"]
    assert redis.dbsize() == 0


@pytest.mark.parametrize("delivery", ["", "no/id"])
def test_a_delivery_without_an_id_is_refused(client: FlaskClient, redis: Redis, delivery: str) -> None:
    """It could not be told from its duplicates."""
    assert _deliver(client, encoded(comment()), X_GitHub_Delivery=delivery)[0] == 400
    assert redis.dbsize() == 0


@pytest.mark.parametrize("body", ["a\ud800b", "a\0b", "\ud83d"])
def test_odd_texts_are_stored_without_harm(client: FlaskClient, redis: Redis, body: str) -> None:
    """Lone surrogates and NULs are replaced at the door, so that nothing behind it stumbles."""
    assert _deliver(client, encoded(comment(body=body)))[0] == 202
    (kept,) = _kept(redis)
    assert kept.body.encode().decode() == kept.body
    assert "\0" not in kept.body


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("ping", {"zen": "Keep it logically awesome.", "hook_id": 1, "hook": {}}),
        ("galactic_alignment", {"action": "completed"}),
        ("issue_comment", comment() | {"action": "pondered"}),
        ("issues", {"action": "opened", "issue": ISSUE}),
    ],
)
def test_what_we_do_not_act_on_is_answered_and_left(
    client: FlaskClient, redis: Redis, event: str, body: dict[str, Any]
) -> None:
    """200, so that GitHub does not count it as failed."""
    assert _deliver(client, encoded(body), X_GitHub_Event=event) == (200, {"ignored": event})
    assert redis.dbsize() == 0


def test_the_largest_body_is_taken_and_a_larger_one_is_not(client: FlaskClient, redis: Redis) -> None:
    """25 MiB, GitHub's own cap, to the byte: by its Content-Length before it is read, else when it has come in."""
    largest = encoded(comment())
    largest += b" " * (MAX_BYTES - len(largest))
    for body, status in ((largest, 202), (largest + b" ", 413)):
        assert _deliver(client, body)[0] == status
        headers = signed(body, delivery="d2")
        chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
        answer = client.post(ADDRESS, input_stream=io.BytesIO(body), headers=headers, environ_overrides=chunked)
        assert answer.status_code == status
    assert len(_kept(redis)) == 1


def test_a_replay_changes_nothing(client: FlaskClient, redis: Redis, wakes: Wakes) -> None:
    """The same delivery, or the same comment under another id, is answered 202 and stored once."""
    body = encoded(comment())
    assert _deliver(client, body) == (202, {"stored": True})
    assert _deliver(client, body) == (202, {"stored": False})
    assert _deliver(client, body, X_GitHub_Delivery="d2") == (202, {"stored": False})
    assert wakes.inboxes == [BOX]
    assert len(_kept(redis)) == 1


def test_fifty_at_once_are_one(redis: Redis, redis_url: str, wakes: Wakes) -> None:
    """Fifty workers that take the same delivery at the same time make one entry in the inbox."""
    body = encoded(comment())
    with connect(redis_url, patient=False) as shared:
        app = app_over(shared, wakes)

        def deliver(_number: int) -> Any:
            return app.test_client().post(ADDRESS, data=body, headers=signed(body)).get_json()["stored"]

        with ThreadPoolExecutor(50) as pool:
            assert list(pool.map(deliver, range(50))).count(True) == 1
    assert len(_kept(redis)) == 1
    assert wakes.inboxes == [BOX]


def test_a_store_that_is_away_is_said_and_the_delivery_comes_again(tmp_path: Path, wakes: Wakes) -> None:
    """503 while Redis is away, so that GitHub counts it as failed; the same delivery is accepted afterwards."""
    body = encoded(comment())
    with embedded_valkey(tmp_path) as url, connect(url, patient=False) as redis:
        client = app_over(redis, wakes).test_client()
        redis.config_set("maxmemory", "1")
        assert _deliver(client, body)[0] == 503
        redis.config_set("maxmemory", "0")
        assert _deliver(client, body) == (202, {"stored": True})
        assert len(_kept(redis)) == 1
    status, said = _deliver(client, body, X_GitHub_Delivery="d2")
    assert (status, said) == (503, {"error": "the store does not answer"})
    assert wakes.inboxes == [BOX]


def test_a_queue_that_cannot_be_woken_loses_nothing(client: FlaskClient, redis: Redis, wakes: Wakes) -> None:
    """The event is stored and its inbox marked: 202, for the clock's next tick finds it."""
    wakes.is_down = True
    assert _deliver(client, encoded(comment())) == (202, {"stored": True})
    assert Inboxes(redis).wanted() == (BOX,)


@pytest.mark.parametrize(
    ("body", "urgent"), [("/honk stop", True), ("Enough.\n\n/honk stop now, please", True), ("/honk fix stop", False)]
)
def test_a_word_to_stop_is_heard_first(client: FlaskClient, wakes: Wakes, body: str, urgent: bool) -> None:
    """Its thread is drained before all that wait; a sentence with the word in it is no such word."""
    assert _deliver(client, encoded(comment(body=body)))[0] == 202
    assert wakes.urgent == ([BOX] if urgent else [])


@pytest.mark.parametrize(("box", "urgent"), [("stop", True), ("retry", False)])
def test_a_box_to_stop_is_as_good_as_the_word(client: FlaskClient, wakes: Wakes, box: str, urgent: bool) -> None:
    """One tap on the status comment; other boxes wait their turn."""
    line = f"- [ ] Tap <!-- honk:box:{box} -->"
    body = comment(body=line.replace("[ ]", "[x]")) | {"action": "edited", "changes": {"body": {"from": line}}}
    body["comment"] |= {"user": {"id": 5, "login": "honk[bot]", "type": "Bot"}, "updated_at": "2026-11-01T10:06:00Z"}
    assert _deliver(client, encoded(body))[0] == 202
    assert wakes.inboxes == [BOX]
    assert wakes.urgent == ([BOX] if urgent else [])


def test_checks_of_nobodys_commit_are_taken_and_left(client: FlaskClient, redis: Redis, wakes: Wakes) -> None:
    """202 for GitHub, nothing in the store, and nobody woken: most checks of a busy repository are such."""
    body = comment() | {"sha": "0123456789" * 4, "branches": [{"name": "main"}]}
    assert _deliver(client, encoded(body), X_GitHub_Event="status") == (202, {"stored": False})
    assert wakes.inboxes == []
    assert redis.dbsize() == 0


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_the_door_takes_posts_alone(client: FlaskClient, method: str) -> None:
    """405, with the methods that are allowed."""
    answer = client.open(ADDRESS, method=method)
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert answer.get_json()["error"]
