"""A thousand random afternoons of one pull request: pushes, reviews, words, CI and the base in any order.

Whatever happens, nothing is merged but a commit that somebody with the right has named, with its required check from
its source and an approval that counts; and what is in order is merged. No engine runs, and deliveries come as they
like: Honk looks when the rule `honk_looks` says so, and hears of all else only then.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import unquote

import pytest
from github.Requester import Requester
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from werkzeug.test import run_wsgi_app

from ghapp import bootstrap
from ghapp.core.events import Actor, BoxTicked, ChecksChanged, CommentCreated, Event, IssueText
from ghapp.core.run import Request, Run, State, Step, Trigger
from ghapp.flow.intake import Intake
from ghapp.playground.mergeability import mergeability
from ghapp.playground.rest import door
from ghapp.playground.server import ROUTES, create_app
from ghapp.playground.state import Actor as Who
from ghapp.playground.state import CheckRun, Review
from ghapp.playground.verbs import issues, pulls, pushes
from ghapp.playground.views.people import stamp
from tests.scenarios.opened import Opened
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.wishes import citizen, pushed_back

ACTIONS = "github-actions"
PEOPLE = st.sampled_from(["asker", "ada", "bob"])
APPS = st.sampled_from([ACTIONS, ACTIONS, "other-ci"])
WINDOWS = st.sampled_from(
    [
        ("PUT", r"/pulls/\d+/merge$"),
        ("GET", r"/pulls/\d+/reviews$"),
        ("GET", r"/rules/branches/main$"),
        ("GET", r"/check-runs$"),
        ("GET", r"/activity$"),
        ("POST", r"/graphql$"),
    ]
)
SHARES = 4
SETTINGS = settings(
    max_examples=1_000 // SHARES,
    stateful_step_count=8,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def files() -> dict[str, str | bytes | None]:
    """A repository without workflows: CI is what the rules report."""
    config = "setup: []\nverify: [{name: tests, run: 'true'}]\nci: {settle: 0, rounds: 0}\nreviews: {settle: 3600}\n"
    return {".github/honk.yml": config, "README.md": "# Demo\n"}


class Beside:
    """A connection of PyGithub's that asks the playground's own application in this process, without a socket.

    A thousand afternoons are a hundred thousand questions, and most of each one's time would be the way there.
    """

    rest: Any = None
    rest_of_it: Any = None

    def __init__(self, host: str, port: int | None = None, *_: object, **__: object) -> None:
        self.host, self.port = host, port

    def request(self, verb: str, url: str, body: str | None, headers: dict[str, str], stream: bool = False) -> None:
        """Keep what is asked until the answer is wanted."""
        path, _, query = url.partition("?")
        raw = (body or "").encode()
        self.environ: dict[str, Any] = {
            "REQUEST_METHOD": verb,
            "PATH_INFO": unquote(path),
            "QUERY_STRING": query,
            "SERVER_NAME": self.host,
            "SERVER_PORT": str(self.port),
            "HTTP_HOST": f"{self.host}:{self.port}",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(raw),
            "CONTENT_LENGTH": str(len(raw)),
            "CONTENT_TYPE": headers.get("Content-Type", ""),
            **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
        }

    def getresponse(self) -> "Beside":
        """Ask."""
        app = self.rest if self.environ["PATH_INFO"].startswith("/api/v3/") else self.rest_of_it
        body, status, headers = run_wsgi_app(app, self.environ, buffered=True)
        self.status, self.headers, self.text = int(status[:3]), dict(headers), b"".join(body).decode()
        return self

    def getheaders(self) -> list[tuple[str, str]]:
        """The headers of the answer."""
        return list(self.headers.items())

    def read(self) -> str:
        """Its body."""
        return self.text

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def beside(town: Town) -> Iterator[None]:
    """PyGithub asks the town's world directly while the test lasts."""
    Beside.rest, Beside.rest_of_it = door.api_app(town.world, ROUTES), create_app(town.world)
    Requester.injectConnectionClasses(Beside, Beside)  # type: ignore[arg-type]
    yield
    Requester.resetConnectionClasses()


