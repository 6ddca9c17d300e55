"""Issues and comments over the playground's HTTP."""

from dataclasses import replace

import pytest

from ghapp.core.errors import Gone, TransientError
from ghapp.core.events import Actor, IssueLabeled, Repository, Thread
from ghapp.github.app import GitHubApp
from ghapp.github.issues import GitHubIssues
from ghapp.playground.faults import Fault
from ghapp.playground.world import World
from tests.github.front import Front

MARKER = "<!-- honk:r1:status -->"


@pytest.fixture
def issues(app: GitHubApp) -> GitHubIssues:
    return GitHubIssues(app)


def _bodies(world: World, thread: Thread) -> list[str]:
    return [one.body for one in world.comments("octo/demo", thread.number)]


def test_an_issue_is_read_as_it_is_now(issues: GitHubIssues, world: World, thread: Thread) -> None:
    """Title, body, author, state and labels."""
    mona = world.person("mona")
    mona.label("octo/demo", thread.number, "honk", "bug")
    found = issues.read(thread)
    assert (found.number, found.open, found.labels) == (thread.number, True, ("honk", "bug"))
    assert (found.text.title, found.text.body) == ("It is broken", "Please mend it.")
    assert found.text.author == Actor(mona.user.id, "mona", "User")
    mona.close("octo/demo", thread.number)
    assert not issues.read(thread).open


def test_an_issue_without_a_body_has_an_empty_one(issues: GitHubIssues, world: World, demo: Repository) -> None:
    """GitHub's null."""
    made = world.person("mona").open_issue("octo/demo", "Only a title")
    assert issues.read(Thread(demo, made.number)).text.body == ""


def test_what_is_not_there_is_named(issues: GitHubIssues, thread: Thread) -> None:
    """404 is an answer, not a failure."""
    with pytest.raises(Gone):
        issues.read(replace(thread, number=999))
    with pytest.raises(Gone):
        issues.comments(replace(thread, number=999))


def test_all_comments_are_read_to_the_last_page(issues: GitHubIssues, world: World, thread: Thread) -> None:
    """More than a page of a hundred, oldest first, with their authors and times."""
    mona = world.person("mona")
    for number in range(101):
        mona.comment("octo/demo", thread.number, f"comment {number}")
    comments = issues.comments(thread)
    assert [one.body for one in comments] == [f"comment {number}" for number in range(101)]
    assert comments[0].author == Actor(mona.user.id, "mona", "User")
    assert comments[0].created_at.endswith("Z")
    assert len(comments[0].created_at) == 20


def test_a_reaction_is_made_once(issues: GitHubIssues, world: World, thread: Thread) -> None:
    """On the issue and on a comment; twice is once."""
    comment = world.person("mona").comment("octo/demo", thread.number, "/honk fix")
    for _ in range(2):
        issues.react(thread, None, "eyes")
        issues.react(thread, comment.id, "eyes")
    assert [one.content for one in world.issue("octo/demo", thread.number).reactions] == ["eyes"]
    assert [(one.content, one.user.login) for one in comment.reactions] == [("eyes", "honk[bot]")]


def test_a_reaction_to_what_was_deleted_is_passed_over(issues: GitHubIssues, thread: Thread) -> None:
    """The person took the comment away meanwhile."""
    issues.react(thread, 424_242, "eyes")


def test_a_comment_is_written_and_then_edited_in_place(issues: GitHubIssues, world: World, thread: Thread) -> None:
    """By its id there is one comment, whatever it says."""
    number = issues.write_comment(thread, f"{MARKER} one", marker=MARKER)
    assert issues.write_comment(thread, f"{MARKER} two", number, MARKER) == number
    assert _bodies(world, thread) == [f"{MARKER} two"]
    assert world.comments("octo/demo", thread.number)[0].author.user.login == "honk[bot]"


def test_a_comment_is_found_by_its_marker(issues: GitHubIssues, world: World, thread: Thread) -> None:
    """When the id was lost, the marker finds it; another marker does not."""
    number = issues.write_comment(thread, f"{MARKER} one", marker=MARKER)
    assert issues.write_comment(thread, f"{MARKER} two", marker=MARKER) == number
    assert issues.write_comment(thread, "<!-- honk:r2:status -->", marker="<!-- honk:r2:status -->") != number
    assert len(_bodies(world, thread)) == 2


def test_a_comment_that_a_person_deleted_is_written_anew(issues: GitHubIssues, world: World, thread: Thread) -> None:
    """The run goes on to speak."""
    number = issues.write_comment(thread, f"{MARKER} one", marker=MARKER)
    world.person("mona").delete_comment("octo/demo", world.comments("octo/demo", thread.number)[0])
    again = issues.write_comment(thread, f"{MARKER} two", number, MARKER)
    assert again != number
    assert _bodies(world, thread) == [f"{MARKER} two"]


def test_somebody_elses_comment_with_our_marker_is_not_touched(
    issues: GitHubIssues, world: World, thread: Thread
) -> None:
    """Anybody can write the marker; editing that comment would put words into their mouth."""
    world.person("mallory").comment("octo/demo", thread.number, f"{MARKER} mine")
    issues.write_comment(thread, f"{MARKER} ours", marker=MARKER)
    issues.write_comment(thread, f"{MARKER} ours again", marker=MARKER)
    assert _bodies(world, thread) == [f"{MARKER} mine", f"{MARKER} ours again"]


@pytest.mark.parametrize("how", ["cut", "lose_answer"])
def test_a_comment_whose_answer_was_lost_is_not_written_twice(
    issues: GitHubIssues, world: World, front: Front, thread: Thread, how: str
) -> None:
    """The POST is not repeated by itself, and when the job is tried again it finds what it wrote."""
    world.faults.add(Fault("POST", "/comments$", how=how))  # type: ignore[arg-type]
    with pytest.raises(TransientError):
        issues.write_comment(thread, f"{MARKER} one", marker=MARKER)
    assert front.count("POST .*/comments") == 1
    assert _bodies(world, thread) == [f"{MARKER} one"]
    issues.write_comment(thread, f"{MARKER} two", marker=MARKER)
    assert _bodies(world, thread) == [f"{MARKER} two"]


def test_a_label_is_added_and_made_when_new(issues: GitHubIssues, world: World, thread: Thread) -> None:
    """Twice is once."""
    issues.add_label(thread, "honk:merged")
    issues.add_label(thread, "honk:merged")
    assert [one.name for one in world.issue("octo/demo", thread.number).labels] == ["honk:merged"]


def test_labellings_are_read_from_the_timeline(
    issues: GitHubIssues, world: World, demo: Repository, thread: Thread
) -> None:
    """Who put the label on last, on open issues that wear it, and on nothing else."""
    mona, hubot = world.person("mona"), world.person("hubot", triage="octo/demo")
    mona.label("octo/demo", thread.number, "honk", "bug")
    mona.unlabel("octo/demo", thread.number, "honk")
    hubot.label("octo/demo", thread.number, "honk")
    closed = mona.open_issue("octo/demo", "Closed", labels=["honk"])
    mona.close("octo/demo", closed.number)
    mona.open_issue("octo/demo", "Without")
    mona.push("octo/demo", "topic", {"a.txt": "a"})
    pull = mona.open_pull("octo/demo", "A pull request", "topic")
    mona.label("octo/demo", pull.number, "honk")
    (found,) = issues.labelled(demo, "honk")
    at = world.issue("octo/demo", thread.number).timeline[-1].created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    who = Actor(hubot.user.id, "hubot", "User")
    assert found == IssueLabeled(thread, who, "honk", issues.read(thread).text, at)
