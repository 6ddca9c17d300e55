"""Pull requests over real git: mergeability, merging, updating, reviews and threads."""

from collections.abc import Callable

import pytest
from github import Github

from ghapp.playground.bare import EMPTY_TREE
from ghapp.playground.server import Playground
from ghapp.playground.verbs.merging import CannotMergeError
from ghapp.playground.verbs.reviews import Remark
from ghapp.playground.world import World
from tests.playground.playground_app import Api, Hook

DEMO = "/repos/octo/demo"


def pull_of(world: World, *, branch: str = "topic", body: str = "", draft: bool = False) -> int:
    """A pull request of mona's that changes one file and adds one."""
    mona = world.person("mona", write="octo/demo")
    mona.push("octo/demo", branch, {"src/app.py": f"print('{branch}')\n", "new.txt": "new\n"}, "Change it")
    return mona.open_pull("octo/demo", "Change", branch, body=body, draft=draft).number


def test_files_and_commits_are_git_s(playground: Playground, github: Github, app: object) -> None:
    """The diff, its counts and the commits come from the repository."""
    number = pull_of(playground.world)
    pull = github.get_repo("octo/demo").get_pull(number)
    assert [(one.filename, one.status, one.additions, one.deletions) for one in pull.get_files()] == [
        ("new.txt", "added", 1, 0),
        ("src/app.py", "modified", 1, 1),
    ]
    assert next(iter(pull.get_files())).patch == "@@ -0,0 +1 @@\n+new"
    assert [one.commit.message for one in pull.get_commits()] == ["Change it"]
    assert (pull.additions, pull.deletions, pull.changed_files, pull.commits) == (2, 1, 2, 1)
    assert pull.mergeable is True


def test_new_push_moves_the_head(playground: Playground, app: object, hook: Hook) -> None:
    """A push to the head branch is told as push and as synchronize with both shas."""
    world = playground.world
    number = pull_of(world)
    before = world.pull("octo/demo", number).pull
    assert before is not None
    old = before.head_sha
    new = world.person("mona").push("octo/demo", "topic", {"more": "text"})
    world.settle()
    assert hook.names()[-3:] == ["push", "pull_request.synchronize", "check_suite.requested"]
    told = hook.last("pull_request.synchronize")
    assert (told["before"], told["after"], told["pull_request"]["head"]["sha"]) == (old, new, new)
    assert world.repo("octo/demo").bare.refs("refs/pull")[f"refs/pull/{number}/head"] == new


def test_merge_closes_what_it_names(playground: Playground, api: Api, hook: Hook) -> None:
    """Merged with the head it expects: the branch moves, the pull request and the named issue close."""
    world = playground.world
    issue = world.person("mona").open_issue("octo/demo", "Broken").number
    number = pull_of(world, body=f"Fixes #{issue}")
    head = api.get(f"{DEMO}/pulls/{number}")["head"]["sha"]
    assert api.put(f"{DEMO}/pulls/{number}/merge", 409, sha="0" * 40)["message"].startswith("Head branch was modified")
    api.get(f"{DEMO}/pulls/{number}/merge", 404)
    merged = api.put(f"{DEMO}/pulls/{number}/merge", sha=head, merge_method="squash", commit_title="Fix it")
    api.get(f"{DEMO}/pulls/{number}/merge", 204)
    assert world.repo("octo/demo").bare.branch("main") == merged["sha"]
    assert api.get(f"{DEMO}/commits/main")["commit"]["message"] == "Fix it"
    shown = api.get(f"{DEMO}/pulls/{number}")
    assert (shown["merged"], shown["merged_by"]["login"], shown["state"]) == (True, "honk[bot]", "closed")
    assert world.issue("octo/demo", issue).state == "closed"
    assert world.read("octo/demo", "new.txt") == "new\n"
    world.settle()
    assert hook.last("pull_request.closed")["pull_request"]["merged"] is True
    assert [one["number"] for one in api.get(f"{DEMO}/commits/{merged['sha']}/pulls")] == [number]
    api.put(f"{DEMO}/pulls/{number}/merge", 405)


def test_conflict_is_dirty(playground: Playground, api: Api) -> None:
    """Both sides change one line: not mergeable, not merged, not updated."""
    world = playground.world
    number = pull_of(world)
    world.person("mona").push("octo/demo", "main", {"src/app.py": "print('other')\n"})
    shown = api.get(f"{DEMO}/pulls/{number}")
    assert (shown["mergeable"], shown["mergeable_state"]) == (False, "dirty")
    api.put(f"{DEMO}/pulls/{number}/merge", 405)
    api.put(f"{DEMO}/pulls/{number}/update-branch", 422)


