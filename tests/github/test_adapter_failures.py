"""GitHub away, busy or unwilling: what its failures are called, and what is asked again."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from ghapp.core.errors import Gone, TransientError, UserError
from ghapp.core.events import Repository, Thread
from ghapp.github.app import GitHubApp
from ghapp.github.issues import GitHubIssues
from ghapp.github.repositories import GitHubRepositories
from ghapp.playground.faults import Fault
from ghapp.playground.world import World
from tests.github.front import Front
from tests.keys import pem


@pytest.fixture
def issues(app: GitHubApp) -> GitHubIssues:
    return GitHubIssues(app)


def test_a_read_that_fails_is_tried_again(issues: GitHubIssues, world: World, front: Front, thread: Thread) -> None:
    """GitHub answers 502 now and then; a read does no harm twice."""
    world.faults.add(Fault("GET", "/issues/[0-9]+$", status=502, times=2))
    assert issues.read(thread).number == thread.number
    assert front.count("GET .*/issues/[0-9]+") == 3


def test_a_read_whose_connection_breaks_is_tried_again(
    issues: GitHubIssues, world: World, front: Front, thread: Thread
) -> None:
    """So does a connection that ends without a word."""
    world.faults.add(Fault("GET", "/issues/[0-9]+$", how="cut"))
    assert issues.read(thread).number == thread.number
    assert front.count("GET .*/issues/[0-9]+") == 2


def test_a_read_that_keeps_failing_is_given_up(
    issues: GitHubIssues, world: World, front: Front, thread: Thread
) -> None:
    """After four times the job goes back to the queue; no time was named, whatever the rate limit's headers say."""
    reset = {"X-RateLimit-Reset": "4000000000", "X-RateLimit-Remaining": "4990"}
    world.faults.add(Fault("GET", "/issues/[0-9]+$", status=503, times=9, headers=reset))
    with pytest.raises(TransientError, match="503") as raised:
        issues.read(thread)
    assert raised.value.retry_after is None
    assert front.count("GET .*/issues/[0-9]+") == 4


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_write_that_fails_is_never_repeated(
    issues: GitHubIssues, world: World, front: Front, thread: Thread, status: int
) -> None:
    """Whether it was done is not known: the caller looks before it writes again."""
    world.faults.add(Fault("POST", "/comments$", status=status, times=9))
    with pytest.raises(TransientError):
        issues.write_comment(thread, "hello")
    assert front.count("POST .*/comments") == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", ["429 Too Many Requests", "403 Forbidden"])
def test_a_secondary_limit_names_its_time(
    issues: GitHubIssues, front: Front, thread: Thread, method: str, status: str
) -> None:
    """Asked once, not slept through; the job comes back when GitHub says.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
    """
    message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    request = f"{method} .*/issues/[0-9]+(/comments)?"
    front.says(request, status, {"message": message}, Retry_After="47")
    with pytest.raises(TransientError) as raised:
        issues.read(thread) if method == "GET" else issues.write_comment(thread, "hello")
    assert raised.value.retry_after == 47
    assert front.count(request) == 1


def test_the_playgrounds_own_secondary_limit_is_met(issues: GitHubIssues, world: World, thread: Thread) -> None:
    """Eighty content writes a minute, said as GitHub says it."""
    world.limits.writes_a_minute = 0
    with pytest.raises(TransientError) as raised:
        issues.write_comment(thread, "hello")
    assert raised.value.retry_after == 60


def test_a_used_up_limit_names_its_reset(issues: GitHubIssues, world: World, front: Front, thread: Thread) -> None:
    """The primary limit: up to an hour, and nobody sleeps through it."""
    issues.read(thread)
    world.limits.requests_an_hour = 1
    asked = len(front.asked)
    with pytest.raises(TransientError) as raised:
        issues.comments(thread)
    assert raised.value.retry_after is not None
    assert 3000 < raised.value.retry_after <= 3600
    assert len(front.asked) == asked + 1


