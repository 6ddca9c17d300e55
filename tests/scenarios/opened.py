"""A pull request of Honk's that is open already, as publishing leaves it, without any engine having run."""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from ghapp import bootstrap, jobs
from ghapp.core import messages
from ghapp.core.events import Actor
from ghapp.core.evidence import Check, CheckResult, Evidence, Outcome, Report, is_green
from ghapp.core.run import Request, Run, State, Step, Trigger
from ghapp.playground.state import Actor as Who
from ghapp.playground.state import Issue, Pull
from ghapp.playground.verbs import pulls, pushes
from ghapp.playground.views.people import stamp
from ghapp.playground.world import Person
from tests.scenarios.citizen import Files
from tests.scenarios.reading import DEMO

if TYPE_CHECKING:
    from tests.scenarios.town import Town

ROAD = (
    State.QUEUED,
    State.PREPARING,
    State.CODING,
    State.VERIFYING,
    State.JUDGING,
    State.PUBLISHING,
    State.AWAITING_CI,
)
PASSED = CheckResult(True, 0.1, "1 passed")
EVIDENCE = (Evidence(Check("tests", "sh check.sh"), PASSED, PASSED),)
REPORT = Report(Outcome.DONE, "The answer is 42 now.", ("42 is meant in decimal.",), "Run check.sh.")


@dataclass(frozen=True, repr=False)
class Opened:
    """An issue and the draft that answers it, by their numbers."""

    town: "Town"
    issue: int
    pull: int

    @property
    def itself(self) -> Issue:
        """The pull request in the world."""
        return self.town.world.pull(DEMO, self.pull)

    @property
    def part(self) -> Pull:
        """What it has beyond an issue."""
        part = self.itself.pull
        assert part is not None
        return part

    @property
    def head(self) -> str:
        """The sha of its head now."""
        return self.part.head_sha

    @property
    def branch(self) -> str:
        """Its branch."""
        return self.part.head_ref

    @property
    def run(self) -> Run:
        """The newest run of the issue, as its record is now."""
        return self.town.run(self.issue)

    @property
    def status(self) -> str:
        """The status comment, as it is now."""
        return self.town.status(self.issue)


def opened(town: "Town", person: Person, title: str, body: str, files: Files) -> Opened:
    """Open it for a person who labelled the issue. GitHub tells nobody: all of it was heard and dealt with before."""
    world = town.second()
    hook, world.app.hook_url = world.app.hook_url, None
    issue = person.open_issue(DEMO, title, body, ["honk"])
    run = _with_branch(town, _begun(town, person, issue), files)
    pull = pulls.open_pull(
        world,
        world.repo(DEMO),
        Who(world.app.bot, world.app),
        messages.pull_title(run),
        messages.pull_body(run, bootstrap.page(town.settings, run.key)),
        run.branch,
        "main",
        draft=True,
    )
    _keep(town, replace(run, pull=pull.number))
    world.app.hook_url = hook
    return Opened(town, issue.number, pull.number)


def _begun(town: "Town", person: Person, issue: Issue) -> Run:
    thread, now = town.thread(issue.number), town.clock.now()
    base = town.world.repo(DEMO).bare.branch("main")
    assert base is not None
    return Run(
        id=sha256(thread.key.encode()).hexdigest()[:10],
        key=f"page-of-{issue.number}",
        thread=thread,
        requester=Actor(person.user.id, person.user.login),
        trigger=Trigger(stamp(issue.created_at), label="honk"),
        request=Request(issue.title, issue.body or ""),
        created_at=now,
        model=town.settings.model,
        state=State.AWAITING_CI,
        history=tuple(Step(state, now) for state in ROAD),
        base_branch="main",
        base_sha=base,
        evidence=EVIDENCE,
        report=REPORT,
    )


def _with_branch(town: "Town", run: Run, files: Files) -> Run:
    """Push the one commit as the App does."""
    world = town.world
    co_author = f"{run.requester.login} <{run.requester.login}@example.invalid>"
    by, text = Who(world.app.bot, world.app), messages.commit_message(run, co_author)
    sha = pushes.commit(world, world.repo(DEMO), by, run.branch, files, text)
    return replace(run, candidate=sha, published=(sha,), head_sha=sha, quiet_since=run.created_at)


def _keep(town: "Town", run: Run) -> None:
    """Report, write the status comment, and keep the record, in the order of a real run's last steps.

    By the parts that the town's jobs go on with: one process did it all.
    """
    desk = jobs.desk(jobs.settings())
    assert run.pull is not None
    desk.inbox.alias(run.thread.repository, run.pull, run.thread.number)
    desk.inbox.follow(run.thread, run.head_sha)
    desk.follow_up.ci.checks.report(
        run.thread.repository,
        run.head_sha,
        conclusion="success" if is_green(run.evidence) else "failure",
        title=messages.check_title(run.evidence),
        summary=messages.evidence_table(run.evidence),
        url=bootstrap.page(town.settings, run.key),
    )
    assert desk.store.create(desk.status.open(run))
