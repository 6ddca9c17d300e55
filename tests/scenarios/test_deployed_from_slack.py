"""`deploy ENV` in a talk is told there to its end, and each end once."""

import pytest

from ghapp.playground.slack.person import SlackPerson
from tests.scenarios.conftest import CONFIG, FILES
from tests.scenarios.office import ROOM, Office
from tests.scenarios.taps import Ready, ready
from tests.scenarios.town import Town
from tests.scenarios.wishes import main_of


@pytest.fixture
def files() -> dict[str, str | bytes | None]:
    """A repository with two environments that everybody may deploy to who may write."""
    both = "deploy: {staging: {role: write}, production: {role: write}}\n"
    return {**FILES, ".github/honk.yml": f"{CONFIG}{both}"}


@pytest.fixture
def ana(office: Office) -> SlackPerson:
    """Someone who may write to the repository."""
    return office.colleague("ana")


@pytest.fixture
def it(office: Office, ana: SlackPerson) -> Ready:
    """A green pull request that ana wanted, and its talk."""
    return ready(office, ana)


def deploys(it: Ready, environment: str) -> None:
    """Ana says in the talk that it is to be deployed there."""
    it.asker.mentions(ROOM, f"deploy {environment}", it.ts)
    it.town.work()


def ends(it: Ready, environment: str, state: str = "success") -> None:
    """The deployment comes to its end."""
    it.town.deployed(environment, state, f"https://{environment}.example")
    it.town.work()


def merged(it: Ready) -> None:
    """It is merged, and CI is green on the base, too."""
    it.presses(it.asker)
    it.town.ci_passes(main_of(it.town))
    it.town.work()
    assert it.is_merged


def over(it: Ready) -> None:
    """All that is left is on GitHub, and was looked at."""
    it.town.said_on(it.opened.issue)
    it.town.said_on(it.opened.pull)
    assert it.opened.status


def told_of(it: Ready, environment: str) -> list[str]:
    """What we say in the talk about an environment."""
    return [one for one in it.office.told(it.ts) if environment in one and "I do not follow" not in one]


@pytest.mark.parametrize(("state", "icon"), [("success", "✅"), ("failure", "❌")])
def test_a_deployment_of_the_open_pull_request_is_told_to_its_end(town: Town, it: Ready, state: str, icon: str) -> None:
    """I read that it is pending, and then how it ended; nothing in it is meant for machines."""
    deploys(it, "staging")
    (pending,) = told_of(it, "staging")
    assert pending.startswith("⏳")
    assert "honk:" not in pending
    ends(it, "staging", state)
    assert told_of(it, "staging")[0] == pending
    (end,) = told_of(it, "staging")[1:]
    assert end.startswith(icon)
    assert state in end
    town.later(301)
    assert len(told_of(it, "staging")) == 2
    over(it)


@pytest.mark.parametrize("state", ["success", "failure"])
def test_after_the_merge_it_is_told_once(town: Town, it: Ready, state: str) -> None:
    """The base is watched, too, and finds the same deployment: I read its end once, with the way back."""
    merged(it)
    deploys(it, "staging")
    ends(it, "staging", state)
    (end,) = told_of(it, "staging")[1:]
    assert state in end
    assert it.offers("Revert")
    over(it)


def test_one_after_the_other_are_told_once_each(town: Town, it: Ready) -> None:
    """Staging, then production: that the second is the newest has nobody told of the first again."""
    merged(it)
    for environment in ("staging", "production"):
        deploys(it, environment)
        ends(it, environment)
    town.later(61)
    for environment in ("staging", "production"):
        assert len(told_of(it, environment)) == 2
    over(it)
