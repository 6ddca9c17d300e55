"""Reviews and their threads over the playground's HTTP."""

from collections.abc import Iterator

import pytest

from ghapp.core.errors import Gone, TransientError, UserError
from ghapp.core.events import Actor, Repository
from ghapp.core.evidence import LineRemark, Weight
from ghapp.core.ports import GHOST
from ghapp.github.app import GitHubApp
from ghapp.github.reviews import GitHubReviews
from ghapp.playground.faults import Fault
from ghapp.playground.state import Actor as Doer
from ghapp.playground.state import Issue, Pull, ReviewComment
from ghapp.playground.verbs import reviews as verbs
from ghapp.playground.verbs.reviews import Remark
from ghapp.playground.world import Person, World
from tests.github.front import Front

DEMO = "octo/demo"
MARKER = "<!-- honk:reply:r1-T1-10 -->"


@pytest.fixture
def reviews(app: GitHubApp) -> GitHubReviews:
    return GitHubReviews(app)


@pytest.fixture
def mona(world: World) -> Person:
    """A reviewer."""
    return world.person("mona", write=DEMO)


@pytest.fixture
def issue(world: World) -> Issue:
    """Somebody's pull request of a file with three lines."""
    author = world.person("author", write=DEMO)
    author.push(DEMO, "topic", {"a.txt": "1\n2\n3\n"})
    return author.open_pull(DEMO, "Add a file", "topic")


@pytest.fixture
def pull(issue: Issue) -> Pull:
    assert issue.pull is not None
    return issue.pull


def _bot(world: World) -> Doer:
    return Doer(world.app.bot, world.app)


def _comments(pull: Pull) -> Iterator[ReviewComment]:
    return (comment for thread in pull.threads for comment in thread.comments)


def test_threads_come_with_their_comments(
    reviews: GitHubReviews, world: World, demo: Repository, issue: Issue, pull: Pull, mona: Person
) -> None:
    """Two threads, one with a reply of ours and resolved: who wrote what, where, and by which id."""
    mona.review(DEMO, issue.number, remarks=[Remark("a.txt", 1, "Why?"), Remark("a.txt", 3, "No.")])
    verbs.reply(world, world.repo(DEMO), _bot(world), issue, pull.threads[1], "Because.")
    verbs.resolve(world, world.repo(DEMO), mona.actor, issue, pull.threads[1], resolved=True)
    first, second = reviews.threads(demo, issue.number)
    who = Actor(mona.user.id, "mona", "User")
    assert (first.path, first.line, first.resolved) == ("a.txt", 1, False)
    assert [(one.id, one.author, one.body) for one in first.comments] == [(pull.threads[0].comments[0].id, who, "Why?")]
    assert first.url.endswith(f"/octo/demo/pull/{issue.number}#discussion_r{first.comments[0].id}")
    assert (second.id, second.resolved) == (pull.threads[1].node_id, True)
    bot = Actor(world.app.bot.id, world.app.bot.login, "Bot")
    assert [(one.author, one.body) for one in second.comments] == [(who, "No."), (bot, "Because.")]
    assert first.comments[0].at.endswith("Z")


def test_many_threads_and_long_ones_come_whole(
    reviews: GitHubReviews,
    world: World,
    front: Front,
    demo: Repository,
    issue: Issue,
    pull: Pull,
    mona: Person,
) -> None:
    """Sixty threads and one of a hundred and thirty comments are read page after page."""
    mona.review(DEMO, issue.number, remarks=[Remark("a.txt", 1, f"{number}") for number in range(60)])
    for number in range(129):
        verbs.reply(world, world.repo(DEMO), mona.actor, issue, pull.threads[55], f"again {number}")
    found = reviews.threads(demo, issue.number)
    assert [one.comments[0].body for one in found] == [f"{number}" for number in range(60)]
    assert [len(one.comments) for one in found if len(one.comments) > 1] == [130]
    assert found[55].comments[-1].body == "again 128"
    assert front.count("POST /api/graphql|POST /graphql") == 3


def test_a_deleted_author_is_a_ghost(
    reviews: GitHubReviews, front: Front, demo: Repository, issue: Issue, mona: Person
) -> None:
    """A comment whose writer is gone has no author, one that is outdated no line; ids are beyond 32 bits by now."""
    comment = {
        "fullDatabaseId": "4294967296",
        "body": "?",
        "createdAt": "2026-01-01T00:00:00Z",
        "url": "u",
        "author": None,
    }
    page = {"hasNextPage": False, "endCursor": None}
    row = {"id": "PRRT_1", "isResolved": False, "path": "a.txt", "line": None}
    threads = {"pageInfo": page, "nodes": [{**row, "comments": {"pageInfo": page, "nodes": [comment]}}]}
    answer = {"data": {"repository": {"pullRequest": {"reviewThreads": threads}}}}
    front.says("POST .*graphql", "200 OK", answer, times=1)
    (thread,) = reviews.threads(demo, issue.number)
    assert (thread.line, thread.comments[0].author) == (None, GHOST)
    assert thread.comments[0].id == 2**32


