"""Where the build of a commit is, by what GitHub shows of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ghapp.core.builds import Build
from ghapp.core.checks import Check
from ghapp.core.events import Repository
from ghapp.core.ports import Artifact, Deployed
from ghapp.flow.build_sight import Archives, Nothing, Preview, Sight, of_check, of_ci, of_deployment, pictures_in

REPOSITORY, SHA = Repository(7, "octo/demo", 3), "a" * 40
BUILD = Build("Android", SHA)
MOST = 1_000


@dataclass(frozen=True)
class Left:
    """What Actions keeps of each commit (`ports.Artifacts`)."""

    found: tuple[Artifact, ...] = ()

    def on(self, repository: Repository, sha: str) -> tuple[Artifact, ...]:
        """All of it."""
        return self.found

    def fetch(self, repository: Repository, artifact: int, to: Path, most: int) -> None:
        """Nobody may ask for it here."""
        raise AssertionError("a decision fetches nothing")


@dataclass(frozen=True)
class Places:
    """Where each commit is deployed (`ports.Deployments`)."""

    found: tuple[Deployed, ...] = ()
    asked: list[str] = field(default_factory=list)

    def of(self, repository: Repository, sha: str) -> tuple[Deployed, ...]:
        """All of them."""
        self.asked.append("of")
        return self.found

    def create(self, repository: Repository, sha: str, environment: str) -> int:
        """Nobody may ask for it here."""
        raise AssertionError("a decision deploys nothing")

    def dispatch(self, repository: Repository, workflow: str, ref: str, inputs: Mapping[str, str]) -> int:
        """Nor for this."""
        raise AssertionError("a decision starts nothing")

    def read(self, repository: Repository, deployment: int) -> Deployed:
        """Nor for this."""
        raise AssertionError("nothing was asked for")

    def read_run(self, repository: Repository, run: int) -> Deployed:
        """Nor for this."""
        raise AssertionError("nothing was started")


def sight(
    *artifacts: Artifact, checks: tuple[Check, ...] = (), deployed: tuple[Deployed, ...] = (), over: bool = True
) -> Sight:
    """What there is on the commit."""
    return Sight(REPOSITORY, SHA, checks, over, Left(artifacts), Places(deployed))


def artifact(number: int, name: str, size: int = 10, *, expired: bool = False) -> Artifact:
    """One of CI's."""
    return Artifact(number, name, size, expired, 1)


APK, LOGS = artifact(9, "app.apk"), artifact(8, "logs")


def test_an_archive_by_its_name_comes_before_all_that_may_hold_one() -> None:
    """The newest first."""
    newer = artifact(12, "app.apk")
    assert of_ci("*.apk", BUILD, sight(newer, artifact(11, "coverage"), APK), MOST) == Archives((newer, APK))
    assert of_ci("*.ipa", BUILD, sight(APK, LOGS), MOST) == Archives((APK, LOGS))


def test_what_was_tried_is_not_tried_again() -> None:
    """Its reason stays; a newer one is tried."""
    tried = Build("Android", SHA, artifact=9, reason="it is damaged.")
    assert of_ci("*.apk", tried, sight(APK), MOST) == Nothing("it is damaged.")
    newer = artifact(12, "app.apk")
    assert of_ci("*.apk", tried, sight(newer, APK), MOST) == Archives((newer,))


def test_a_few_archives_are_looked_into_and_no_more() -> None:
    """A matrix may leave hundreds."""
    many = [artifact(number, f"part-{number}") for number in range(99, 0, -1)]
    found = of_ci("*.apk", BUILD, sight(*many), MOST)
    assert found == Archives(tuple(many[:5]))


def test_while_ci_goes_on_it_may_still_come() -> None:
    """Nothing is said before that."""
    tried = Build("Android", SHA, artifact=8)
    assert of_ci("*.apk", tried, sight(LOGS, over=False), MOST) == Nothing()
    assert of_ci("*.apk", BUILD, sight(over=False), MOST) == Nothing()


def test_expired_and_too_large_archives_are_named() -> None:
    """Whatever else there is, if it was named."""
    gone = of_ci("*.apk", BUILD, sight(artifact(9, "app.apk", expired=True), LOGS), MOST)
    assert gone == Nothing(
        "the artifact `app.apk` has expired at GitHub. Run its workflow again, then say `/honk build`."
    )
    large = of_ci("*.apk", BUILD, sight(artifact(9, "app.apk", 2_000_000), LOGS), MOST)
    assert isinstance(large, Nothing)
    assert "has 2.0 MB" in large.reason


@pytest.mark.parametrize(
    "url",
    ["", "javascript:alert(1)", "//a.example", "https://a.example/ b", "https://a\n.example", r"https://a\@b.example"],
)
def test_only_an_address_of_the_web_is_one(url: str) -> None:
    """Statuses and deployments say what they like."""
    check = Check("site", conclusion="success", url=url)
    assert of_check("site", sight(checks=(check,))) == Nothing("the check `site` names no address.")
    told = of_deployment("site", sight(deployed=(Deployed(1, "site", "success", url, over=True),)))
    assert told == Nothing("the deployment to `site` names no address.")


def test_of_several_checks_one_that_leads_somewhere_is_taken() -> None:
    """A matrix has one that deploys."""
    built = Check("site (a)", conclusion="success")
    there = Check("site (b)", conclusion="success", url="https://a.example")
    assert of_check("site*", sight(checks=(built, there))) == Preview("https://a.example")
    goes_on = Check("site (b)", status="in_progress")
    assert of_check("site*", sight(checks=(built, goes_on), over=False)) == Nothing()


@pytest.mark.parametrize("state", ["pending", "queued", "in_progress"])
def test_a_deployment_that_goes_on_is_waited_for(state: str) -> None:
    """Also when CI is over: it may take longer."""
    assert of_deployment("Site", sight(deployed=(Deployed(1, "site", state, "", over=False),))) == Nothing()


def test_what_is_not_asked_for_is_not_read() -> None:
    """A repository with an app only costs no look at its deployments."""
    there = sight(APK)
    of_ci("*.apk", BUILD, there, MOST)
    assert isinstance(there.deployments, Places)
    assert there.deployments.asked == []


def test_screenshots_are_those_of_the_newest_archive() -> None:
    """That can be fetched."""
    shots = [
        artifact(9, "shots", expired=True),
        artifact(8, "shots", 5_000),
        artifact(7, "shots"),
        artifact(6, "shots"),
    ]
    assert pictures_in("shots*", sight(*shots), MOST) == shots[2]
    assert pictures_in("none", sight(*shots), MOST) is None
