"""Signing in at the playground, as a browser and the App behind it see it."""

from base64 import b64encode, urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from ghapp.playground.server import Playground
from ghapp.playground.state import App
from ghapp.playground.world import World
from tests.playground.playground_app import Api

BACK = "http://127.0.0.1:1/slack/linked"
VERIFIER = "v" * 64
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


@pytest.fixture
def world(playground: Playground) -> World:
    """An App that people may be led back from, and two of them."""
    world = playground.world
    world.register_app(client_secret="made up", callback_urls=["http://127.0.0.1:1/other", BACK])
    world.person("mona")
    world.person("octocat")
    return world


def _authorize(world: World, **changes: str) -> str:
    """The address that the App leads a browser to."""
    asked = {"client_id": world.app.client_id, "redirect_uri": BACK, "state": "s & s"} | changes
    return f"{world.state.base_url}/login/oauth/authorize?{urlencode(asked)}"


def _picked(address: str, login: str) -> dict[str, str]:
    """What the browser is led back with, after one has picked somebody (or, without a name, gone away)."""
    answer = requests.post(address, data={"login": login}, allow_redirects=False, timeout=20)
    assert answer.status_code == 302, answer.text
    where = urlsplit(answer.headers["Location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == BACK
    return {name: value for name, (value,) in parse_qs(where.query).items()}


def _exchange(world: World, code: str, **changes: str) -> dict[str, Any]:
    given = {"client_id": world.app.client_id, "client_secret": "made up", "code": code} | changes
    address = f"{world.state.base_url}/login/oauth/access_token"
    answer = requests.post(address, data=given, headers={"Accept": "application/json"}, timeout=20)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def _basic(app: App, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{app.client_id}:{secret}".encode()).decode()}


def test_a_person_signs_in(world: World, playground: Playground) -> None:
    """They pick who to be; the App gets a code, for it a token, and hears who they are."""
    page = requests.get(_authorize(world), timeout=20).text
    assert 'value="mona"' in page
    assert 'value="octocat"' in page
    assert "honk[bot]" not in page
    told = _picked(_authorize(world), "mona")
    assert told["state"] == "s & s"
    got = _exchange(world, told["code"])
    assert (got["token_type"], got["scope"], got["expires_in"]) == ("bearer", "", 8 * 3600)
    me = Api(playground.api_url, got["access_token"]).get("/user")
    assert (me["login"], me["id"], me["type"]) == ("mona", world.user("mona").id, "User")


def test_a_person_says_no(world: World) -> None:
    """They are led back with GitHub's word for it, and without a code."""
    told = _picked(_authorize(world), "")
    assert (told["error"], told["state"]) == ("access_denied", "s & s")
    assert "code" not in told


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"client_id": "Iv23liunknown"}, 404),
        ({"redirect_uri": "http://evil.example/"}, 400),
        ({"redirect_uri": f"{BACK}/more"}, 400),
        ({"redirect_uri": f"{BACK}?a=b"}, 400),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, 400),
        ({"code_challenge": CHALLENGE}, 400),
    ],
)
def test_what_is_not_registered_leads_nowhere(world: World, changes: dict[str, str], status: int) -> None:
    """Another App, another address, a challenge that is none: neither page nor code."""
    for method in ("GET", "POST"):
        data = {"login": "mona"} if method == "POST" else None
        answer = requests.request(method, _authorize(world, **changes), data=data, allow_redirects=False, timeout=20)
        assert answer.status_code == status
        assert "Location" not in answer.headers


@pytest.mark.parametrize("login", ["nobody", "honk[bot]", "octo"])
def test_only_people_sign_in(world: World, login: str) -> None:
    """No stranger, App or organization."""
    world.organization("octo")
    answer = requests.post(_authorize(world), data={"login": login}, allow_redirects=False, timeout=20)
    assert answer.status_code == 422


def test_a_code_is_good_once(world: World) -> None:
    """Also when the first try failed; for the App that asked, with its secret."""
    code = _picked(_authorize(world), "mona")["code"]
    assert _exchange(world, code, client_secret="wrong")["error"] == "incorrect_client_credentials"
    assert _exchange(world, code, client_id="Iv23liunknown")["error"] == "incorrect_client_credentials"
    assert "access_token" in _exchange(world, code)
    assert _exchange(world, code)["error"] == "bad_verification_code"
    assert _exchange(world, "made-up")["error"] == "bad_verification_code"