@pytest.mark.parametrize("wait", ["soon", "-5", "Wed, 21 Oct 2026 07:28:00 GMT", ""])
def test_a_time_that_is_none_is_no_crash(issues: GitHubIssues, front: Front, thread: Thread, wait: str) -> None:
    """A proxy may send a date, or nonsense."""
    front.says("GET .*/issues/[0-9]+", "429 Too Many Requests", {"message": "slow"}, Retry_After=wait)
    with pytest.raises(TransientError) as raised:
        issues.read(thread)
    assert raised.value.retry_after is None


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
@pytest.mark.parametrize("message", ["Not Found", "This issue was deleted", "This repository is empty."])
def test_what_is_gone_is_not_there(
    issues: GitHubIssues, front: Front, thread: Thread, status: str, message: str
) -> None:
    """In whatever words GitHub says it."""
    front.says("GET .*/issues/[0-9]+", status, {"message": message})
    with pytest.raises(Gone):
        issues.read(thread)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"message": "Issue is locked"}, "Issue is locked"),
        ({"message": "Validation Failed", "errors": [{"message": "too long"}, {"code": "invalid"}]}, "too long"),
        ({"message": "Validation Failed", "errors": "text"}, "Validation Failed"),
        ({"message": None, "errors": None}, "no reason"),
        ([], "no reason"),
        (b"<html>", "no reason"),
    ],
)
def test_a_refusal_is_told_in_githubs_words(
    issues: GitHubIssues, front: Front, thread: Thread, body: object, sentence: str
) -> None:
    """A person reads why, in whatever shape GitHub says it."""
    front.says("POST .*/comments", "422 Unprocessable Entity", body)
    with pytest.raises(UserError, match=sentence):
        issues.write_comment(thread, "hello")


def test_an_answer_that_is_no_json_is_an_outage(issues: GitHubIssues, front: Front, thread: Thread) -> None:
    """A proxy's page in the way: 502 with whatever body."""
    front.says("POST .*/comments", "502 Bad Gateway", b"<html>")
    with pytest.raises(TransientError):
        issues.write_comment(thread, "hello")


def test_nobody_at_home_is_an_outage(key: rsa.RSAPrivateKey, app: GitHubApp, demo: Repository) -> None:
    """Nothing listens at the address."""
    away = GitHubApp("1", pem(key), "http://127.0.0.1:9/api/v3", "http://127.0.0.1:9")
    with pytest.raises(TransientError):
        GitHubRepositories(away).remote(demo)
    away.close()


def test_a_wrong_key_is_told(world: World, front: Front, app: GitHubApp, demo: Repository) -> None:
    """GitHub does not know the signature: the operator's to mend, and the person's wish waits until then."""
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    wrong = GitHubApp(str(world.app.id), pem(other), world.state.api, world.state.base_url)
    with pytest.raises(TransientError, match="credentials"):
        GitHubRepositories(wrong).remote(demo)
    wrong.close()


def test_one_token_serves_many_questions(app: GitHubApp, issues: GitHubIssues, front: Front, thread: Thread) -> None:
    """Minted when first needed, and shared by all that speak for the installation."""
    issues.read(thread)
    issues.comments(thread)
    GitHubRepositories(app).default_branch(thread.repository)
    assert front.count("POST .*/access_tokens") == 1


def test_the_app_knows_who_it_is(app: GitHubApp, world: World, front: Front, demo: Repository) -> None:
    """Its number, its account, and the address that links its commits to that account; asked once."""
    bot = world.app.bot
    for _ in range(2):
        assert app.id == world.app.id
        assert app.bot(demo.installation) == ("honk[bot]", bot.id)
        assert app.author(demo.installation) == ("honk[bot]", f"{bot.id}+honk[bot]@users.noreply.127.0.0.1")
    assert front.count("GET .*/app") == 1
    assert front.count("GET .*/users/.*") == 1


def test_its_number_is_asked_for_where_settings_name_it_otherwise(
    app: GitHubApp, world: World, front: Front, key: rsa.RSAPrivateKey
) -> None:
    """Settings may have the App's client id, from which nobody can tell its number; a number is one already."""
    assert app.id == world.app.id
    assert front.count("GET .*/app") == 0
    named = GitHubApp(world.app.client_id, pem(key), world.state.api, world.state.base_url)
    assert named.id == world.app.id
    assert front.count("GET .*/app") == 1
    named.close()
