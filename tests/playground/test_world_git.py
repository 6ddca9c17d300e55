"""Commits, contents, refs and pushes; and the control door for other processes."""

import base64
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from github import Github, InputGitAuthor

from ghapp.playground.bare import ZERO, Bare, Signature, environment
from ghapp.playground.faults import Fault
from ghapp.playground.server import Playground
from ghapp.playground.verbs import accounts, pushes
from ghapp.playground.views.commits import email_of
from tests.playground.playground_app import Api, Hook

DEMO = "/repos/octo/demo"


def test_contents(playground: Playground, github: Github, api: Api) -> None:
    """Files with their text, folders with their entries, raw when asked for."""
    repository = github.get_repo("octo/demo")
    file = repository.get_contents("src/app.py")
    assert not isinstance(file, list)
    assert file.decoded_content == b"print('hello')\n"
    assert [one["name"] for one in api.get(f"{DEMO}/contents/src")] == ["app.py"]
    raw = api.call("GET", f"{DEMO}/contents/src/app.py", 200, headers={"Accept": "application/vnd.github.raw+json"})
    assert raw.content == b"print('hello')\n"
    api.get(f"{DEMO}/contents/.github/honk.yml", 404)
    api.get(f"{DEMO}/contents/src/app.py", 404, ref="nowhere")
    tree = api.get(f"{DEMO}/git/trees/main", recursive="1")["tree"]
    assert [one["path"] for one in tree] == ["README.md", "src", "src/app.py"]


def test_commit_by_the_git_data_api(playground: Playground, github: Github, api: Api, hook: Hook) -> None:
    """A commit object first, then a branch that names it: the branch is what is told."""
    repository = github.get_repo("octo/demo")
    head = repository.get_branch("main").commit
    author = InputGitAuthor("Honk", "honk@example.org")
    made = repository.create_git_commit("By hand", head.commit.tree, [repository.get_git_commit(head.sha)], author)
    repository.create_git_ref("refs/heads/by-hand", made.sha)
    assert api.post(f"{DEMO}/git/refs", 422, ref="refs/heads/by-hand", sha=made.sha)["message"].endswith("exists")
    assert api.get(f"{DEMO}/git/ref/heads/by-hand")["object"]["sha"] == made.sha
    assert [one["ref"] for one in api.get(f"{DEMO}/git/matching-refs/heads/by")] == ["refs/heads/by-hand"]
    assert api.get(f"{DEMO}/commits/by-hand")["commit"]["author"]["name"] == "Honk"
    api.patch(f"{DEMO}/git/refs/heads/by-hand", 422, sha="0" * 40)
    api.patch(f"{DEMO}/git/refs/heads/by-hand", sha=head.sha, force=True)
    api.patch(f"{DEMO}/git/refs/heads/by-hand", sha=made.sha)
    api.delete(f"{DEMO}/git/refs/heads/by-hand")
    api.get(f"{DEMO}/git/ref/heads/by-hand", 404)
    playground.world.settle()
    pushes = [body for event, _, body in hook.heard if event == "push"]
    assert [(one["created"], one["forced"], one["deleted"]) for one in pushes] == [
        (True, False, False),
        (False, True, False),
        (False, False, False),
        (False, False, True),
    ]


def test_what_a_push_delivery_says(playground: Playground, app: object, hook: Hook) -> None:
    """Who pushed which commits with which files."""
    mona = playground.world.person("mona")
    mona.push("octo/demo", "main", {"src/app.py": None, "docs/a.md": "text", "README.md": "new"}, "Fixes #1")
    playground.world.settle()
    told = hook.last("push")
    assert (told["ref"], told["pusher"]["name"]) == ("refs/heads/main", "mona")
    (commit,) = told["commits"]
    assert (commit["added"], commit["removed"], commit["modified"]) == (["docs/a.md"], ["src/app.py"], ["README.md"])


def test_renames_links_and_binaries_in_diffs(tmp_path: Path) -> None:
    """What git shows in its own ways is one changed file each."""
    bare = Bare.create(tmp_path / "x.git")
    who = Signature("A", "a@example.org", datetime(2026, 1, 1, tzinfo=UTC))
    text = "".join(f"line {index}\n" for index in range(20))
    first = bare.commit_files("main", None, {"old.txt": text, "pic.png": b"\0\1", "run.sh": "#!/bin/sh\n"}, "1", who)
    second = bare.commit_files("main", first, {"old.txt": None, "new.txt": text, "pic.png": b"\0\2"}, "2", who)
    changed = {file.path: file for file in bare.changed_files(first, second)}
    assert (changed["new.txt"].status, changed["new.txt"].previous_path) == ("renamed", "old.txt")
    assert (changed["pic.png"].status, changed["pic.png"].patch) == ("modified", None)
    assert next(one.mode for one in bare.tree(first) if one.path == "run.sh") == "100755"
    blob = bare.git("hash-object", "-w", "--stdin", stdin=b"new.txt").decode().strip()
    tree = bare.git("mktree", stdin=f"120000 blob {blob}\tnew.txt\n".encode()).decode().strip()
    kinds = {file.path: file.status for file in bare.changed_files(second, tree)}
    assert kinds == {"new.txt": "changed", "pic.png": "removed", "run.sh": "removed"}