def test_graphqls_own_rate_limit_is_waited_for(
    reviews: GitHubReviews, front: Front, demo: Repository, issue: Issue
) -> None:
    """GraphQL says with a 200 that its limit is used up: that is worth another try, no refusal."""
    error = {"type": "RATE_LIMITED", "message": "API rate limit exceeded"}
    front.says("POST .*graphql", "200 OK", {"errors": [error]}, times=1)
    with pytest.raises(TransientError):
        reviews.threads(demo, issue.number)


def test_threads_of_what_is_no_pull_request_are_gone(reviews: GitHubReviews, world: World, demo: Repository) -> None:
    """The pull request was transferred or never was: that is an answer, not a failure."""
    with pytest.raises(Gone):
        reviews.threads(demo, 999)


def test_submitted_reviews_come_with_verdict_and_text(
    reviews: GitHubReviews, demo: Repository, issue: Issue, pull: Pull, mona: Person
) -> None:
    """An approval after a request for changes: both are there, oldest first, with the commit that was seen."""
    mona.review(DEMO, issue.number, "CHANGES_REQUESTED", "Add a test.")
    mona.review(DEMO, issue.number, "APPROVED")
    first, second = reviews.submitted(demo, issue.number)
    assert (first.author, first.state, first.body) == (
        Actor(mona.user.id, "mona", "User"),
        "CHANGES_REQUESTED",
        "Add a test.",
    )
    assert (first.id, first.sha) == (pull.reviews[0].id, pull.head_sha)
    assert (second.state, second.body) == ("APPROVED", "")
    assert first.url.endswith(f"#pullrequestreview-{first.id}")


def test_a_review_that_is_being_written_is_not_there_yet(
    reviews: GitHubReviews, front: Front, demo: Repository, issue: Issue
) -> None:
    """GitHub lists a pending review to its author, without a time: nobody has said it yet."""
    row = {"id": 9, "user": None, "state": "PENDING", "body": "Hm", "html_url": "u", "commit_id": None}
    front.says("GET .*/reviews", "200 OK", [row, {**row, "state": "COMMENTED", "id": 10}], times=1)
    (one,) = reviews.submitted(demo, issue.number)
    assert (one.id, one.author, one.at, one.sha) == (10, GHOST, "", "")


def test_a_reply_stands_in_its_thread_once(
    reviews: GitHubReviews, world: World, demo: Repository, issue: Issue, pull: Pull, mona: Person
) -> None:
    """Replying twice with one marker is replying once; another marker is another reply."""
    mona.review(DEMO, issue.number, remarks=[Remark("a.txt", 1, "Why?")])
    first = pull.threads[0].comments[0].id
    reviews.reply(demo, issue.number, first, f"{MARKER}\nFixed.", MARKER)
    reviews.reply(demo, issue.number, first, f"{MARKER}\nFixed again.", MARKER)
    reviews.reply(demo, issue.number, first, "<!-- another -->\nMore.", "<!-- another -->")
    bodies = [one.body for one in pull.threads[0].comments]
    assert bodies == ["Why?", f"{MARKER}\nFixed.", "<!-- another -->\nMore."]
    assert [one.author.app for one in pull.threads[0].comments[1:]] == [world.app, world.app]


def test_somebody_elses_marker_keeps_nothing_back(
    reviews: GitHubReviews, demo: Repository, issue: Issue, pull: Pull, mona: Person
) -> None:
    """A person writes our hidden text into a comment, and the reply is written all the same."""
    mona.review(DEMO, issue.number, remarks=[Remark("a.txt", 1, f"{MARKER} Why?")])
    reviews.reply(demo, issue.number, pull.threads[0].comments[0].id, f"{MARKER}\nFixed.", MARKER)
    assert len(pull.threads[0].comments) == 2


@pytest.mark.parametrize("how", ["cut", "lose_answer"])
def test_a_lost_answer_makes_no_second_reply(
    reviews: GitHubReviews, world: World, demo: Repository, issue: Issue, pull: Pull, mona: Person, how: str
) -> None:
    """The connection breaks while a reply is written; the next attempt leaves one reply there."""
    mona.review(DEMO, issue.number, remarks=[Remark("a.txt", 1, "Why?")])
    first = pull.threads[0].comments[0].id
    world.faults.add(Fault("POST", "/replies$", how=how))  # type: ignore[arg-type]
    with pytest.raises(TransientError):
        reviews.reply(demo, issue.number, first, f"{MARKER}\nFixed.", MARKER)
    reviews.reply(demo, issue.number, first, f"{MARKER}\nFixed.", MARKER)
    assert [one.body for one in _comments(pull)] == ["Why?", f"{MARKER}\nFixed."]


