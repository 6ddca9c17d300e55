"""What the agent says reaches GitHub only after the host has looked at it."""

from tests.scenarios.town import Citizen, Town
from tests.scenarios.turns import report, script, write

TOKEN = "ghp_" + "a1" * 18


def test_a_secret_in_the_report_reaches_nobody(town: Town, octocat: Citizen) -> None:
    """The agent writes a token into its summary: it stands neither in the pull request nor in the commit."""
    number = octocat.open_issue()
    octocat.label(number)
    with town.model(script(write("answer.txt", "42\n"), report(f"Done, and look: {TOKEN}"))):
        town.work()
    pull = town.the_pull()
    assert pull.pull is not None
    assert TOKEN not in (pull.body or "")
    assert "there was a secret in it" in (pull.body or "")
    assert TOKEN not in town.world.repo("octo/demo").bare.commit(pull.pull.head_sha).message
    assert town.status(number)
