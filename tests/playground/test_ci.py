"""The playground's CI, with real git and bubblewrap."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from threading import Event, Timer

import pytest

from ghapp.playground.ci import CiResult, run_workflow
from ghapp.playground.workflow import WorkflowError, job_names, parse_workflow

HEAD = """
name: CI
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
    - uses: actions/checkout@v6
"""
Run = Callable[..., CiResult]


@pytest.fixture(scope="session")
def ci_scratch(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """One folder for all test processes, so that the Python environment is made once."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if hasattr(request.config, "workerinput") else base) / "ci"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def bare(tmp_path: Path) -> tuple[Path, str]:
    """A bare repository with one commit of one module, its test, and a hook that must never run."""
    work, store = tmp_path / "work", tmp_path / "store.git"
    (work / "sub").mkdir(parents=True)
    (work / "sub" / "greeting.txt").write_text("hello from the checkout\n")
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-C", str(work)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "First words"], check=True)
    subprocess.run(["git", "clone", "--quiet", "--bare", str(work), str(store)], check=True)
    sha = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    return store, sha


@pytest.fixture
def run(bare: tuple[Path, str], ci_scratch: Path) -> Run:
    """Run a workflow whose job has the given further steps."""

    def go(steps: str = "", **options: float | Event) -> CiResult:
        return run_workflow(*bare, HEAD + steps, scratch=ci_scratch, **options)  # type: ignore[arg-type]

    return go


def test_a_step_sees_the_commit_and_the_documented_environment(run: Run, bare: tuple[Path, str]) -> None:
    """A run step works on the checkout, in its folder, with the variables of Actions and its own."""
    result = run(
        """
    - name: Look
      working-directory: sub
      env: {COLOUR: blue}
      run: |
        cat greeting.txt
        echo "$CI $GITHUB_ACTIONS $GITHUB_SHA $COLOUR $HOME"
"""
    )
    (job,) = result.jobs
    assert (result.conclusion, job.name, job.conclusion) == ("success", "test", "success")
    assert "HEAD is now at" in job.log
    assert "##[group]Look\n" in job.log
    assert "hello from the checkout" in job.log
    assert f"true true {bare[1]} blue /home/runner" in job.log