@dataclass(repr=False)
class Street:
    """What all examples share: the town, its people, and the real intake over the town's clock."""

    town: Town
    asker: Citizen
    ada: Citizen
    bob: Citizen
    stranger: Citizen
    intake: Intake
    clock: Callable[[], datetime]
    count: int = 0
    afternoons: int = 0
    merged: int = 0
    finished: int = 0

    def opens(self, files: dict[str, str | bytes | None]) -> Opened:
        """A pull request as `town.opened` leaves it, with a status comment that nobody has written."""
        self.afternoons += 1
        self.turns_the_clock_back()
        town, world = self.town, self.town.second()
        repository, bot = world.repo(DEMO), Who(world.app.bot, world.app)
        issue = self.asker.open_issue("The answer is wrong", "It must be 42.", "honk")
        thread, now, base = town.thread(issue), town.clock.now(), repository.bare.branch("main") or ""
        run = Run(
            id=f"run{issue}",
            key=f"page-{issue}",
            thread=thread,
            requester=actor(self.asker),
            trigger=Trigger(stamp(world.now()), label="honk"),
            request=Request("The answer is wrong", "It must be 42."),
            created_at=now,
            state=State.AWAITING_CI,
            history=(Step(State.AWAITING_CI, now),),
            base_branch="main",
            base_sha=base,
            quiet_since=now,
        )
        head = pushes.commit(world, repository, bot, run.branch, files, "Mend it")
        pull = pulls.open_pull(world, repository, bot, "Mend it", "", run.branch, "main", draft=True).number
        status = issues.comment(world, repository, bot, world.issue(DEMO, issue), f"<!-- honk:status:{run.id} -->").id
        kept = town.records
        kept.inbox.alias(thread.repository, pull, issue)
        assert kept.runs.create(
            replace(run, pull=pull, status_comment=status, head_sha=head, candidate=head, published=(head,))
        )
        return Opened(town, issue, pull)

    def turns_the_clock_back(self) -> None:
        """Each act is a second at GitHub; after a thousand afternoons its clock would be ahead of every token's end."""
        shift = self.clock() - datetime.now(UTC)
        self.town.world.clock = lambda: self.clock() - shift

    def person(self, login: str) -> Citizen:
        """Somebody who lives there."""
        found: Citizen = getattr(self, login)
        return found

    def hears(self, event: Event) -> None:
        """A delivery arrives."""
        self.count += 1
        self.intake.inbox.add(f"delivery-{self.count}", event)


