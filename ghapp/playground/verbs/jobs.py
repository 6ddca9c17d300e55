"""Jobs of workflow runs: each is a check run, and the injected CI runs them, each run in a thread of its own."""

import io
import threading
import zipfile
from collections.abc import Mapping

from ghapp.playground.actions_state import Artifact, Job, WorkflowRun
from ghapp.playground.room import Outcome, Room
from ghapp.playground.state import App, CheckRun, Repository
from ghapp.playground.verbs import accounts, checks
from ghapp.playground.views.repositories import html_url

ACTIONS_SLUG = "github-actions"


def actions_app(room: Room) -> App:
    """GitHub's own App that the checks of workflows belong to."""
    known = next((app for app in room.state.apps.values() if app.slug == ACTIONS_SLUG), None)
    return known or accounts.app(room, ACTIONS_SLUG, accounts.user(room, "github", "Organization"))


def add(room: Room, repository: Repository, run: WorkflowRun, name: str) -> Job:
    """Queue a job in the run's newest attempt."""
    address = f"{html_url(room.state, repository)}/actions/runs/{run.id}"
    check = checks.add_to_suite(room, repository, run.suite, name, {"details_url": address})
    job = Job(check, attempt=run.attempt)
    run.jobs.append(job)
    return job


def latest(run: WorkflowRun) -> list[Job]:
    """The newest job of each name."""
    return list({job.check.name: job for job in run.jobs}.values())


def hand_over(room: Room, repository: Repository, run: WorkflowRun, text: str) -> None:
    """Give a run to the CI, if there is one; without, its jobs stay queued until somebody says how they end."""
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
        job = known.get(result.name) or add(room, repository, run, result.name)
        if job.check.status != "completed":
            job.log = result.log
            for name, data in result.artifacts.items():
                upload(room, run, name, data)
            _complete(room, repository, job.check, result.conclusion)
    for job in run.jobs:
        job.log = job.log or outcome.problem


def zipped(files: Mapping[str, bytes]) -> bytes:
    """An archive of these files, as an upload makes it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def upload(room: Room, run: WorkflowRun, name: str, data: bytes) -> Artifact:
    """Keep an artifact of a run: a zip, under a name."""
    made = Artifact(room.state.next_id(), name, data, room.now())
    run.artifacts.append(made)
    return made


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
