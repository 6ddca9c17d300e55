"""Deliveries are signed, in order, kept, and sent again with the same id; faults and limits are settings."""

import pytest
import requests
from github import GithubIntegration

from ghapp.playground.faults import Fault
from ghapp.playground.server import Playground
from ghapp.playground.state import App
from tests.playground.playground_app import Api, Hook


def test_redelivery_keeps_its_guid(
    playground: Playground, app: App, hook: Hook, integration: GithubIntegration
) -> None:
    """A refused delivery is in the list with its status, and comes again with the same id and body."""
    world = playground.world
    hook.status = 503
    world.person("mona").open_issue("octo/demo", "Hm")
    world.settle()
    hook.status = 202
    requester = integration.requester
    _, rows = requester.requestJsonAndCheck("GET", "/app/hook/deliveries")
    assert (rows[0]["event"], rows[0]["status_code"], rows[0]["redelivery"]) == ("issues", 503, False)
    _, whole = requester.requestJsonAndCheck("GET", f"/app/hook/deliveries/{rows[0]['id']}")
    assert whole["request"]["payload"]["issue"]["title"] == "Hm"
    requester.requestJsonAndCheck("POST", f"/app/hook/deliveries/{rows[0]['id']}/attempts", input={})
    world.settle()
    first, second = hook.heard
    assert first[1]["X-GitHub-Delivery"] == second[1]["X-GitHub-Delivery"]
    assert first[2] == second[2]
    _, again = requester.requestJsonAndCheck("GET", "/app/hook/deliveries")
    assert (again[0]["redelivery"], again[0]["status_code"], again[0]["guid"]) == (True, 202, rows[0]["guid"])


def test_deliveries_go_by_cursor(playground: Playground, app: App, integration: GithubIntegration) -> None:
    """The list goes on behind the Link header's cursor."""
    mona = playground.world.person("mona")
    for title in "abc":
        mona.open_issue("octo/demo", title)
    playground.world.settle()
    headers, page = integration.requester.requestJsonAndCheck("GET", "/app/hook/deliveries", {"per_page": 2})
    assert len(page) == 2
    address = headers["link"].partition(">")[0].strip("<")
    _, rest = integration.requester.requestJsonAndCheck("GET", address)
    assert rest[0]["id"] < page[-1]["id"]


def test_headers_are_github_s(playground: Playground, app: App, hook: Hook) -> None:
    """A hook can tell who sends it what."""
    playground.world.person("mona").open_issue("octo/demo", "Hm")
    playground.world.settle()
    headers = hook.heard[0][1]
    assert headers["User-Agent"].startswith("GitHub-Hookshot/")
    assert headers["X-GitHub-Event"] == "issues"
    assert headers["X-GitHub-Hook-Installation-Target-ID"] == str(app.id)
    assert headers["X-GitHub-Hook-Installation-Target-Type"] == "integration"
    assert headers["X-Hub-Signature"].startswith("sha1=")
    assert headers["Content-Type"] == "application/json"


def test_hook_that_is_not_there_is_recorded(playground: Playground, app: App) -> None:
    """A connection that fails is a delivery without a status code, and is not tried again by itself."""
    app.hook_url = "http://127.0.0.1:9/"
    playground.world.person("mona").open_issue("octo/demo", "Hm")
    playground.world.settle()
    newest = max(playground.world.deliveries.sent.values(), key=lambda one: one.id)
    assert (newest.status_code, newest.status) == (0, "failed to connect to host")


def test_only_subscribed_events_are_sent(playground: Playground, app: App, hook: Hook) -> None:
    """An installation without the event hears nothing of it."""
    installation = next(iter(playground.world.state.installations.values()))
    installation.events = ("push",)
    mona = playground.world.person("mona")
    mona.open_issue("octo/demo", "Hm")
    mona.push("octo/demo", "topic", {"a": "b"})
    playground.world.settle()
    assert hook.names() == ["push"]


def test_hook_settings(playground: Playground, app: App, hook: Hook, integration: GithubIntegration) -> None:
    """The App can move its own hook; the secret is never shown."""
    requester = integration.requester
    _, changed = requester.requestJsonAndCheck("PATCH", "/app/hook/config", input={"url": f"{hook.url}2"})
    assert changed == requester.requestJsonAndCheck("GET", "/app/hook/config")[1]
    assert changed["secret"] == "********"
    assert app.hook_url == f"{hook.url}2"


def test_next_answers_fail_as_told(playground: Playground, api: Api) -> None:
    """The fault strikes as often as it says, and nothing was done."""
    playground.world.faults.add(Fault("POST", "/issues$", status=502, times=2))
    api.post("/repos/octo/demo/issues", 502, title="x")
    api.post("/repos/octo/demo/issues", 502, title="x")
    assert api.post("/repos/octo/demo/issues", title="x")["number"] == 1


def test_connection_cut_after_the_write(playground: Playground, api: Api) -> None:
    """The caller sees a broken connection; the issue is there all the same."""
    playground.world.faults.add(Fault("POST", "/issues$", how="cut"))
    with pytest.raises(requests.ConnectionError):
        api.post("/repos/octo/demo/issues", title="x")
    assert playground.world.issue("octo/demo", 1).title == "x"


def test_answer_lost_after_the_write(playground: Playground, api: Api) -> None:
    """The work is done and the answer says 500."""
    playground.world.faults.add(Fault("POST", "/comments$", how="lose_answer", status=500))
    playground.world.person("mona").open_issue("octo/demo", "Hm")
    api.post("/repos/octo/demo/issues/1/comments", 500, body="hello")
    assert [one.body for one in playground.world.comments("octo/demo", 1)] == ["hello"]


def test_content_limit(playground: Playground, api: Api) -> None:
    """Writing faster than allowed is refused with the time to wait."""
    playground.world.limits.writes_a_minute = 2
    api.post("/repos/octo/demo/issues", title="1")
    api.post("/repos/octo/demo/issues", title="2")
    refused = api.session.post(f"{api.url}/repos/octo/demo/issues", json={"title": "3"}, timeout=20)
    assert (refused.status_code, refused.headers["Retry-After"]) == (403, "60")
    assert "secondary rate limit" in refused.json()["message"]


def test_request_limit(playground: Playground, api: Api) -> None:
    """Every answer tells what is left; at nothing left it is 403, and asking for the limit is free."""
    before = api.get("/rate_limit")["rate"]
    answer = api.session.get(f"{api.url}/repos/octo/demo", timeout=20)
    assert int(answer.headers["X-RateLimit-Remaining"]) == before["remaining"] - 1
    playground.world.limits.requests_an_hour = 1
    refused = api.session.get(f"{api.url}/repos/octo/demo", timeout=20)
    assert (refused.status_code, refused.headers["X-RateLimit-Remaining"]) == (403, "0")
    assert api.get("/rate_limit")["rate"]["remaining"] == 0
