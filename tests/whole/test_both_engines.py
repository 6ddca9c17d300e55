"""The whole house with each engine: what people get at the end is the same."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from ghapp.core.evidence import is_green
from tests.whole.house import House, house, tiny_files

# What differs from run to run (addresses, commits, times, money), and by intention (who coded).
_VARIES = re.compile(r"https?://\S+|\b[0-9a-f]{7,40}\b|\d+(\.\d+)?|claude-code|messages")


def told(home: House) -> Mapping[str, object]:
    """What a person finds on GitHub after a run, without what varies."""
    name = home.repository("tiny", tiny_files())
    thread = home.ask(name)
    run = home.until_ready(thread)
    assert run.pull is not None
    assert is_green(run.evidence)
    shown = home.world.pull(name, run.pull)
    pull = shown.pull
    assert pull is not None
    return {
        "title": shown.title,
        "body": _VARIES.sub("…", shown.body or ""),
        "draft": pull.draft,
        "labels": sorted(label.name for label in shown.labels),
        "checks": home.world.check_outcomes(name, pull.head_sha),
        "diff": home.diff(run),
        "report": run.report,
    }


@pytest.mark.xdist_group("engines")
def test_both_engines_end_in_the_same_pull_request(tmp_path: Path) -> None:
    """The same issue and the same script, once with Claude Code's own program and once with our loop."""
    ends: list[Mapping[str, object]] = []
    for engine in ("claude-code", "messages"):
        with house(tmp_path / engine, HONK_ENGINE=engine) as home:
            ends.append(told(home))
    assert ends[0] == ends[1]
    assert "state" in str(ends[0]["body"])
