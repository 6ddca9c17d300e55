"""GitHub and the model as they are on bad days."""

import re

import pytest

from ghapp.core.run import MAX_RECOVERIES, State
from ghapp.playground.faults import Fault
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import fix, report, script, write


def _label(octocat: Citizen) -> int:
    issue = octocat.open_issue()
    octocat.label(issue)
    return issue


def test_a_model_that_refuses_ends_the_run(town: Town, octocat: Citizen) -> None:
    """The model refuses to work on it, and I read that on the issue."""
    issue = _label(octocat)
    with town.model(script({"stop": "refusal"})):
        town.work()
    assert "**Honk** · failed" in town.status(issue)
    assert "The model refused to work on this request." in town.status(issue)


def test_a_wrong_key_is_the_operators_to_mend(town: Town, octocat: Citizen) -> None:
    """The model's key is wrong: the issue says that the operator has to set another, and not which it was."""
    issue = _label(octocat)
    with town.model(fix(), key="another key"):
        town.work()
    assert "does not accept the key it is given. The operator has to set another." in town.status(issue)
    assert "sk-ant" not in town.status(issue)


def test_a_busy_model_is_asked_again(town: Town, octocat: Citizen) -> None:
    """The model is overloaded for a moment, and the work goes on as if it had not been."""
    issue = _label(octocat)
    busy = {"status": 529, "retry_after": 0.01, "times": 3}
    with town.model(script(write("answer.txt", "42\n", fail=busy), report())):
        town.work()
    assert "waiting for CI" in town.status(issue)
    assert town.run(issue).epoch == 0


def test_a_model_that_stays_away_is_given_up_in_the_end(town: Town, octocat: Citizen) -> None:
    """The model is away for hours: Honk tries later, ever more seldom, and then says honestly that it failed."""
    issue = _label(octocat)
    away = {"status": 529, "retry_after": 0.01, "times": 1_000}
    with town.model(script(write("answer.txt", "42\n", fail=away), report())):
        town.work()
        assert "trying again in 30 s" in town.status(issue)
        while not town.run(issue).is_done:
            town.later(7_200)
    town.later(6)
    waits = re.findall(r"trying again in (\d+) s", town.transcript(issue))
    assert waits == [str(30 * 2**tries) for tries in range(MAX_RECOVERIES)]
    assert "**Honk** · failed" in town.status(issue)
    assert "Tried 6 times. the model did not reply in 5 tries" in town.status(issue)


def test_a_run_that_waits_for_its_next_try_can_be_stopped(town: Town, octocat: Citizen) -> None:
    """The model is away and Honk waits: I say stop, and it does not try again."""
    issue = _label(octocat)
    away = {"status": 529, "retry_after": 0.01, "times": 1_000}
    with town.model(script(write("answer.txt", "42\n", fail=away))) as model:
        town.work()
        asked = len(model.log())
        octocat.comment(issue, "/honk stop")
        town.work()
        town.later(7_200)
        assert len(model.log()) == asked
    assert "**Honk** · stopped" in town.status(issue)


@pytest.mark.parametrize(
    ("path", "how"), [(r"/pulls$", "answer"), (r"/pulls$", "cut"), (r"/check-runs$", "lose_answer")]
)
def test_a_write_that_fails_midway_is_made_once(path: str, how: str, town: Town, octocat: Citizen) -> None:
    """GitHub fails, or its answer is lost, while the pull request is made: in the end there is exactly one."""
    issue = _label(octocat)
    town.world.faults.add(Fault("POST", path, how))  # type: ignore[arg-type]
    with town.model(fix()) as model:
        town.work()
        assert town.run(issue).state is State.QUEUED
        town.later(31)
        assert len(model.log()) == 2
    assert town.the_pull().pull is not None
    assert len([one for one in town.world.repo(DEMO).checks.values() if one.name == "honk"]) == 1
    town.later(6)
    assert "waiting for CI" in town.status(issue)


def test_a_secondary_rate_limit_is_waited_for(town: Town, octocat: Citizen) -> None:
    """GitHub asks Honk to slow down for ten minutes, and Honk does."""
    issue = _label(octocat)
    town.world.faults.add(Fault("POST", r"/pulls$", status=403, headers={"Retry-After": "600"}))
    with town.model(fix()):
        town.work()
        assert round(town.run(issue).not_before - town.run(issue).history[-1].at) == 600
        town.later(300)
        assert town.pulls() == []
        town.later(301)
    town.later(6)
    assert "waiting for CI" in town.status(issue)
    assert len(town.pulls()) == 1


