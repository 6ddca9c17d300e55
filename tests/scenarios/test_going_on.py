"""Another attempt on a pull request that is there: it goes on from what people see, and nothing of theirs is lost."""

from dataclasses import replace

import pytest

from ghapp import bootstrap
from ghapp.core.run import Conclusion, State
from ghapp.flow.attempt import Attempt
from ghapp.flow.publish import Publish
from tests.scenarios.conftest import CONFIG
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import bash, fix, report, script, tools, write

BOTH = tools(
    {"write": {"path": "answer.txt", "content": "42\n"}},
    {"write": {"path": "extra.txt", "content": "precious\n"}},
)


@pytest.fixture
def issue(town: Town, octocat: Citizen) -> int:
    """An issue that is asked for."""
    number = octocat.open_issue()
    octocat.label(number)
    return number


def test_a_word_on_the_pull_request_makes_the_next_commit(town: Town, octocat: Citizen, issue: int) -> None:
    """I ask for 43 on the pull request: the same conversation goes on, and a second commit stands on the first."""
    told = {**write("answer.txt", "43\n"), "shown": ["make it 43"]}
    with town.model(script(BOTH, report(), told, report())) as model:
        town.work()
        first = town.run(issue).head_sha
        town.ci_passes(town.the_pull())
        town.work()
        octocat.comment(town.the_pull().number, "/honk fix make it 43")
        town.work()
    pull = town.the_pull().pull
    assert pull is not None
    assert town.world.repo(DEMO).bare.commit(pull.head_sha).parents == (first,)
    assert town.world.read(DEMO, "answer.txt", pull.head_ref) == "43\n"
    assert town.world.read(DEMO, "extra.txt", pull.head_ref) == "precious\n"
    assert pull.draft
    assert [entry.turn for entry in model.log()] == [1, 2, 3, 4]
    assert "waiting for CI" in town.status(issue)


def test_a_persons_commit_is_taken_in(town: Town, octocat: Citizen, issue: int) -> None:
    """I push to Honk's branch and then ask for more: the next commit stands on mine, and my file is there."""
    with town.model(script(BOTH, report(), write("answer.txt", "43\n"), report())):
        town.work()
        mine = octocat.push(town.run(issue).branch, {"other.txt": "mine\n"})
        town.work()
        octocat.comment(town.the_pull().number, "/honk fix make it 43")
        town.work()
    pull = town.the_pull().pull
    assert pull is not None
    assert town.world.repo(DEMO).bare.commit(pull.head_sha).parents == (mine,)
    assert town.world.read(DEMO, "other.txt", pull.head_ref) == "mine\n"
    assert town.world.read(DEMO, "answer.txt", pull.head_ref) == "43\n"
    assert "waiting for CI" in town.status(issue)


def test_what_is_published_stays_when_the_records_are_gone(town: Town, octocat: Citizen, issue: int) -> None:
    """Conversation and work are too old and gone: the next attempt begins at the pull request's head."""
    with town.model(script(BOTH, report())):
        town.work()
    run = town.run(issue)
    town.redis.delete(f"honk:work:{run.id}", f"honk:lines:{run.id}")
    shown = ["The diff against the base commit:", "+precious"]
    with town.model(script({**write("answer.txt", "43\n"), "shown": shown}, report())):
        octocat.comment(town.the_pull().number, "/honk fix make it 43")
        town.work()
    assert town.world.read(DEMO, "extra.txt", run.branch) == "precious\n"
    assert town.world.read(DEMO, "answer.txt", run.branch) == "43\n"
    assert "The conversation with the agent was lost." in town.status(issue)


class Interrupted(Publish):
    """Publishes as ever, but dies when it is about to keep work on a branch."""

    def branch(self, attempt: Attempt, commit: str) -> None:
        """Die."""
        raise KeyboardInterrupt


def test_half_done_work_is_never_published_as_done(town: Town, octocat: Citizen, issue: int) -> None:
    """The budget ends, and the worker dies before it has parked the run: the next one works on, it does not publish."""
    octocat.push("main", {".github/honk.yml": CONFIG + "budget: {turns: 1}\n"})
    town.listen()
    town.forget_jobs()
    run = town.run(issue)
    with town.model(script(write("answer.txt", "half\n"), report())):
        work = bootstrap.execute(town.settings)
        dying = replace(work, publish=Interrupted(**vars(work.publish)))
        with pytest.raises(KeyboardInterrupt):
            dying.attempt(run.id, run.epoch, "a worker that dies")
        town.redis.delete(f"honk:lease:{run.id}")
        town.later(30)
    town.later(6)
    assert town.pulls() == []
    assert town.run(issue).state is State.PAUSED
    assert "**Honk** · paused" in town.status(issue)


def test_a_pull_request_that_is_closed_meanwhile_is_not_opened_again(town: Town, octocat: Citizen) -> None:
    """While the agent goes on, I close the pull request: the run ends, and there is no second one."""
    opened = town.opened()
    octocat.comment(opened.pull, "/honk fix make it 43")
    with town.model(fix("43\n"), before={2: lambda: octocat.close(opened.pull)}):
        town.work()
    assert len(town.pulls()) == 1
    assert opened.run.conclusion is Conclusion.CLOSED
    assert "**Honk** · closed" in opened.status


def test_what_was_taken_back_does_not_come_again(town: Town, octocat: Citizen, issue: int) -> None:
    """The agent deletes what it had made, the budget ends and is raised: the file is still gone."""
    octocat.push("main", {".github/honk.yml": CONFIG + "budget: {turns: 3}\n"})
    turns = (write("junk.txt", "junk\n"), bash("rm junk.txt"), bash("ls"), write("answer.txt", "42\n"), report())
    with town.model(script(*turns)):
        town.work()
        octocat.comment(issue, "/honk budget +2")
        town.work()
    assert town.next_comment(issue)
    assert town.world.read(DEMO, "junk.txt", town.run(issue).branch) is None
    assert town.world.read(DEMO, "answer.txt", town.run(issue).branch) == "42\n"
    assert "waiting for CI" in town.status(issue)
