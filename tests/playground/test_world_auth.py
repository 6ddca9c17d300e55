"""Who may do what: JWTs, installation tokens and their limits, people's roles, private repositories."""

import time
from collections.abc import Callable
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from github import GithubIntegration

from ghapp.playground.server import Playground
from ghapp.playground.state import App
from ghapp.playground.verbs import accounts
from tests.playground.playground_app import PERMISSIONS, Api


def signed(app: App, key: str, **claims: object) -> str:
    now = int(time.time())
    return jwt.encode({"iat": now - 60, "exp": now + 500, "iss": str(app.id), **claims}, key, algorithm="RS256")


def stranger_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    kind, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(kind, form, serialization.NoEncryption()).decode()


def test_app_by_its_id_or_client_id(playground: Playground, app: App, private_key: str) -> None:
    """Both issuers that GitHub takes are taken."""
    for issuer in (str(app.id), app.client_id):
        shown = Api(playground.api_url, signed(app, private_key, iss=issuer)).get("/app")
        assert shown["slug"] == "honk"


@pytest.mark.parametrize("claims", [{"exp": 1}, {"exp": 10**11}, {"iat": 10**11}, {"iss": "4711"}])
def test_jwt_with_wrong_claims_is_refused(
    playground: Playground, app: App, private_key: str, claims: dict[str, object]
) -> None:
    """Out of date, too long, from the future, of nobody: 401."""
    Api(playground.api_url, signed(app, private_key, **claims)).get("/app", 401)


def test_jwt_of_another_key_is_refused(playground: Playground, app: App) -> None:
    """The signature is really checked."""
    Api(playground.api_url, signed(app, stranger_key())).get("/app", 401)


def test_installations_and_tokens_by_pygithub(integration: GithubIntegration, playground: Playground) -> None:
    """The App finds its installation by repository and gets a token for it."""
    installation = integration.get_repo_installation("octo", "demo")
    assert [one.id for one in integration.get_installations()] == [installation.id]
    assert integration.get_app_installation(installation.id).raw_data["account"]["login"] == "octo"
    token = integration.get_access_token(installation.id, permissions={"issues": "read"})
    assert token.permissions == {"issues": "read", "metadata": "read"}
    api = Api(playground.api_url, token.token)
    assert api.get("/installation/repositories")["total_count"] == 1
    playground.world.person("mona").open_issue("octo/demo", "Hm")
    api.get("/repos/octo/demo/issues/1")
    refused = api.post("/repos/octo/demo/issues/1/comments", 403, body="no")
    assert refused["message"] == "Resource not accessible by integration"


def test_app_finds_its_installation_on_private_code(playground: Playground, app: App, private_key: str) -> None:
    """And none where it is not installed, nor where there is nothing."""
    world = playground.world
    world.repository("octo/secret", {"a": "b"}, private=True)
    world.repository("acme/secret", {"a": "b"}, private=True)
    api = Api(playground.api_url, signed(app, private_key))
    assert api.get("/repos/octo/secret/installation")["app_slug"] == "honk"
    api.get("/repos/acme/secret/installation", 404)
    api.get("/repos/octo/nothing/installation", 404)
    api.get("/repos/octo/secret", 401)


def test_token_is_limited_to_its_repositories(playground: Playground, app: App, private_key: str) -> None:
    """A token for one repository sees nothing of a private other one, and cannot write to a public other one."""
    world = playground.world
    world.repository("octo/secret", {"a": "b"}, private=True)
    world.repository("octo/open", {"a": "b"})
    number = next(iter(world.state.installations))
    api = Api(playground.api_url, signed(app, private_key))
    path = f"/app/installations/{number}/access_tokens"
    given = api.post(path, repository_ids=[world.repo("octo/demo").id])
    assert [one["name"] for one in given["repositories"]] == ["demo"]
    limited = Api(playground.api_url, given["token"])
    limited.get("/repos/octo/demo/contents/README.md")
    limited.get("/repos/octo/secret", 404)
    limited.get("/repos/octo/open/contents/a")
    limited.post("/repos/octo/open/issues", 403, title="no")
    assert limited.get("/installation/repositories")["total_count"] == 1
    api.post(path, 422, repositories=["nowhere"])
    api.post(path, 422, permissions={"administration": "write"})


