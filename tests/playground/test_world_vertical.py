"""One issue, one branch, one pull request, by PyGithub and git, as Honk would do it."""

import subprocess
from pathlib import Path

from github import Github

from ghapp.playground.bare import environment
from ghapp.playground.server import Playground
from ghapp.playground.verbs import accounts
from tests.playground.playground_app import Hook


def test_issue_is_labelled_and_answered(playground: Playground, github: Github, hook: Hook) -> None:
    """A labelled issue reaches the hook; reaction and comment of the App are seen as the App's."""
    mona = playground.world.person("mona", write="octo/demo")
    number = mona.open_issue("octo/demo", "It is broken", "Please fix", labels=["honk"]).number
    playground.world.settle()
    assert hook.names() == ["issues.opened", "issues.labeled"]
    assert [label["name"] for label in hook.last("issues.opened")["issue"]["labels"]] == ["honk"]
    assert hook.last("issues.labeled")["label"]["name"] == "honk"
    assert hook.last("issues")["sender"]["login"] == "mona"

    issue = github.get_repo("octo/demo").get_issue(number)
    issue.create_reaction("eyes")
    comment = issue.create_comment("On it")
    comment.edit("Done")
    assert issue.title == "It is broken"
    assert comment.user.login == "honk[bot]"
    assert comment.user.type == "Bot"
    playground.world.settle()
    edited = hook.last("issue_comment.edited")
    assert edited["comment"]["performed_via_github_app"]["slug"] == "honk"
    assert edited["changes"]["body"]["from"] == "On it"
    assert [one.content for one in playground.world.issue("octo/demo", number).reactions] == ["eyes"]


def test_pushed_branch_becomes_a_pull_request_with_checks(
    playground: Playground, github: Github, hook: Hook, tmp_path: Path
) -> None:
    """A push by git with the installation's token, a draft, a check by hand, ready by GraphQL."""
    world = playground.world
    installation = next(iter(world.state.installations.values()))
    token = accounts.installation_token(world, installation, {"contents": "write"}, None).value
    clone = tmp_path / "clone"
    url = f"http://x-access-token:{token}@{playground.base_url.removeprefix('http://')}/octo/demo.git"

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=clone, env=environment(), check=True, capture_output=True)
        return done.stdout.decode().strip()

    clone.mkdir()
    git("clone", "--quiet", url, ".")
    (clone / "src/app.py").write_text("print('bye')\n")
    who = ("-c", "user.name=Honk", "-c", "user.email=honk@example.org")
    git(*who, "commit", "--quiet", "-am", "Say bye")
    git("push", "--quiet", "origin", "HEAD:refs/heads/honk/1")
    sha = git("rev-parse", "HEAD")

    repository = github.get_repo("octo/demo")
    pull = repository.create_pull(base="main", head="honk/1", title="Say bye", body="Why", draft=True)
    assert pull.head.sha == sha
    assert pull.changed_files == 1
    assert next(iter(pull.get_files())).filename == "src/app.py"
    world.set_check("octo/demo", sha, "tests", "in_progress")
    world.set_check("octo/demo", sha, "tests", "completed", "success")
    assert [(run.name, run.conclusion) for run in repository.get_commit(sha).get_check_runs()] == [("tests", "success")]
    pull.mark_ready_for_review()
    assert repository.get_pull(pull.number).mergeable_state == "clean"
    world.settle()
    assert hook.names() == [
        "push",
        "check_suite.requested",
        "pull_request.opened",
        "check_run.created",
        "check_run.completed",
        "check_suite.completed",
        "pull_request.ready_for_review",
    ]
    assert hook.last("push")["pusher"]["name"] == "honk[bot]"
