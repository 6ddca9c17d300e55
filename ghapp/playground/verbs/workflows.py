"""Workflow files of a commit become workflow runs, by a push, a pull request of a fork, or by hand."""

from collections.abc import Mapping
from dataclasses import dataclass

from ghapp.playground.actions_state import WorkflowRun
from ghapp.playground.room import Room
from ghapp.playground.state import Actor, CheckSuite, Pull, Repository
from ghapp.playground.verbs import checks, jobs
from ghapp.playground.workflow import Workflow, WorkflowError, parse_workflow

_FOLDER = ".github/workflows/"


class CannotDispatchError(ValueError):
    """A workflow is not to be started by hand as asked; the message is GitHub's."""


@dataclass(frozen=True)
class Cause:
    """Why a workflow runs on a commit: `source` is the repository of its branch, `before` the branch's head before."""

    event: str
    sha: str
    branch: str
    source: Repository
    before: str | None = None


def start(room: Room, repository: Repository, actor: Actor, sha: str, branch: str, before: str | None) -> None:
    """Queue a run for each workflow file at this commit that runs on pushes, and hand it to the CI if there is one.

    A workflow for `pull_request` only runs too: the playground has one run a commit, whatever asks for it.
    """
    cause = Cause("push", sha, branch, repository, before)
    _start_each(room, repository, actor, cause, frozenset({"push", "pull_request"}))


def start_for_pull(room: Room, repository: Repository, actor: Actor, pull: Pull) -> None:
    """The same for the head of a fork's pull request: its push was to the fork, and the base repository runs it."""
    assert pull.source is not None, "what is deleted is not pushed to"
    cause = Cause("pull_request", pull.head_sha, pull.head_ref, pull.source)
    _start_each(room, repository, actor, cause, frozenset({"pull_request"}))


def _start_each(room: Room, repository: Repository, actor: Actor, cause: Cause, events: frozenset[str]) -> None:
    held = repository.holds_workflows and (cause.source, cause.branch) != (repository, repository.default_branch)
    for path, text in _files(repository, cause.sha):
        ran = any(run.suite.head_sha == cause.sha and run.path == path for run in repository.workflow_runs.values())
        parsed = _parsed(path, text)
        if not ran and parsed.events & events:
            run = _queue(room, repository, actor, cause, path, parsed)
            if held:
                _hold(room, repository, run)
            elif not repository.keeps_jobs_back:
                _begin(room, repository, run, text, parsed)


def _files(repository: Repository, sha: str) -> list[tuple[str, str]]:
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
    room: Room, repository: Repository, actor: Actor, cause: Cause, path: str, workflow: Workflow
) -> WorkflowRun:
    now = room.now()
    branch = cause.branch if cause.source is repository else None
    suite = CheckSuite(room.state.next_id(), jobs.actions_app(room), cause.sha, branch, cause.before, now, now)
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
        head_branch=cause.branch,
        source=cause.source,
        event=cause.event,
    )
    repository.workflow_runs[run.id] = run
    checks.tell_workflow(room, repository, run, "requested")
    return run


def _begin(room: Room, repository: Repository, run: WorkflowRun, text: str, workflow: Workflow) -> None:
    for job in workflow.jobs:
        jobs.add(room, repository, run, job.name)
    jobs.hand_over(room, repository, run, text)


def _hold(room: Room, repository: Repository, run: WorkflowRun) -> None:
    """Let a run wait for approval: it ends as `action_required`, without any job.

    https://docs.github.com/en/actions/how-tos/manage-workflow-runs/approve-runs-from-forks
    """
    run.held = True
    checks.end_suite(room, repository, run.suite, "action_required")


def approve(room: Room, repository: Repository, run: WorkflowRun) -> None:
    """Let a run begin that waited for it. Raises ValueError when it does not wait."""
    with room.lock:
        if not run.held:
            raise ValueError("this run does not wait for approval")
        run.held = False
        run.suite.status, run.suite.conclusion = "queued", None
        checks.tell_workflow(room, repository, run, "requested")
        make_jobs(room, repository, run)


def make_jobs(room: Room, repository: Repository, run: WorkflowRun) -> None:
    """Give a run its jobs, if it has none."""
    if not run.jobs:
        text = _text_of(repository, run)
        _begin(room, repository, run, text, _parsed(run.path, text))


def _text_of(repository: Repository, run: WorkflowRun) -> str:
    return (repository.bare.read(run.suite.head_sha, run.path) or b"").decode(errors="replace")


def rerun_failed(room: Room, repository: Repository, run: WorkflowRun) -> None:
    """Begin the next attempt of a finished run: each failed job gets a new check run, those that passed stay.

    Raises ValueError while the run goes on.
    """
    with room.lock:
        if run.suite.status != "completed" or run.held:
            raise ValueError("This workflow is already running")
        failed = [job.check.name for job in jobs.latest(run) if job.check.conclusion not in ("success", "skipped")]
        run.attempt, run.started = run.attempt + 1, False
        checks.tell_workflow(room, repository, run, "requested")
        for name in failed:
            jobs.add(room, repository, run, name)
        jobs.hand_over(room, repository, run, _text_of(repository, run))


def dispatch(
    room: Room, repository: Repository, actor: Actor, path: str, ref: str, inputs: Mapping[str, object]
) -> WorkflowRun:
    """Start a workflow by hand on a branch or tag. Raises CannotDispatchError.

    https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event
    """
    with room.lock:
        branch = ref.removeprefix("refs/heads/")
        sha = repository.bare.resolve(branch)
        if sha is None:
            raise CannotDispatchError(f"No ref found for: {ref}")
        text = (repository.bare.read(sha, path) or b"").decode(errors="replace")
        workflow = _parsed(path, text)
        if "workflow_dispatch" not in workflow.events:
            raise CannotDispatchError("Workflow does not have 'workflow_dispatch' trigger")
        _check_inputs(workflow, inputs)
        run = _queue(room, repository, actor, Cause("workflow_dispatch", sha, branch, repository), path, workflow)
        run.inputs = dict(inputs)
        _begin(room, repository, run, text, workflow)
        return run


def _check_inputs(workflow: Workflow, inputs: Mapping[str, object]) -> None:
    if unexpected := [name for name in inputs if name not in workflow.inputs]:
        shown = ", ".join(f'"{name}"' for name in unexpected)
        raise CannotDispatchError(f"Unexpected inputs provided: [{shown}]")
    for name, must in workflow.inputs.items():
        if must and name not in inputs:
            raise CannotDispatchError(f"Required input '{name}' not provided")


def known_paths(repository: Repository) -> dict[int, str]:
    """The files of workflows that ran, by GitHub's number for each."""
    return {run.workflow_id: run.path for run in repository.workflow_runs.values()}
