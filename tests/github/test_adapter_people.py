"""GitHub's people over the playground's HTTP: found by number, and signing in."""

import logging
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from ghapp.core.errors import TransientError, UserError
from ghapp.core.events import Actor, Repository
from ghapp.github.app import GitHubApp
from ghapp.github.people import GitHubPeople, GitHubSignIn
from ghapp.playground.server import Playground
from ghapp.playground.world import World
from tests.github.front import Front

BACK = "https://honk.example/slack/linked"
STATE = "nobody guesses this"
TOKEN = "POST /login/oauth/access_token"


@pytest.fixture
def people(app: GitHubApp) -> GitHubPeople:
    return GitHubPeople(app)


@pytest.fixture
def sign_in(world: World, playground: Playground) -> GitHubSignIn:
    """As the web part has it: with the App's client id and secret, and without its key."""
    world.app.callback_urls = (BACK,)
    return GitHubSignIn(world.app.client_id, world.app.client_secret, playground.api_url, playground.base_url)


def _code(sign_in: GitHubSignIn, login: str = "mona", state: str = STATE) -> str:
    """Somebody goes where they are led and picks who they are; the code they come back with."""
    answer = requests.post(sign_in.url(state, BACK), data={"login": login}, allow_redirects=False, timeout=20)
    told = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert told["state"] == [state]
    return told["code"][0]


# --- by their number --------------------------------------------------------------------------------------------------


def test_a_person_is_found_under_todays_name(people: GitHubPeople, world: World, demo: Repository) -> None:
    """The number stays, whatever they are called."""
    mona = world.user("mona")
    assert people.by_id(demo, mona.id) == Actor(mona.id, "mona", "User")
    mona.login = "lisa"
    assert people.by_id(demo, mona.id) == Actor(mona.id, "lisa", "User")


def test_who_is_gone_is_nobody(people: GitHubPeople, world: World, demo: Repository) -> None:
    """None, for a number that never was and for a deleted account."""
    mona = world.user("mona")
    del world.state.users["mona"]
    assert people.by_id(demo, mona.id) is None
    assert people.by_id(demo, 5) is None


def test_what_is_no_person_is_told_by_its_type(people: GitHubPeople, world: World, demo: Repository) -> None:
    """An App's account or an organization."""
    for who, kind in ((world.app.bot, "Bot"), (world.organization("octo"), "Organization")):
        assert people.by_id(demo, who.id) == Actor(who.id, who.login, kind)


def test_a_github_that_is_away_is_worth_another_try(people: GitHubPeople, front: Front, demo: Repository) -> None:
    """It is not taken for nobody."""
    front.says("GET .*/user/5", "502 Bad Gateway", {})
    with pytest.raises(TransientError):
        people.by_id(demo, 5)


# --- signing in -------------------------------------------------------------------------------------------------------


def test_a_person_signs_in(sign_in: GitHubSignIn, world: World) -> None:
    """We learn who they are, and keep no token: it is good for nothing afterwards."""
    mona = world.user("mona")
    assert sign_in.who(_code(sign_in), STATE) == Actor(mona.id, "mona", "User")
    assert [token for token in world.state.tokens.values() if token.user] == []


def test_a_person_is_led_on_with_a_challenge(sign_in: GitHubSignIn, world: World, playground: Playground) -> None:
    """The address names the App and where to come back, and shows neither the secret nor what proves the code."""
    address = urlsplit(sign_in.url("a&b=c", BACK))
    asked = {name: value for name, (value,) in parse_qs(address.query).items()}
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{playground.base_url}/login/oauth/authorize"
    assert (asked["client_id"], asked["redirect_uri"], asked["state"]) == (world.app.client_id, BACK, "a&b=c")
    assert (asked["code_challenge_method"], len(asked["code_challenge"])) == ("S256", 43)
    assert world.app.client_secret not in sign_in.url("a&b=c", BACK)
    other = parse_qs(urlsplit(sign_in.url("other", BACK)).query)
    assert other["code_challenge"] != [asked["code_challenge"]]


def test_a_code_is_good_once(sign_in: GitHubSignIn, world: World) -> None:
    """Replayed, made up or empty, it is told in words for the person."""
    world.user("mona")
    code = _code(sign_in)
    sign_in.who(code, STATE)
    for tried in (code, "made-up", "", "ü\n&client_id=x"):
        with pytest.raises(UserError, match="begin again"):
            sign_in.who(tried, STATE)


