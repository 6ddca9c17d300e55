"""Deliveries: signatures, and which payload becomes which event."""

import hashlib
import hmac
from typing import Any

import pytest

from ghapp.core.events import Actor, BoxTicked, ChecksChanged, CommentCreated, Event, IssueLabeled
from ghapp.github import webhook
from tests.github.deliveries import EVENTS
from tests.github.payloads import (
    BOXES,
    COMMENT,
    ISSUE,
    PULL,
    REPOSITORY,
    SECRET,
    SENDER,
    SHA,
    TEXT_OF_BOXES,
    encoded,
    headers,
    payload,
    ticked,
)


def _event(name: str, body: Any) -> Event | None:
    return webhook.read(headers(name), encoded(body)).event


# --- signatures -----------------------------------------------------------------------------------------------------


def test_the_published_example_is_accepted() -> None:
    """https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation"""
    digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert webhook.is_signed(b"Hello, World!", f"sha256={digest}", [SECRET])
    assert not webhook.is_signed(b"Hello, World?", f"sha256={digest}", [SECRET])
    assert not webhook.is_signed(b"Hello, World!", f"sha256={digest}", [SECRET.lower()])


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "sha256=",
        "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        "sha256=757107EA0EB2509FC211221CCE984B8A37570B6D7586C22C46F4379C8B043E17",
        "SHA256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        " sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e1",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e177",
        "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59",
        "sha256=ünïcode",
        "sha256=\ud800",
        "sha256=" + "0" * 100_000,
    ],
)
def test_any_other_signature_is_refused(signature: str | None) -> None:
    """Missing, cut, in capitals, of another hash, or not even ASCII."""
    assert not webhook.is_signed(b"Hello, World!", signature, [SECRET])


def test_no_secret_means_no_entry() -> None:
    """An empty secret would let in whoever signs with nothing."""
    signature = headers("ping", b"x", secret="")["X-Hub-Signature-256"]
    assert not webhook.is_signed(b"x", signature, [])
    assert not webhook.is_signed(b"x", signature, [""])
    assert not webhook.is_signed(b"x", signature, ["good", ""])


def test_both_secrets_count_while_they_are_rotated() -> None:
    """The new one and the one before it."""
    for secret in ("new", "old"):
        assert webhook.is_signed(b"x", headers("ping", b"x", secret=secret)["X-Hub-Signature-256"], ["new", "old"])
    assert not webhook.is_signed(b"x", headers("ping", b"x", secret="older")["X-Hub-Signature-256"], ["new", "old"])


def test_a_secret_may_be_any_bytes_of_the_environment() -> None:
    """Bytes that are no UTF-8 reach us as surrogates, and sign as the bytes that they were."""
    digest = hmac.new(b"caf\xe9", b"x", hashlib.sha256).hexdigest()
    assert webhook.is_signed(b"x", f"sha256={digest}", ["caf\udce9"])


# --- which payload is which event -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "body", "event"), [row[1:] for row in EVENTS], ids=[row[0] for row in EVENTS])
def test_what_we_act_on_becomes_an_event(name: str, body: dict[str, Any], event: Event) -> None:
    """Each of the webhooks that we act on, with its actor, its thread and its time."""
    delivery = webhook.read(headers(name), encoded(body))
    assert delivery == webhook.Delivery("d-1", name, event)


OTHERS: list[tuple[str, str, dict[str, Any]]] = [
    ("ping", "ping", {"zen": "Keep it logically awesome.", "hook_id": 1}),
    ("an unknown event", "galactic_alignment", {"action": "completed"}),
    ("an unknown action", "issues", payload(action="pondered", issue=ISSUE)),
    ("an opened issue", "issues", payload(action="opened", issue=ISSUE)),
    ("an edited comment", "issue_comment", payload(action="edited", issue=ISSUE, comment=COMMENT)),
    ("a label that was itself deleted", "issues", payload(action="unlabeled", issue=ISSUE)),
    ("a hook without installation", "issues", payload(action="closed", issue=ISSUE, installation=None)),
    ("checks without installation", "status", payload(sha=SHA, branches=[], installation=None)),
    ("a pull request without installation", "pull_request", payload(action="closed", installation=None)),
    ("an edited review", "pull_request_review", payload(action="edited", pull_request=PULL)),
    ("a deleted review comment", "pull_request_review_comment", payload(action="deleted", pull_request=PULL)),
    ("a merge group", "merge_group", payload(action="checks_requested", merge_group={"head_sha": SHA})),
]


@pytest.mark.parametrize(("name", "body"), [row[1:] for row in OTHERS], ids=[row[0] for row in OTHERS])
def test_everything_else_is_understood_and_left(name: str, body: dict[str, Any]) -> None:
    """Nothing to act on is no error: the delivery is named and carries no event."""
    assert webhook.read(headers(name), encoded(body)) == webhook.Delivery("d-1", name, None)


@pytest.mark.parametrize("branch", ["honk/0-a", "honk/01-a", "honk/1", "honk/1-", "honk/x-a", "honk/１-a", "honk/-1-a"])
def test_a_branch_that_only_looks_like_ours_is_nobodys(branch: str) -> None:
    """Only `honk/NUMBER-RUN` with a plain number carries a thread."""
    event = _event("check_suite", payload(action="completed", check_suite={"head_branch": branch, "head_sha": SHA}))
    assert isinstance(event, ChecksChanged)
    assert event.thread.number == 0