def test_a_limit_that_meets_a_wish_is_waited_for(town: Town, octocat: Citizen) -> None:
    """GitHub asks Honk to come later when it looks who labelled: no round of the clock asks again before that."""
    limit = Fault("GET", r"/collaborators/[^/]+/permission$", status=429, headers={"Retry-After": "600"})
    town.world.faults.add(limit)
    issue = _label(octocat)
    town.listen()
    for _ in range(3):
        town.tick()
        town.listen()
    assert town.world.issue(DEMO, issue).reactions == []
    assert town.records.inbox.wanted() == ()
    (pause,) = town.redis.scan_iter("honk:put-off:*")
    assert 500 < town.redis.ttl(pause) <= 600
    town.pauses_are_over()
    town.tick()
    town.listen()
    assert "queued" in town.status(issue)
    town.forget_jobs()


def test_comments_that_cannot_be_written_hold_nothing_up(town: Town, octocat: Citizen) -> None:
    """GitHub fails at every edit of the status comment; the work goes on, and the comment is right in the end."""
    issue = _label(octocat)
    town.listen()
    fault = town.world.faults.add(Fault("PATCH", r"/issues/comments/", status=500, times=1_000))
    with town.model(fix()):
        town.work()
    assert len(town.pulls()) == 1
    assert "queued" in town.status(issue)
    fault.times = 0
    town.later(6)
    assert "waiting for CI" in town.status(issue)


def test_git_that_fails_is_tried_again(town: Town, octocat: Citizen) -> None:
    """The push is refused by a server in trouble, and made at the next try with the same commit."""
    issue = _label(octocat)
    town.world.faults.add(Fault("*", r"\.git/git-receive-pack$", status=503))
    with town.model(fix()) as model:
        town.work()
        made = town.run(issue).candidate
        assert town.pulls() == []
        town.later(31)
        assert len(model.log()) == 2
    assert town.run(issue).head_sha == made
    town.later(6)
    assert "waiting for CI" in town.status(issue)


def test_a_branch_that_somebody_pushed_to_is_gone_on_with(town: Town, octocat: Citizen) -> None:
    """Between two tries I push to Honk's branch: it does not overwrite me, and its next commit stands on mine."""
    issue = _label(octocat)
    town.world.faults.add(Fault("POST", r"/pulls$"))
    with town.model(script(write("answer.txt", "42\n"), report(), report())):
        town.work()
        mine = octocat.push(town.run(issue).branch, {"answer.txt": "43\n"})
        town.work()
        town.later(31)
    town.later(6)
    pull = town.the_pull().pull
    assert pull is not None
    assert town.world.repo(DEMO).bare.commit(pull.head_sha).parents == (mine,)
    assert town.world.read(DEMO, "answer.txt", pull.head_ref) == "43\n"
    assert "waiting for CI" in town.status(issue)


def test_an_empty_repository_has_nothing_to_work_on(town: Town, octocat: Citizen) -> None:
    """The repository has no commit yet, and Honk says what to do."""
    bare = town.world.repo(DEMO).bare
    bare.delete_ref("refs/heads/main")
    issue = _label(octocat)
    with town.model(fix()):
        town.work()
    assert "This repository is empty. Push a first commit, then say `/honk retry`." in town.status(issue)


def test_retry_after_a_failure_is_a_new_run(town: Town, octocat: Citizen) -> None:
    """The model refused once; I say retry, and the second run has a comment and a branch of its own."""
    issue = octocat.open_issue()
    octocat.comment(issue, "/honk fix gently")
    with town.model(script({"stop": "refusal"})):
        town.work()
    assert "failed" in town.status(issue)
    octocat.comment(issue, "/honk retry")
    with town.model(fix(shown=["Instruction:\ngently"])):
        town.work()
    assert len(town.pulls()) == 1
    assert len(town.said(issue)) == 2
    assert "waiting for CI" in town.status(issue)


@pytest.mark.parametrize("turn", [0, 2], ids=["before it begins", "in the middle"])
def test_a_store_that_takes_nothing_is_waited_for(turn: int, town: Town, octocat: Citizen) -> None:
    """Redis is full, so that not even this can be recorded: once there is room again, the work is done."""
    issue = _label(octocat)
    town.listen()

    def fill() -> None:
        town.redis.config_set("maxmemory", "1")

    with town.model(fix(), before={turn: fill}):
        if not turn:
            fill()
        try:
            town.pump()
        finally:
            town.redis.config_set("maxmemory", "0")
        assert not town.run(issue).is_done
        town.redis.delete(f"honk:lease:{town.run(issue).id}")
        town.work()
        town.work()
    assert len(town.pulls()) == 1
    assert "waiting for CI" in town.status(issue)
