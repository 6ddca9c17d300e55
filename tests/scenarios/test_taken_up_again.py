"""A pull request of ours whose run has ended: it is left alone, said so, and taken up again when somebody asks."""

from tests.scenarios.opened import Opened
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import report, script, write


def stopped(town: Town, octocat: Citizen) -> Opened:
    """A draft of ours whose run I have stopped."""
    opened = town.opened(files={"answer.txt": "41\n"})
    octocat.comment(opened.issue, "/honk stop")
    town.work()
    assert "**Honk** · stopped" in opened.status
    return opened


def test_what_is_not_followed_any_more_is_not_merged_and_says_so(town: Town, octocat: Citizen) -> None:
    """I stopped it, and say merge all the same: I am told that it is left alone, and how to go on."""
    opened = stopped(town, octocat)
    octocat.comment(opened.pull, "/honk merge")
    town.work()
    told = town.next_comment(opened.pull)
    assert f"My work on #{opened.pull} has ended" in told
    assert f"`/honk fix …` on #{opened.pull} takes it up again" in told
    assert not opened.part.merged_at


def test_it_is_taken_up_again_as_ours(town: Town, octocat: Citizen) -> None:
    """I ask for more on it: a commit on the same branch, out of draft once it is green, and merged on my word."""
    opened = stopped(town, octocat)
    before = opened.head
    octocat.comment(opened.pull, "/honk fix make it 42")
    with town.model(script({**write("answer.txt", "42\n"), "shown": ["make it 42"]}, report())):
        town.work()
    assert town.the_pull() == opened.itself
    assert opened.part.draft
    assert opened.head != before
    assert town.world.read(DEMO, "answer.txt", opened.branch) == "42\n"
    town.ci_passes(opened)
    town.work()
    assert not opened.part.draft
    assert "ready for review" in opened.status
    octocat.comment(opened.pull, "/honk merge")
    town.work()
    assert opened.part.merged_at
    assert "Merged" in town.next_comment(opened.pull)