class Afternoons(RuleBasedStateMachine):
    """One pull request, and everything that may happen to it."""

    def __init__(self, street: Street) -> None:
        super().__init__()
        self.street, self.town, self.world = street, street.town, street.town.world
        self.world.grant(DEMO, "bob", "write")
        street.count += 1
        self.file = f"change-{street.count}.txt"
        self.pull = street.opens({self.file: "42\n"})
        self.heads = [self.pull.head]
        self.named: dict[str, set[str]] = {}
        self.spoiled = True  # no word stands, or something has come since that may end it
        self.reporting: set[str] = set()
        self.words = 0
        self.looked_at_merge = False

    # What people do

    @precondition(lambda self: self.is_open)
    @rule(who=PEOPLE, data=st.booleans())
    def pushes(self, who: str, data: bool) -> None:
        """A person pushes to the branch, or forces it back to what it was first."""
        person, branch = self.street.person(who), self.pull.branch
        if data and self.pull.head != self.heads[0]:
            pushed_back(self.town, person, branch, self.heads[0])
        else:
            self.heads.append(person.push(branch, {f"push-{len(self.heads)}.txt": self.file}))
        self.spoiled = True

    @precondition(lambda self: self.is_open)
    @rule(who=PEOPLE)
    def approves(self, who: str) -> None:
        """Also who asked for the change, whose approval does not count."""
        self.street.person(who).approve(self.pull.pull)

    @precondition(lambda self: self.is_open)
    @rule(who=PEOPLE)
    def requests_changes(self, who: str) -> None:
        """An objection, without a word that the agent could go by."""
        self.street.person(who).request_changes(self.pull.pull, "")
        self.spoiled = True

    @precondition(lambda self: self.is_open and self.verdicts)
    @rule(which=st.integers(0, 7))
    def dismisses(self, which: int) -> None:
        """An approval or an objection is dismissed, the newest or an older one."""
        self.street.asker.dismiss(self.pull.pull, self.verdicts[-1 - which % len(self.verdicts)])

    @precondition(lambda self: self.is_open and self.words < 3)
    @rule(who=st.sampled_from(["asker", "ada", "bob", "stranger"]))
    def says_merge(self, who: str) -> None:
        """`/honk merge`, by somebody who may or may not."""
        person = self.street.person(who)
        self.words += 1
        said = person.comment(self.pull.pull, "/honk merge")
        self.wishes(who, self.pull.head)
        issue = self.pull.itself
        self.street.hears(
            CommentCreated(
                thread=self.town.thread(self.pull.pull),
                actor=actor(person),
                comment=said.id,
                body=said.body,
                issue=IssueText(issue.title, issue.body or "", actor(person)),
                created_at=stamp(said.created_at),
                on_pull=True,
                place=self.pull.pull,
            )
        )

    @precondition(lambda self: self.is_open)
    @rule(who=PEOPLE, old=st.booleans())
    def ticks_the_box(self, who: str, old: bool) -> None:
        """The box of the head, or one that still shows the first head."""
        sha = self.heads[0] if old else self.pull.head
        at = stamp(self.town.second().now())
        comment = self.pull.run.status_comment
        assert comment is not None
        thread = self.town.thread(self.pull.issue)
        self.street.hears(BoxTicked(thread, actor(self.street.person(who)), comment, "merge", sha, at))
        if sha == self.pull.head:
            self.wishes(who, sha)

    @rule()
    def loses_or_gets_the_role(self) -> None:
        """Bob's role is withdrawn, or given back."""
        self.world.grant(DEMO, "bob", "read" if self.may("bob") else "write")
        self.spoiled = True

    @precondition(lambda self: self.is_open)
    @rule()
    def closes(self) -> None:
        """Somebody closes it."""
        self.street.bob.close(self.pull.pull)
        self.spoiled = True

    @precondition(lambda self: not self.is_open and not self.is_merged)
    @rule()
    def reopens(self) -> None:
        """And opens it again."""
        self.street.bob.reopen(self.pull.pull)

    # What machines do

    @precondition(lambda self: self.is_open)
    @rule(app=APPS, result=st.sampled_from(["success", "success", "failure", None]))
    def ci_reports(self, app: str, result: str | None) -> None:
        """The required check, from its source or from another App: green, red, or going on."""
        self.town.reports(self.pull.head, "test", result, "completed" if result else "in_progress", app=app)
        self.reporting.add(app)
        if result == "failure":
            self.spoiled = True

    @precondition(lambda self: self.is_open)
    @rule(conflicts=st.booleans())
    def base_moves(self, conflicts: bool) -> None:
        """Main goes on, elsewhere or in the same file."""
        self.street.count += 1
        name = self.file if conflicts else f"news-{self.street.count}.txt"
        self.town.base_moves({name: f"{self.street.count}\n"})
        self.spoiled = self.spoiled or conflicts

    # What Honk does

    @rule()
    def honk_looks(self) -> None:
        """All that was heard is acted on, and the pull request is looked at."""
        run = self.pull.run
        self.street.hears(ChecksChanged(run.thread, run.head_sha, "poll"))
        self.street.intake.drain(run.thread.key)

    @precondition(lambda self: self.is_open)
    @rule(window=WINDOWS, what=st.sampled_from(["push", "red", "close"]))
    def something_happens_while_honk_looks(self, window: tuple[str, str], what: str) -> None:
        """Just before one of its questions is answered, the world moves on."""
        acts = {
            "push": lambda: self.pushes("ada", False),
            "red": lambda: self.ci_reports(ACTIONS, "failure"),
            "close": self.closes,
        }
        coming = self.world.faults.meanwhile(*window, acts[what])
        self.honk_looks()
        if coming in self.world.faults.coming:
            self.world.faults.coming.remove(coming)

    # What must be true

    @invariant()
    def nothing_is_merged_but_what_may_be(self) -> None:
        """Looked at once, when the merge is seen first: by then nothing has happened since."""
        if not self.is_merged or self.looked_at_merge:
            return
        self.looked_at_merge = True
        self.street.merged += 1
        head = self.pull.head
        assert any(self.may(who) for who in self.named.get(head, ())), "nobody with the right named that commit"
        assert self.required_check(head) == "success"
        words = self.last_words()
        assert any(words.get(who) == "APPROVED" and self.may(who) for who in ("ada", "bob")), "no approval that counts"
        assert "CHANGES_REQUESTED" not in {word for who, word in words.items() if self.may(who)}

    def teardown(self) -> None:
        """Where a word stands and nothing spoils it, what is lacking comes, and it is merged."""
        self.world.faults.coming.clear()
        if self.is_open and not self.spoiled:
            self.street.ada.approve(self.pull.pull)
            for app in sorted({*self.reporting, ACTIONS}):
                self.town.reports(self.pull.head, "test", "success", app=app)
            self.honk_looks()
            self.nothing_is_merged_but_what_may_be()
            assert self.is_merged, "it was in order, and was not merged"
            self.street.finished += 1

    # What the rules ask

    @property
    def is_open(self) -> bool:
        """Whether it is open."""
        return self.pull.itself.state == "open"

    @property
    def is_merged(self) -> bool:
        """Whether it is merged."""
        return self.pull.part.merged_at is not None

    def may(self, who: str) -> bool:
        """Whether this person may write now."""
        role = self.world.repo(DEMO).role_of(self.street.person(who).person.user)
        return role in ("write", "maintain", "admin")

    def wishes(self, who: str, sha: str) -> None:
        """Somebody names a commit. The word stands unless something is against it already."""
        if not self.may(who):
            return
        self.named.setdefault(sha, set()).add(who)
        objection = "CHANGES_REQUESTED" in self.last_words().values()
        red = any(one.conclusion == "failure" for one in self.checks(sha))
        shown = mergeability(self.world.repo(DEMO), self.pull.itself, self.pull.part)
        self.spoiled = self.was_closed or objection or red or shown.state == "dirty"

    @property
    def was_closed(self) -> bool:
        """Whether Honk has seen it closed, and follows it no more."""
        return self.pull.run.is_done

    def checks(self, sha: str) -> list[CheckRun]:
        """All reports of the check on a commit."""
        return [one for one in self.world.repo(DEMO).checks.values() if one.head_sha == sha and one.name == "test"]

    def required_check(self, sha: str) -> str | None:
        """How the check stands by its source."""
        found = [one for one in self.checks(sha) if one.suite.app.slug == ACTIONS]
        return found[-1].conclusion if found else None

    @property
    def verdicts(self) -> list[Review]:
        """Approvals and objections that stand, oldest first."""
        return [one for one in self.pull.part.reviews if one.state in ("APPROVED", "CHANGES_REQUESTED")]

    def last_words(self) -> dict[str, str]:
        """Each person's last verdict; one that was dismissed is none, and brings no older one back."""
        given = [one for one in self.pull.part.reviews if one.state != "COMMENTED"]
        return {one.author.user.login: one.state for one in given}


