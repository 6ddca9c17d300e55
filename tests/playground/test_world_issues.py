"""Issues, labels, comments, reactions and the timeline, over REST and by people's verbs."""

from collections.abc import Callable

from github import Github

from ghapp.playground.server import Playground
from tests.playground.playground_app import Api, Hook

DEMO = "/repos/octo/demo"


def test_issue_from_open_to_closed_and_back(playground: Playground, github: Github, hook: Hook) -> None:
    """Every change is an event with what was before."""
    issue = github.get_repo("octo/demo").create_issue(title="One", body="text", labels=["bug", "new"])
    issue.edit(title="Two")
    issue.edit(state="closed", state_reason="not_planned")
    issue.edit(state="open")
    issue.edit(labels=["bug"])
    issue.remove_from_labels("bug")
    issue.add_to_labels("honk")
    playground.world.settle()
    assert hook.names() == [
        "issues.opened",
        "issues.labeled",
        "issues.labeled",
        "issues.edited",
        "issues.closed",
        "issues.reopened",
        "issues.unlabeled",
        "issues.unlabeled",
        "issues.labeled",
    ]
    assert hook.last("issues.edited")["changes"] == {"title": {"from": "One"}}
    assert hook.last("issues.closed")["issue"]["state_reason"] == "not_planned"
    assert [label.name for label in issue.get_labels()] == ["honk"]
    assert {label.name for label in github.get_repo("octo/demo").get_labels()} >= {"bug", "honk", "new"}


def test_lists_are_filtered_and_paged(playground: Playground, api: Api) -> None:
    """State and labels narrow the list, newest first; the Link header leads on."""
    mona = playground.world.person("mona")
    for title in "abc":
        mona.open_issue("octo/demo", title, labels=["honk"] if title == "b" else [])
    mona.close("octo/demo", 3)
    assert [one["title"] for one in api.get(f"{DEMO}/issues")] == ["b", "a"]
    assert [one["title"] for one in api.get(f"{DEMO}/issues", labels="HONK")] == ["b"]
    assert [one["title"] for one in api.get(f"{DEMO}/issues", state="closed")] == ["c"]
    assert api.get(f"{DEMO}/issues", since="2100-01-01T00:00:00Z") == []
    page = api.session.get(f"{api.url}{DEMO}/issues?state=all&per_page=1&page=2", timeout=20)
    assert [one["title"] for one in page.json()] == ["b"]
    assert set(page.links) == {"prev", "first", "next", "last"}
    assert page.links["next"]["url"] == f"{api.url}{DEMO}/issues?state=all&per_page=1&page=3"


def test_pages_by_pygithub(playground: Playground, github: Github) -> None:
    """A client that follows links sees every comment once."""
    mona = playground.world.person("mona")
    number = mona.open_issue("octo/demo", "Hm").number
    for index in range(35):
        mona.comment("octo/demo", number, f"{index}")
    comments = github.get_repo("octo/demo").get_issue(number).get_comments()
    assert [one.body for one in comments] == [str(index) for index in range(35)]


def test_comments_come_change_and_go(
    playground: Playground, api: Api, hook: Hook, as_person: Callable[[str], Api]
) -> None:
    """Edited by its author, not by a stranger; deleted is an event with the text."""
    playground.world.person("mona").open_issue("octo/demo", "Hm")
    mona, eve = as_person("mona"), as_person("eve")
    made = mona.post(f"{DEMO}/issues/1/comments", body="/honk")
    eve.patch(f"{DEMO}/issues/comments/{made['id']}", 403, body="evil")
    mona.patch(f"{DEMO}/issues/comments/{made['id']}", body="/honk plan")
    assert api.get(f"{DEMO}/issues/comments/{made['id']}")["body"] == "/honk plan"
    assert [one["id"] for one in api.get(f"{DEMO}/issues/1/comments")] == [made["id"]]
    mona.delete(f"{DEMO}/issues/comments/{made['id']}")
    api.get(f"{DEMO}/issues/comments/{made['id']}", 404)
    playground.world.settle()
    assert hook.names()[1:] == ["issue_comment.created", "issue_comment.edited", "issue_comment.deleted"]
    assert hook.last("issue_comment.deleted")["comment"]["body"] == "/honk plan"


def test_bodies_have_github_s_limit(playground: Playground, api: Api) -> None:
    """65,536 characters are taken, one more is not, and an empty comment is not."""
    playground.world.person("mona").open_issue("octo/demo", "Hm")
    api.post(f"{DEMO}/issues/1/comments", body="x" * 65536)
    refused = api.post(f"{DEMO}/issues/1/comments", 422, body="x" * 65537)
    assert refused["errors"][0]["message"].startswith("body is too long")
    api.post(f"{DEMO}/issues/1/comments", 422, body="")


def test_reactions_once_each(playground: Playground, api: Api, github: Github) -> None:
    """The same reaction twice is one; it can be listed and taken back."""
    mona = playground.world.person("mona")
    number = mona.open_issue("octo/demo", "Hm").number
    comment = mona.comment("octo/demo", number, "/honk")
    path = f"{DEMO}/issues/comments/{comment.id}/reactions"
    made = api.post(path, content="eyes")
    assert api.post(path, 200, content="eyes")["id"] == made["id"]
    mona.react(comment.reactions, "+1")
    assert [one["content"] for one in api.get(path)] == ["eyes", "+1"]
    assert [one["content"] for one in api.get(path, content="eyes")] == ["eyes"]
    assert api.get(f"{DEMO}/issues/comments/{comment.id}")["reactions"]["eyes"] == 1
    api.delete(f"{path}/{made['id']}")
    assert len(api.get(path)) == 1
    issue = github.get_repo("octo/demo").get_issue(number)
    issue.delete_reaction(issue.create_reaction("rocket").id)
    assert api.get(f"{DEMO}/issues/{number}/reactions") == []