def test_a_reply_to_what_is_gone_is_named(
    reviews: GitHubReviews, demo: Repository, issue: Issue, pull: Pull, mona: Person
) -> None:
    """The comment was deleted: whoever replies is told so."""
    with pytest.raises(Gone):
        reviews.reply(demo, issue.number, 999_999, f"{MARKER}\nFixed.", MARKER)


def test_resolving_twice_is_resolving_once(
    reviews: GitHubReviews, world: World, demo: Repository, issue: Issue, pull: Pull, mona: Person
) -> None:
    """The thread is resolved by us, and one that is not there is named."""
    mona.review(DEMO, issue.number, remarks=[Remark("a.txt", 1, "Why?")])
    (thread,) = reviews.threads(demo, issue.number)
    reviews.resolve(demo, thread.id)
    reviews.resolve(demo, thread.id)
    assert pull.threads[0].resolved_by is world.app.bot
    assert world.emitted.count("pull_request_review_thread.resolved") == 1
    with pytest.raises(Gone):
        reviews.resolve(demo, "PRRT_999999")


def test_who_cannot_be_asked_is_passed_over(
    reviews: GitHubReviews, world: World, demo: Repository, issue: Issue, pull: Pull, mona: Person
) -> None:
    """The author, a stranger and nobody at all are among those to ask; the two others are asked."""
    hubot = world.person("hubot", write=DEMO)
    world.person("stranger")
    reviews.request(demo, issue.number, ["author", "mona", "nobody-of-that-name", "stranger", "hubot"])
    assert pull.requested_reviewers == [mona.user, hubot.user]


REMARKS = (
    LineRemark("a.txt", 2, Weight.HIGH, "Off by one, @mona.", "two\nand a half"),
    LineRemark("a.txt", 3, Weight.LOW, "Never read.", ""),
    LineRemark("a.txt", 1, Weight.MEDIUM, "No test."),
)


def test_a_review_of_ours_stands_beside_the_lines(
    reviews: GitHubReviews, world: World, demo: Repository, issue: Issue, pull: Pull
) -> None:
    """Comments with their weight and suggestions of one click, no approval, and once."""
    for _ in range(2):
        reviews.submit(demo, issue.number, pull.head_sha, f"{MARKER}\nOne fault.", REMARKS, MARKER)
    (made,) = pull.reviews
    assert (made.state, made.body, made.author.app) == ("COMMENTED", f"{MARKER}\nOne fault.", world.app)
    assert [(one.path, one.line, one.body) for one in _comments(pull)] == [
        ("a.txt", 2, "🔴 **high**: Off by one, @\u2060mona.\n\n```suggestion\ntwo\nand a half\n```"),
        ("a.txt", 3, "🟡 **low**: Never read.\n\n```suggestion\n```"),
        ("a.txt", 1, "🟠 **medium**: No test."),
    ]


def test_a_refused_line_moves_the_remarks_into_the_text(
    reviews: GitHubReviews, demo: Repository, issue: Issue, pull: Pull
) -> None:
    """One remark is on a line that the diff does not show, so GitHub takes none: they stand in the review's text."""
    far = LineRemark("b.txt", 900, Weight.HIGH, "Not there.")
    reviews.submit(demo, issue.number, pull.head_sha, f"{MARKER}\nOne fault.", (*REMARKS, far), MARKER)
    (made,) = pull.reviews
    assert list(_comments(pull)) == []
    assert made.body.startswith(f"{MARKER}\nOne fault.\n\nGitHub took no remark beside its line")
    assert "`a.txt:2` 🔴 **high**: Off by one, @\u2060mona." in made.body
    assert "`b.txt:900` 🔴 **high**: Not there." in made.body


def test_a_review_that_is_refused_as_a_whole_is_told(
    reviews: GitHubReviews, demo: Repository, issue: Issue, pull: Pull
) -> None:
    """The commit is not of this pull request: there is nothing to put anywhere, and GitHub's reason is told."""
    with pytest.raises(UserError, match="not part of the pull request"):
        reviews.submit(demo, issue.number, "c" * 40, f"{MARKER}\nFine.", (), MARKER)
    with pytest.raises(UserError, match="not part of the pull request"):
        reviews.submit(demo, issue.number, "c" * 40, f"{MARKER}\nFine.", REMARKS, MARKER)
    assert pull.reviews == []
