"""A run is charged what the model's server has counted, also when a worker dies in the middle of a reply."""

import os
from pathlib import Path

import pytest

from tests.held_model import HeldModel, asserted_paid
from tests.whole.house import TINY_SCRIPT, house, tiny_files
from tests.whole.machine import adopting_orphans, below, kill

pytestmark = pytest.mark.xdist_group("crashes")

KEY = "sk-made-up"


def test_a_reply_is_paid_for_although_its_worker_is_killed(tmp_path: Path) -> None:
    """All of the worker is gone in the middle of a reply; its relay reads on, and the next worker asks again."""
    with HeldModel(TINY_SCRIPT, KEY) as model, adopting_orphans():
        settings = {"HONK_LEASE_SECONDS": "3", "HONK_TICK_SECONDS": "1"}
        settings |= {"ANTHROPIC_BASE_URL": model.url, "ANTHROPIC_API_KEY": KEY}
        with house(tmp_path, (), **settings) as home:
            thread = home.ask(home.repository("reply", tiny_files()))
            assert model.reached.wait(120)
            worker = home.part("worker")
            household = below(worker.pid)
            (relay,) = [one.pid for one in household if one.command.rstrip().endswith(" -m ghapp relay")]
            kill(worker.pid, *(one.pid for one in household if one.pid != relay))
            model.go.set()
            run = home.until_ready(thread)
            assert relay not in [one.pid for one in below(os.getpid())]
        assert run.recoveries == 1
        assert run.usage.calls == 3  # the reply that nobody heard, and the two turns of the script
        asserted_paid(run.usage, model.model.spent(), home.stage.settings.model)
        assert model.model.violations() == ()
