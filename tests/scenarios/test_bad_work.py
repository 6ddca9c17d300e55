"""The model as attacker, liar and failure: each ends in a clear word, with the work kept and nothing else touched."""

from collections.abc import Callable, Iterator

import pytest

from ghapp.core.run import Conclusion
from tests.scenarios.conftest import CHECK, CONFIG
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import bash, fix, report, script, tools, write

Ask = Callable[[], int]


@pytest.fixture
def asked(town: Town, octocat: Citizen) -> Iterator[Callable[[], int]]:
    """Ask for a fix on a new issue; whatever is done then, only the run's own branch may come of it."""
    before: dict[str, str] = {}

    def ask() -> int:
        issue = octocat.open_issue()
        octocat.label(issue)
        town.listen()
        before.update(town.world.repo(DEMO).bare.refs())
        return issue

    yield ask
    after = town.world.repo(DEMO).bare.refs()
    assert before.items() <= after.items()
    assert all(name.startswith(("refs/heads/honk/", "refs/pull/")) for name in after.keys() - before.keys())


def test_an_agent_that_finds_nothing_to_change_says_so(town: Town, asked: Ask) -> None:
    """The agent reports that no change is needed, and its reason is on the issue."""
    issue = asked()
    with town.model(script(report("Nothing to do.", "no_change", "41 is right: see @octocat in #1."))):
        town.work()
    assert "**Honk** · no change needed" in town.status(issue)
    assert "41 is right: see @\u2060octocat in #\u20601." in town.status(issue)
    assert town.pulls() == []


def test_an_agent_that_needs_a_person_says_what_for_and_keeps_its_work(town: Town, asked: Ask) -> None:
    """The agent cannot decide alone: I read what it needs, and find what it did on a branch."""
    issue = asked()
    words = report("Half done.", "needs_person", "Which 42: the number or the text?")
    with town.model(script(write("answer.txt", "42\n"), words)):
        town.work()
    assert "**Honk** · needs a person" in town.status(issue)
    assert "Which 42: the number or the text?" in town.status(issue)
    assert f"What was done is on the branch `{town.run(issue).branch}`." in town.status(issue)
    assert town.world.read(DEMO, "answer.txt", town.run(issue).branch) == "42\n"


def test_an_agent_that_says_done_without_a_change_is_not_believed(town: Town, asked: Ask) -> None:
    """The agent claims to be done three times over, and there is no pull request without a change."""
    issue = asked()
    with town.model(script(*[report("All done.") for _ in range(4)])):
        town.work()
    assert "The agent says it is done, but changed nothing. Its words: All done." in town.status(issue)
    assert town.run(issue).conclusion is Conclusion.NO_CHANGES
    assert town.pulls() == []


def test_a_lie_ends_in_a_red_draft_for_a_person(town: Town, asked: Ask) -> None:
    """The agent insists on broken work: its report is refused while red, then the draft shows the red evidence."""
    issue = asked()
    lies = [report("Everything is green!") for _ in range(3 * 4)]
    answer = {**report("Not done.", "needs_person", "Which sign is meant?"), "shown": ["what did it lack?"]}
    with town.model(script(write("answer.txt", "-1\n"), *lies, answer)) as model:
        town.work()
    assert [entry.turn for entry in model.log()] == [*range(1, 15)]
    assert "The same failure came 3 times, so no further repair was tried." in town.status(issue)
    assert "Asked what the request lacked, the agent says: Which sign is meant?" in town.status(issue)
    pull = town.the_pull()
    assert pull.pull is not None
    assert pull.pull.draft
    assert "**broken**" in (pull.body or "") or "broken" in (pull.body or "")
    assert "the answer is not positive" in (pull.body or "")
    assert "**Honk** · needs a person" in town.status(issue)
    assert f"The checks are still red; #\u2060{pull.number} stays a draft for a person." in town.status(issue)
    assert "honk:needs-help" in [label.name for label in town.world.issue(DEMO, issue).labels]
    (ours,) = [one for one in town.world.repo(DEMO).checks.values() if one.name == "honk"]
    assert (ours.conclusion, ours.title) == ("failure", "Broken: tests")


