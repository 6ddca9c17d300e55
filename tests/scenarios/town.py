"""A town to tell scenarios in: GitHub, the model and Redis on loopback, and Honk's real parts between them.

People act (`octocat.label(issue, "honk")`), the town works (`town.work()`), and the test reads what was said
(`town.next_comment(issue)`). There is no worker process: the test takes the jobs from the real queues and does them
with the code that a worker would run. Honk's clock is the town's, and a person's every act is a second later at GitHub.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from werkzeug.serving import WSGIRequestHandler, make_server

from ghapp import bootstrap, jobs
from ghapp.core.events import Repository, Thread
from ghapp.core.run import Run
from ghapp.flow.reconcile import Reconcile
from ghapp.playground.model import create_app
from ghapp.playground.model_reply import Reply
from ghapp.playground.model_request import ModelRequest
from ghapp.playground.model_turns import ScriptedModel
from ghapp.playground.script import Script
from ghapp.playground.state import Comment, Installation, Issue
from ghapp.playground.world import Person, World
from ghapp.queue import INTAKE, RUNS
from ghapp.records import Records, records
from ghapp.settings import Settings, from_environment

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

DEMO = "octo/demo"
STATUS = "<!-- honk:status:"


@contextmanager
def serving(application: "WSGIApplication") -> Iterator[str]:
    """An application on loopback; its address."""
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        pass


@contextmanager
def _signals_kept() -> Iterator[None]:
    """A job leaves SIGTERM ignored, for its process ends after it; this one goes on."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@dataclass(repr=False)
class TownClock:
    """The town's time (`ports.Clock`): the machine's, and what the test lets pass."""

    ahead: float = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self.ahead


class Model(ScriptedModel):
    """The scripted model, with something that happens in the town just before it gives a turn."""

    def __init__(self, scripts: Iterable[Script], before: dict[int, Callable[[], object]]) -> None:
        super().__init__(scripts)
        self._before = before
        self.troubles: list[BaseException] = []

    def answer(self, asked: ModelRequest) -> Reply:
        """The turn that is due."""
        happens = self._before.pop(asked.turn + 1, None)
        if happens is not None:
            try:
                happens()
            except BaseException as error:  # noqa: BLE001 - the edge of a server's thread: the test raises it
                self.troubles.append(error)
        return super().answer(asked)


