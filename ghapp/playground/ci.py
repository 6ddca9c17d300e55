"""The playground's CI: runs the jobs of a workflow on one commit and says how each ended.

A job gets a folder of its own, gone when the run is over, and the closed room of ``ci_jail``. Its checkout is made in
that room by git, from the bare repository mounted read-only. Three actions are built in: checkout, setup-python and
upload-artifact.
"""

from __future__ import annotations

import fcntl
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic
from typing import BinaryIO

from ghapp.playground.ci_artifacts import UploadError, upload
from ghapp.playground.ci_jail import HOME, ORIGIN, PYTHON, WORKSPACE, JailError, base_python, run_jailed
from ghapp.playground.workflow import Job, Step, WorkflowError, job_names, parse_workflow

__all__ = ["CiResult", "JobResult", "WorkflowError", "job_names", "run_workflow"]

_LOG_LIMIT = 1_000_000  # bytes kept of a job's log, half from either end
_CHECKOUT = """
git init --quiet --initial-branch=main
git fetch --quiet {depth} file://{origin} {sha}
git -c advice.detachedHead=false checkout --quiet FETCH_HEAD
git log -1 --format='HEAD is now at %h %s'
"""


@dataclass(frozen=True)
class JobResult:
    """One check: its name, ``success``, ``failure`` or ``cancelled`` (also: out of time), and its log.

    ``artifacts`` are the zips that it uploaded, by name.
    """

    name: str
    conclusion: str
    log: str
    artifacts: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class CiResult:
    """A finished run; ``startup_failure`` has no jobs and its reason in ``problem``."""

    conclusion: str
    jobs: tuple[JobResult, ...]
    problem: str = ""


@dataclass(frozen=True)
class _Room:
    """Where one job runs, and until when."""

    home: Path
    bare: Path
    sha: str
    templates: Path
    log: BinaryIO
    deadline: float
    stop: Event | None
    artifacts: dict[str, bytes] = field(default_factory=dict)

    def run(self, argv: list[str], env: dict[str, str], folder: str = WORKSPACE) -> int | None:
        seconds = self.deadline - monotonic()
        return run_jailed(
            argv, self.home, self.log, env=env, folder=folder, origin=self.bare, seconds=seconds, stop=self.stop
        )

    def write(self, text: str) -> None:
        self.log.write(f"{text}\n".encode())
        self.log.flush()


def run_workflow(
    bare: Path,
    sha: str,
    workflow: str,
    *,
    scratch: Path | None = None,
    time_limit: float = 600.0,
    stop: Event | None = None,
) -> CiResult:
    """Run each job of ``workflow`` (the file's text) on commit ``sha`` of the bare repository, one after the other.

    ``scratch`` is a folder for the jobs' own folders and, kept there, the Python environment that they are copied from;
    without it nothing is kept. ``time_limit`` is in seconds for each job. ``stop`` cancels what runs.
    """
    try:
        jobs = parse_workflow(workflow).jobs
    except WorkflowError as error:
        return CiResult("startup_failure", (), str(error))
    if not re.fullmatch(r"[0-9a-f]{40,64}", sha):
        raise ValueError(f"not a full commit id: {sha}")
    with tempfile.TemporaryDirectory(prefix="ci-", dir=scratch) as work:
        results: list[JobResult] = []
        for index, job in enumerate(jobs):
            home = Path(work, f"job-{index}")
            seconds = min(time_limit, job.minutes * 60) if job.minutes else time_limit
            with tempfile.TemporaryFile(dir=work) as log:
                templates = scratch or Path(work)
                room = _Room(home, bare.resolve(), sha, templates, log, monotonic() + seconds, stop)
                results.append(JobResult(job.name, _run_job(job, room, seconds), _read_log(log), room.artifacts))
    return CiResult(_together([result.conclusion for result in results]), tuple(results))


def _together(conclusions: list[str]) -> str:
    return next((word for word in ("failure", "cancelled") if word in conclusions), "success")


