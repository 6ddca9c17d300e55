"""What people and monitors open: health, the page of a run, and the headers around everything."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from redis import Redis

from ghapp.core.events import Actor, Repository, Thread
from ghapp.core.evidence import Check, CheckResult, Evidence
from ghapp.core.run import Conclusion, Request, Run, Trigger, conclude
from ghapp.store.runs import Runs
from ghapp.store.transcripts import Streams
from ghapp.web.runs import MAX_LINES

KEY = "an-unguessable-key"
HOSTILE = "</pre><script>alert(1)</script>\"'&{{ 7 * 7 }}"
RUN = Run(
    id="r1",
    key=KEY,
    thread=Thread(Repository(7, "octo/demo", 3), 12),
    requester=Actor(11, "mona"),
    trigger=Trigger(at="2026-11-01T10:00:00Z", label="honk"),
    request=Request(title="It is broken", body=""),
    created_at=1_790_000_000.0,
)


def test_health_is_told(client: FlaskClient) -> None:
    """For whatever starts and watches the web part."""
    answer = client.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"ok": True})


def test_a_run_is_shown(client: FlaskClient, redis: Redis) -> None:
    """Where it stands, who asked, its evidence and its transcript; the page of an open run looks again by itself."""
    red = CheckResult(False, 2.0, "test_a failed", ("test_a",))
    evidence = (Evidence(Check("tests", "pytest -q"), CheckResult(True, 1.0, "ok"), red),)
    Runs(redis).create(replace(RUN, evidence=evidence))
    Streams(redis).append("r1", "tool", "pytest -q")
    answer = client.get(f"/runs/{KEY}")
    assert answer.status_code == 200
    assert answer.content_type == "text/html; charset=utf-8"
    for shown in ("octo/demo", "#12", "It is broken", "@mona", "pytest -q", "test_a failed", "broken"):
        assert shown in answer.text
    assert 'http-equiv="refresh"' in answer.text


def test_the_page_of_an_ended_run_stands_still(client: FlaskClient, redis: Redis) -> None:
    """Nothing more will happen."""
    Runs(redis).create(RUN)
    Runs(redis).save(conclude(RUN, Conclusion.NO_CHANGES, 1_790_000_060.0, "nothing to do"))
    answer = client.get(f"/runs/{KEY}")
    assert "nothing to do" in answer.text
    assert "refresh" not in answer.text


def test_hostile_text_is_only_text(client: FlaskClient, redis: Redis) -> None:
    """Whatever an issue, a model or a check says, it is shown and does nothing."""
    check = Evidence(Check("tests", HOSTILE), None, CheckResult(False, 2.0, HOSTILE))
    hostile = replace(
        RUN,
        requester=Actor(11, HOSTILE),
        request=Request(title=HOSTILE, body=HOSTILE),
        reason=HOSTILE,
        notes=(HOSTILE,),
        evidence=(check,),
    )
    Runs(redis).create(hostile)
    Streams(redis).append("r1", '"><script>', HOSTILE)
    page = client.get(f"/runs/{KEY}").text
    assert "<script" not in page
    assert page.count("{{ 7 * 7 }}") == page.count("alert(1)")  # shown as it was written, nowhere worked out
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 7


def test_a_long_transcript_shows_its_end(client: FlaskClient, redis: Redis) -> None:
    """And says that there was more."""
    Runs(redis).create(RUN)
    for number in range(MAX_LINES + 5):
        Streams(redis).append("r1", "say", f"line number {number}.")
    page = client.get(f"/runs/{KEY}").text
    assert f"line number {MAX_LINES + 4}." in page
    assert "line number 4." not in page
    assert "left out" in page


@pytest.mark.parametrize("key", ["unknown", "r1", "..%2f", "%00", "a" * 5000, KEY.upper(), KEY[:-1]])
def test_an_unknown_page_is_not_found(client: FlaskClient, redis: Redis, key: str) -> None:
    """Nothing tells a wrong key from a page that never was."""
    Runs(redis).create(RUN)
    answer = client.get(f"/runs/{key}")
    assert answer.status_code == 404
    assert "octo" not in answer.text


@pytest.mark.parametrize(
    "path", ["/healthz", "/runs/unknown", "/", "/static/honk.css", "/webhooks/github", f"/runs/{KEY}"]
)
def test_every_answer_is_guarded(client: FlaskClient, redis: Redis, path: str) -> None:
    """No scripts, no framing, no guessing of types, no trace of the address elsewhere, no index, no cache."""
    Runs(redis).create(RUN)
    with client.get(path) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex"
    assert headers["Cache-Control"] == "no-store"


def test_the_page_brings_its_own_style_and_nothing_else(client: FlaskClient, redis: Redis) -> None:
    """What the page links to is there, and is on this server."""
    Runs(redis).create(RUN)
    page = client.get(f"/runs/{KEY}").text
    assert 'href="/static/honk.css"' in page
    with client.get("/static/honk.css") as style:
        assert style.content_type.startswith("text/css")
    assert "http://" not in page
    assert "https://" not in page