def test_update_takes_in_the_base(playground: Playground, api: Api) -> None:
    """Behind a strict branch until the base is merged into the head."""
    world = playground.world
    number = pull_of(world)
    world.protect("octo/demo", "main", "tests", strict=True)
    assert api.put(f"{DEMO}/pulls/{number}/update-branch", 422)["message"].startswith("There are no new commits")
    world.person("mona").push("octo/demo", "main", {"other": "text"})
    behind = api.get(f"{DEMO}/pulls/{number}")
    assert behind["mergeable_state"] == "behind"
    api.put(f"{DEMO}/pulls/{number}/update-branch", 422, expected_head_sha="0" * 40)
    api.put(f"{DEMO}/pulls/{number}/update-branch", 202, expected_head_sha=behind["head"]["sha"])
    blocked = api.get(f"{DEMO}/pulls/{number}")
    assert (blocked["mergeable_state"], blocked["commits"]) == ("blocked", 2)
    world.set_check("octo/demo", blocked["head"]["sha"], "tests", "completed", "success")
    assert api.get(f"{DEMO}/pulls/{number}")["mergeable_state"] == "clean"
    ahead = api.get(f"{DEMO}/compare/main...topic")
    assert (ahead["status"], ahead["ahead_by"]) == ("ahead", 2)


def test_mergeable_is_not_known_at_once(playground: Playground, api: Api) -> None:
    """When the world says so, the first reads have null, as at GitHub."""
    number = pull_of(playground.world)
    playground.world.mergeable_unknown = 1
    assert api.get(f"{DEMO}/pulls/{number}")["mergeable"] is None
    assert api.get(f"{DEMO}/pulls/{number}")["mergeable"] is True


def test_a_pull_request_needs_a_difference(playground: Playground, api: Api, as_person: Callable[[str], Api]) -> None:
    """Unknown branches, equal branches and a second one for the same pair are refused with the reason."""
    world = playground.world
    pull_of(world)
    given = {"title": "x", "base": "main"}
    api.post(f"{DEMO}/pulls", 422, head="nothing", **given)
    world.repo("octo/demo").bare.set_ref("refs/heads/same", world.repo("octo/demo").bare.branch("main") or "")
    assert "No commits between" in api.post(f"{DEMO}/pulls", 422, head="same", **given)["errors"][0]["message"]
    again = api.post(f"{DEMO}/pulls", 422, head="octo:topic", **given)
    assert "already exists" in again["errors"][0]["message"]
    assert [one["number"] for one in api.get(f"{DEMO}/pulls", head="octo:topic", state="all")] == [1]
    assert api.get(f"{DEMO}/pulls", base="other") == []
    as_person("eve").post(f"{DEMO}/pulls", 403, head="topic", **given)


def test_closed_and_opened_again(playground: Playground, api: Api, hook: Hook) -> None:
    """As long as the branch is there; without it the pull request stays closed."""
    world = playground.world
    number = pull_of(world)
    api.patch(f"{DEMO}/pulls/{number}", state="closed", title="Other", body="text")
    api.patch(f"{DEMO}/pulls/{number}", state="open")
    api.delete(f"{DEMO}/git/refs/heads/topic")
    assert world.pull("octo/demo", number).state == "closed"
    api.patch(f"{DEMO}/pulls/{number}", 422, state="open")
    world.settle()
    told = [name for name in hook.names() if name.startswith("pull_request.")]
    assert told == [f"pull_request.{action}" for action in ("opened", "edited", "closed", "reopened", "closed")]


def test_reviews_make_threads(playground: Playground, api: Api, hook: Hook, github: Github) -> None:
    """A review with a remark: its comment can be answered and reacted to, and its reviewer is no longer asked."""
    world = playground.world
    number = pull_of(world)
    ada = world.person("ada", write="octo/demo")
    api.post(f"{DEMO}/pulls/{number}/requested_reviewers", reviewers=["ada"])
    assert api.get(f"{DEMO}/pulls/{number}/requested_reviewers")["users"][0]["login"] == "ada"
    review = ada.review("octo/demo", number, "CHANGES_REQUESTED", "Not yet", [Remark("src/app.py", 1, "Why?")])
    assert api.get(f"{DEMO}/pulls/{number}/requested_reviewers")["users"] == []
    (comment,) = api.get(f"{DEMO}/pulls/{number}/reviews/{review.id}/comments")
    reply = api.post(f"{DEMO}/pulls/{number}/comments/{comment['id']}/replies", body="Because")
    assert reply["in_reply_to_id"] == comment["id"]
    api.post(f"{DEMO}/pulls/comments/{comment['id']}/reactions", content="eyes")
    assert api.get(f"{DEMO}/pulls/comments/{comment['id']}")["reactions"]["eyes"] == 1
    assert len(api.get(f"{DEMO}/pulls/comments/{comment['id']}/reactions")) == 1
    assert [one["state"] for one in api.get(f"{DEMO}/pulls/{number}/reviews")] == ["CHANGES_REQUESTED", "COMMENTED"]
    assert len(list(github.get_repo("octo/demo").get_pull(number).get_review_comments())) == 2
    world.settle()
    assert hook.names()[-4:] == [
        "pull_request_review.submitted",
        "pull_request_review_comment.created",
        "pull_request_review.submitted",
        "pull_request_review_comment.created",
    ]
    assert hook.last("pull_request_review.submitted")["review"]["state"] == "commented"


