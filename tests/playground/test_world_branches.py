"""What a repository remembers of its branches, commits that GitHub signs, and refs that are no branches."""

import subprocess
from pathlib import Path

from ghapp.playground.bare import ZERO, environment
from ghapp.playground.server import Playground
from ghapp.playground.views.commits import email_of
from tests.playground.merging_scene import DEMO, NAME, main_of, mona, open_pull
from tests.playground.playground_app import Api, Hook


def test_every_move_is_remembered(playground: Playground, api: Api) -> None:
    """However it came: a push by hand, REST, a merge. Newest first, with both shas and who did it."""
    world = playground.world
    start = main_of(world)
    number = open_pull(world)
    first = world.repo(NAME).bare.branch("topic")
    second = mona(world).push(NAME, "topic", {"more.txt": "text"})
    api.patch(f"{DEMO}/git/refs/heads/topic", sha=first, force=True)
    merged = mona(world).merge(NAME, number)
    api.delete(f"{DEMO}/git/refs/heads/topic")
    rows = api.get(f"{DEMO}/activity", ref="refs/heads/topic")
    assert [(one["activity_type"], one["before"], one["after"], one["actor"]["login"]) for one in rows] == [
        ("branch_deletion", first, ZERO, "honk[bot]"),
        ("force_push", second, first, "honk[bot]"),
        ("push", first, second, "mona"),
        ("branch_creation", ZERO, first, "mona"),
    ]
    main = api.get(f"{DEMO}/activity", ref="main", direction="asc")
    assert [(one["activity_type"], one["before"], one["after"]) for one in main] == [
        ("branch_creation", ZERO, start),
        ("pr_merge", start, merged),
    ]
    assert api.get(f"{DEMO}/activity", actor="mona", activity_type="push")[0]["after"] == second


def test_activity_comes_in_pages(playground: Playground, api: Api) -> None:
    """Each with the address of the next one."""
    world = playground.world
    shas = [mona(world).push(NAME, "topic", {"a": str(index)}) for index in range(5)]
    path, seen = f"{api.url}{DEMO}/activity?ref=topic&per_page=2", []
    while path:
        answer = api.session.get(path, timeout=20)
        seen += [one["after"] for one in answer.json()]
        path = answer.links.get("next", {}).get("url", "")
    assert seen == shas[::-1]


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=environment(), check=True, capture_output=True, encoding="utf-8"
    )
    return done.stdout.strip()


def lend(playground: Playground, api: Api, folder: Path) -> str:
    """Push a commit to a ref that is no branch, as the App; its sha."""
    url = f"http://x-access-token:{api.token}@{playground.base_url.removeprefix('http://')}/{NAME}.git"
    git(folder, "clone", "--quiet", url, "clone")
    clone = folder / "clone"
    (clone / "lent.txt").write_text("lent\n")
    git(clone, "add", ".")
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    git(clone, *who, "commit", "--quiet", "-m", "Lend")
    git(clone, "push", "--quiet", "origin", "HEAD:refs/honk/lent/1")
    return git(clone, "rev-parse", "HEAD")


def test_a_lent_commit_becomes_a_signed_one(playground: Playground, api: Api, tmp_path: Path, hook: Hook) -> None:
    """Its ref is told to nobody and is no branch; GitHub makes a commit of its tree that is the App's and verified."""
    world = playground.world
    lent = lend(playground, api, tmp_path)
    assert world.repo(NAME).bare.refs("refs/honk") == {"refs/honk/lent/1": lent}
    assert [one["ref"] for one in api.get(f"{DEMO}/git/matching-refs/honk/lent")] == ["refs/honk/lent/1"]
    assert [one["name"] for one in api.get(f"{DEMO}/branches")] == ["main"]
    assert len(api.get(f"{DEMO}/activity")) == 1
    world.settle()
    assert hook.names() == []
    tree = api.get(f"{DEMO}/git/commits/{lent}")["tree"]["sha"]
    made = api.post(f"{DEMO}/git/commits", message="Do it", tree=tree, parents=[main_of(world)])
    assert (made["verification"]["verified"], made["verification"]["reason"]) == (True, "valid")
    assert (made["author"]["name"], made["author"]["email"]) == ("honk[bot]", email_of(world.app.bot))
    assert made["committer"]["name"] == "GitHub"
    api.post(f"{DEMO}/git/refs", ref="refs/heads/topic", sha=made["sha"])
    api.delete(f"{DEMO}/git/refs/honk/lent/1")
    shown = api.get(f"{DEMO}/commits/topic")
    assert shown["commit"]["verification"]["verified"] is True
    assert shown["author"]["login"] == "honk[bot]"
    assert world.read(NAME, "lent.txt", "topic") == "lent\n"
    assert api.get(f"{DEMO}/commits/{lent}")["commit"]["verification"]["reason"] == "unsigned"


def test_who_names_an_author_gets_no_signature(playground: Playground, api: Api) -> None:
    """Neither an App with an author or committer of its own choice, nor a person at all."""
    world = playground.world
    tree, parents = api.get(f"{DEMO}/git/trees/main")["sha"], [main_of(world)]
    given = {"message": "Mine", "tree": tree, "parents": parents}
    who = {"name": "honk[bot]", "email": email_of(world.app.bot)}
    for more in ({"author": who}, {"committer": who}):
        assert api.post(f"{DEMO}/git/commits", **given, **more)["verification"]["verified"] is False
    person = Api(api.url, mona(world).token())
    assert person.post(f"{DEMO}/git/commits", **given)["verification"]["verified"] is False
    person.session.close()


def test_a_branch_is_moved_forward_only(playground: Playground, api: Api) -> None:
    """Unless one insists: REST refuses to lose a commit that came meanwhile."""
    world = playground.world
    first = mona(world).push(NAME, "topic", {"a": "1"})
    tree = api.get(f"{DEMO}/git/trees/topic")["sha"]
    made = api.post(f"{DEMO}/git/commits", message="Mine", tree=tree, parents=[first])["sha"]
    theirs = mona(world).push(NAME, "topic", {"a": "2"})
    refused = api.patch(f"{DEMO}/git/refs/heads/topic", 422, sha=made, force=False)
    assert refused["message"] == "Update is not a fast forward"
    assert world.repo(NAME).bare.branch("topic") == theirs
