"""The whole house as a person and an operator see it: ask for something, watch the run, lose a process."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.request import urlopen

from ghapp.cli.apps import OWNER
from ghapp.cli.stage import PERSON, Stage, set_up
from ghapp.core.events import Repository, Thread
from ghapp.core.run import Run, State
from ghapp.playground.script import Script, read_script
from ghapp.records import records
from tests.whole.holding import somebody_waits
from tests.whole.machine import Process, below

T = TypeVar("T")
_PATIENCE = 180.0

WORKFLOW = """
on: [push, pull_request]
jobs:
  tests:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: grep fixed state.txt
"""

TINY_SCRIPT = """
name: tiny
turns:
- tools:
  - bash: {command: "echo fixed > state.txt"}
  - verify: {}
- tools:
  - bash: {command: "echo fixed > state.txt"}
  - report: {outcome: done, summary: "The state is fixed.", assumptions: [], test_plan: "The check.", reason: ""}
- tools:
  - report: {outcome: done, summary: "The state is fixed.", assumptions: [], test_plan: "The check.", reason: ""}
"""
"""The model's part in a repository of `tiny_files`, also for an agent that goes on after its worker was lost."""


def tiny_files(check: str = "grep -q . state.txt") -> Mapping[str, str]:
    """A repository without set-up, whose only check is this command."""
    config = f"version: 1\nsetup: []\nverify:\n  - name: state\n    run: {check}\nci:\n  settle: 1\n"
    return {
        "state.txt": "broken\n",
        ".github/honk.yml": config,
        ".github/workflows/ci.yml": WORKFLOW,
    }


class House:
    """A running stage, and what tests do with it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.world = stage.playground.world
        kept = records(stage.settings)
        self.runs, self._transcripts = kept.runs, kept.transcripts
        self.work = Path(stage.environ["HONK_DATA"])
        self._now = time.monotonic()
        self._installation = self.world.install(OWNER).id

    def repository(self, name: str, files: Mapping[str, str] | None = None, path: Path | None = None) -> str:
        """Make `octo/NAME` of these files or of this folder, where the person may write."""
        full_name = f"{OWNER}/{name}"
        self.world.repository(full_name, files, path=path)
        self.world.person(PERSON, write=full_name)
        return full_name

    def ask(self, full_name: str, title: str = "The state is broken", body: str = "Please fix it.") -> Thread:
        """Open an issue and label it."""
        person = self.world.person(PERSON)
        number = person.open_issue(full_name, title, body).number
        person.label(full_name, number, "honk")
        return Thread(Repository(self.world.repo(full_name).id, full_name, self._installation), number)

    def until(self, found: Callable[[], T | None]) -> T:
        """What `found` finds at last, while the supervisor starts again what ends."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if (something := found()) is not None:
                return something
            self._supervise()
            time.sleep(0.02)
        raise AssertionError(f"it did not happen; {self._told()}")

    def until_ready(self, thread: Thread) -> Run:
        """The thread's run, once its pull request is ready for review; each gate is opened on the way."""

        def ready() -> Run | None:
            with somebody_waits(self.work):
                pass
            run = self.runs.last_run(thread)
            assert run is None or not run.is_done, f"{run.conclusion}: {run.reason}" if run else ""
            return run if run is not None and run.state is State.AWAITING_REVIEW else None

        return self.until(ready)

    @contextmanager
    def held_in(self, thread: Thread, state: State) -> Iterator[Run]:
        """The thread's run, while its check waits at the gate in this state."""

        with ExitStack() as held:

            def there() -> Run | None:
                with ExitStack() as look:
                    waits = look.enter_context(somebody_waits(self.work))
                    run = self.runs.last_run(thread)
                    if not waits or run is None or run.state is not state:
                        return None
                    held.push(look.pop_all())
                    return run

            yield self.until(there)

    def diff(self, run: Run) -> str:
        """The change, as the run's page shows it."""
        return next(entry.text for entry in self._transcripts.read(run.id) if entry.kind == "diff")

    def part(self, name: str) -> Process:
        """The process of one of Honk's parts; `honk web` has become gunicorn."""
        words = "ghapp.web.wsgi" if name == "web" else f" -m ghapp {name} "
        return self.until(lambda: next((one for one in below(os.getpid()) if words in one.command), None))

    def until_open(self) -> None:
        """Wait until the front door answers."""

        def answers() -> bool | None:
            try:
                with urlopen(f"http://127.0.0.1:{self.stage.settings.port}/healthz", timeout=5):
                    return True
            except OSError:
                return None

        self.until(answers)

    def _supervise(self) -> None:
        """Start again what ended, at once: each look is an hour after the last, so no pause holds it back."""
        self._now += 3600
        self.stage.household.mend(self._now)

    def _told(self) -> str:
        logs = sorted(self.work.parent.glob("logs/*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-2000:]}" for log in logs)


@contextmanager
def house(data: Path, scripts: tuple[Script, ...] = (), **more: str) -> Iterator[House]:
    """A house in `data` with the quicker engine and no judge, whose world has nothing to object to at the end."""
    settings = {"HONK_ENGINE": "messages", "HONK_JUDGE": "off", **more}
    with set_up(data, scripts or (read_script(TINY_SCRIPT, "tiny.yml"),), live=False, more=settings) as stage:
        yield House(stage)
        stage.playground.world.settle()
        assert stage.violations() == ()