@dataclass(repr=False)
class Town:
    """The town. Threads go by the number of their issue in `octo/demo`."""

    world: World
    redis: Redis
    data: Path
    environ: pytest.MonkeyPatch
    installation: Installation
    clock: TownClock = field(default_factory=TownClock)
    models: list[Model] = field(default_factory=list)
    _seconds: int = 0
    _read: set[tuple[int, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.world.clock = lambda: datetime.now(UTC) + timedelta(seconds=self._seconds)

    @property
    def settings(self) -> Settings:
        """The settings that the parts are started with."""
        return from_environment(os.environ)

    @property
    def records(self) -> Records:
        """Honk's own records."""
        return records(self.settings, patient=False)

    def second(self) -> World:
        """Let a second pass at GitHub, whose times know no fractions; the world."""
        self._seconds += 1
        return self.world

    @contextmanager
    def model(
        self, *scripts: Script, before: dict[int, Callable[[], object]] | None = None, key: str = "sk-ant-made-up"
    ) -> Iterator[Model]:
        """The model says what the scripts say while the block lasts; `before` a turn something else may happen."""
        made = Model(scripts, before or {})
        self.models.append(made)
        with serving(create_app(made, key)) as url:
            self.environ.setenv("ANTHROPIC_BASE_URL", url)
            jobs.settings.cache_clear()
            yield made

    # What Honk does

    def work(self) -> None:
        """Do all there is to do, let the pause between two edits pass, and do what comes of that."""
        self.pump()
        self.later(6)

    def later(self, seconds: float, *, sweep: bool = False) -> None:
        """Let time pass for Honk, and do what it does then."""
        self.clock.ahead += seconds
        for key in self.redis.scan_iter("honk:edited:*"):
            self.redis.delete(key)
        self.tick(sweep=sweep)
        self.pump()

    def tick(self, *, sweep: bool = False) -> None:
        """One round of the clock."""
        round_ = self.reconcile()
        round_.tick()
        if sweep:
            round_.sweep()

    def reconcile(self) -> Reconcile:
        """What the clock does, by the town's time."""
        made = bootstrap.reconcile(self.settings)
        return replace(made, clock=self.clock, status=replace(made.status, clock=self.clock))

    def pump(self) -> None:
        """Deliver what GitHub has to tell, and do the jobs in the queues until none is left."""
        self.world.settle(ci=False)
        while self._do_one(INTAKE) or self._do_one(RUNS):
            self.world.settle(ci=False)

    def listen(self) -> None:
        """Deliver and take in what happened, and start nothing."""
        self.world.settle(ci=False)
        while self._do_one(INTAKE):
            self.world.settle(ci=False)

    def listen_elsewhere(self) -> None:
        """The same in a process of its own, as it were: while the test's main thread is busy with an attempt."""
        self.world.settle(ci=False)
        for inbox in self.records.inbox.wanted():
            bootstrap.intake(self.settings).drain(inbox)

    def queue(self, name: str) -> "Queue":
        """One of the real queues."""
        return Queue(name, connection=self.redis, serializer=JSONSerializer)

    def forget_jobs(self) -> None:
        """Redis loses what waits for a worker; the records stay."""
        self.queue("honk-runs").empty()  # type: ignore[no-untyped-call]

    def _do_one(self, name: str) -> bool:
        waiting = self.queue(name).get_job_ids(0, 1)
        if not waiting:
            return False
        job = Job.fetch(waiting[0], connection=self.redis, serializer=JSONSerializer)
        self.redis.lpop(self.queue(name).key)
        with _signals_kept():
            job.func(*job.args)
        job.delete()
        return True

    # What there is to see

    def thread(self, number: int) -> Thread:
        """An issue as Honk names it."""
        return Thread(Repository(self.world.repo(DEMO).id, DEMO, self.installation.id), number)

    def run(self, number: int) -> Run:
        """The newest run of an issue."""
        run = self.records.runs.last_run(self.thread(number))
        assert run is not None, f"there is no run on #{number}"
        return run

    def pulls(self) -> list[Issue]:
        """Every pull request."""
        return self.world.pulls(DEMO)

    def the_pull(self) -> Issue:
        """The one pull request there is."""
        (pull,) = self.pulls()
        return pull

    def said(self, number: int) -> list[Comment]:
        """What the App said on a thread, oldest first."""
        return [one for one in self.world.comments(DEMO, number) if one.author.app is self.world.app]

    def status(self, number: int) -> str:
        """The newest status comment of an issue, as it is now."""
        found = [one for one in self.said(number) if one.body.startswith(STATUS)]
        assert found, f"there is no status comment on #{number}"
        self._read.update((one.id, "") for one in found)
        return found[-1].body

    def next_comment(self, number: int) -> str:
        """The oldest answer that was not read yet, without its hidden marker."""
        for one in self.said(number):
            if (one.id, one.body) not in self._read and not one.body.startswith(STATUS):
                self._read.add((one.id, one.body))
                return one.body.partition("-->\n")[2] or one.body
        pytest.fail(f"nothing new was said on #{number}")

    def transcript(self, number: int) -> str:
        """What the newest run did, line by line."""
        entries = self.records.transcripts.read(self.run(number).id)
        return "\n".join(f"{entry.kind}: {entry.text}" for entry in entries)

    def unread(self) -> list[str]:
        """Everything that the App said and the test did not look at."""
        said = (one for number in self.world.repo(DEMO).issues for one in self.said(number))
        return [one.body for one in said if (one.id, one.body) not in self._read and (one.id, "") not in self._read]

    def reports(self, sha: str, name: str, conclusion: str | None, status: str = "completed") -> None:
        """The repository's CI reports a check on a commit."""
        self.second().set_check(DEMO, sha, name, status, conclusion)

    def ci_passes(self, pull: Issue) -> None:
        """The one check of the repository's CI succeeds on the head."""
        assert pull.pull is not None
        self.reports(pull.pull.head_sha, "test", "success")

    def ci_fails(self, pull: Issue) -> None:
        """The one check of the repository's CI fails on the head."""
        assert pull.pull is not None
        self.reports(pull.pull.head_sha, "test", "failure")


@dataclass(frozen=True, repr=False)
class Citizen:
    """Someone in the town, and what people do there."""

    town: Town
    person: Person

    def open_issue(self, title: str = "The answer is wrong", body: str = "It must be 42.", *labels: str) -> int:
        """Open an issue; its number."""
        self.town.second()
        return self.person.open_issue(DEMO, title, body, labels).number

    def label(self, number: int, name: str = "honk") -> None:
        """Put a label on."""
        self.town.second()
        self.person.label(DEMO, number, name)

    def unlabel(self, number: int, name: str = "honk") -> None:
        """Take a label off."""
        self.town.second()
        self.person.unlabel(DEMO, number, name)

    def comment(self, number: int, body: str) -> Comment:
        """Write a comment."""
        self.town.second()
        return self.person.comment(DEMO, number, body)

    def edit_comment(self, comment: Comment, body: str) -> None:
        """Change a comment."""
        self.town.second()
        self.person.edit_comment(DEMO, comment, body)

    def delete_comment(self, comment: Comment) -> None:
        """Delete a comment."""
        self.town.second()
        self.person.delete_comment(DEMO, comment)

    def edit_issue(self, number: int, **changes: str) -> None:
        """Change an issue's title or body."""
        self.town.second()
        self.person.edit_issue(DEMO, number, **changes)

    def close(self, number: int) -> None:
        """Close an issue or a pull request."""
        self.town.second()
        self.person.close(DEMO, number)

    def push(self, branch: str, files: dict[str, str | bytes | None], message: str = "Do it by hand") -> str:
        """Push one commit to a branch; its sha."""
        self.town.second()
        return self.person.push(DEMO, branch, files, message)

    def ready(self, number: int, *, draft: bool = False) -> None:
        """Take a pull request out of draft, or put it back."""
        self.town.second()
        self.person.ready(DEMO, number, draft=draft)

    def merge(self, number: int) -> str:
        """Merge a pull request."""
        self.town.second()
        return self.person.merge(DEMO, number)
