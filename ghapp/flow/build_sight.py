"""Where the build of one commit is: in an archive, at a deployment's address, or where a check leads; or why nowhere.

Decisions only: what they are about is read by `Sight`, once at each look, and nothing that is not asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ghapp.core import messages
from ghapp.core.builds import Build, fits
from ghapp.core.checks import Check
from ghapp.core.events import Repository
from ghapp.core.ports import Artifact, Artifacts, Deployed, Deployments

_MOST_TRIED = 5


@dataclass(frozen=True)
class Nothing:
    """There is none, and why; without a reason it may still come."""

    reason: str = ""


@dataclass(frozen=True)
class Preview:
    """It is to be seen at an address."""

    url: str


@dataclass(frozen=True)
class Archives:
    """It is in the first of these that has a file that fits."""

    candidates: tuple[Artifact, ...]


Source = Nothing | Preview | Archives


@dataclass
class Sight:
    """What there is on a commit. `checks` is what CI says of it, and `over` that nothing more is to come of that."""

    repository: Repository
    sha: str
    checks: Sequence[Check]
    over: bool
    actions: Artifacts
    deployments: Deployments

    @cached_property
    def artifacts(self) -> tuple[Artifact, ...]:
        """Newest first."""
        return self.actions.on(self.repository, self.sha)

    @cached_property
    def deployed(self) -> tuple[Deployed, ...]:
        """The newest of each environment."""
        return self.deployments.of(self.repository, self.sha)

    def workflow_run(self, number: int) -> Deployed:
        """How a run of a workflow stands."""
        return self.deployments.read_run(self.repository, number)


def of_check(pattern: str, sight: Sight) -> Source:
    """Where a check leads that passed. Of several that fit, one with an address is taken."""
    found = [check for check in sight.checks if fits(pattern, check.name) and not check.expected]
    passed = [check for check in found if check.passed]
    if leads := next((check.url for check in passed if _is_address(check.url)), ""):
        return Preview(leads)
    if not all(check.settled for check in found) or not (found or sight.over):
        return Nothing()
    failing = [check.name for check in found if check.failed]
    return Nothing(messages.check_gives_none(pattern, failing, [check.name for check in passed]))


def of_deployment(environment: str, sight: Sight) -> Source:
    """Where it was deployed to. GitHub ignores letter case in the names of environments."""
    found = next((one for one in sight.deployed if one.environment.casefold() == environment.casefold()), None)
    if found is None:
        known = [one.environment for one in sight.deployed]
        return Nothing(messages.deployment_gives_none(environment, "", "", known) if sight.over else "")
    if found.state == "success" and _is_address(found.url):
        return Preview(found.url)
    if not found.over:
        return Nothing()
    return Nothing(messages.deployment_gives_none(environment, found.state, found.url, ()))


def of_ci(pattern: str, build: Build, sight: Sight, most: int) -> Source:
    """An archive of at most `most` bytes that any run on the commit left."""
    failing = sorted({check.name for check in sight.checks if check.failed})
    return _of(pattern, build, _Offer(sight.artifacts, sight.over, messages.ci_is_over(failing)), most)


def of_workflow(workflow: str, pattern: str, build: Build, sight: Sight, most: int) -> Source:
    """One that the run left which was started for it, as soon as it is there."""
    run = sight.workflow_run(build.workflow_run)  # first: what a run left is there before it is over
    found = tuple(one for one in sight.artifacts if one.run == build.workflow_run)
    source = _of(pattern, build, _Offer(found, run.over, messages.workflow_is_over(workflow)), most)
    if isinstance(source, Nothing) and run.failed:
        return Nothing(messages.workflow_gives_none(workflow, run.state, run.url))
    return source


def pictures_in(pattern: str, sight: Sight, most: int) -> Artifact | None:
    """The newest archive of screenshots."""
    found = (one for one in sight.artifacts if fits(pattern, one.name) and not one.expired and one.size <= most)
    return next(found, None)


@dataclass(frozen=True)
class _Offer:
    """Artifacts to choose from: all that there will be, once their maker is `over`, of which `words` tell."""

    found: tuple[Artifact, ...]
    over: bool
    words: str


def _of(pattern: str, build: Build, offer: _Offer, most: int) -> Source:
    """Those of which the name fits come alone; if there is none, a file in any may fit. None is tried twice."""
    named = tuple(one for one in offer.found if fits(pattern, one.name))
    pool = named or offer.found
    usable = [one for one in pool if not one.expired and one.size <= most]
    if untried := tuple(one for one in usable if one.id > build.artifact)[:_MOST_TRIED]:
        return Archives(untried)
    if not (named or offer.over):
        return Nothing()
    if usable and build.reason:
        return Nothing(build.reason)
    if pool and not usable:
        return Nothing(_unusable(pool[0], most))
    return Nothing(messages.no_archive(offer.words, pattern, list(dict.fromkeys(one.name for one in offer.found))))


def _unusable(one: Artifact, most: int) -> str:
    if one.expired:
        return messages.archive_expired(one.name)
    return messages.archive_too_large(one.name, one.size, most)


def _is_address(url: str) -> bool:
    """Whether it is one of the web's, and nothing but that: browsers take a back slash for a slash and go elsewhere."""
    return url.startswith(("https://", "http://")) and url.isprintable() and not {" ", "\\"} & set(url)