def test_token_ends_after_an_hour(playground: Playground, api: Api) -> None:
    """An installation token that is an hour old is as good as none."""
    world = playground.world
    api.get("/repos/octo/demo")
    later = world.now() + timedelta(hours=1)
    world.clock = lambda: later
    assert api.get("/repos/octo/demo", 401)["message"] == "Bad credentials"


def test_roles_of_people(playground: Playground, api: Api, as_person: Callable[[str], Api]) -> None:
    """The permission endpoint tells five roles apart, and knows neither Apps nor unknown people."""
    world = playground.world
    for role in ("read", "triage", "write", "maintain", "admin"):
        world.person(f"p-{role}", **{role: "octo/demo"})
    world.person("outsider")
    path = "/repos/octo/demo/collaborators/{}/permission"
    told = {
        login: (shown["permission"], shown["role_name"])
        for login in ("p-read", "p-triage", "p-write", "p-maintain", "p-admin", "outsider", "octo")
        if (shown := api.get(path.format(login)))
    }
    assert told == {
        "p-read": ("read", "read"),
        "p-triage": ("read", "triage"),
        "p-write": ("write", "write"),
        "p-maintain": ("write", "maintain"),
        "p-admin": ("admin", "admin"),
        "outsider": ("read", "read"),
        "octo": ("admin", "admin"),
    }
    api.get(path.format("honk[bot]"), 404)
    api.get(path.format("nobody"), 404)
    api.get("/repos/octo/demo/collaborators/outsider", 404)
    api.get("/repos/octo/demo/collaborators/p-triage", 204)
    assert len(api.get("/repos/octo/demo/collaborators")) == 6
    as_person("outsider").post("/repos/octo/demo/issues", title="Everybody may ask")
    as_person("p-read").post("/repos/octo/demo/issues/1/labels", 403, labels=["honk"])
    as_person("p-triage").post("/repos/octo/demo/issues/1/labels", 200, labels=["honk"])


def test_private_repository_is_not_there_for_strangers(playground: Playground, as_person: Callable[[str], Api]) -> None:
    """404, as if it did not exist; for a collaborator it does."""
    playground.world.repository("octo/secret", {"a": "b"}, private=True)
    playground.world.person("mona", read="octo/secret")
    as_person("eve").get("/repos/octo/secret", 404)
    Api(playground.api_url).get("/repos/octo/secret", 404)
    assert as_person("mona").get("/repos/octo/secret")["private"] is True
    assert as_person("mona").get("/user")["login"] == "mona"
    assert as_person("mona").get("/users/eve")["type"] == "User"


def test_what_is_not_modelled_is_told(playground: Playground, api: Api) -> None:
    """Unknown paths, queries and fields are 501 and recorded, also where GitHub would take them."""
    api.get("/repos/octo/demo/hooks", 501)
    api.get("/repos/octo/demo/issues", 501, sort="comments")
    api.post("/repos/octo/demo/issues", 501, title="x", milestone=3)
    api.post("/repos/octo/demo/issues", 501, title="x", colour="red")
    violations = playground.world.violations
    assert len(violations) == 4
    violations.clear()


def test_uninstalled_app_is_shut_out(playground: Playground, api: Api) -> None:
    """Its tokens end with the installation."""
    world = playground.world
    accounts.uninstall(world, next(iter(world.state.installations.values())))
    api.get("/repos/octo/demo", 401)
    assert "installation.deleted" in world.emitted


def test_selected_repositories_come_and_go(playground: Playground, app: App) -> None:
    """An installation on chosen repositories tells of each that is added or taken away."""
    world = playground.world
    world.organization("acme")
    world.repository("acme/one", {"a": "b"})
    world.repository("acme/two", {"a": "b"})
    installation = world.install("acme", ["acme/one"])
    accounts.choose(world, installation, world.repo("acme/two"), chosen=True)
    accounts.choose(world, installation, world.repo("acme/one"), chosen=False)
    assert not installation.covers(world.repo("acme/one"))
    assert world.emitted[-2:] == ["installation_repositories.added", "installation_repositories.removed"]
    assert app.permissions == PERMISSIONS | {"metadata": "read"}