def _run_job(job: Job, room: _Room, seconds: float) -> str:
    if job.problem:
        room.write(f"##[error]The playground's CI cannot run this job: {job.problem}")
        return "failure"
    (room.home / "work").mkdir(parents=True)
    env = {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_SHA": room.sha, "GITHUB_WORKSPACE": WORKSPACE, **job.env}
    for step in job.steps:
        try:
            code = _run_step(step, {**env, **step.env}, room)
        except JailError as error:
            room.write(f"##[error]The playground's CI cannot run this job: {error}")
            return "failure"
        if code is None:
            stopped = room.stop is not None and room.stop.is_set()
            why = "was canceled" if stopped else f"has exceeded the maximum execution time of {seconds:g} seconds"
            room.write(f"##[error]The job {why}.")
            return "cancelled"
        if code:
            room.write(f"##[error]Process completed with exit code {code}.")
            return "failure"
    return "success"


def _run_step(step: Step, env: dict[str, str], room: _Room) -> int | None:
    if (room.home / "python").is_dir():
        env = {"PATH": f"{PYTHON}/bin:/usr/local/bin:/usr/bin:/bin", "VIRTUAL_ENV": PYTHON, **env}
    if step.uses == "actions/checkout":
        depth = "" if step.inputs.get("fetch-depth") == "0" else "--depth=1"
        room.write(f"##[group]{step.name}\n##[endgroup]")
        return room.run(["bash", "-ec", _CHECKOUT.format(depth=depth, origin=ORIGIN, sha=room.sha)], env)
    if step.uses == "actions/setup-python":
        return _set_up_python(step, room)
    if step.uses == "actions/upload-artifact":
        return _upload(step, room)
    shown = "\n".join(f"  {name}: {value}" for name, value in step.env.items())
    room.write(f"##[group]{step.name}\n{step.run.rstrip()}\nshell: bash -eo pipefail {{0}}")
    room.write(f"{'env:' + chr(10) + shown + chr(10) if shown else ''}##[endgroup]")
    folder = shlex.quote(step.folder)
    return room.run(["bash", "-eo", "pipefail", "-c", f"cd {folder}\n{step.run}"], env)


def _upload(step: Step, room: _Room) -> int:
    room.write(f"##[group]{step.name}\n##[endgroup]")
    try:
        made = upload(room.home / "work", step.inputs)
    except UploadError as error:
        room.write(f"##[error]{error}")
        return 1
    if made is None:
        room.write("##[warning]No files were found with the provided path. No artifacts will be uploaded.")
        return 0
    if made.name in room.artifacts:
        room.write(f"##[error]an artifact with the name {made.name} already exists on the workflow run")
        return 1
    room.artifacts[made.name] = made.data
    room.write(f"Artifact {made.name} has been successfully uploaded: {', '.join(made.files)}")
    return 0


def _set_up_python(step: Step, room: _Room) -> int | None:
    have = f"{sys.version_info.major}.{sys.version_info.minor}"
    room.write(f"##[group]{step.name}\nPython {have}, the playground's own\n##[endgroup]")
    asked = step.inputs.get("python-version", have)
    if asked not in {have, "3", "3.x"}:
        room.write(f"##[warning]Python {asked} was asked for; the playground's CI has {have} only.")
    template = room.templates / f"python-{have}"
    with (room.templates / f"python-{have}.lock").open("w") as lock:
        # Several CI processes may share the folder; one makes the environment, the others wait for it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.is_dir():
            code = _make_template(template, room)
            if code != 0:
                return code
    shutil.copytree(template, room.home / "python", symlinks=True)
    return 0


def _make_template(template: Path, room: _Room) -> int | None:
    """Make an environment under the path that it will have in every job, so that its scripts find their Python.

    `python -m venv` takes 4 to 5 seconds, almost all for pip; a copy of its 26 MB takes a tenth of a second.
    """
    with tempfile.TemporaryDirectory(prefix="python-", dir=room.templates) as home:
        seconds = room.deadline - monotonic()
        argv = [str(base_python()), "-m", "venv", PYTHON]
        code = run_jailed(argv, Path(home), room.log, env={}, folder=HOME, seconds=seconds, stop=room.stop)
        if code == 0:
            Path(home, "python").rename(template)
        return code


def _read_log(log: BinaryIO) -> str:
    size = log.seek(0, 2)
    log.seek(0)
    if size <= _LOG_LIMIT:
        return log.read().decode(errors="replace")
    start = log.read(_LOG_LIMIT // 2)
    log.seek(-_LOG_LIMIT // 2, 2)
    left_out = f"\n… {size - _LOG_LIMIT} bytes left out …\n"
    return start.decode(errors="replace") + left_out + log.read().decode(errors="replace")