def test_a_code_is_good_for_its_own_state_alone(sign_in: GitHubSignIn, world: World) -> None:
    """One that was slipped into another's sign-in proves nothing, and is used up by the try."""
    world.user("mona")
    code = _code(sign_in)
    for state in ("another state", STATE):
        with pytest.raises(UserError, match="begin again"):
            sign_in.who(code, state)


def test_an_account_that_is_no_person_is_refused(sign_in: GitHubSignIn, world: World) -> None:
    """People can turn their account into an organization; its token is given back all the same."""
    mona = world.user("mona")
    code = _code(sign_in)
    mona.type = "Organization"
    with pytest.raises(UserError, match="no person"):
        sign_in.who(code, STATE)
    assert [token for token in world.state.tokens.values() if token.user] == []


def test_a_wrong_client_secret_is_the_operators_to_mend(
    sign_in: GitHubSignIn, world: World, playground: Playground
) -> None:
    """The person is not to blame, and can try again."""
    world.user("mona")
    code = _code(sign_in)
    wrong = GitHubSignIn(world.app.client_id, "wrong", playground.api_url, playground.base_url)
    with pytest.raises(TransientError, match="client id and secret"):
        wrong.who(code, STATE)


@pytest.mark.parametrize(
    ("request_", "status", "body", "failure"),
    [
        (TOKEN, "502 Bad Gateway", {}, TransientError),
        (TOKEN, "429 Too Many Requests", {}, TransientError),
        (TOKEN, "200 OK", b"<html>Unicorn!</html>", TransientError),
        (TOKEN, "302 Found", {}, UserError),
        (TOKEN, "404 Not Found", {}, UserError),
        (TOKEN, "200 OK", {"error": "unverified_user_email"}, UserError),
        (TOKEN, "200 OK", {"error": "<b>hostile</b>"}, UserError),
        (TOKEN, "200 OK", {"error": ["odd"]}, UserError),
        ("GET .*/user", "503 Service Unavailable", {}, TransientError),
        ("GET .*/user", "401 Unauthorized", {}, UserError),
    ],
)
def test_what_github_says_instead(
    sign_in: GitHubSignIn,
    world: World,
    front: Front,
    request_: str,
    status: str,
    body: object,
    failure: type[Exception],
) -> None:
    """Away or busy is worth another try; a refusal is told, in GitHub's own word where that is a plain one."""
    world.user("mona")
    code = _code(sign_in)
    front.says(request_, status, body, Location="http://127.0.0.1:1/elsewhere")
    with pytest.raises(failure) as caught:
        sign_in.who(code, STATE)
    assert "hostile" not in str(caught.value)
    assert front.count("DELETE .*/token") == (0 if request_ == TOKEN else 1)


@pytest.mark.parametrize("status", ["500 Internal Server Error", "422 Unprocessable Content"])
def test_a_token_that_is_not_taken_back_ends_by_itself(
    sign_in: GitHubSignIn, world: World, front: Front, caplog: pytest.LogCaptureFixture, status: str
) -> None:
    """The person has signed in all the same; the log says it, without the token."""
    front.says("DELETE .*/token", status, {})
    world.user("mona")
    assert sign_in.who(_code(sign_in), STATE).login == "mona"
    assert "was not taken back" in caplog.text
    assert "ghu_" not in caplog.text


def test_no_secret_is_written_down(sign_in: GitHubSignIn, world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in the log, at its most talkative, nor in what is said when something fails."""
    caplog.set_level(logging.DEBUG)
    world.user("mona")
    code = _code(sign_in)
    sign_in.who(code, STATE)
    with pytest.raises(UserError) as caught:
        sign_in.who(code, STATE)
    for said in (caplog.text, str(caught.value), repr(sign_in)):
        assert world.app.client_secret not in said
        assert "ghu_" not in said


def test_a_github_that_is_not_there_is_worth_another_try() -> None:
    """Nobody listens at the address."""
    nowhere = GitHubSignIn("Iv1", "made up", "http://127.0.0.1:9", "http://127.0.0.1:9")
    with pytest.raises(TransientError):
        nowhere.who("code", STATE)
