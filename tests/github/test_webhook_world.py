"""Whole payloads, as GitHub describes them, from what people do in the playground to the event that we act on."""

from typing import Any

import pytest

from ghapp.cli.apps import EVENTS
from ghapp.core.events import Actor, BoxTicked, ChecksChanged, PullChanged, Repository, ReviewsChanged, Thread
from ghapp.github import webhook
from ghapp.github.app import GitHubApp
from ghapp.github.deployments import GitHubDeployments
from ghapp.github.issues import GitHubIssues
from ghapp.playground.verbs.reviews import Remark
from ghapp.playground.world import World

NOWHERE = "http://127.0.0.1:1/"
"""What is sent there is lost, and kept by the playground as what was sent."""


@pytest.fixture
def told(world: World) -> World:
    """The App hears of all that it asks to hear of."""
    world.app.hook_url = NOWHERE
    for installation in world.state.installations.values():
        installation.events = EVENTS
    return world


def _events(world: World, kind: type[Any]) -> list[Any]:
    world.settle()
    read = [webhook.read(one.request_headers, one.body).event for one in world.deliveries.sent.values()]
    return [event for event in read if isinstance(event, kind)]


def _actor(world: World, login: str) -> Actor:
    return Actor(world.user(login).id, login)


def test_a_tap_on_a_box_of_our_comment_is_an_event(app: GitHubApp, told: World, thread: Thread) -> None:
    """Of whoever tapped it, with the commit that it stands for; our own edits of the comment are none."""
    sha = "0123456789" * 4
    boxes = f"- [ ] Stop <!-- honk:box:stop -->\n- [ ] Merge <!-- honk:box:merge:{sha} -->"
    issues = GitHubIssues(app)
    number = issues.write_comment(thread, f"{boxes}\nBusy.")
    issues.write_comment(thread, boxes, number)
    (comment,) = told.comments("octo/demo", thread.number)
    told.person("mona", write="octo/demo").tick("octo/demo", comment, "Merge")
    (event,) = _events(told, BoxTicked)
    assert (event.thread, event.actor, event.comment) == (thread, _actor(told, "mona"), number)
    assert (event.box, event.sha) == ("merge", sha)
    assert event.at.endswith("Z")


def test_a_review_of_ours_and_of_anybodys_is_an_event(told: World, demo: Repository) -> None:
    """Submitted with a comment, answered, resolved, dismissed; each in the thread that the pull request belongs to."""
    mona, lisa = told.person("mona", write="octo/demo"), told.person("lisa", maintain="octo/demo")
    for branch in ("honk/77-abc", "topic"):
        mona.push("octo/demo", branch, {"a.txt": "a\n"})
        number = mona.open_pull("octo/demo", "Mend it", branch).number
        review = lisa.review("octo/demo", number, "CHANGES_REQUESTED", "No.", [Remark("a.txt", 1, "Why?")])
        (begun,) = told.review_threads("octo/demo", number)
        lisa.resolve("octo/demo", number, begun)
        lisa.dismiss("octo/demo", number, review)
    events = _events(told, ReviewsChanged)
    sources = ["pull_request_review", "pull_request_review_comment", "pull_request_review_thread"]
    assert sorted({event.source for event in events}) == sources
    assert {event.actor for event in events} == {_actor(told, "lisa")}
    assert [event.thread.number for event in events] == [77] * 4 + [number] * 4


def test_everybodys_pull_requests_are_events(told: World, demo: Repository) -> None:
    """One of a fork too, whose branch's name is no thread of ours, and after the fork was deleted."""
    told.fork("octo/demo", "mona")
    mona = told.person("mona")
    mona.push("mona/demo", "honk/77-abc", {"a.txt": "a"})
    number = mona.open_pull("octo/demo", "From afar", "mona:honk/77-abc").number
    told.delete_repository("mona/demo")
    mona.close("octo/demo", number)
    opened, closed = _events(told, PullChanged)
    here = Thread(demo, number)
    assert opened == PullChanged(here, _actor(told, "mona"), "opened", number, False)
    assert closed == PullChanged(here, _actor(told, "mona"), "closed", number, False)


def test_a_deployment_tells_of_its_commit(app: GitHubApp, told: World, demo: Repository) -> None:
    """Whose it is, the inbox finds out; one of a branch of ours names its thread."""
    mona = told.person("mona", write="octo/demo")
    merged = mona.push("octo/demo", "main", {"a.txt": "a"})
    told.deploy_status("octo/demo", GitHubDeployments(app).create(demo, merged, "staging"), "success")
    ours = mona.push("octo/demo", "honk/77-abc", {"b.txt": "b"})
    told.deploy_status("octo/demo", told.deploy("octo/demo", "honk/77-abc").id, "failure")
    assert [one for one in _events(told, ChecksChanged) if one.source == "deployment_status"] == [
        ChecksChanged(Thread(demo, 0), merged, "deployment_status"),
        ChecksChanged(Thread(demo, 77), ours, "deployment_status"),
    ]


def test_checks_on_anybodys_commit_are_events(told: World, demo: Repository) -> None:
    """On main, or in a fork: a run may follow them."""
    mona = told.person("mona", write="octo/demo")
    sha = mona.push("octo/demo", "main", {"a.txt": "a"})
    told.set_check("octo/demo", sha, "test", "completed", "failure")
    told.set_status("octo/demo", sha, "ci/old", "failure")
    events = _events(told, ChecksChanged)
    assert {event.source for event in events} >= {"check_run", "check_suite", "status"}
    assert {(event.thread.number, event.head_sha) for event in events} == {(0, sha)}
