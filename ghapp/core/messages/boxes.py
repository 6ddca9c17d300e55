"""The boxes at the end of a status comment: the common words with one tap.

Each is a line of its own with a hidden mark, `<!-- honk:box:NAME -->` or `<!-- honk:box:NAME:SHA -->`, by which
`github/readers.py` knows which one was ticked. What it means, and who may tick it, `policy.decide` says.
"""

from ghapp.core.kinds import is_merged
from ghapp.core.run import Pause, Run, State


def boxes(run: Run) -> str:
    """The boxes that mean something now; nothing when there are none."""
    return "\n".join(filter(None, [_allow(run), _merge(run), _revert(run), _retry(run), _stop(run)]))


def _box(text: str, name: str) -> str:
    return f"- [ ] {text} <!-- honk:box:{name} -->"


def _allow(run: Run) -> str:
    waits = run.state is State.PAUSED and run.pause is Pause.PROTECTED
    return _box("Let these files through", "allow") if waits else ""


def _merge(run: Run) -> str:
    """The commit stands in the box, so that a push behind a reader's back is not what they merge."""
    if not run.is_followed or run.pull is None or not run.head_sha or run.wish is not None:
        return ""
    return _box(f"Merge `{run.head_sha[:7]}` when CI is green", f"merge:{run.head_sha}")


def _revert(run: Run) -> str:
    return _box("Revert it", "revert") if is_merged(run) and run.pull is not None else ""


def _retry(run: Run) -> str:
    return _box("Try again", "retry") if run.is_done and not is_merged(run) else ""


def _stop(run: Run) -> str:
    if run.is_done:
        return ""
    return _box("Stop watching" if is_merged(run) else "Stop", "stop")
