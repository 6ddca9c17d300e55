"""What the scenarios of merging share: pull requests that are ready, words about them, and what became of them."""

from ghapp.playground.state import Actor
from ghapp.playground.verbs import accounts, pushes, reviews
from tests.scenarios.conftest import CONFIG
from tests.scenarios.opened import Opened
from tests.scenarios.town import DEMO, Citizen, Town


def citizen(town: Town, login: str, role: str = "write") -> Citizen:
    """Somebody with a role in the repository."""
    return Citizen(town, town.world.person(login, **{role: DEMO}))


def configured(town: Town, text: str, ci: str = "{settle: 0}") -> None:
    """The repository's config gets these lines; done before a pull request is opened, nothing is behind by it."""
    town.base_moves({".github/honk.yml": CONFIG.replace("{settle: 0}", ci) + text})
    town.listen()


def green(town: Town, by: Citizen, files: dict[str, str] | None = None) -> Opened:
    """A pull request that `by` asked for, and whose CI is green."""
    pull = town.opened(by=by, files=dict(files) if files else None)
    town.ci_passes(pull)
    town.work()
    assert not pull.part.draft
    assert pull.status
    return pull


def for_auto_merge(town: Town, by: Citizen) -> Opened:
    """A pull request whose CI runs, and which GitHub's auto-merge gets when somebody says merge."""
    configured(town, "merge: {auto: true}\n")
    town.world.allow_auto_merge(DEMO)
    town.world.ruleset(DEMO, "main", "test")
    pull = town.opened(by=by)
    by.ready(pull.pull)
    return pull


def said(town: Town, person: Citizen, pull: Opened, words: str = "/honk merge") -> str:
    """A person says it on the pull request, and reads the answer."""
    person.comment(pull.pull, words)
    town.work()
    return town.next_comment(pull.pull)


def is_merged(pull: Opened) -> bool:
    """Whether it is; its status is looked at on the way."""
    assert pull.status
    return pull.part.merged_at is not None


def main_of(town: Town) -> str:
    """The tip of the base branch."""
    return town.world.repo(DEMO).bare.branch("main") or ""


def pushed_back(town: Town, person: Citizen, branch: str, sha: str) -> None:
    """A person forces a branch back to an older commit."""
    repository, ref = town.second().repo(DEMO), f"refs/heads/{branch}"
    old = repository.bare.branch(branch)
    assert old is not None
    repository.bare.set_ref(ref, sha, old)
    pushes.pushed(town.world, repository, person.person.actor, [(ref, old, sha)])


def an_app_approves(town: Town, pull: Opened) -> None:
    """Another App, which may write, approves."""
    world = town.second()
    app = accounts.app(world, "reviewer", world.user("reviewer-owner"), permissions={"contents": "write"})
    reviews.review(world, world.repo(DEMO), Actor(app.bot, app), pull.itself, "APPROVED")
