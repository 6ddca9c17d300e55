"""Whatever arrives twice, late, or never: one run, one comment, one pull request."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from ghapp.core.run import State
from ghapp.playground.deliveries import Delivery, headers_of
from ghapp.playground.faults import Fault
from tests.scenarios.conftest import CONFIG
from tests.scenarios.test_words import PLAN
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import bash, fix, report, script


def _labelled(town: Town) -> Delivery:
    """The delivery that told of the label."""
    return next(one for one in town.world.deliveries.sent.values() if (one.event, one.action) == ("issues", "labeled"))


def test_a_delivery_that_comes_twice_is_one(town: Town, octocat: Citizen) -> None:
    """GitHub sends the same delivery again, and nothing happens twice."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    town.world.deliveries.again(_labelled(town))
    with town.model(fix()):
        town.work()
    assert len(town.said(issue)) == len(town.pulls()) == 1
    assert town.status(issue)


def test_fifty_deliveries_at_once_are_one_run(town: Town, octocat: Citizen) -> None:
    """Fifty copies of one delivery hit the front door at the same moment, and there is one run with one comment."""
    hook, town.world.app.hook_url = town.world.app.hook_url, "http://127.0.0.1:9/"
    issue = octocat.open_issue()
    octocat.label(issue)
    town.world.settle(ci=False)
    town.world.app.hook_url = hook
    delivery = _labelled(town)

    def send(_: int) -> int:
        with requests.Session() as session:
            session.trust_env = False
            headers = headers_of(delivery, town.world.app.webhook_secret)
            return session.post(str(hook), data=delivery.body, headers=headers, timeout=30).status_code

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(send, range(50))) == {202}
    town.listen()
    assert len(town.records.runs.unfinished()) == len(town.said(issue)) == 1
    with town.model(fix()):
        town.work()
    assert len(town.pulls()) == 1
    assert town.status(issue)


def test_one_label_told_by_delivery_and_by_sweep_is_one_run(town: Town, octocat: Citizen) -> None:
    """The delivery failed; the sweep finds the label and has the delivery sent again: still one run, no second word."""
    hook, town.world.app.hook_url = town.world.app.hook_url, "http://127.0.0.1:9/"
    issue = octocat.open_issue()
    octocat.label(issue)
    town.world.settle(ci=False)
    town.world.app.hook_url = hook
    assert town.redis.keys("honk:run:*") == []
    town.tick(sweep=True)
    with town.model(fix()):
        town.work()
    assert any(one.redelivery and one.action == "labeled" for one in town.world.deliveries.sent.values())
    assert len(town.pulls()) == len(town.said(issue)) == 1
    assert town.status(issue)


def test_a_label_that_was_never_told_is_found(town: Town, octocat: Citizen) -> None:
    """GitHub never sent the delivery at all, and ten minutes later the sweep finds the labelled issue."""
    hook, town.world.app.hook_url = town.world.app.hook_url, None
    issue = octocat.open_issue()
    octocat.label(issue, "Honk")
    town.world.settle(ci=False)
    town.world.app.hook_url = hook
    town.work()
    assert town.said(issue) == []
    with town.model(fix()):
        town.later(600, sweep=True)
        town.later(6)
    assert len(town.pulls()) == 1
    assert "waiting for CI" in town.status(issue)


@pytest.mark.parametrize("label", ["honk:plan", "Outline"])
def test_every_label_that_starts_a_run_is_found(town: Town, octocat: Citizen, label: str) -> None:
    """GitHub never told of it: neither of the one that asks for a plan, nor of one of the repository's own."""
    octocat.push("main", {".github/honk.yml": CONFIG + "labels: {outline: {kind: plan}}\n"})
    town.world.settle(ci=False)
    hook, town.world.app.hook_url = town.world.app.hook_url, None
    issue = octocat.open_issue()
    octocat.label(issue, label)
    town.world.settle(ci=False)
    town.world.app.hook_url = hook
    with town.model(script(PLAN)):
        town.later(600, sweep=True)
        town.later(6)
    assert "### Plan" in town.next_comment(issue)
    assert "**Honk** · planned" in town.status(issue)


def test_labels_are_looked_for_where_honk_yml_is_not_understood(town: Town, octocat: Citizen) -> None:
    """Those that every repository has: the person is told what is wrong with the file."""
    octocat.push("main", {".github/honk.yml": "labels: 5\n"})
    town.world.settle(ci=False)
    hook, town.world.app.hook_url = town.world.app.hook_url, None
    issue = octocat.open_issue()
    octocat.label(issue)
    town.world.app.hook_url = hook
    town.later(600, sweep=True)
    assert "`.github/honk.yml`" in town.next_comment(issue)


