"""Deliveries that are damaged, hostile or huge end as a BadDelivery, and never as another exception."""

import contextlib
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ghapp.core.events import CommentCreated, Event, IssueClosed
from ghapp.github import webhook
from tests.github.deliveries import EVENTS
from tests.github.payloads import BOXES, COMMENT, ISSUE, encoded, headers, payload


def _event(name: str, body: Any) -> Event | None:
    return webhook.read(headers(name), encoded(body)).event


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"action": "closed"',
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b"\x00",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"action": 1e' + b"9" * 5_000 + b"}",
        b'{"number": ' + b"9" * 5_000 + b"}",
        b'{"action": "closed", "action": NaN}',
    ],
    ids=range(13),
)
def test_a_body_that_is_no_object_is_told_so(body: bytes) -> None:
    """Cut, no JSON, no object, nested without end, numbers without end."""
    with pytest.raises(webhook.BadDelivery):
        webhook.read(headers("issues"), body)


@pytest.mark.parametrize(
    "issue",
    [
        None,
        [],
        "12",
        ISSUE | {"number": "12"},
        ISSUE | {"number": True},
        ISSUE | {"number": 12.0},
        ISSUE | {"number": 0},
        ISSUE | {"number": -1},
        ISSUE | {"number": 2**63},
        ISSUE | {"number": float("nan")},
        ISSUE | {"number": float("inf")},
        ISSUE | {"updated_at": None},
        ISSUE | {"updated_at": 5},
        {},
    ],
)
def test_a_field_of_another_type_is_named(issue: Any) -> None:
    """The message says which field it is, so that whoever looks at the delivery finds it."""
    with pytest.raises(webhook.BadDelivery, match="payload"):
        _event("issues", payload(action="closed", issue=issue))


def test_of_two_fields_with_one_name_the_last_counts() -> None:
    """As everywhere in Python and JavaScript; there is no second reader that could see it otherwise."""
    body = encoded(payload(action="closed", issue=ISSUE))
    doubled = body.replace(b'"action": "closed"', b'"action": "opened", "action": "closed"')
    assert isinstance(webhook.read(headers("issues"), doubled).event, IssueClosed)


@pytest.mark.parametrize("delivery", ["", " ", "a b", "a" * 101, "a\n", "ä", "../x", "a:b"])
def test_a_delivery_needs_an_id(delivery: str) -> None:
    """It becomes a key in the store."""
    with pytest.raises(webhook.BadDelivery, match="X-GitHub-Delivery"):
        webhook.read(headers("ping", delivery=delivery), b"{}")


def test_a_delivery_needs_a_name() -> None:
    """Without X-GitHub-Event there is nothing to read it as."""
    with pytest.raises(webhook.BadDelivery, match="X-GitHub-Event"):
        webhook.read(headers(""), b"{}")


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON"])
def test_json_is_json_however_it_is_spelled(kind: str) -> None:
    """Parameters and capitals change nothing."""
    assert webhook.read(headers("ping", kind=kind), b"{}").name == "ping"


def test_a_form_carries_the_same() -> None:
    """The other content type that a hook can be set to: one field, `payload`."""
    body = payload(action="created", issue=ISSUE, comment=COMMENT | {"body": "ä & = + %00 🙂"})
    form = urlencode({"payload": json.dumps(body)}).encode()
    read = webhook.read(headers("issue_comment", kind="application/x-www-form-urlencoded"), form)
    assert isinstance(read.event, CommentCreated)
    assert read.event.body == "ä & = + %00 🙂"


@pytest.mark.parametrize("form", [b"", b"payload", b"payload=", b"other={}", b"payload=%7B", b"payload=[]", b"\xff=1"])
def test_a_form_without_a_payload_is_told_so(form: bytes) -> None:
    """No field, an empty one, half of one."""
    with pytest.raises(webhook.BadDelivery):
        webhook.read(headers("ping", kind="application/x-www-form-urlencoded"), form)


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data", "application/jsonp"])
def test_another_content_type_is_refused(kind: str) -> None:
    """GitHub sends JSON or a form."""
    with pytest.raises(webhook.BadDelivery, match="content type"):
        webhook.read(headers("ping", kind=kind), b"{}")


# --- whatever comes -------------------------------------------------------------------------------------------------

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=10)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))
NAMES = st.sampled_from(sorted({row[1] for row in EVENTS}))


def _mutated(body: Any, data: st.DataObject) -> Any:
    """The body with one field somewhere in it dropped or replaced by anything."""
    if not isinstance(body, dict) or not body:
        return data.draw(JSON)
    key = data.draw(st.sampled_from(sorted(body)))
    if data.draw(st.booleans()):
        return {name: value for name, value in body.items() if name != key}
    deeper = isinstance(body[key], dict) and data.draw(st.booleans())
    return body | {key: _mutated(body[key], data) if deeper else data.draw(JSON)}


@given(name=NAMES, body=JSON)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_json_is_an_event_or_a_bad_delivery(name: str, body: Any) -> None:
    """No JSON under a known name raises anything else."""
    with contextlib.suppress(webhook.BadDelivery):
        webhook.read(headers(name), encoded(body))


@given(row=st.sampled_from(EVENTS), data=st.data())
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_damage_to_a_payload_is_an_event_or_a_bad_delivery(row: Any, data: st.DataObject) -> None:
    """A payload with something missing or of another type raises nothing else, and its event can be stored."""
    try:
        event = webhook.read(headers(row[1]), encoded(_mutated(row[2], data))).event
    except webhook.BadDelivery:
        return
    assert event is None or repr(event).encode()


@pytest.mark.parametrize("unit", ["- [ ] ", "- [x] <!-- honk:box:a", "<!-- honk:box:stop -->", "\n- [x]", " ", "a" * 9])
def test_boxes_without_end_are_read_at_once(unit: str) -> None:
    """64k of what almost is a box, on one line or on many."""
    body = (f"- [ ] {unit}" * 65_536)[:65_000]
    edited = {"action": "edited", "issue": ISSUE, "changes": {"body": {"from": body}}}
    comment = BOXES | {"body": body.replace("[ ]", "[x]")}
    assert _event("issue_comment", payload(comment=comment, **edited)) is None


@given(body=st.binary(max_size=50), kind=st.sampled_from(["application/json", "application/x-www-form-urlencoded"]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_an_event_or_a_bad_delivery(body: bytes, kind: str) -> None:
    """No bytes raise anything else."""
    with contextlib.suppress(webhook.BadDelivery):
        webhook.read(headers("issues", kind=kind), body)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"action": "opened", "padding": "' + b"x" * (webhook.MAX_BYTES - 40) + b'"}'),
        ("application/json", b'{"action": "opened", "padding": [' + b"1," * (webhook.MAX_BYTES // 2 - 40) + b"1]}"),
        ("application/json", b"[" * webhook.MAX_BYTES),
        ("application/x-www-form-urlencoded", b"payload=" + b"%22a%22%3A1%2C" * (webhook.MAX_BYTES // 48)),
        ("application/x-www-form-urlencoded", b"a=1&" * (webhook.MAX_BYTES // 4)),
    ],
    ids=["one text", "a long list", "all brackets", "an encoded form", "a form of fields"],
)
def test_the_largest_bodies_are_read_or_refused(kind: str, body: bytes) -> None:
    """25 MiB of whatever is slow to read ends like any other body; the suite's own time limit watches the rest."""
    assert len(body) <= webhook.MAX_BYTES
    with contextlib.suppress(webhook.BadDelivery):
        assert webhook.read(headers("issues", kind=kind), body).event is None
