"""The whole loop from a phone: ask, get the build of that very commit, merge it, and hear that it is deployed."""

from dataclasses import replace
from urllib.request import urlopen

import pytest

from ghapp.core.run import Conclusion
from ghapp.playground.state import Issue
from tests.scenarios.conftest import FILES
from tests.scenarios.office import ROOM, Office
from tests.scenarios.test_builds_followed import CONFIG, apk
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import fix


@pytest.fixture
def files() -> dict[str, str | bytes | None]:
    """A repository whose CI builds an app, and whose base branch deploys by itself."""
    return {**FILES, ".github/honk.yml": f"{CONFIG}merge: {{means: deployed, watch: 1}}\n"}


def built(town: Town, pull: Issue) -> None:
    """CI keeps the app of the head and succeeds."""
    assert pull.pull is not None
    run = town.world.workflow_runs(DEMO, pull.pull.head_sha)[0]
    town.world.artifact(DEMO, run.id, "app.apk", {"app.apk": apk()})
    town.ci_passes(pull)


def deployed(town: Town, issue: int) -> None:
    """Whoever deploys the base branch has done so; then the time for which it is watched is over.

    That is shortened in the record, for the intake goes by the machine's clock.
    """
    town.second().deploy(DEMO, "main", "production")
    town.deployed("production", "success", "https://demo.example")
    town.work()
    town.records.runs.save(replace(town.run(issue), watched_until=1.0))
    town.later(61)
    town.later(6)


def test_with_nothing_but_slack(town: Town, office: Office) -> None:
    """I say what is wrong, try the app that comes, tap Merge, and read that it is deployed."""
    ana = office.colleague("ana")
    with town.model(fix()):
        ts = ana.mentions(ROOM, "the answer is wrong, it must be 42")
        town.work()
    built(town, town.the_pull())
    town.work()
    (build,) = town.run(1).builds
    (card,) = [one for one in office.talk(ts) if "Install Android" in one.shown]
    assert build.sha == town.run(1).head_sha
    assert card.pictures
    address = f"{town.settings.page_root}/b/{build.token}/app.apk"
    assert urlopen(address).read() == apk()  # noqa: S310 - our own address
    question = office.with_button(ts, "Merge")
    assert "deployed by itself" in str(question.button("Merge"))
    office.press(ana, ts, "Merge")
    town.work()
    assert any("Merged: #2" in told for told in office.told(ts))
    deployed(town, 1)
    assert town.run(1).conclusion is Conclusion.DEPLOYED
    assert any("Deployed to `production`" in told for told in office.told(ts))
    assert not any(one.text == "Revert" for message in office.talk(ts) for one in message.buttons)
    assert "deployed" in town.status(1)
    assert "Install Android" in "".join(town.said_on(2))


def test_with_nothing_but_githubs_app(town: Town, octocat: Citizen) -> None:
    """A comment asks, a box merges; the card of the build is on the pull request."""
    issue = octocat.open_issue("The answer is wrong", "It must be 42.")
    with town.model(fix()):
        octocat.comment(issue, "/honk")
        town.work()
    pull = town.the_pull()
    built(town, pull)
    town.work()
    (build,) = town.run(issue).builds
    assert f"/b/{build.token})" in town.next_comment(pull.number)
    octocat.tick(issue, "Merge")
    town.work()
    assert pull.pull is not None
    assert pull.pull.merged_at is not None
    deployed(town, issue)
    assert town.run(issue).conclusion is Conclusion.DEPLOYED
    assert "deployed" in town.status(issue)
    town.said_on(issue)
    town.said_on(pull.number)
