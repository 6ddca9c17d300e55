"""Taking a wish back, at every moment."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ghapp.core.run import Conclusion, Run
from ghapp.playground.verbs import accounts
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import bash, report, script, write


def test_stop_while_it_waits(town: Town, octocat: Citizen) -> None:
    """I say stop before a worker takes it, and nothing is done."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    octocat.comment(issue, "Not now.\n\n/honk stop")
    town.listen()
    town.work()
    assert "**Honk** · stopped" in town.status(issue)
    assert "▫️ prepare the sandbox" in town.status(issue)
    assert town.pulls() == []


@pytest.mark.parametrize(
    ("act", "word", "reason"),
    [
        (lambda who, issue, _: who.unlabel(issue), "stopped", "took the label honk off"),
        (lambda who, issue, _: who.close(issue), "closed", "closed the issue"),
    ],
    ids=["unlabelled", "closed"],
)
def test_taking_the_wish_back_stops_it(
    act: Callable[[Citizen, int, object], None], word: str, reason: str, town: Town, octocat: Citizen
) -> None:
    """I take the label off, or close the issue, and the run is over."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    act(octocat, issue, None)
    town.listen()
    town.work()
    assert f"**Honk** · {word}" in town.status(issue)
    assert reason in town.status(issue)
    assert town.pulls() == []


def test_deleting_the_comment_that_asked_for_it_calls_it_off(town: Town, octocat: Citizen) -> None:
    """I delete my command before it is begun, and it is not begun."""
    issue = octocat.open_issue()
    asked = octocat.comment(issue, "/honk")
    town.listen()
    octocat.delete_comment(asked)
    town.listen()
    town.work()
    assert "the comment that asked for it was deleted" in town.status(issue)
    assert town.pulls() == []


def test_stop_in_the_middle_of_a_tool_call_ends_it_and_keeps_the_work(town: Town, octocat: Citizen) -> None:
    """I say stop while the agent waits for a command: it ends, its processes too, and its work is on a branch."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    saying = _when_it_does(town, town.run(issue), "sleep 6174", lambda: octocat.comment(issue, "/honk stop"))
    with town.model(script(write("answer.txt", "42\n"), bash("sleep 6174 & setsid sleep 6174"))):
        town.pump()
    saying.join()
    run = town.run(issue)
    assert run.conclusion is Conclusion.CANCELLED
    assert _processes("sleep 6174") == []
    town.work()
    assert "**Honk** · stopped" in town.status(issue)
    assert f"What was done is on the branch `{run.branch}`." in town.status(issue)
    assert town.world.read(DEMO, "answer.txt", run.branch) == "42\n"
    assert town.pulls() == []


def test_stop_while_the_model_thinks_opens_no_pull_request(town: Town, octocat: Citizen) -> None:
    """I say stop while the model writes its last word, and no pull request comes of it."""
    issue = octocat.open_issue()
    octocat.label(issue)

    def stop() -> None:
        octocat.comment(issue, "/honk stop")
        town.listen_elsewhere()

    with town.model(script(write("answer.txt", "42\n"), report()), before={2: stop}):
        town.work()
    assert town.run(issue).conclusion is Conclusion.CANCELLED
    assert town.pulls() == []
    assert "**Honk** · stopped" in town.status(issue)


def test_an_issue_that_was_closed_unheard_gets_no_pull_request(town: Town, octocat: Citizen) -> None:
    """GitHub's word that I closed the issue is lost; Honk looks again before it opens anything."""
    issue = octocat.open_issue()
    octocat.label(issue)

    def close_unheard() -> None:
        hook, town.world.app.hook_url = town.world.app.hook_url, None
        octocat.close(issue)
        town.world.app.hook_url = hook

    with town.model(script(write("answer.txt", "42\n"), report()), before={2: close_unheard}):
        town.work()
    assert town.run(issue).conclusion is Conclusion.CLOSED
    assert town.pulls() == []
    assert "The issue was closed while I worked on it." in town.status(issue)


def test_stop_ends_what_waits_for_ci(town: Town, octocat: Citizen) -> None:
    """I say stop while CI runs: the pull request stays as it is, and is not followed any more."""
    opened = town.opened()
    octocat.comment(opened.issue, "/honk stop")
    town.work()
    town.ci_passes(opened)
    town.work()
    assert opened.part.draft
    assert "**Honk** · stopped" in opened.status


def test_an_installation_that_is_removed_takes_its_runs_with_it(town: Town, octocat: Citizen) -> None:
    """The owner removes the App: what was queued ends in the record, and nothing more is tried."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    assert "queued" in town.status(issue)
    accounts.uninstall(town.second(), town.installation)
    town.work()
    assert town.run(issue).conclusion is Conclusion.CANCELLED
    assert town.records.runs.unfinished() == ()


def test_a_repository_that_is_taken_out_takes_its_runs_with_it(town: Town, octocat: Citizen) -> None:
    """The owner takes the repository from the App, and its run ends; so does the sweep without harm."""
    town.installation.repository_ids = {town.world.repo(DEMO).id}
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    assert "queued" in town.status(issue)
    accounts.choose(town.second(), town.installation, town.world.repo(DEMO), chosen=False)
    town.pump()
    town.later(600, sweep=True)
    assert town.run(issue).reason == "repositories were taken out"


def _when_it_does(town: Town, run: Run, what: str, then: Callable[[], object]) -> threading.Thread:
    """As soon as the run's transcript tells of it, do something and let Honk hear of it."""

    def wait() -> None:
        last = "0"
        while True:
            found: Any = town.redis.xread({f"honk:transcript:{run.id}": last}, block=5_000)
            assert found, f"it never did {what}"
            lines = found[0][1]
            if any(what in line[b"text"].decode() for _, line in lines):
                then()
                town.listen_elsewhere()
                return
            last = lines[-1][0]

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def _processes(command: str) -> list[str]:
    wanted = command.replace(" ", "\0").encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().startswith(wanted):
                found.append(path.parent.name)
        except OSError:  # it has ended meanwhile
            continue
    return found
