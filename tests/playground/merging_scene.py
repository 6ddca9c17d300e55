"""What the tests of rules and merging share: a pull request of mona's, people who review, and GraphQL documents."""

from typing import Any

from ghapp.playground.person import Person
from ghapp.playground.state import Pull
from ghapp.playground.views.pulls import pull_of
from ghapp.playground.world import World
from tests.playground.playground_app import Api

NAME = "octo/demo"
DEMO = f"/repos/{NAME}"
_STANDING = """query($number: Int!) { repository(owner: "octo", name: "demo") { pullRequest(number: $number) {
    id mergeable mergeStateStatus reviewDecision isInMergeQueue
    autoMergeRequest { enabledAt } mergeQueueEntry { id position state } } } }"""


def mona(world: World) -> Person:
    return world.person("mona", write=NAME)


def ada(world: World) -> Person:
    return world.person("ada", write=NAME)


def open_pull(world: World, branch: str = "topic", *, body: str = "", draft: bool = False) -> int:
    """A pull request of mona's that adds one file named after its branch."""
    mona(world).push(NAME, branch, {f"{branch}.txt": "text\n"}, f"Add {branch}")
    return mona(world).open_pull(NAME, f"Add {branch}", branch, body=body, draft=draft).number


def the_pull(world: World, number: int) -> Pull:
    return pull_of(world.pull(NAME, number))


def head_of(world: World, number: int) -> str:
    return the_pull(world, number).head_sha


def main_of(world: World) -> str:
    return world.repo(NAME).bare.branch("main") or ""


def passes(world: World, number: int, check: str = "tests", app: str | None = None) -> None:
    """A check succeeds on the head."""
    world.set_check(NAME, head_of(world, number), check, "completed", "success", app=app)


def fails(world: World, number: int, check: str = "tests") -> None:
    """A check fails on the head."""
    world.set_check(NAME, head_of(world, number), check, "completed", "failure")


def standing(api: Api, number: int) -> dict[str, Any]:
    """The pull request as GraphQL shows it; REST must say the same of whether it can be merged."""
    shown: dict[str, Any] = api.query(_STANDING, number=number)["data"]["repository"]["pullRequest"]
    assert api.get(f"{DEMO}/pulls/{number}")["mergeable_state"].upper() == shown["mergeStateStatus"]
    return shown


def state_of(api: Api, number: int) -> str:
    state: str = standing(api, number)["mergeStateStatus"]
    return state


def mutate(api: Api, mutation: str, answer: str, **given: object) -> Any:
    """Run a mutation; its payload, or with `errors` what went wrong."""
    kind = mutation[0].upper() + mutation[1:]
    document = f"mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ {answer} }} }}"
    shown = api.query(document, input=given)
    return shown if "errors" in shown else shown["data"][mutation]


def refused(shown: Any) -> str:
    """Why GraphQL refused; every such answer is `UNPROCESSABLE`."""
    (error,) = shown["errors"]
    assert error["type"] == "UNPROCESSABLE"
    message: str = error["message"]
    return message
