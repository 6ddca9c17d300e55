"""What the demo prints: what happens on GitHub and in the run, as it happens, and the evidence at the end."""

import time

import click

from ghapp import bootstrap
from ghapp.cli.stage import Stage
from ghapp.cli.telling import Teller, coloured, printable
from ghapp.core.errors import UserError
from ghapp.core.events import Thread
from ghapp.core.run import Run, State
from ghapp.records import records

_SECONDS = 15 * 60
_PAUSE_SECONDS = 0.1


class Watch:
    """Watches one thread of the stage until its pull request is ready."""

    def __init__(self, stage: Stage, thread: Thread, say: Teller) -> None:
        self._stage = stage
        self._world = stage.playground.world
        self._name = thread.repository.full_name
        self._thread = thread
        self._say = say
        self._records = records(stage.settings)
        self._seen = "0"
        self._told: set[str] = set()

    def until_ready(self) -> Run:
        """The run, once its pull request is ready for review and its checks have succeeded.

        Raises UserError with the reason when that does not happen.
        """
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            self._look_at_issue()
            run = self._records.runs.last_run(self._thread)
            if run is not None:
                self._look_at_run(run)
            self._look_for_trouble(run)
            if run is not None and self._is_ready(run):
                return run
            time.sleep(_PAUSE_SECONDS)
        raise UserError(f"it was not ready after {_SECONDS // 60} minutes")

    def _look_at_issue(self) -> None:
        for reaction in self._world.issue(self._name, self._thread.number).reactions:
            self._once("github", f"reaction on the issue: {reaction.content}")
        for comment in self._world.comments(self._name, self._thread.number):
            self._once("github", f"comment by {comment.author.user.login} on the issue, edited in place from now on")

    def _look_at_run(self, run: Run) -> None:
        self._once("note", f"the run's page: {bootstrap.page(self._stage.settings, run.key)}")
        for entry in self._records.transcripts.read(run.id, self._seen):
            self._seen = entry.id
            self._say(entry.kind, entry.text)
        for check, outcome in self._outcomes(run).items():
            self._once("ci", f"{check}: {outcome}")

    def _look_for_trouble(self, run: Run | None) -> None:
        if dead := self._stage.household.dead():
            raise UserError(f"a part of Honk ended: {'; '.join(dead)}")
        if violations := self._stage.violations():
            raise UserError(f"the playground objects: {violations[0]}")
        if run is not None and run.is_done:
            raise UserError(f"the run ended as {run.conclusion}: {run.reason}")
        if run is not None and "failure" in self._outcomes(run).values():
            raise UserError("the CI of the pull request failed")

    def _is_ready(self, run: Run) -> bool:
        if run.state is not State.AWAITING_REVIEW or run.pull is None:
            return False
        pull = self._world.pull(self._name, run.pull).pull
        return pull is not None and not pull.draft and set(self._outcomes(run).values()) == {"success"}

    def _outcomes(self, run: Run) -> dict[str, str]:
        return self._world.check_outcomes(self._name, run.head_sha) if run.head_sha else {}

    def _once(self, kind: str, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._say(kind, text)


def show(stage: Stage, run: Run) -> None:
    """The diff, the evidence, what the gate found, where to look."""
    entries = records(stage.settings).transcripts.read(run.id)
    diff = next(entry.text for entry in reversed(entries) if entry.kind == "diff")
    click.echo("\n" + "\n".join(map(coloured, diff.splitlines())) + "\n")
    click.echo(f"{'check':<12} {'base':<8} {'head':<8} result")
    for item in run.evidence:
        base = "not run" if item.base is None else _word(item.base.passed)
        click.echo(f"{item.check.name:<12} {base:<8} {_word(item.head.passed):<8} {item.head.summary}")
    click.echo("gate: " + ("; ".join(f"{item.path}: {item.detail}" for item in run.findings) or "nothing found"))
    if run.judgement is not None:
        word = "accepts it" if run.judgement.accepts else "objects"
        click.echo(f"judge: {word}: {printable(' '.join(run.judgement.reasons))}")
    click.echo(f"\nlogs and data: {stage.settings.data.parent}")
    click.echo("`make run` stays up, with pages where you can write issues and look at pull requests and runs\n")


def _word(passed: bool) -> str:
    return "passed" if passed else "failed"
