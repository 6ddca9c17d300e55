"""A town to tell scenarios in: GitHub, the model and Redis on loopback, and Honk's real parts between them.

People act (`octocat.label(issue, "honk")`), the town works (`town.work()`), and the test reads what was said
(`town.next_comment(issue)`). There is no worker process: the test takes the jobs from the real queues and does them
with the code that a worker would run. Honk's clock is the town's, and a person's every act is a second later at GitHub.
"""

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
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
from ghapp.playground.slack.workspace import SlackWorkspace
from ghapp.playground.state import CheckRun, Installation, Issue
from ghapp.playground.world import World
from ghapp.queue import INTAKE, RUNS
from ghapp.records import Records, records
from ghapp.settings import Settings, from_environment
from tests.scenarios.citizen import Citizen, Files
from tests.scenarios.opened import Opened, opened
from tests.scenarios.reading import DEMO, STATUS, Reading

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["DEMO", "STATUS", "Citizen", "Town", "serving"]


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


@lru_cache(maxsize=1)
def _clock(chosen: Settings) -> Reconcile:
    """The clock's parts, kept with their connections and tokens as in the process that it has."""
    return bootstrap.reconcile(chosen)


@lru_cache(maxsize=1)
def _records(chosen: Settings) -> Records:
    """Honk's records, over one connection for as long as the settings are these."""
    return records(chosen, patient=False)


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
class Town(Reading):
    """The town. Threads go by the number of their issue in `octo/demo`."""

    redis: Redis
    data: Path
    environ: pytest.MonkeyPatch
    installation: Installation
    clock: TownClock = field(default_factory=TownClock)
    models: list[Model] = field(default_factory=list)
    chats: list[SlackWorkspace] = field(default_factory=list)
    _seconds: int = 0

    def __post_init__(self) -> None:
        self.world.clock = lambda: datetime.now(UTC) + timedelta(seconds=self._seconds)

    @property
    def settings(self) -> Settings:
        """The settings that the parts are started with."""
        return from_environment(os.environ)

    @property
    def records(self) -> Records:
        """Honk's own records."""
        return _records(self.settings)

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
        self.pass_time(seconds)
        self.tick(sweep=sweep)
        self.pump()

    def pass_time(self, seconds: float) -> None:
        """For Honk, and for what Redis keeps between two edits of a message."""
        self.clock.ahead += seconds
        for key in self.redis.scan_iter("honk:edited:*"):
            self.redis.delete(key)

    def tick(self, *, sweep: bool = False) -> None:
        """One round of the clock."""
        round_ = self.reconcile()
        round_.tick()
        if sweep:
            round_.sweep()

    def pauses_are_over(self) -> None:
        """What GitHub and Slack asked us to wait has passed; Redis counts that, by a clock of its own."""
        for pattern in ("honk:pause:*", "honk:put-off:*"):
            for name in self.redis.scan_iter(pattern):
                self.redis.delete(name)

    def reconcile(self) -> Reconcile:
        """What the clock does, by the town's time."""
        made = _clock(self.settings)
        return replace(made, clock=self.clock, status=replace(made.status, clock=self.clock))

    def pump(self) -> None:
        """Deliver what GitHub and the chat have to tell, and do the jobs in the queues until none is left."""
        self._deliver()
        while self._do_one(INTAKE) or self._do_one(RUNS):
            self._deliver()

    def listen(self) -> None:
        """Deliver and take in what happened, and start nothing."""
        self._deliver()
        while self._do_one(INTAKE):
            self._deliver()

    def _deliver(self) -> None:
        self.world.settle(ci=False)
        for chat in self.chats:
            chat.settle()

    def do_one(self) -> None:
        """Take in what is first in the queue, and nothing else."""
        assert self._do_one(INTAKE), "nothing waits"

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
        taken = self.redis.lpop(self.queue(name).key)
        if taken is None:
            return False
        assert isinstance(taken, bytes)
        job = Job.fetch(taken.decode(), connection=self.redis, serializer=JSONSerializer)
        with _signals_kept(), warnings.catch_warnings():
            # A signal ends an overtaken attempt wherever it is, also where a socket is made and nobody has it yet.
            warnings.filterwarnings("ignore", "unclosed <socket", ResourceWarning)
            job.func(*job.args)
        self.redis.delete(job.key)  # as a worker's horse does with a result that is kept for no time
        return True

    def opened(
        self,
        title: str = "The answer is wrong",
        body: str = "It must be 42.",
        files: Files | None = None,
        *,
        by: Citizen | None = None,
    ) -> Opened:
        """Begin with a draft of ours that is open and waits for CI: no engine has run. `by` asked for it, or octocat.

        GitHub has told all of this already, so the first thing that is heard is what the test does.
        """
        person = by.person if by else self.world.person("octocat", write=DEMO)
        return opened(self, person, title, body, {"answer.txt": "42\n"} if files is None else files)

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

    def transcript(self, number: int) -> str:
        """What the newest run did, line by line."""
        entries = self.records.transcripts.read(self.run(number).id)
        return "\n".join(f"{entry.kind}: {entry.text}" for entry in entries)

    # What others do, machines and passers-by

    def reports(
        self,
        sha: str,
        name: str,
        conclusion: str | None,
        status: str = "completed",
        *,
        app: str | None = None,
        log: str = "",
        **output: object,
    ) -> CheckRun:
        """A CI reports a check on a commit: the repository's workflows, or the App with the slug `app`.

        `log` is what its job printed; `output` are `title`, `summary`, `text` and `annotations`.
        """
        if not log:
            return self.second().set_check(DEMO, sha, name, status, conclusion, app=app, **output)
        # Whoever hears that it has ended may read the log at once.
        check = self.second().set_check(DEMO, sha, name, "in_progress", app=app)
        self.world.set_log(DEMO, check, log)
        return self.world.set_check(DEMO, sha, name, status, conclusion, app=app, **output)

    def status_reports(
        self,
        sha: str,
        context: str,
        state: str,
        description: str = "",
        url: str | None = None,
        *,
        app: str | None = None,
    ) -> None:
        """A service, or the App with the slug `app`, reports a commit status: error, failure, pending or success."""
        self.second().set_status(DEMO, sha, context, state, description, url=url, app=app)

    def ci_passes(self, what: "Issue | Opened | str") -> None:
        """The one check of the repository's CI succeeds on this commit, or on the head of this pull request."""
        self.reports(_sha(what), "test", "success")

    def ci_fails(self, what: "Issue | Opened | str", log: str = "") -> None:
        """The same check fails, and printed this."""
        self.reports(_sha(what), "test", "failure", log=log)

    def base_moves(self, files: Files, message: str = "Go on with main") -> str:
        """Somebody else pushes a commit to the default branch; its sha."""
        self.second()
        return self.world.person("passer-by", write=DEMO).push(DEMO, "main", files, message)

    def workflow_ends(self, run: int, conclusion: str = "success") -> None:
        """A run of a workflow ends, with all its jobs."""
        self.second().end_run(DEMO, run, conclusion)

    def deployed(self, environment: str, state: str = "success", url: str = "") -> None:
        """The newest deployment to an environment is said to stand so."""
        found = [one for one in self.second().deployments(DEMO) if one.environment == environment]
        assert found, f"nothing was deployed to {environment}"
        self.world.deploy_status(DEMO, found[-1].id, state, url)


def _sha(what: "Issue | Opened | str") -> str:
    if isinstance(what, Opened):
        return what.head
    if isinstance(what, Issue):
        assert what.pull is not None, "an issue has no head"
        return what.pull.head_sha
    return what
