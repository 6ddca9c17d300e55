"""Deployments and what became of them."""

from ghapp.playground.room import Room
from ghapp.playground.state import Actor, Deployment, DeploymentStatus, Repository
from ghapp.playground.views import deployments as views


def deploy(
    room: Room,
    repository: Repository,
    actor: Actor,
    ref: str,
    sha: str,
    *,
    environment: str = "production",
    task: str = "deploy",
    description: str | None = None,
    payload: object = None,
) -> Deployment:
    """Ask for a commit to be deployed."""
    with room.lock:
        number, given = room.state.next_id(), {} if payload is None else payload
        made = Deployment(number, sha, ref, task, environment, description, given, actor, room.now())
        repository.deployments[made.id] = made
        shown = views.deployment(room.state, repository, made)
        told = {"action": "created", "deployment": shown, "workflow": None, "workflow_run": None}
        room.emit("deployment", repository, actor, told)
        return made


def set_status(
    room: Room,
    repository: Repository,
    actor: Actor,
    deployment: Deployment,
    state: str,
    *,
    description: str = "",
    environment_url: str = "",
    log_url: str = "",
) -> DeploymentStatus:
    """Say how a deployment goes."""
    with room.lock:
        number = room.state.next_id()
        made = DeploymentStatus(number, actor, state, description, environment_url, log_url, room.now())
        deployment.statuses.append(made)
        payload = {
            "action": "created",
            "deployment": views.deployment(room.state, repository, deployment),
            "deployment_status": views.deployment_status(room.state, repository, deployment, made),
            "workflow": None,
            "workflow_run": None,
            "check_run": None,
        }
        room.emit("deployment_status", repository, actor, payload)
        return made