def test_red_work_that_is_repaired_is_fine(town: Town, asked: Ask) -> None:
    """The gate sends a link back to the agent, its second try leaves it out, and that one gets out."""
    issue = asked()
    greedy = bash("ln -s ../../etc more; echo 42 > answer.txt")
    shown = ["The gate does not let this change out", "more: a link that leaves the repository"]
    with town.model(script(greedy, report(), bash("rm more", shown=shown), report())):
        town.work()
    pull = town.the_pull().pull
    assert pull is not None
    assert town.world.read(DEMO, "more", pull.head_ref) is None
    assert town.world.read(DEMO, "answer.txt", pull.head_ref) == "42\n"
    assert "waiting for CI" in town.status(issue)


GITLINK = "git init -q nested && cd nested && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x"


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("ln -s ../../../../etc answer.link", "link"),
        (GITLINK, "nested"),
        ("echo sk-ant-made-up-and-long-enough > notes.txt", "in added line 1"),
        ("head -c 6000000 /dev/urandom > big.bin", "bytes, 5,242,880 may be"),
    ],
    ids=["link", "nested", "our-key", "huge"],
)
def test_what_may_not_leave_is_named(command: str, word: str, town: Town, octocat: Citizen, asked: Ask) -> None:
    """The agent insists on a change that must not leave: it does not, and the issue says why."""
    town.environ.setenv("ANTHROPIC_API_KEY", "sk-ant-made-up-and-long-enough")
    octocat.push("main", {".github/honk.yml": CONFIG + "budget: {repairs: 1}\n"})
    issue = asked()
    insisting = script(bash(command), *[report() for _ in range(3)])
    with town.model(insisting, key="sk-ant-made-up-and-long-enough"):
        town.work()
    assert word in town.status(issue)
    assert "What was done could not be kept on a branch" in town.status(issue)
    assert town.run(issue).conclusion in (Conclusion.REJECTED, Conclusion.FAILED)
    assert [name for name in town.world.repo(DEMO).bare.refs() if "honk/" in name] == []


def test_gits_own_folder_is_not_delivered(town: Town, asked: Ask) -> None:
    """The agent plants hooks and settings in `.git`: none of it is run or pushed, and the honest part arrives."""
    issue = asked()
    mark = town.data / "was-here"
    plant = (
        f"mkdir -p .git/hooks; printf '#!/bin/sh\\ntouch {mark}\\ntrue\\n' > .git/hooks/pre-commit;"
        " for name in post-checkout pre-push reference-transaction; do cp .git/hooks/pre-commit .git/hooks/$name; done;"
        f" chmod +x .git/hooks/*; git config core.fsmonitor 'touch {mark} #'; git config core.hooksPath .git/hooks;"
        " git config user.name Mallory; git checkout -q -b evil; echo 42 > answer.txt; git commit -qam evil"
    )
    with town.model(script(bash(plant), report())):
        town.work()
    assert not mark.exists()
    pull = town.the_pull().pull
    assert pull is not None
    commit = town.world.repo(DEMO).bare.commit(pull.head_sha)
    assert commit.author.name == "honk[bot]"
    assert commit.parents == (town.world.repo(DEMO).bare.branch("main"),)
    assert town.world.read(DEMO, "answer.txt", pull.head_ref) == "42\n"
    assert town.status(issue)


def test_an_agent_that_loops_is_ended(town: Town, asked: Ask) -> None:
    """The agent makes the same call again and again: it is ended, its work is kept, and the issue says why."""
    issue = asked()
    with town.model(script(write("answer.txt", "42\n"), *[bash("true") for _ in range(8)])):
        town.work()
    assert "the agent made no progress: the same call of bash 8 times in a row" in town.status(issue)
    assert town.world.read(DEMO, "answer.txt", town.run(issue).branch) == "42\n"
    assert town.pulls() == []


