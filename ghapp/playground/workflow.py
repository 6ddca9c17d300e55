"""The part of GitHub Actions' workflow files that the playground's CI understands.

Pure: YAML in, frozen values out. What a job asks for beyond that part becomes the job's ``problem``, so that the job
fails and says what is not modelled, instead of passing without having run it.
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

import yaml

_WORKFLOW_KEYS = {"name", "run-name", "on", "env", "permissions", "concurrency", "jobs"}
_JOB_KEYS = {"name", "runs-on", "permissions", "env", "steps", "timeout-minutes"}
_STEP_KEYS = {"id", "name", "run", "uses", "with", "env", "working-directory", "shell"}
_ACTIONS = {
    "actions/checkout": {"fetch-depth", "persist-credentials"},
    "actions/setup-python": {"python-version", "cache", "cache-dependency-path"},
    "actions/upload-artifact": {"name", "path", "if-no-files-found", "retention-days"},
}


class WorkflowError(Exception):
    """The file is no workflow; the message says why. GitHub would end its run as a start-up failure."""


class _NotModelledError(Exception):
    """A job asks for something that the playground's CI cannot do; the message names it."""


@dataclass(frozen=True)
class Step:
    """One step: shell text in ``run``, or the name of a built-in action in ``uses``, without its version."""

    name: str
    run: str = ""
    uses: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    folder: str = "."


@dataclass(frozen=True)
class Job:
    """One job, which becomes one check of this ``name``; with a ``problem`` it fails without running."""

    name: str
    steps: tuple[Step, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    minutes: float | None = None
    problem: str = ""


@dataclass(frozen=True)
class Workflow:
    """A workflow file: its name, the events that start it, its jobs in order.

    `inputs` are those of a start by hand, each with whether it must be given.
    """

    name: str
    events: frozenset[str]
    jobs: tuple[Job, ...]
    inputs: Mapping[str, bool] = field(default_factory=dict)


@lru_cache(maxsize=64)
def parse_workflow(text: str) -> Workflow:
    """Read a workflow file. Raises WorkflowError when it is none; what is only not modelled fails its job.

    The same file comes with every push: what was read of one text is kept, and nobody can change it.
    """
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise WorkflowError(f"the workflow is not YAML: {error}") from error
    if not isinstance(value, dict):
        raise WorkflowError("the workflow is not a mapping")
    # YAML 1.1 reads the key `on` as true.
    value = {"on" if key is True else key: item for key, item in value.items()}
    if unknown := value.keys() - _WORKFLOW_KEYS:
        raise WorkflowError(f"the key {min(map(str, unknown))} of the workflow is not modelled")
    jobs = value.get("jobs")
    if not isinstance(jobs, dict) or not jobs:
        raise WorkflowError("the workflow has no jobs")
    env = value.get("env") or {}
    return Workflow(
        str(value.get("name") or ""),
        _events(value.get("on")),
        tuple(_job(str(id), job, env) for id, job in jobs.items()),
        _inputs(value.get("on")),
    )


def job_names(workflow: str) -> tuple[str, ...]:
    """The checks that a workflow would make, in order. Raises WorkflowError."""
    return tuple(job.name for job in parse_workflow(workflow).jobs)


def _events(on: object) -> frozenset[str]:
    if isinstance(on, str):
        return frozenset({on})
    if isinstance(on, list | dict) and on:
        return frozenset(map(str, on))
    raise WorkflowError("the workflow does not say on which events it runs")


def _inputs(on: object) -> dict[str, bool]:
    by_hand = (on.get("workflow_dispatch") or {}) if isinstance(on, dict) else {}
    inputs = (by_hand.get("inputs") or {}) if isinstance(by_hand, dict) else {}
    rows = inputs.items() if isinstance(inputs, dict) else ()
    return {
        str(name): isinstance(about, dict) and bool(about.get("required")) and "default" not in about
        for name, about in rows
    }


def _job(job_id: str, value: object, env: object) -> Job:
    name = str(value.get("name") or job_id) if isinstance(value, dict) else job_id
    try:
        return _modelled_job(name, value, env)
    except _NotModelledError as problem:
        return Job(name, problem=str(problem))


def _modelled_job(name: str, value: object, workflow_env: object) -> Job:
    job = _mapping(value, "a job", _JOB_KEYS)
    _plain(name, "the job's name")
    if "runs-on" not in job:
        raise _NotModelledError("a job without runs-on is not modelled")
    steps = job.get("steps")
    if not isinstance(steps, list) or not steps:
        raise _NotModelledError("a job without steps is not modelled")
    minutes = job.get("timeout-minutes")
    if minutes is not None and not isinstance(minutes, int | float):
        raise _NotModelledError(f"timeout-minutes: {minutes} is not modelled")
    env = {**_texts(workflow_env, "env"), **_texts(job.get("env"), "env")}
    return Job(name, tuple(map(_step, steps)), env, minutes)


def _step(value: object) -> Step:
    step = _mapping(value, "a step", _STEP_KEYS)
    if ("run" in step) == ("uses" in step):
        raise _NotModelledError("a step needs either run or uses")
    if step.get("shell", "bash") != "bash":
        raise _NotModelledError(f"shell: {step['shell']} is not modelled")
    env = _texts(step.get("env"), "env")
    if "uses" in step:
        return _action(step, env)
    run, folder = _plain(step["run"], "run"), _plain(step.get("working-directory", "."), "working-directory")
    if folder.startswith("/") or ".." in PurePosixPath(folder).parts:
        raise _NotModelledError(f"working-directory: {folder} is not modelled, it must be a folder below the workspace")
    title = _plain(step.get("name") or f"Run {run.strip().splitlines()[0] if run.strip() else ''}", "name")
    return Step(title, run=run, env=env, folder=folder)


def _action(step: dict[str, Any], env: dict[str, str]) -> Step:
    uses = _plain(step["uses"], "uses")
    action, _, version = uses.partition("@")
    if action not in _ACTIONS or not version:
        raise _NotModelledError(f"uses: {uses} is not modelled")
    inputs = _texts(step.get("with"), "with")
    if unknown := inputs.keys() - _ACTIONS[action]:
        raise _NotModelledError(f"with: {min(unknown)} of {action} is not modelled")
    return Step(str(step.get("name") or f"Run {uses}"), uses=action, inputs=inputs, env=env)


def _mapping(value: object, what: str, keys: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _NotModelledError(f"{what} is not a mapping")
    if unknown := {str(key) for key in value} - keys:
        raise _NotModelledError(f"the key {min(unknown)} of {what} is not modelled")
    return value


def _texts(value: object, what: str) -> dict[str, str]:
    """A mapping of names to plain values, as Actions turns them into text."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _NotModelledError(f"{what} is not a mapping")
    return {str(key): _plain(item, f"{what}: {key}") for key, item in value.items()}


def _plain(value: object, what: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or not isinstance(value, str | int | float):
        raise _NotModelledError(f"{what} is not a text")
    if "${{" in str(value):
        raise _NotModelledError(f"{what}: expressions (${{{{ … }}}}) are not modelled")
    return str(value)
