"""Workflow files of a pushed commit become workflow runs; the injected CI runs them, each in a thread of its own."""

import threading
from dataclasses import dataclass

from ghapp.playground.room import Outcome, Room
from ghapp.playground.state import Actor, App, CheckRun, CheckSuite, Job, Repository, WorkflowRun
from ghapp.playground.verbs import accounts, checks
from ghapp.playground.views.repositories import html_url
from ghapp.playground.workflow import Workflow, WorkflowError, parse_workflow

_FOLDER = ".github/workflows/"
_ACTIONS_SLUG = "github-actions"


def actions_app(room: Room) -> App:
    """GitHub's own App that the checks of workflows belong to."""
    known = next((app for app in room.state.apps.values() if app.slug == _ACTIONS_SLUG), None)
    return known or accounts.app(room, _ACTIONS_SLUG, accounts.user(room, "github", "Organization"))


def start(room: Room, repository: Repository, actor: Actor, sha: str, branch: str, before: str | None) -> None:
    """Queue a run for each workflow file at this commit that runs on pushes, and hand it to the CI if there is one.

    A workflow for `pull_request` only runs too: the playground has one run a commit, whatever asks for it.
    """
    for path, text in _workflow_files(repository, sha):
        ran = any(run.suite.head_sha == sha and run.path == path for run in repository.workflow_runs.values())
        parsed = _parsed(path, text)
        if not ran and parsed.events & {"push", "pull_request"}:
            _begin(room, repository, _queue(room, repository, actor, CommitOf(sha, branch, before), path, parsed), text)


@dataclass(frozen=True)
class CommitOf:
    """A commit that a branch came to have, and the branch's head before."""

    sha: str
    branch: str
    before: str | None


def _workflow_files(repository: Repository, sha: str) -> list[tuple[str, str]]:
    bare = repository.bare
    entries = [entry for entry in bare.tree(sha, _FOLDER) if entry.path.endswith((".yml", ".yaml"))]
    return [(entry.path, bare.blob(entry.sha).decode(errors="replace")) for entry in entries]


def _parsed(path: str, text: str) -> Workflow:
    """What cannot be read still gets a run, which then fails to start up, as at GitHub."""
    try:
        return parse_workflow(text)
    except WorkflowError:
        return Workflow(path, frozenset({"push"}), ())


def _queue(
    room: Room, repository: Repository, actor: Actor, of: CommitOf, path: str, workflow: Workflow
) -> WorkflowRun:
    now = room.now()
    suite = CheckSuite(room.state.next_id(), actions_app(room), of.sha, of.branch, of.before, now, now)
    repository.suites[suite.id] = suite
    same = [run for run in repository.workflow_runs.values() if run.path == path]
    run = WorkflowRun(
        id=room.state.next_id(),
        number=len(same) + 1,
        workflow_id=same[0].workflow_id if same else room.state.next_id(),
        name=workflow.name or path,
        path=path,
        suite=suite,
        actor=actor.user,
        created_at=now,
        updated_at=now,
    )
    repository.workflow_runs[run.id] = run
    checks.tell_workflow(room, repository, run, "requested")
    for job in workflow.jobs:
        _job(room, repository, run, job.name)
    return run


def _job(room: Room, repository: Repository, run: WorkflowRun, name: str) -> Job:
    address = f"{html_url(room.state, repository)}/actions/runs/{run.id}"
    check = checks.add_to_suite(room, repository, run.suite, name, {"details_url": address})
    job = Job(check)
    run.jobs.append(job)
    return job


def _begin(room: Room, repository: Repository, run: WorkflowRun, text: str) -> None:
    if room.ci is not None:
        thread = threading.Thread(target=_run, args=(room, repository, run, text), name=f"ci-{run.id}", daemon=True)
        room.threads.append(thread)
        thread.start()


def _run(room: Room, repository: Repository, run: WorkflowRun, text: str) -> None:
    """Let the CI work outside the lock; whatever it raises is a failed run and a violation, never a silent one."""
    assert room.ci is not None
    with room.lock:
        for job in run.jobs:
            if job.check.status == "queued":
                checks.update_run(room, repository, job.check, {"status": "in_progress"})
    try:
        outcome = room.ci(repository.bare.path, run.suite.head_sha, text)
    except Exception as error:  # noqa: BLE001 - the edge of a thread: nobody else would hear of it
        room.violations.append(f"CI of {repository.full_name} raised {error!r}")
        finish(room, repository, run, "failure")
        return
    with room.lock:
        _record(room, repository, run, outcome)
        finish(room, repository, run, outcome.conclusion)


def _record(room: Room, repository: Repository, run: WorkflowRun, outcome: Outcome) -> None:
    known = {job.check.name: job for job in run.jobs}
    for result in outcome.jobs:
        job = known.get(result.name) or _job(room, repository, run, result.name)
        job.log = result.log
        if job.check.status != "completed":
            _complete(room, repository, job.check, result.conclusion)
    for job in run.jobs:
        job.log = job.log or outcome.problem


def finish(room: Room, repository: Repository, run: WorkflowRun, conclusion: str) -> None:
    """End every job that has not ended with this conclusion; a run without jobs ends as a start-up failure."""
    with room.lock:
        if not run.jobs:
            checks.end_suite(room, repository, run.suite, "startup_failure")
        for job in run.jobs:
            if job.check.status != "completed":
                _complete(room, repository, job.check, "failure" if conclusion == "startup_failure" else conclusion)


def _complete(room: Room, repository: Repository, check: CheckRun, conclusion: str) -> None:
    checks.update_run(room, repository, check, {"status": "completed", "conclusion": conclusion})


def rerun_failed(room: Room, repository: Repository, run: WorkflowRun) -> None:
    """Queue the failed jobs of a finished run again, as the next attempt, and hand them to the CI."""
    with room.lock:
        run.attempt, run.started = run.attempt + 1, False
        for job in run.jobs:
            if job.check.conclusion != "success":
                checks.update_run(room, repository, job.check, {"status": "queued"})
        checks.tell_workflow(room, repository, run, "requested")
        text = repository.bare.read(run.suite.head_sha, run.path) or b""
        _begin(room, repository, run, text.decode(errors="replace"))
