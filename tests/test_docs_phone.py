"""docs/slack.md and docs/builds.md: what people copy from there works, and what they read there is so."""

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from ghapp.cli import honk
from ghapp.cli.manifest import EVENTS_PATH, LINKED_PATH
from ghapp.core.commands import Verb
from ghapp.core.config import Config
from ghapp.core.events import BRANCH_PREFIX
from ghapp.playground.workflow import parse_workflow
from ghapp.settings import describe

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
MESSAGES = ROOT / "ghapp" / "core" / "messages"
PAGES = {name: (DOCS / f"{name}.md").read_text() for name in ("slack", "builds")}


def blocks(name: str) -> list[str]:
    """The YAML of a page."""
    return [part.split("```")[0] for part in PAGES[name].split("```yaml\n")[1:]]


WORKFLOWS = {parse_workflow(text).name: text for text in blocks("builds") if "\njobs:" in text}


def test_each_example_of_a_configuration_is_understood() -> None:
    """They say something, and nothing in them is unknown."""
    examples = [text for name in PAGES for text in blocks(name) if "\njobs:" not in text]
    assert len(examples) == 2
    assert all(Config.parse(text) != Config() for text in examples)


def test_there_is_a_workflow_for_each_kind_of_phone() -> None:
    """Android, iOS and web."""
    assert set(WORKFLOWS) == {"android", "ios", "preview"}


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
def test_each_workflow_builds_our_branches_and_little_else(name: str) -> None:
    """It runs on pushes to Honk's branches, may only read, ends by itself, and each job has steps."""
    workflow = yaml.safe_load(WORKFLOWS[name])
    assert workflow[True] == {"push": {"branches": [f"{BRANCH_PREFIX}**"]}}  # YAML 1.1 reads `on` as true
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["steps"]
        assert job["timeout-minutes"] <= 60


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
def test_actions_are_githubs_own_and_have_a_major_version(name: str) -> None:
    """Nothing moves under people's feet, and no stranger's code sees a signing key."""
    used = re.findall(r"uses: (\S+)", WORKFLOWS[name])
    assert used
    assert [action for action in used if not re.fullmatch(r"actions/[a-z-]+@v[0-9]+", action)] == []


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
def test_no_expression_stands_in_a_script(name: str) -> None:
    """A branch's name or a secret that is put into a script becomes part of it; they come by the environment."""
    steps = [step for job in yaml.safe_load(WORKFLOWS[name])["jobs"].values() for step in job["steps"]]
    assert [step["run"] for step in steps if "${{" in step.get("run", "")] == []


def test_who_may_write_does_not_run_the_change() -> None:
    """The job that publishes the preview checks out the pages, not the change."""
    jobs = yaml.safe_load(WORKFLOWS["preview"])["jobs"]
    (writing,) = [job for job in jobs.values() if job.get("permissions")]
    checkout = next(step for step in writing["steps"] if step.get("uses", "").startswith("actions/checkout"))
    assert checkout["with"]["ref"] == "gh-pages"


def test_the_examples_of_builds_fit_the_workflows() -> None:
    """The preview's environment is that of the workflow; the files are of the kinds that are uploaded."""
    first = next(text for text in blocks("builds") if "\njobs:" not in text)
    builds = {build.name: build for build in Config.parse(first).builds}
    publish = yaml.safe_load(WORKFLOWS["preview"])["jobs"]["publish"]
    assert builds["Preview"].deployment == publish["environment"]["name"]
    for name, workflow in (("Android", "android"), ("iPhone", "ios")):
        (upload,) = [text for text in re.findall(r"path: (\S.*)", WORKFLOWS[workflow]) if text.endswith(("apk", "ipa"))]
        assert str(builds[name].artifact) == upload.rpartition("/")[2]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_settings_and_commands_that_are_named_exist(name: str) -> None:
    """`HONK_…`, `SLACK_…` and `GITHUB_…` are settings, `honk …` is a command, `/honk VERB` has a verb."""
    text = PAGES[name]
    known = {setting for setting, _, _ in describe()}
    named = set(re.findall(r"`((?:HONK|SLACK)_[A-Z_]+|GITHUB_CLIENT_[A-Z]+)`", text))
    assert named <= known
    assert set(re.findall(r"`honk ([a-z]+)", text)) <= set(honk.commands)
    ours = {*Verb, "link", "unlink"}
    assert set(re.findall(r"`/honk ([a-z]+)", text)) <= ours


def test_sentences_that_are_quoted_are_said() -> None:
    """What the tables say that Honk says, and the names of its buttons, are in its sentences."""
    said = " ".join(path.read_text() for path in sorted(MESSAGES.glob("*.py")))
    why = PAGES["builds"].partition("## Why is there no build?")[2]
    quoted = re.findall(r"^\| \*(.+?)\* \|", why, re.MULTILINE)
    buttons = re.findall(r"^\| \*(.+?)\*", PAGES["slack"].partition("## In the thread")[2], re.MULTILINE)
    assert len(quoted) > 5
    assert {"Do it", "Merge", "Not yet", "Only full members"} <= set(buttons)
    parts = [part.strip() for sentence in (*quoted, *buttons) for part in sentence.split("…")]
    assert [part for part in parts if part not in said] == []


def test_addresses_that_are_named_are_those_of_the_manifest() -> None:
    """Where Slack sends to, and where people come back to."""
    assert f"https://YOUR-HOST{EVENTS_PATH}" in PAGES["slack"]
    assert f"`{LINKED_PATH}`" in PAGES["slack"]


def test_options_of_the_set_up_that_are_named_exist() -> None:
    """`honk setup slack --…`."""
    shown = CliRunner().invoke(honk, ["setup", "slack", "--help"]).output
    named = set(re.findall(r"honk setup slack (--[a-z]+)", PAGES["slack"]))
    assert named == {"--socket", "--check", "--manifest"}
    assert all(option in shown for option in named)