def test_a_label_by_someone_without_the_right_is_found_and_refused(town: Town, stranger: Citizen) -> None:
    """The sweep asks for the right of whoever put the label on, like the delivery would have."""
    hook, town.world.app.hook_url = town.world.app.hook_url, None
    issue = stranger.open_issue()
    stranger.label(issue)
    town.world.app.hook_url = hook
    town.later(600, sweep=True)
    town.later(600, sweep=True)
    assert "@stranger, `/honk fix` needs the role *write*" in town.next_comment(issue)


def test_a_lost_redis_is_rebuilt_from_github(town: Town, octocat: Citizen) -> None:
    """Redis is gone with all records: the sweep finds the pull request again and follows it; no second one is made."""
    opened = town.opened()
    issue, pull = opened.issue, opened.itself
    town.redis.flushdb()
    town.later(600, sweep=True)
    town.later(6)
    assert opened.run.state is State.AWAITING_CI
    town.ci_passes(pull)
    town.work()
    assert town.the_pull() is pull
    assert pull.pull is not None
    assert not pull.pull.draft
    assert "The answer is 42 now." in (pull.body or "")
    assert "| tests | ✅" in (pull.body or "")
    assert "| test | ✅ success |" in (pull.body or "")
    assert len(town.said(issue)) == 1
    assert "**Honk** · ready for review" in town.status(issue)
    octocat.merge(pull.number)
    town.work()
    assert "**Honk** · merged" in town.status(issue)


def test_a_run_that_was_found_again_can_be_worked_on(town: Town, octocat: Citizen) -> None:
    """Redis was gone, and then I ask for something else on the pull request: the operator's engine takes that up."""
    opened = town.opened()
    town.redis.flushdb()
    town.environ.setenv("HONK_ENGINE", "claude-code")
    town.later(600, sweep=True)
    octocat.comment(opened.pull, "/honk fix make it 43")
    with town.model(script(bash("echo 43 > answer.txt"), report())):
        town.work()
    assert opened.run.engine == "claude-code"
    assert town.world.read(DEMO, "answer.txt", opened.branch) == "43\n"
    assert "waiting for CI" in opened.status


def test_a_repository_that_cannot_be_looked_through_hides_no_other(town: Town, octocat: Citizen) -> None:
    """One repository has its issues switched off, and the sweep still finds what is lost in the next one."""
    town.world.repository("octo/aaa", {"README.md": "x"})
    hook, town.world.app.hook_url = town.world.app.hook_url, None
    issue = octocat.open_issue()
    octocat.label(issue)
    town.world.app.hook_url = hook
    town.world.faults.add(Fault("GET", r"/octo/aaa/issues$", status=410, times=10))
    town.world.faults.add(Fault("GET", r"/octo/aaa/pulls$", status=404, times=10))
    with town.model(fix()):
        town.later(600, sweep=True)
    town.later(6)
    assert "waiting for CI" in town.status(issue)


@pytest.fixture(autouse=True)
def one_comment_each(town: Town) -> Iterator[None]:
    """No run ever has two status comments."""
    yield
    for number in town.world.repo(DEMO).issues:
        markers = [one.body.partition("\n")[0] for one in town.said(number)]
        assert len(markers) == len(set(markers))


def test_what_was_done_is_not_begun_again_when_redis_is_lost(town: Town, octocat: Citizen) -> None:
    """The run ended and its issue still wears the label: without the record, its comment shows that it was done."""
    issue = octocat.open_issue()
    octocat.label(issue)
    with town.model(script(report("Looked.", outcome="no_change", reason="It is 42 already."))):
        town.work()
    assert "no change needed" in town.status(issue)
    town.redis.flushdb()
    town.later(600, sweep=True)
    assert town.redis.keys("honk:run:*") == []
    assert len(town.said(issue)) == 1


def test_a_label_of_last_week_is_left_alone(town: Town, octocat: Citizen) -> None:
    """Honk is new here, and finds an issue that has worn the label for long."""
    hook, town.world.app.hook_url = town.world.app.hook_url, None
    issue = octocat.open_issue()
    octocat.label(issue)
    town.world.app.hook_url = hook
    town.later(8 * 86_400, sweep=True)
    assert town.said(issue) == []
