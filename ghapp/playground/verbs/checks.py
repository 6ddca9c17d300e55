"""Check suites, check runs and commit statuses. A suite's state, and a workflow run's, follows from its check runs."""

from ghapp.playground.actions_state import WorkflowRun
from ghapp.playground.room import Json, Room
from ghapp.playground.state import Actor, App, CheckRun, CheckSuite, CommitStatus, Repository
from ghapp.playground.views import checks as views

_WORST_FIRST = ("failure", "startup_failure", "timed_out", "cancelled", "action_required", "stale", "success")
_FIELDS = ("status", "conclusion", "external_id", "details_url", "title", "summary", "text")


def request_suites(room: Room, repository: Repository, actor: Actor, sha: str, branch: str, before: str | None) -> None:
    """A push gives every installed App that may write checks a suite of its own, and tells just that App."""
    for installation in room.state.installations_on(repository):
        if installation.permissions.get("checks") == "write":
            made = suite_for(room, repository, installation.app, sha, branch, before)
            payload = {"action": "requested", "check_suite": views.suite_in_delivery(room.state, repository, made)}
            room.emit("check_suite", repository, actor, payload, only=installation.app)


def suite_for(
    room: Room, repository: Repository, app: App, sha: str, branch: str | None = None, before: str | None = None
) -> CheckSuite:
    """The App's suite on a commit; made when there is none."""
    for known in repository.suites.values():
        if known.app is app and known.head_sha == sha:
            return known
    now = room.now()
    if branch is None:
        heads = repository.bare.refs()
        branch = next((name.removeprefix("refs/heads/") for name, head in heads.items() if head == sha), None)
    made = CheckSuite(room.state.next_id(), app, sha, branch, before, now, now)
    repository.suites[made.id] = made
    return made


def create_run(room: Room, repository: Repository, app: App, name: str, sha: str, fields: Json) -> CheckRun:
    """Add a check run to the App's suite. One that is made complete is told as created and as completed."""
    with room.lock:
        return add_to_suite(room, repository, suite_for(room, repository, app, sha), name, fields)


def add_to_suite(room: Room, repository: Repository, suite: CheckSuite, name: str, fields: Json) -> CheckRun:
    """Add a check run to this suite."""
    with room.lock:
        made = CheckRun(room.state.next_id(), suite, name, suite.head_sha, "queued", None, room.now())
        repository.checks[made.id] = made
        _set(room, made, fields)
        _tell(room, repository, made, "created")
        _settle(room, repository, made)
        return made


def update_run(room: Room, repository: Repository, run: CheckRun, fields: Json) -> None:
    """Change what is given of a check run."""
    with room.lock:
        was = run.status
        _set(room, run, fields)
        if was != "completed" or run.status != "completed":
            _settle(room, repository, run)


def _set(room: Room, run: CheckRun, fields: Json) -> None:
    for key in _FIELDS:
        if fields.get(key) is not None:
            setattr(run, key, fields[key])
    run.annotations += fields.get("annotations", [])
    if run.conclusion is not None and fields.get("status", "completed") == "completed":
        run.status = "completed"
    if run.status == "completed":
        run.completed_at = run.completed_at or room.now()
    else:
        run.conclusion = run.completed_at = None


def _tell(room: Room, repository: Repository, run: CheckRun, action: str) -> None:
    app = run.suite.app
    payload = {"action": action, "check_run": views.check_run_in_delivery(room.state, repository, run)}
    room.emit("check_run", repository, Actor(app.bot, app), payload)


def _settle(room: Room, repository: Repository, run: CheckRun) -> None:
    """Let the suite and the workflow run follow from their check runs."""
    suite = run.suite
    if run.status == "completed":
        _tell(room, repository, run, "completed")
    workflow = _workflow_of(repository, suite)
    if workflow is not None and not workflow.started and run.status != "queued":
        workflow.started = True
        tell_workflow(room, repository, workflow, "in_progress")
    newest = {one.name: one for one in repository.checks.values() if one.suite is suite}
    status, conclusion = _rolled_up(list(newest.values()))
    if status == "completed" and suite.status != "completed":
        end_suite(room, repository, suite, conclusion or "neutral")
    else:
        suite.status, suite.conclusion, suite.updated_at = status, conclusion, room.now()


def end_suite(room: Room, repository: Repository, suite: CheckSuite, conclusion: str) -> None:
    """The last check run ended: so does the suite, and the workflow run whose suite it is."""
    suite.status, suite.conclusion, suite.updated_at = "completed", conclusion, room.now()
    payload = {"action": "completed", "check_suite": views.suite_in_delivery(room.state, repository, suite)}
    room.emit("check_suite", repository, Actor(suite.app.bot, suite.app), payload)
    workflow = _workflow_of(repository, suite)
    if workflow is not None:
        tell_workflow(room, repository, workflow, "completed")


def _workflow_of(repository: Repository, suite: CheckSuite) -> WorkflowRun | None:
    return next((one for one in repository.workflow_runs.values() if one.suite is suite), None)


def _rolled_up(runs: list[CheckRun]) -> tuple[str, str | None]:
    states = {run.status for run in runs}
    if states == {"completed"}:
        conclusions = {run.conclusion for run in runs}
        return "completed", next((one for one in _WORST_FIRST if one in conclusions), "neutral")
    return ("queued" if states <= {"queued"} else "in_progress"), None


def tell_workflow(room: Room, repository: Repository, run: WorkflowRun, action: str) -> None:
    run.updated_at = room.now()
    payload = {
        "action": action,
        "workflow": views.workflow(room.state, repository, run),
        "workflow_run": views.workflow_run_in_delivery(room.state, repository, run, action),
    }
    room.emit("workflow_run", repository, Actor(run.actor), payload)


def set_status(
    room: Room,
    repository: Repository,
    actor: Actor,
    sha: str,
    state: str,
    context: str = "default",
    description: str | None = None,
    target_url: str | None = None,
) -> CommitStatus:
    with room.lock:
        number = room.state.next_id()
        made = CommitStatus(number, sha, actor.user, state, context, description, target_url, room.now())
        repository.statuses.append(made)
        room.emit("status", repository, actor, views.status_in_delivery(room.state, repository, made))
        return made
