"""Pictures, logs and similar issues over the playground's HTTP."""

from __future__ import annotations

import base64

import pytest

from ghapp.core.errors import Gone, TransientError
from ghapp.core.events import Repository, Thread
from ghapp.core.picture_kinds import media_type, pixels
from ghapp.core.ports import Image
from ghapp.github.app import GitHubApp
from ghapp.github.checks import GitHubChecks
from ghapp.github.issues import GitHubIssues
from ghapp.github.pictures import MAX_BYTES, Attachments
from ghapp.playground.state import CheckRun
from ghapp.playground.world import World
from tests.github.front import Front

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
JPEG = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xc0\0\x11\x08\0\x02\0\x03 and so on"
GIF = b"GIF89a\x03\0\x02\0 and so on"
WEBP = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x02\0\0\x01\0\0"
HUGE = PNG[:16] + b"\0\0\x1f\x41" + PNG[20:]


@pytest.fixture
def issues(app: GitHubApp) -> GitHubIssues:
    return GitHubIssues(app)


@pytest.fixture
def checks(app: GitHubApp) -> GitHubChecks:
    return GitHubChecks(app)


def _shown(world: World, repository: Repository, body: str) -> Thread:
    return Thread(repository, world.person("mona").open_issue(repository.full_name, "Look", body).number)


def test_pictures_of_a_private_repository_open_by_their_signed_address(
    issues: GitHubIssues, world: World, other: Repository, front: Front
) -> None:
    """In Markdown and as GitHub's own tag, in the order of the text; the token is sent to the API only."""
    first, second = world.attach("octo/other", PNG), world.attach("octo/other", JPEG)
    body = f'<img width="400" alt="shot" src="{first}" />\n\nand ![it]({second}) and again ![it]({first})'
    found = issues.images(_shown(world, other, body), body)
    assert found.images == (Image("image/png", PNG), Image("image/jpeg", JPEG))
    assert found.notes == ()
    assert front.count("GET /user-attachments/.*") == 2


def test_a_public_picture_is_followed_to_where_it_is_kept(
    issues: GitHubIssues, world: World, demo: Repository, front: Front
) -> None:
    """The body may show the plain address, which leads to the signed one."""
    plain = world.attach("octo/demo", GIF)
    thread = _shown(world, demo, f"![a]({plain})")
    html = f'<p><a href="{plain}"><img src="{plain}" alt="a"></a></p>'
    front.says(f"GET .*/issues/{thread.number}", "200 OK", {"body_html": html})
    assert issues.images(thread, f"![a]({plain})").images == (Image("image/gif", GIF),)


def test_a_picture_of_a_comment_is_found(issues: GitHubIssues, world: World, demo: Repository, thread: Thread) -> None:
    """The text that is worked from has comments, too."""
    address = world.attach("octo/demo", WEBP)
    world.person("mona").comment("octo/demo", thread.number, f"![b]({address})")
    assert issues.images(thread, f"Please mend it.\n\n![b]({address})").images == (Image("image/webp", WEBP),)


def test_only_what_the_text_shows_is_taken(issues: GitHubIssues, world: World, demo: Repository, front: Front) -> None:
    """A picture that was put in after the request, and one that was taken out again."""
    old, new = world.attach("octo/demo", PNG), world.attach("octo/demo", JPEG)
    thread = _shown(world, demo, f"![new]({new})")
    found = issues.images(thread, f"![old]({old})")
    assert found.images == ()
    assert found.notes == ("Picture 1 is left out: it is not in the issue any more.",)
    assert front.count("GET /user-attachments/.*") == 0


def test_without_pictures_nothing_is_asked(issues: GitHubIssues, world: World, thread: Thread, front: Front) -> None:
    """Most issues have none."""
    assert issues.images(thread, "Please mend it.").images == ()
    assert front.asked == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<svg onload='x'/>", "no PNG, JPEG, GIF or WebP"),
        (b"%PDF-1.7", "no PNG, JPEG, GIF or WebP"),
        (b"", "no PNG, JPEG, GIF or WebP"),
        (PNG + b"\0" * MAX_BYTES, "larger than 3840 KiB"),
        (HUGE, "larger than 8000 by 8000 pixels"),
        (PNG[:20], "damaged"),
    ],
)
def test_what_is_no_picture_is_left_out_with_a_word(
    issues: GitHubIssues, world: World, demo: Repository, content: bytes, why: str
) -> None:
    """The first bytes and the size decide, and the others are taken all the same."""
    body = f"![a]({world.attach('octo/demo', content)}.png) ![b]({world.attach('octo/demo', PNG)})"
    found = issues.images(_shown(world, demo, body.replace(".png", "")), body)
    assert found.images == (Image("image/png", PNG),)
    assert why in found.notes[0]