def test_nothing_of_the_callers_environment_comes_in(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret of the process that runs CI is in no variable and in no process entry of the job."""
    monkeypatch.setenv("GITHUB_TOKEN", "hunter2-secret")
    monkeypatch.setenv("PIP_QUIET", "2")
    job = run("    - run: env; cat /proc/*/environ | tr '\\0' '\\n'\n").jobs[0]
    assert job.conclusion == "success"
    assert "hunter2-secret" not in job.log
    assert "PIP_QUIET=2" in job.log


def test_the_machine_is_read_only_and_home_is_not_there(run: Run) -> None:
    """A job can neither write to the machine nor to the repository that it was checked out from."""
    job = run("    - run: '! touch /usr/x && ! touch /srv/origin.git/x && touch ~/y && ! ls /var'\n").jobs[0]
    assert job.conclusion == "success", job.log


def test_the_first_failing_command_ends_the_job(run: Run) -> None:
    """A step stops at its first failure, also inside a pipe, and the steps after it do not run."""
    result = run("    - run: |\n        false | true\n        echo not reached A\n    - run: echo not reached B\n")
    assert result.conclusion == "failure"
    assert "##[error]Process completed with exit code 1." in result.jobs[0].log
    assert result.jobs[0].log.count("not reached A") == 1, "only the echo of the script itself"
    assert "not reached B" not in result.jobs[0].log


def test_python_and_pip_are_a_fresh_environment(run: Run) -> None:
    """After setup-python both programs are the job's own, and what one job installs the next has not."""
    steps = """
    - uses: actions/setup-python@v6
      with: {python-version: "2.7"}
    - run: |
        if python -c "import left_behind"; then exit 1; fi
        pip --version
        python -c "import sys; print(sys.prefix)"
        touch $(python -c "import site; print(site.getsitepackages()[0])")/left_behind.py
"""
    for _ in range(2):
        job = run(steps).jobs[0]
        assert job.conclusion == "success", job.log
        assert "from /home/runner/python/" in job.log
        assert "##[warning]Python 2.7 was asked for" in job.log


def test_out_of_time_ends_the_whole_tree(run: Run) -> None:
    """A job over its limit is cancelled, with everything that it started, and says so."""
    result = run("    - run: setsid sleep 98761 & sleep 98762\n", time_limit=2)
    assert result.conclusion == "cancelled"
    assert "exceeded the maximum execution time of 2 seconds" in result.jobs[0].log
    assert not sleepers("98761", "98762")


def test_what_a_step_leaves_in_the_background_ends_with_it(run: Run) -> None:
    """A process that was detached from its step does not outlive it."""
    assert run("    - run: (setsid sleep 98763 &)\n").conclusion == "success"
    assert not sleepers("98763")


def test_a_run_can_be_stopped(run: Run) -> None:
    """The owner of the playground can end a running job."""
    stop = Event()
    timer = Timer(0.5, stop.set)
    timer.start()
    result = run("    - run: sleep 98764\n", stop=stop)
    timer.join()
    assert result.conclusion == "cancelled"
    assert "was canceled" in result.jobs[0].log
    assert not sleepers("98764")


def sleepers(*seconds: str) -> list[str]:
    """Command lines of this machine that sleep for one of these odd numbers of seconds."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        found += [" ".join(words) for second in seconds if words[:2] == ["sleep", second]]
    return found


def test_a_very_long_log_is_cut_in_the_middle(run: Run) -> None:
    """Beginning and end of a huge log are kept."""
    job = run("    - run: echo first words; yes | head -c 3000000; echo last words\n").jobs[0]
    assert "first words" in job.log
    assert "last words" in job.log
    assert "bytes left out" in job.log
    assert len(job.log) < 1_100_000


def test_no_folder_is_left(bare: tuple[Path, str], tmp_path: Path) -> None:
    """The job's folder goes with the run, also one with files that protect themselves."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    result = run_workflow(*bare, HEAD + "    - run: mkdir -p locked/in && chmod 500 locked\n", scratch=scratch)
    assert result.conclusion == "success"
    assert list(scratch.iterdir()) == []


NOT_MODELLED = {
    "uses: docker/login-action@v3 is not modelled": "    - uses: docker/login-action@v3\n",
    "the key if of a step is not modelled": "    - run: ls\n      if: always()\n",
    "shell: pwsh is not modelled": "    - run: ls\n      shell: pwsh\n",
    "with: ref of actions/checkout is not modelled": "    - uses: actions/checkout@v6\n      with: {ref: main}\n",
    "run: expressions": "    - run: echo ${{ github.actor }}\n",
    "working-directory: ../x is not modelled": "    - run: ls\n      working-directory: ../x\n",
    "a step needs either run or uses": "    - name: nothing\n",
    "the key strategy of a job is not modelled": "    strategy: {matrix: {python: [1, 2]}}\n",
}


@pytest.mark.parametrize("complaint", NOT_MODELLED)
def test_what_is_not_modelled_fails_the_job_by_name(run: Run, complaint: str) -> None:
    """A job that asks for more than the playground has fails with a line that names it, and runs nothing."""
    result = run(NOT_MODELLED[complaint])
    assert result.conclusion == "failure"
    assert complaint in result.jobs[0].log
    assert "HEAD is now at" not in result.jobs[0].log


def test_each_job_is_a_check_of_its_own(bare: tuple[Path, str], ci_scratch: Path) -> None:
    """Jobs are named by name or id, run apart, and one failure makes the run fail."""
    text = """
on: {push: {}, pull_request: {}}
env: {A: 1}
jobs:
  good: {runs-on: x, env: {B: true}, steps: [{run: 'test "$A $B" = "1 true" && ! test -e sub'}]}
  bad: {name: Not so good, runs-on: x, steps: [{run: exit 3}]}
"""
    assert job_names(text) == ("good", "Not so good")
    assert parse_workflow(text).events == {"push", "pull_request"}
    result = run_workflow(*bare, text, scratch=ci_scratch)
    assert [(job.name, job.conclusion) for job in result.jobs] == [("good", "success"), ("Not so good", "failure")]
    assert result.conclusion == "failure"
    assert "exit code 3" in result.jobs[1].log


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: [", "not YAML"),
        ("[]", "not a mapping"),
        ("on: push", "no jobs"),
        ("jobs: {a: {}}", "does not say on which events"),
        ("{on: push, defaults: {}, jobs: {a: {}}}", "key defaults"),
    ],
)
def test_what_is_no_workflow_does_not_start(bare: tuple[Path, str], text: str, complaint: str) -> None:
    """A broken workflow file ends as a start-up failure with its reason."""
    result = run_workflow(*bare, text)
    assert (result.conclusion, result.jobs) == ("startup_failure", ())
    assert complaint in result.problem
    with pytest.raises(WorkflowError, match=complaint):
        job_names(text)
