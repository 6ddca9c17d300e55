"""Deployments and what became of them."""

from collections.abc import Sequence

from ghapp.playground.deploy_state import Deployment, DeploymentStatus
from ghapp.playground.mergeability import check_outcomes
from ghapp.playground.room import Room
from ghapp.playground.state import Actor, Repository
from ghapp.playground.verbs import pushes
from ghapp.playground.verbs.accounts import signature
from ghapp.playground.views import deployments as views

GOOD = ("success", "neutral", "skipped")


class ConflictError(RuntimeError):
    """The default branch cannot be merged into the ref that is to be deployed."""


def take_in_default(room: Room, repository: Repository, actor: Actor, ref: str) -> bool:
    """Merge the default branch into the branch of this name; False when nothing is to be merged.

    A ref that is no branch is deployed as it is. Raises ConflictError.
    """
    with room.lock:
        bare, default = repository.bare, repository.default_branch
        head, base = bare.branch(ref), bare.branch(default)
        if head is None or base is None or bare.is_ancestor(base, head):
            return False
        tree = bare.merge_tree(head, base)
        if tree is None:
            raise ConflictError(f"Conflict merging {default} into {ref}")
        by = signature(room, actor.user)
        new = bare.commit_tree(tree, [head, base], f"Merge branch '{default}' into {ref}\n", by, by)
        bare.set_ref(f"refs/heads/{ref}", new, head)
        pushes.pushed(room, repository, actor, [(f"refs/heads/{ref}", head, new)])
        return True


def not_green(repository: Repository, sha: str, contexts: Sequence[str] | None) -> list[str]:
    """Checks and statuses of a commit that keep it from being deployed: of these contexts, or (None) of all."""
    outcomes = check_outcomes(repository, sha)
    wanted = outcomes if contexts is None else contexts
    return [context for context in wanted if outcomes.get(context) not in GOOD]


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