def test_tokens_hold_for_git_too(playground: Playground, app: object, tmp_path: Path) -> None:
    """Reading public code needs none; pushing needs one that may write, and private code any that may read."""
    world = playground.world
    world.repository("octo/secret", {"a": "b"}, private=True)
    installation = next(iter(world.state.installations.values()))
    reader = accounts.installation_token(world, installation, {"contents": "read"}, None).value
    eve = world.person("eve").token()

    def git(*arguments: str, token: str = "") -> int:
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        header = ("-c", f"http.extraHeader=Authorization: Basic {basic}") if token else ()
        command = ["git", *header, *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment(), check=False, capture_output=True).returncode

    demo, secret = f"{playground.base_url}/octo/demo.git", f"{playground.base_url}/octo/secret.git"
    assert git("clone", "--quiet", demo, "demo") == 0
    assert git("-C", "demo", "push", "--quiet", demo, "HEAD:refs/heads/x", token=reader) != 0
    assert git("-C", "demo", "push", "--quiet", demo, "HEAD:refs/heads/x", token=eve) != 0
    assert git("ls-remote", secret) != 0
    assert git("ls-remote", secret, token=eve) != 0
    assert git("ls-remote", secret, token="ghs_wrong") != 0
    assert git("ls-remote", secret, token=reader) == 0


def test_a_push_can_be_refused_by_a_fault(playground: Playground, app: object, tmp_path: Path) -> None:
    """The next push fails, the one after it goes through."""
    world = playground.world
    token = world.person("mona", write="octo/demo").token()
    url = f"http://x:{token}@{playground.base_url.removeprefix('http://')}/octo/demo.git"

    def git(*arguments: str) -> int:
        command = ["git", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment(), check=False, capture_output=True).returncode

    assert git("clone", "--quiet", url, "demo") == 0
    world.faults.add(Fault("POST", r"\.git/git-receive-pack$", status=502))
    assert git("-C", "demo", "push", "--quiet", "origin", "HEAD:refs/heads/x") != 0
    assert world.repo("octo/demo").bare.branch("x") is None
    assert git("-C", "demo", "push", "--quiet", "origin", "HEAD:refs/heads/x") == 0
    assert world.emitted.count("push") == 1


def test_commits_of_the_app_are_known_as_its_own(playground: Playground, api: Api) -> None:
    """By the address that GitHub gives to bots, brackets and all, in every view."""
    world = playground.world
    bot = world.app.bot
    head = api.get(f"{DEMO}/commits/main")
    author = {"name": bot.login, "email": email_of(bot)}
    tree, parents = head["commit"]["tree"]["sha"], [head["sha"]]
    made = api.post(f"{DEMO}/git/commits", message="By the App", tree=tree, parents=parents, author=author)
    api.post(f"{DEMO}/git/refs", ref="refs/heads/topic", sha=made["sha"])
    world.set_check("octo/demo", made["sha"], "tests", "completed", "success")
    assert api.get(f"{DEMO}/commits/topic")["author"]["login"] == "honk[bot]"
    assert api.get(f"{DEMO}/commits", sha="topic", per_page=1)[0]["author"]["type"] == "Bot"
    suites = api.get(f"{DEMO}/commits/topic/check-suites")["check_suites"]
    assert {suite["head_commit"]["author"]["name"] for suite in suites} == {"honk[bot]"}
    assert [one["name"] for one in api.get(f"{DEMO}/branches")] == ["main", "topic"]


def test_what_was_told_is_not_told_again(playground: Playground, app: object) -> None:
    """A branch that REST moves while a push is under way is in git's report too, but one event only."""
    world = playground.world
    repository, mona = world.repo("octo/demo"), world.person("mona")
    sha = mona.push("octo/demo", "topic", {"a": "b"})
    pushes.pushed(world, repository, mona.actor, [("refs/heads/topic", ZERO, sha), ("refs/tags/v1", ZERO, sha)])
    assert world.emitted.count("push") == 1


def test_it_ends_with_its_block(tmp_path: Path) -> None:
    """While it lasts it answers, and afterwards nobody does."""
    with Playground(tmp_path / "data") as playground:
        door = Api(playground.base_url)
        assert "resources" in door.get("/api/v3/rate_limit")
    with pytest.raises(requests.ConnectionError):
        door.get("/api/v3/rate_limit")
    door.session.close()


@pytest.mark.parametrize("path", ["/api/v4/user", "/nothing"])
def test_other_addresses_are_not_found(playground: Playground, path: str) -> None:
    """Outside the API there are only the pages."""
    Api(playground.base_url).get(path, 404)


def test_names_in_any_letter_case(playground: Playground, api: Api, as_person: Callable[[str], Api]) -> None:
    """Repositories and people are found however one writes them."""
    assert api.get("/repos/OCTO/Demo")["full_name"] == "octo/demo"
    assert as_person("Mona").get("/users/mona")["login"] == "Mona"