def test_five_pictures_are_enough(issues: GitHubIssues, world: World, demo: Repository) -> None:
    """Each costs tokens at every turn."""
    body = " ".join(f"![a]({world.attach('octo/demo', PNG)})" for _ in range(7))
    found = issues.images(_shown(world, demo, body), body)
    assert len(found.images) == 5
    assert found.notes == ("Only the first 5 pictures are taken; there are 7.",)


def test_no_other_server_is_asked(issues: GitHubIssues, world: World, demo: Repository, front: Front) -> None:
    """A picture from elsewhere would tell its owner when we work; an attachment that leads there is not followed."""
    address = world.attach("octo/demo", PNG)
    body = f"![a]({address}) ![spy](http://127.0.0.2:9/spy.png) <img src='http://127.0.0.2:9/b.png'>"
    thread = _shown(world, demo, body)
    front.says("GET /user-attachments/.*", "302 Found", b"", Location="http://127.0.0.2:9/user-attachments/assets/a")
    found = issues.images(thread, body)
    assert found.images == ()
    assert found.notes == (
        "Picture 1 is left out: it leads to another server.",
        "Pictures that are not kept by GitHub are left out: 2.",
    )


def test_a_circle_is_left(issues: GitHubIssues, world: World, demo: Repository, front: Front) -> None:
    """A few redirects are followed, and no more."""
    address = world.attach("octo/demo", PNG)
    thread = _shown(world, demo, f"![a]({address})")
    front.says("GET /user-attachments/.*", "302 Found", b"", Location=address)
    assert "from one address to the next" in issues.images(thread, f"![a]({address})").notes[0]
    assert front.count("GET /user-attachments/.*") == 4


def test_a_server_that_is_away_costs_the_picture_only(
    issues: GitHubIssues, world: World, demo: Repository, front: Front
) -> None:
    """The run goes on without it."""
    address = world.attach("octo/demo", PNG)
    thread = _shown(world, demo, f"![a]({address})")
    front.says("GET /user-attachments/.*", "503 Service Unavailable", b"")
    assert "answers 503" in issues.images(thread, f"![a]({address})").notes[0]


@pytest.mark.parametrize(
    ("address", "ours", "followed"),
    [
        ("https://github.com/user-attachments/assets/0b0b", True, True),
        ("https://private-user-images.githubusercontent.com/1/2-a.png?jwt=x", True, True),
        ("https://user-images.githubusercontent.com/1/2-a.png", True, True),
        ("https://objects.githubusercontent.com/a", False, True),
        ("https://camo.githubusercontent.com/abc/def", False, True),
        ("https://github.com/octo/demo/raw/main/a.png", False, False),
        ("http://github.com/user-attachments/assets/0b0b", False, False),
        ("https://github.com.evil.example/user-attachments/assets/0b0b", False, False),
        ("https://github.com@evil.example/user-attachments/assets/0b0b", False, False),
        ("https://evilgithubusercontent.com/a", False, False),
        ("https://[", False, False),
    ],
)
def test_githubs_own_hosts(address: str, ours: bool, followed: bool) -> None:
    """On github.com files are kept under a name of their own; looks do not count."""
    attachments = Attachments("https://github.com")
    assert (attachments.is_one(address), attachments.may_lead_to(address)) == (ours, followed)


def test_another_github_keeps_its_files_itself() -> None:
    """GitHub Enterprise Server knows nothing of github.com's hosts."""
    attachments = Attachments("https://git.example")
    assert attachments.is_one("https://git.example/user-attachments/assets/0b0b")
    assert attachments.is_one("https://media.git.example/user/1/files/a.png")
    assert not attachments.may_lead_to("https://private-user-images.githubusercontent.com/1/2-a.png")


def test_kinds_by_content() -> None:
    """The four kinds that the model takes."""
    kinds = [media_type(content) for content in (PNG, JPEG, GIF, WEBP, b"RIFF\0\0\0\0WAVE", b"BM")]
    assert kinds == ["image/png", "image/jpeg", "image/gif", "image/webp", None, None]


VP8L = b"RIFF\x16\0\0\0WEBPVP8L\x0a\0\0\0\x2f" + (2 | 1 << 14).to_bytes(4, "little")
VP8 = b"RIFF\x16\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\x03\0\x02\0"


@pytest.mark.parametrize("content", [JPEG, GIF, WEBP, VP8L, VP8])
def test_width_and_height(content: bytes) -> None:
    """Three by two, in each of the formats; bytes that end too early tell nothing, and raise nothing."""
    assert pixels(content) == (3, 2)
    assert pixels(PNG) == (1, 1)
    assert pixels(HUGE) == (8_001, 1)
    assert [pixels(content[:end]) for end in range(9)] == [None] * 9
    assert pixels(JPEG[:8] + b"\0" + JPEG[8:]) is None


# Logs


