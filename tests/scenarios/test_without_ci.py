"""A repository without CI, and one without checks of its own."""

import pytest

from tests.scenarios.town import Citizen, Town
from tests.scenarios.turns import fix


@pytest.fixture
def files() -> dict[str, str | bytes | None]:
    """Nothing that could prove anything."""
    return {"answer.txt": "41\n"}


def test_no_verifiers_and_no_ci_are_said_loudly_and_are_no_success(town: Town, octocat: Citizen) -> None:
    """Nothing proves the change: the pull request says so at once, and stays a draft however long I wait."""
    issue = octocat.open_issue()
    octocat.label(issue)
    with town.model(fix(shown=["No checks were found in this repository."])):
        town.work()
    pull = town.the_pull()
    assert "> **No verifiers found.**" in (pull.body or "")
    town.later(3600)
    assert pull.pull is not None
    assert pull.pull.draft
    assert "CI has reported nothing on this commit yet." in town.status(issue)
    (ours,) = town.world.repo("octo/demo").checks.values()
    assert (ours.name, ours.conclusion, ours.title) == ("honk", "neutral", "No verifiers found")
