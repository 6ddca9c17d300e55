"""The kinds of runs: `fix` and `revert` change code, `plan`, `ask` and `review` only read it and say something."""

from ghapp.core.run import Conclusion, Run, State

READING = frozenset({"plan", "ask", "review"})


def changes_code(run: Run) -> bool:
    """Whether the run is there to bring a change about."""
    return run.kind not in READING


def is_merged(run: Run) -> bool:
    """Whether its change has come to the base, watched still or not."""
    return run.state is State.DEPLOYING or run.conclusion in (Conclusion.MERGED, Conclusion.DEPLOYED)