def test_a_locked_conversation_is_for_those_who_may_write(
    playground: Playground, api: Api, hook: Hook, as_person: Callable[[str], Api]
) -> None:
    """It shows that it is locked; Apps and passers-by can neither comment nor react, people with write access can."""
    world = playground.world
    mona, eve = world.person("mona", write="octo/demo"), as_person("eve")
    mona.open_issue("octo/demo", "Hm")
    comment = mona.comment("octo/demo", 1, "quiet")
    as_mona = Api(api.url, mona.token())
    eve.call("PUT", f"{DEMO}/issues/1/lock", 403, json={"lock_reason": "resolved"})
    as_mona.call("PUT", f"{DEMO}/issues/1/lock", 204, json={"lock_reason": "resolved"})
    shown = api.get(f"{DEMO}/issues/1")
    assert (shown["locked"], shown["active_lock_reason"]) == (True, "resolved")
    for who in (api, eve):
        refused = who.post(f"{DEMO}/issues/1/comments", 403, body="may I?")
        assert refused["message"] == "Unable to create comment because issue is locked."
        who.post(f"{DEMO}/issues/1/reactions", 403, content="eyes")
        who.post(f"{DEMO}/issues/comments/{comment.id}/reactions", 403, content="eyes")
    as_mona.post(f"{DEMO}/issues/1/comments", body="I may")
    as_mona.post(f"{DEMO}/issues/1/reactions", content="eyes")
    as_mona.delete(f"{DEMO}/issues/1/lock")
    eve.post(f"{DEMO}/issues/1/comments", body="thanks")
    playground.world.settle()
    assert [name for name in hook.names() if "lock" in name] == ["issues.locked", "issues.unlocked"]
    assert hook.last("issues.locked")["issue"]["locked"] is True


def test_a_locked_pull_request_takes_no_remarks_of_an_app(playground: Playground, api: Api, hook: Hook) -> None:
    """The lock is that of the whole conversation, also beside the lines."""
    mona = playground.world.person("mona", write="octo/demo")
    mona.push("octo/demo", "side", {"new.txt": "1\n"})
    number = mona.open_pull("octo/demo", "Hm", "side").number
    remark = {"body": "why?", "path": "new.txt", "line": 1, "side": "RIGHT"}
    head = api.get(f"{DEMO}/pulls/{number}")["head"]["sha"]
    made = api.post(f"{DEMO}/pulls/{number}/comments", commit_id=head, **remark)
    mona.lock("octo/demo", number)
    assert api.get(f"{DEMO}/pulls/{number}")["locked"] is True
    api.post(f"{DEMO}/pulls/{number}/comments", 403, commit_id=head, **remark)
    api.post(f"{DEMO}/pulls/{number}/comments/{made['id']}/replies", 403, body="hm")
    api.post(f"{DEMO}/pulls/comments/{made['id']}/reactions", 403, content="eyes")
    Api(api.url, mona.token()).delete(f"{DEMO}/issues/{number}/lock")
    api.post(f"{DEMO}/pulls/{number}/comments/{made['id']}/replies", body="hm")
    playground.world.settle()
    assert [name for name in hook.names() if "lock" in name] == ["pull_request.locked", "pull_request.unlocked"]


def test_timeline_tells_who_labelled(playground: Playground, api: Api) -> None:
    """Labellings and comments in order, with their actors."""
    world = playground.world
    world.person("mona").open_issue("octo/demo", "Hm", labels=["honk"])
    world.person("eve").comment("octo/demo", 1, "me too")
    world.person("ada").unlabel("octo/demo", 1, "honk")
    rows = api.get(f"{DEMO}/issues/1/timeline")
    assert [(row["event"], row["actor"]["login"]) for row in rows] == [
        ("labeled", "mona"),
        ("commented", "eve"),
        ("unlabeled", "ada"),
    ]


def test_labels_of_a_repository(api: Api) -> None:
    """Made once, found in any letter case, also with a slash or a colon in the name."""
    api.post(f"{DEMO}/labels", name="honk:plan", color="00ff00", description="Plan only")
    api.post(f"{DEMO}/labels", 422, name="HONK:plan")
    api.post(f"{DEMO}/labels", name="area/web")
    assert api.get(f"{DEMO}/labels/Honk:Plan")["color"] == "00ff00"
    assert api.get(f"{DEMO}/labels/area/web")["name"] == "area/web"
    api.get(f"{DEMO}/labels/nothing", 404)
    api.post(f"{DEMO}/issues", title="x", labels=["area/web"])
    api.delete(f"{DEMO}/issues/1/labels/area/web", 200)
    api.delete(f"{DEMO}/issues/1/labels/area/web", 404)
    assert api.get(f"{DEMO}/issues/1/labels") == []
    api.get(f"{DEMO}/issues/99", 404)
