"""Time that passes for a parked run: its record grows older, for Honk's own clock cannot be turned from outside."""

from dataclasses import replace

from tests.scenarios.opened import Opened


def passes(opened: Opened, seconds: float) -> None:
    """Let so many seconds pass in which nothing happens, and let Honk do what it does then."""
    run = opened.run
    since, due = (at - seconds if at else 0.0 for at in (run.quiet_since, run.look_at))
    history = tuple(replace(step, at=step.at - seconds) for step in run.history)
    opened.town.records.runs.save(replace(run, quiet_since=since, look_at=due, history=history))
    opened.town.later(seconds)