def test_review_by_the_app(playground: Playground, api: Api) -> None:
    """An App reviews what others wrote; one's own cannot be approved."""
    world = playground.world
    number = pull_of(world)
    head = api.get(f"{DEMO}/pulls/{number}")["head"]["sha"]
    remark = {"path": "new.txt", "line": 1, "body": "Nice"}
    made = api.post(f"{DEMO}/pulls/{number}/reviews", 200, event="APPROVE", body="Good", comments=[remark])
    assert (made["state"], made["user"]["type"]) == ("APPROVED", "Bot")
    api.post(f"{DEMO}/pulls/{number}/comments", commit_id=head, **remark)
    world.person("mona").push("octo/demo", "honk/2", {"x": "y"})
    own = api.post(f"{DEMO}/pulls", title="Own", head="honk/2", base="main")
    api.post(f"{DEMO}/pulls/{own['number']}/reviews", 422, event="APPROVE")


def test_threads_by_graphql(playground: Playground, api: Api, hook: Hook) -> None:
    """Listed with their comments, resolved and opened again by id; the ids are REST's."""
    world = playground.world
    number = pull_of(world)
    remark = Remark("src/app.py", 1, "Why?")
    world.person("ada", write="octo/demo").review("octo/demo", number, "COMMENTED", "", [remark])
    document = """query($number: Int!) { repository(owner: "octo", name: "demo") { pullRequest(number: $number) {
        id number isDraft reviewDecision mergeable state headRefOid
        reviewThreads(first: 10) { totalCount pageInfo { hasNextPage endCursor } nodes {
            id isResolved isOutdated path line comments(first: 5) { nodes { id databaseId body author { login } } } } }
    } } }"""
    answer = api.query(document, number=number)
    pull = answer["data"]["repository"]["pullRequest"]
    assert pull["id"] == api.get(f"{DEMO}/pulls/{number}")["node_id"]
    (thread,) = pull["reviewThreads"]["nodes"]
    assert (thread["isResolved"], thread["path"], thread["line"]) == (False, "src/app.py", 1)
    assert thread["comments"]["nodes"][0]["author"]["login"] == "ada"
    change = "mutation($id: ID!) { %s(input: {threadId: $id}) { thread { isResolved } } }"
    assert api.query(change % "resolveReviewThread", id=thread["id"])["data"] == {
        "resolveReviewThread": {"thread": {"isResolved": True}}
    }
    assert api.query(change % "unresolveReviewThread", id=thread["id"])["data"]["unresolveReviewThread"]["thread"] == {
        "isResolved": False
    }
    missing = api.query(change % "resolveReviewThread", id="PRRT_0")
    assert missing["errors"][0]["type"] == "NOT_FOUND"
    world.settle()
    assert hook.names()[-2:] == [f"pull_request_review_thread.{word}" for word in ("resolved", "unresolved")]


def test_draft_and_ready_by_graphql(playground: Playground, github: Github, api: Api, hook: Hook) -> None:
    """Both ways, as PyGithub asks for it, told once each."""
    number = pull_of(playground.world, draft=True)
    pull = github.get_repo("octo/demo").get_pull(number)
    assert (pull.draft, pull.mergeable_state) == (True, "draft")
    pull.mark_ready_for_review()
    pull.mark_ready_for_review()
    pull.convert_to_draft()
    playground.world.settle()
    assert hook.names()[-2:] == ["pull_request.ready_for_review", "pull_request.converted_to_draft"]
    node = api.query("query($id: ID!) { node(id: $id) { id ... on PullRequest { isDraft } } }", id=pull.node_id)
    assert node["data"]["node"] == {"id": pull.node_id, "isDraft": True}
    rest = api.query("{ viewer { login } rateLimit { limit cost } }")
    assert rest["data"] == {"viewer": {"login": "honk"}, "rateLimit": {"limit": 5000, "cost": 1}}


def test_labels_on_a_pull_request_are_its_events(playground: Playground, app: object, hook: Hook) -> None:
    """Not events of an issue."""
    number = pull_of(playground.world)
    mona = playground.world.person("mona")
    mona.label("octo/demo", number, "honk")
    mona.unlabel("octo/demo", number, "honk")
    mona.edit_issue("octo/demo", number, body="Other")
    playground.world.settle()
    assert hook.names()[-3:] == ["pull_request.labeled", "pull_request.unlabeled", "pull_request.edited"]


def test_people_merge_too(playground: Playground, app: object) -> None:
    """By verb; a draft is refused."""
    world = playground.world
    number = pull_of(world, draft=True)
    mona = world.person("mona")
    with pytest.raises(CannotMergeError):
        mona.merge("octo/demo", number)
    mona.ready("octo/demo", number)
    sha = mona.merge("octo/demo", number)
    commit = world.repo("octo/demo").bare.commit(sha)
    assert commit.tree != EMPTY_TREE
    assert len(commit.parents) == 2