@pytest.fixture
def failed(world: World) -> CheckRun:
    """A job of Actions that failed, and printed why."""
    workflow = "on: push\njobs:\n  test:\n    steps:\n    - run: make test\n"
    sha = world.person("mona").push("octo/demo", "main", {".github/workflows/ci.yml": workflow})
    check = world.set_check("octo/demo", sha, "test", "completed", "failure")
    world.set_log("octo/demo", check, "\ufeff2026-11-20T10:00:00.1234567Z make test\n2026-11-20T10:00:01.0Z 1 failed\n")
    return check


def _run_of(world: World, check: CheckRun) -> int:
    return next(run.id for run in world.repo("octo/demo").workflow_runs.values() if run.suite is check.suite)


def test_a_log_is_read_without_the_token(
    checks: GitHubChecks, world: World, demo: Repository, failed: CheckRun
) -> None:
    """By the job, which has the check run's id, or by the whole run; the times in front of each line are left out.

    The playground refuses who sends a token to the log's own address.
    """
    log = checks.log(demo, failed.id)
    assert (log.name, log.conclusion, log.text) == ("test", "failure", "make test\n1 failed\n")
    assert not log.from_fork
    assert checks.logs(demo, _run_of(world, failed)) == (log,)


def test_the_end_of_a_long_log_is_kept(checks: GitHubChecks, world: World, demo: Repository, failed: CheckRun) -> None:
    """That is where it says what went wrong."""
    world.set_log("octo/demo", failed, "noise\n" * 200_000 + "the end")
    text = checks.log(demo, failed.id).text
    assert text.endswith("the end")
    assert len(text) <= 256 * 1024


def test_green_jobs_have_nothing_to_say(checks: GitHubChecks, world: World, demo: Repository, failed: CheckRun) -> None:
    """Of a whole run only what failed is read."""
    world.set_check("octo/demo", failed.head_sha, "test", "completed", "success")
    assert checks.logs(demo, _run_of(world, failed)) == ()


def test_a_log_of_a_fork_is_marked(
    checks: GitHubChecks, world: World, demo: Repository, failed: CheckRun, front: Front
) -> None:
    """Anybody can make it print anything. The playground has no forks, so the run's origin is said here."""
    front.says("GET .*/actions/runs/.*", "200 OK", {"head_repository": {"id": 99}})
    assert checks.log(demo, failed.id).from_fork
    front.says("GET .*/actions/runs/.*", "200 OK", {"head_repository": None})
    assert checks.log(demo, failed.id).from_fork


def test_a_log_that_is_gone_is_named(checks: GitHubChecks, demo: Repository, failed: CheckRun, front: Front) -> None:
    """GitHub deletes logs after a while, and knows no job of that number."""
    with pytest.raises(Gone):
        checks.log(demo, 424_242)
    front.says("GET /_logs/.*", "404 Not Found", b"")
    with pytest.raises(Gone):
        checks.log(demo, failed.id)
    front._answers.clear()
    front.says("GET /_logs/.*", "500 Oh", b"")
    with pytest.raises(TransientError):
        checks.log(demo, failed.id)


# Similar issues


def test_similar_issues_are_closed_issues_with_these_words(
    issues: GitHubIssues, world: World, demo: Repository
) -> None:
    """With how they were closed; not open ones, not pull requests, not other repositories'."""
    mona = world.person("mona")
    for title in ("Slow start", "Slow end", "Quick"):
        mona.open_issue("octo/demo", title, "Body")
    mona.open_issue("octo/other", "Slow elsewhere")
    mona.close("octo/demo", 1)
    mona.close("octo/demo", 3)
    (found,) = issues.similar(demo, ["slow"])
    assert (found.number, found.text.title, found.closed_as, found.open) == (1, "Slow start", "completed", False)
    assert found.text.author.id == mona.user.id


def test_words_cannot_steer_the_search(issues: GitHubIssues, world: World, demo: Repository, front: Front) -> None:
    """What could be read as a qualifier or an operator is left out; without a word nothing is asked."""
    world.person("mona").open_issue("octo/other", "secret")
    assert issues.similar(demo, ["repo:octo/other", "OR", '"x"', "-is:closed", "naïve"]) == ()
    assert front.asked == []
    assert issues.similar(demo, ["secret", "repo:octo/other"]) == ()


def test_an_issue_tells_how_it_was_closed(issues: GitHubIssues, world: World, demo: Repository, thread: Thread) -> None:
    """And when it was touched last, and whether it is a pull request's conversation."""
    mona = world.person("mona")
    assert (issues.read(thread).closed_as, issues.read(thread).is_pull) == ("", False)
    mona.close("octo/demo", thread.number)
    found = issues.read(thread)
    assert found.closed_as == "completed"
    assert found.updated_at.endswith("Z")
    mona.push("octo/demo", "topic", {"a.txt": "a"})
    pull = mona.open_pull("octo/demo", "A pull request", "topic")
    assert issues.read(Thread(demo, pull.number)).is_pull