def test_a_code_is_good_for_its_own_app(world: World) -> None:
    """Another App, with its own id and secret, learns nothing by it."""
    code = _picked(_authorize(world), "mona")["code"]
    world.register_app("other", client_secret="made up")
    assert _exchange(world, code)["error"] == "bad_verification_code"


def test_a_code_is_good_for_ten_minutes(world: World) -> None:
    """To the second."""
    started = world.now()
    early, late = (_picked(_authorize(world), "mona")["code"] for _ in range(2))
    world.clock = lambda: started + timedelta(minutes=9, seconds=50)
    assert "access_token" in _exchange(world, early)
    world.clock = lambda: started + timedelta(minutes=10, seconds=30)
    assert _exchange(world, late)["error"] == "bad_verification_code"


@pytest.mark.parametrize("verifier", ["", "w" * 64, CHALLENGE])
def test_a_code_with_a_challenge_needs_its_verifier(world: World, verifier: str) -> None:
    """Whoever caught the code on its way cannot use it."""
    address = _authorize(world, code_challenge=CHALLENGE, code_challenge_method="S256")
    given = {"code_verifier": verifier} if verifier else {}
    assert _exchange(world, _picked(address, "mona")["code"], **given)["error"] == "bad_verification_code"
    assert "access_token" in _exchange(world, _picked(address, "mona")["code"], code_verifier=VERIFIER)


def test_the_token_of_who_signed_in_is_good_for_nothing_else(world: World, playground: Playground) -> None:
    """Not for the repositories that they may write to, by REST, GraphQL or git: that is not modelled."""
    world.repository("octo/demo", {"a.txt": "a"}, private=True)
    world.person("mona", admin="octo/demo")
    token = _exchange(world, _picked(_authorize(world), "mona")["code"])["access_token"]
    api = Api(playground.api_url, token)
    api.get("/repos/octo/demo", 501)
    address = f"{playground.base_url}/octo/demo.git/info/refs?service=git-upload-pack"
    assert requests.get(address, auth=("x-access-token", token), timeout=20).status_code in (401, 403, 404)
    answer = api.session.post(f"{playground.base_url}/api/graphql", json={"query": "{ viewer { login } }"}, timeout=20)
    assert answer.status_code == 401
    assert world.violations == ["GET /repos/{owner}/{repo}: a user access token is not modelled"]
    world.violations.clear()


def test_a_token_ends_by_itself_or_by_the_apps_word(world: World, playground: Playground) -> None:
    """After eight hours; or when the App gives it back, with its secret and for its own alone."""
    tokens = [_exchange(world, _picked(_authorize(world), "mona")["code"])["access_token"] for _ in range(2)]
    plain = Api(playground.api_url)
    address = f"/applications/{world.app.client_id}/token"
    personal = world.person("mona").token()
    for headers, token, status in (
        ({}, tokens[0], 401),
        (_basic(world.app, "wrong"), tokens[0], 401),
        (_basic(world.app, "made up"), personal, 404),
        (_basic(world.app, "made up"), tokens[0], 204),
        (_basic(world.app, "made up"), tokens[0], 404),
    ):
        plain.call("DELETE", address, status, headers=headers, json={"access_token": token})
    Api(playground.api_url, tokens[0]).get("/user", 401)
    Api(playground.api_url, tokens[1]).get("/user")
    now = world.now()
    world.clock = lambda: now + timedelta(hours=9)
    Api(playground.api_url, tokens[1]).get("/user", 401)


def test_a_client_secret_is_no_token(world: World, playground: Playground) -> None:
    """It opens what is for it, and nothing else."""
    plain = Api(playground.api_url)
    for path in ("/user", "/app", "/users/mona"):
        plain.call("GET", path, 401, headers=_basic(world.app, "made up"))
    plain.call("GET", "/users/mona", 401, headers={"Authorization": "Basic !"})


def test_people_are_found_by_their_number(world: World, playground: Playground) -> None:
    """Whatever their name is today."""
    api = Api(playground.api_url, world.person("octocat").token())
    mona = world.user("mona")
    mona.login = "lisa"
    assert api.get(f"/user/{mona.id}")["login"] == "lisa"
    api.get("/user/5", 404)


def test_what_is_not_modelled_is_said(world: World) -> None:
    """A parameter that nobody thought of fails the test."""
    assert requests.get(_authorize(world, login="mona"), timeout=20).status_code == 501
    assert world.violations == ["/login/oauth/authorize with login is not modelled"]
    world.violations.clear()