@pytest.mark.parametrize("sha", ["", "HEAD", SHA[:39], SHA + "0", "A" * 40, SHA + "\n", "a" * 39 + ":"])
def test_a_commit_is_named_by_its_sha_alone(sha: str) -> None:
    """It becomes a part of addresses and of keys."""
    with pytest.raises(webhook.BadDelivery, match="sha"):
        _event("status", payload(sha=sha, branches=[]))


# --- boxes ----------------------------------------------------------------------------------------------------------

BOT = SENDER | {"login": "honk[bot]", "type": "Bot"}
BOTH = TEXT_OF_BOXES.replace("[ ]", "[x]")
CODED = "Look:\n\n    - [{}] Stop <!-- honk:box:stop --> or not\n"
STOP = "- [{}] Stop <!-- honk:box:stop -->"


def _ticked(after: str, before: str = TEXT_OF_BOXES, **comment: Any) -> Event | None:
    body = payload(
        action="edited", issue=ISSUE, comment=BOXES | {"body": after} | comment, changes={"body": {"from": before}}
    )
    return _event("issue_comment", body)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (TEXT_OF_BOXES, TEXT_OF_BOXES),
        (TEXT_OF_BOXES, BOTH),
        (BOTH, TEXT_OF_BOXES),
        (BOTH, BOTH + "More."),
        ("", BOTH.splitlines()[2]),
        ("", STOP.format("x")),
        (STOP.format(" "), STOP.format("y")),
        (STOP.format(" "), ""),
        (STOP.format(" "), STOP.format("x").replace("stop", "Stop")),
        (STOP.format(" "), STOP.format("x").replace("stop", "merge")),
        (STOP.format(" "), STOP.format("x").replace("stop -->", "stop:abc -->")),
        (f"{STOP.format(' ')}\n{STOP.format('x')}", f"{STOP.format(' ')}\n{STOP.format('x')}\n"),
        (CODED.format(" "), CODED.format("x")),
    ],
)
def test_only_one_box_that_was_there_and_empty_is_a_tick(before: str, after: str) -> None:
    """Two at once, one taken back, one that was written ticked, one of another name or commit: nobody tapped it."""
    assert _ticked(after, before) is None


@pytest.mark.parametrize("mark", ["x", "X"])
def test_a_tick_is_one_however_the_lines_end(mark: str) -> None:
    """GitHub's own boxes write a small x, a person's editor perhaps a large one and another line ending."""
    event = _ticked(f"Hello\r\n{STOP.format(mark)}\r\n", f"Hello\n{STOP.format(' ')}\n")
    assert isinstance(event, BoxTicked)
    assert (event.box, event.actor.login) == ("stop", "mona")


def test_boxes_of_people_and_ticks_of_apps_are_nothing() -> None:
    """Anybody may write such a line; and our own edit of the status comment is no wish."""
    assert _event("issue_comment", ticked("stop")) is not None
    assert _event("issue_comment", ticked("stop", sender=BOT)) is None
    assert _ticked(BOTH.replace("[x] Merge", "[ ] Merge"), user=SENDER) is None
    assert _ticked(BOTH.replace("[x] Merge", "[ ] Merge"), user=None) is None
    assert _event("issue_comment", ticked("stop", changes={})) is None


def test_who_is_gone_is_a_ghost() -> None:
    """An issue whose author deleted their account has no user."""
    event = _event("issues", payload(action="labeled", issue=ISSUE | {"user": None}, label={"name": "honk"}))
    assert isinstance(event, IssueLabeled)
    assert event.issue.author == Actor(0, "ghost")


def test_an_issue_without_a_body_has_an_empty_one() -> None:
    """GitHub sends null for a body that was never written."""
    event = _event("issues", payload(action="labeled", issue=ISSUE | {"body": None}, label={"name": "honk"}))
    assert isinstance(event, IssueLabeled)
    assert event.issue.body == ""


def test_texts_are_made_safe_at_the_door() -> None:
    """A lone surrogate has no UTF-8 bytes, and a NUL ends a command line: both are replaced, nothing else is."""
    body = payload(action="created", issue=ISSUE, comment=COMMENT | {"body": "a\ud800b\0c 🙂\u2028\r\n"})
    event = _event("issue_comment", body)
    assert isinstance(event, CommentCreated)
    assert event.body == "a?b\ufffdc 🙂\u2028\r\n"


def test_texts_are_cut() -> None:
    """GitHub takes 65,536 characters; more than that is not carried on."""
    event = _event("issue_comment", payload(action="created", issue=ISSUE, comment=COMMENT | {"body": "x" * 100_000}))
    assert isinstance(event, CommentCreated)
    assert len(event.body) == 65_536


@pytest.mark.parametrize("name", ["demo", "octo/", "/demo", "octo/../x", "octo/..", "octo/a b", "octo/demo?x=1", ""])
def test_a_repositorys_name_must_be_one(name: str) -> None:
    """It becomes a part of addresses."""
    body = payload(action="closed", issue=ISSUE, repository=REPOSITORY | {"full_name": name})
    with pytest.raises(webhook.BadDelivery):
        _event("issues", body)