def actor(person: Citizen) -> Actor:
    """A person as deliveries name them."""
    return Actor(person.person.user.id, person.login)


@pytest.mark.parametrize("share", range(SHARES))
def test_a_thousand_afternoons(share: int, town: Town, beside: None, stranger: Citizen) -> None:
    """Whatever people, machines and time do in between, only what may be merged is, and what is in order is."""
    world = town.world
    world.app.hook_url = None  # the rules say what is heard, and when
    world.contract = None  # every other scenario holds these very answers to GitHub's descriptions
    world.limits.requests_an_hour = world.limits.writes_a_minute = world.limits.writes_an_hour = 10**9
    world.ruleset(DEMO, "main", "test", approvals=1, sources={"test": ACTIONS})
    intake, clock = bootstrap.intake(town.settings), world.clock
    street = Street(town, citizen(town, "asker"), citizen(town, "ada"), citizen(town, "bob"), stranger, intake, clock)
    try:
        make = seed(share)(lambda: Afternoons(street))  # the same afternoons each time, and others in each share
        run_state_machine_as_test(make, settings=SETTINGS)  # type: ignore[arg-type] # a factory will do
    finally:
        for inbox in intake.inbox.wanted():
            intake.drain(inbox)
        town.forget_jobs()  # nobody works here,
        world.repo(DEMO).comments.clear()  # and nobody reads thousands of comments
    assert street.finished > street.afternoons / 40, "the afternoons were too stormy to say anything"
