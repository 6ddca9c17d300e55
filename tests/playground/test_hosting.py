"""The playground's host: what CI left as a site is deployed, and opens."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from threading import Event
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from ghapp.playground import hosting
from ghapp.playground.hosting import Host, deploy_sites
from ghapp.playground.server import Playground

DEMO = "octo/demo"
FLOW = "name: ci\non: push\njobs: {build: {runs-on: ubuntu-latest, steps: [{run: make}]}}\n"


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Playground]:
    """A GitHub with a repository that has CI, and the pages of its sites."""
    with Playground(tmp_path, blueprints=lambda world: [hosting.blueprint(world)]) as running:
        running.world.organization("octo")
        running.world.repository(DEMO, {"README.md": "A site.\n", ".github/workflows/ci.yml": FLOW})
        yield running


def built(playground: Playground, branch: str, *, site: bytes = b"<h1>Hello</h1>", name: str = "index.html") -> int:
    """Somebody pushes, and CI leaves a site and succeeds; the number of the run."""
    world = playground.world
    ann = world.person("ann", write=DEMO)
    ann.push(DEMO, branch, {"index.txt": branch})
    run = world.workflow_runs(DEMO)[-1]
    world.artifact(DEMO, run.id, hosting.ARTIFACT, {name: site})
    world.end_run(DEMO, run.id, "success")
    return run.id


def test_the_default_branch_is_production_and_others_are_previews(playground: Playground) -> None:
    """Each commit is deployed once, and its address shows what CI left."""
    world = playground.world
    run = built(playground, "main")
    built(playground, "topic", site=b"<h1>Hello topic</h1>")
    for _ in range(2):
        deploy_sites(world, world.repo(DEMO))
    assert [one.environment for one in world.deployments(DEMO)] == ["production", "preview"]
    released, preview = (one.statuses[-1].environment_url for one in world.deployments(DEMO))
    assert released == f"{playground.base_url}/_sites/{DEMO}/{run}/"
    assert urlopen(preview).read() == b"<h1>Hello topic</h1>"  # noqa: S310 - our own address
    assert world.violations == []


def test_what_is_no_site_is_not_deployed(playground: Playground) -> None:
    """CI failed, or left no page."""
    world = playground.world
    run = built(playground, "main", name="README.txt")
    deploy_sites(world, world.repo(DEMO))
    assert world.deployments(DEMO) == []
    with pytest.raises(HTTPError, match="404"):
        urlopen(f"{playground.base_url}/_sites/{DEMO}/{run}/")  # noqa: S310 - our own address


def test_it_works_by_itself_while_its_block_lasts(playground: Playground) -> None:
    """Nobody has to ask for it."""
    with Host(playground.world):
        built(playground, "main")
        looks = count()
        while not playground.world.deployments(DEMO) and next(looks) < 400:
            Event().wait(0.05)
    (made,) = playground.world.deployments(DEMO)
    assert made.statuses[-1].state == "success"