def test_a_failure_that_was_there_before_is_kept_apart(town: Town, octocat: Citizen, asked: Ask) -> None:
    """A check was red before; the agent does not mend it, and the evidence says that it is not its doing."""
    config = CONFIG.replace("}]", "}, {name: old, run: 'echo old trouble; exit 1'}]")
    octocat.push("main", {".github/honk.yml": config})
    town.world.settle(ci=False)
    issue = asked()
    with town.model(fix()):
        town.work()
    body = town.the_pull().body or ""
    assert "| old | ❌ (0 s) | ❌ (0 s) | already red on base |" in body
    assert "old trouble" in body
    assert "waiting for CI" in town.status(issue)
    (ours,) = [one for one in town.world.repo(DEMO).checks.values() if one.name == "honk"]
    assert ours.conclusion == "success"


def test_a_change_that_mends_an_old_failure_is_shown_as_such(town: Town, octocat: Citizen, asked: Ask) -> None:
    """The suite was red before and is green after: the evidence says fixed."""
    octocat.push("main", {"answer.txt": "-41\n"})
    issue = asked()
    with town.model(fix()):
        town.work()
    assert "| fixed |" in (town.the_pull().body or "")
    assert town.status(issue)


def test_weakened_tests_are_pointed_out(town: Town, octocat: Citizen, asked: Ask) -> None:
    """The agent makes the check pass by emptying it: the check is green, and the gate's note is in the pull request."""
    octocat.push("main", {"tests/test_answer.py": "def test_answer():\n    assert 1\n"})
    issue = asked()
    with town.model(script(bash("rm tests/test_answer.py && echo 42 > answer.txt"), report())):
        town.work()
    assert "1 test before, 0 now" in (town.the_pull().body or "")
    assert town.status(issue)


def test_what_a_check_leaves_behind_is_no_part_of_the_change(town: Town, octocat: Citizen, asked: Ask) -> None:
    """The checks write into the work tree when the agent runs them, but the commit was proven in a clean one."""
    octocat.push("main", {"check.sh": "echo x >> answer.txt.tmp\n" + CHECK, ".gitignore": "*.tmp\n"})
    issue = asked()
    with town.model(script(write("answer.txt", "42\n"), tools({"verify": {}}), report())):
        town.work()
    pull = town.the_pull().pull
    assert pull is not None
    assert town.world.read(DEMO, "answer.txt.tmp", pull.head_ref) is None
    assert town.status(issue)


def test_red_work_can_be_kept_out_of_pull_requests(town: Town, octocat: Citizen, asked: Ask) -> None:
    """Our config wants no red pull requests: the work is on its branch, and the issue says why."""
    octocat.push("main", {".github/honk.yml": CONFIG + "pull_request: {red: none}\nbudget: {repairs: 0}\n"})
    issue = asked()
    lies = [report("Everything is green!") for _ in range(4)]
    last = report("It is red.", "needs_person", "Nothing, I was wrong.")
    with town.model(script(write("answer.txt", "-1\n"), *lies, last)):
        town.work()
    assert town.pulls() == []
    assert town.world.read(DEMO, "answer.txt", town.run(issue).branch) == "-1\n"
    assert "here such a change gets no pull request" in town.status(issue)


def test_an_agent_that_spends_without_a_change_is_ended(town: Town, octocat: Citizen, asked: Ask) -> None:
    """The agent looks around and looks around: after half of the budget it is ended, and no more money is asked for."""
    octocat.push("main", {".github/honk.yml": CONFIG + "budget: {dollars: 0.05}\n"})
    issue = asked()
    with town.model(script(write("answer.txt", "42\n"), *[bash(f"echo {number}") for number in range(60)])) as model:
        town.work()
    assert "the agent made no progress: half of the budget went without a new change" in town.status(issue)
    assert len(model.log()) < 60
    assert town.run(issue).conclusion is Conclusion.REJECTED
    assert town.world.read(DEMO, "answer.txt", town.run(issue).branch) == "42\n"
