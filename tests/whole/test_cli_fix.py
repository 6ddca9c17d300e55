"""`honk fix` on repositories of this machine, with a scripted model."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.whole.house import tiny_files
from tests.whole.terminal import Terminal, said_in_one_line

DONE = "report: {outcome: done, summary: Fixed., assumptions: [], test_plan: The check., reason: ''}"
GOOD = f"""
name: good
turns:
- tools: [bash: {{command: "echo fixed > state.txt"}}, verify: {{}}]
- tools: [{DONE}]
"""
INSISTING = "\n".join([f"- tools: [{DONE}]"] * 4)  # three times it is told that it is not done
AT_A_LOSS = 'report: {outcome: needs_person, summary: Red., assumptions: [], test_plan: "", reason: "Which state?"}'
RED = f"""
name: red
turns:
- tools: [bash: {{command: ": > state.txt"}}]
{INSISTING}
{INSISTING}
{INSISTING}
- shown: ["what did it lack?"]
  tools: [{AT_A_LOSS}]
"""  # the same failure three times, then the question
HELPLESS = """
name: helpless
turns:
- tools:
  - report: {outcome: needs_person, summary: I looked., assumptions: [], test_plan: "", reason: "Which state is meant?"}
"""
IDLE = f"""
name: idle
turns:
{INSISTING}
"""


def git(folder: Path, *arguments: str) -> str:
    """What git says, without anybody's configuration."""
    environ = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    for role in ("AUTHOR", "COMMITTER"):
        environ |= {f"GIT_{role}_NAME": "Mona", f"GIT_{role}_EMAIL": "mona@example.org"}
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def tree(terminal: Terminal) -> Path:
    """A repository with one commit, in the terminal's folder."""
    folder = terminal.here / "project"
    for path, text in tiny_files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    git(terminal.here, "init", "--quiet", "--initial-branch=main", "project")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=Start")
    return folder


def script(terminal: Terminal, text: str) -> str:
    """A file with this script."""
    path = terminal.here / "script.yml"
    path.write_text(text)
    return str(path)


def honk_branches(tree: Path) -> list[str]:
    """Branches that Honk left."""
    return git(tree, "for-each-ref", "--format=%(refname:short)", "refs/heads/honk").splitlines()


def test_the_work_is_left_on_a_branch(terminal: Terminal, tree: Path) -> None:
    """The branch holds the change; what is checked out, staged or changed stays as it is."""
    (tree / "state.txt").write_text("half-done\n")
    (tree / "new.txt").write_text("new\n")
    git(tree, "add", "new.txt")
    before = git(tree, "status", "--porcelain=v2", "--branch", "--ignored")
    done = terminal.honk("fix", str(tree), "Fix the state", "--script", script(terminal, GOOD))
    assert done.returncode == 0, done.stdout + done.stderr
    (branch,) = honk_branches(tree)
    assert f"the work is on the branch {branch}" in done.stdout
    assert git(tree, "status", "--porcelain=v2", "--branch", "--ignored") == before
    assert (tree / "state.txt").read_text() == "half-done\n"
    assert git(tree, "show", f"{branch}:state.txt") == "fixed"
    assert git(tree, "log", "--format=%s", f"main..{branch}") == "Fix the state"


def test_a_folder_inside_does_as_well(terminal: Terminal, tree: Path) -> None:
    """As with git itself; the repository that is worked on is named."""
    done = terminal.honk("fix", str(tree / ".github"), "Fix the state", "--script", script(terminal, GOOD))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"the repository is {tree}\n")
    (branch,) = honk_branches(tree)
    assert git(tree, "show", f"{branch}:state.txt") == "fixed"


def test_the_data_folder_may_lie_in_the_repository(terminal: Terminal, tree: Path) -> None:
    """Typed in the repository itself, the data folder is not seen by git."""
    terminal.environ["HONK_DATA"] = str(tree / ".honk")
    done = terminal.honk("fix", str(tree), "Fix the state", "--script", script(terminal, GOOD))
    assert done.returncode == 0, done.stdout + done.stderr
    assert git(tree, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("text", "reason", "branches"),
    [
        (RED, "honk: the checks are red on that branch", 1),
        (HELPLESS, "honk: rejected: Which state is meant?", 0),
        (IDLE, "honk: no_changes: The agent says it is done, but changed nothing. Its words: Fixed.", 0),
    ],
    ids=["red", "helpless", "idle"],
)
def test_anything_short_of_green_is_a_failure(
    terminal: Terminal, tree: Path, text: str, reason: str, branches: int
) -> None:
    """Exit status 1 with the reason; what was done is kept on a branch all the same."""
    done = terminal.honk("fix", str(tree), "Fix the state", "--script", script(terminal, text))
    assert said_in_one_line(done) == reason
    assert len(honk_branches(tree)) == branches


def test_an_empty_repository_has_nothing_to_start_from(terminal: Terminal) -> None:
    """A repository without a commit."""
    git(terminal.here, "init", "--quiet", "--initial-branch=main", "project")
    done = terminal.honk("fix", "project", "Fix it", "--script", script(terminal, GOOD))
    assert said_in_one_line(done) == "honk: failed: the branch main has no commit yet"


def test_a_detached_head_is_on_no_branch(terminal: Terminal, tree: Path) -> None:
    """There is no branch to work from."""
    git(tree, "checkout", "--quiet", "--detach")
    done = terminal.honk("fix", str(tree), "Fix it", "--script", script(terminal, GOOD))
    assert "is no git repository with a branch checked out" in said_in_one_line(done)


def test_a_folder_that_is_no_repository_is_refused(terminal: Terminal) -> None:
    """An ordinary folder."""
    (terminal.here / "plain").mkdir()
    done = terminal.honk("fix", "plain", "Fix it", "--script", script(terminal, GOOD))
    assert "plain is no git repository" in said_in_one_line(done)


def test_a_script_that_cannot_be_read_is_named(terminal: Terminal, tree: Path) -> None:
    """The file, the turn and the key."""
    text = "name: wrong\nturns:\n- tool: [verify: {}]\n"
    done = terminal.honk("fix", str(tree), "Fix it", "--script", script(terminal, text))
    assert done.returncode == 1
    assert "script.yml: turn 1: key tool: unknown key" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_script_the_models_key_is_needed(terminal: Terminal, tree: Path) -> None:
    """The real model is the default."""
    done = terminal.honk("fix", str(tree), "Fix it")
    assert said_in_one_line(done).startswith("honk: not set: ANTHROPIC_API_KEY.")
