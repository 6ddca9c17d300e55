"""What the chat is told of a run at each stage, as it stands in `snapshots/chat/`, and what no text of others may do.

`HONK_SNAPSHOTS=write pytest tests/core/test_chat_messages.py` writes the snapshots anew; then read the diff.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ghapp.core import messages
from ghapp.core.builds import Build, BuildState
from ghapp.core.chat import Button, Card
from ghapp.core.checks import Check
from ghapp.core.evidence import Outcome, Report
from ghapp.core.messages.aftermath import base_red_note, deployed_note
from ghapp.core.messages.aftermath import means as means_here
from ghapp.core.run import Conclusion, Deployment, Request, Run, State
from ghapp.flow.desk import SAYS
from tests.core.chat_cases import (
    NO_LEAVE,
    NOW,
    OPEN,
    POINT,
    QUEUED,
    READY,
    SIGHTS,
    STAGES,
    STEPS,
    WATCHED,
    WORKFLOW,
    on_screen,
    written,
)
from tests.core.policy_cases import HEAD

SNAPSHOTS = Path(__file__).parent / "snapshots" / "chat"
MOST, MOST_LINES = 1_200, 20
"""Characters and lines on a phone's screen."""


def told(run: Run) -> dict[str, Card]:
    """All that is said of it, by name."""
    return {"progress": messages.chat_progress(run, SIGHTS, NOW), **dict(messages.milestones(run, SIGHTS))}


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_is_told_as_it_was_agreed(stage: str) -> None:
    """What people read changes only together with its snapshot."""
    said = "\n\n".join(f"== {name}\n{written(card)}" for name, card in told(STAGES[stage]).items()) + "\n"
    path = SNAPSHOTS / f"{stage}.txt"
    if os.environ.get("HONK_SNAPSHOTS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(said, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == said


def test_no_run_has_taken_less_than_no_time() -> None:
    """The machine that tells is some seconds behind the one that began: I read 0 s in the talk and on GitHub."""
    behind = QUEUED.created_at - 6
    assert " · 0 s · " in messages.chat_progress(QUEUED, SIGHTS, behind).text
    assert " · 0 s · " in messages.status_comment(QUEUED, behind, SIGHTS.run)


def test_no_snapshot_is_left_over() -> None:
    """Every file in the folder belongs to a stage."""
    assert {path.stem for path in SNAPSHOTS.glob("*")} == set(STAGES)


BUTTONS = {
    "queued": ["stop"],
    "coding": ["stop"],
    "open": ["stop"],
    "ci_red": ["stop"],
    "ready": ["stop", "merge", "not-yet"],
    "ready_without_builds": ["stop"],
    "wished": ["stop"],
    "merging": ["stop"],
    "watched": ["revert"],
    "deployed": ["revert", "revert"],
    "red_after_merge": ["revert", "revert", "revert"],
    "deployed_on_demand": ["stop", "merge", "not-yet"],
    "merged": [],
    "no_money": ["stop", "budget", "stop"],
    "no_day": ["stop", "budget", "stop"],
    "no_leave": ["stop", "allow", "stop"],
    "no_leave_for_many": ["stop", "stop"],
    "planned": ["fix", "not-yet"],
    "planned_much": ["fix", "not-yet"],
    "answered": [],
    "answered_at_length": [],
    "question_answered": ["stop", "merge", "not-yet"],
    "stopped": ["retry"],
    "failed": ["retry"],
    "no_change": ["retry"],
    "closed": [],
}


@pytest.mark.parametrize("stage", STAGES)
def test_a_button_is_there_only_where_it_means_something(stage: str) -> None:
    """Merge where it can be merged, the way back while it is watched, stop while there is something to stop."""
    buttons = [button for card in told(STAGES[stage]).values() for button in card.buttons]
    assert [button.name for button in buttons if not button.url] == BUTTONS[stage]
    assert [button.url for button in buttons if button.url] == [SIGHTS.run]


def test_every_button_is_one_that_the_desk_knows() -> None:
    """And each that it knows is offered somewhere."""
    names = {button.name for run in STAGES.values() for card in told(run).values() for button in card.buttons}
    assert names == {*SAYS, "not-yet", "page"}


@pytest.mark.parametrize("means", ["merged", "deployed", "released", ""])
def test_the_question_before_a_merge_names_it_all(means: str) -> None:
    """Which pull request at which commit goes where, and what comes of that; the button carries the whole commit."""
    run = replace(READY, means=means, base_branch="main")
    (merge,) = [button for button in told(run)[f"ready:{HEAD}"].buttons if button.name == "merge"]
    assert merge.confirm is not None
    assert merge.value == HEAD
    assert f"#2 at {HEAD[:7]} goes into main." in merge.confirm.text
    assert merge.confirm.text == f"#2 at {HEAD[:7]} goes into main. {means_here(means)}".strip()


@pytest.mark.parametrize("changes", [{"head_sha": ""}, {"pull": None}, {"kind": "review"}])
def test_nothing_is_offered_for_a_merge_that_is_not_known(changes: dict[str, object]) -> None:
    """A button without its commit would merge whatever is there."""
    names = [button.name for card in told(replace(READY, **changes)).values() for button in card.buttons]  # type: ignore[arg-type]
    assert "merge" not in names


@pytest.mark.parametrize(
    ("builds", "is_ready"),
    [
        ((), True),
        ((Build("App", HEAD),), False),
        ((Build("App", HEAD, BuildState.READY), Build("Web", HEAD)), False),
        ((Build("App", HEAD, BuildState.READY), Build("Web", HEAD, BuildState.MISSING)), True),
        ((Build("App", "b" * 40, BuildState.STALE),), False),
    ],
)
def test_a_merge_is_offered_when_there_is_something_to_try(builds: tuple[Build, ...], is_ready: bool) -> None:
    """Each build of this very commit is there, or known to be missing."""
    assert (f"ready:{HEAD}" in told(replace(READY, builds=builds))) is is_ready


def test_all_that_is_let_through_by_a_tap_was_shown() -> None:
    """The card shows each path that `allow` lets through, or has no button for it."""
    for number in (1, 2, 12, 13, 30, 40):
        for name in ("x", "y" * 90):
            findings = tuple(replace(WORKFLOW, path=f".github/{name}{index}") for index in range(number))
            run = replace(NO_LEAVE, findings=findings)
            (card,) = [card for key, card in messages.milestones(run, SIGHTS) if key.startswith("paused")]
            offered = any(button.name == "allow" for button in card.buttons)
            shown = all(f"`{path}`" in card.text for path in messages.paths_to_allow(run))
            assert offered == shown
            assert offered or SIGHTS.issue in card.text


def test_a_milestone_is_another_one_when_something_new_is_to_be_said() -> None:
    """A new head is ready anew, a second pause is a second question, another question is another answer."""
    other = replace(READY, head_sha="b" * 40)
    assert set(told(READY)) ^ set(told(other)) == {f"ready:{HEAD}", f"ready:{'b' * 40}"}
    later = replace(NO_LEAVE, history=(replace(NO_LEAVE.history[-1], at=999.0),))
    assert len(set(told(NO_LEAVE)) ^ set(told(later))) == 2
    second = replace(READY, ledger=(POINT, replace(POINT, id=f"{POINT.id}6", newest=6)))
    assert len([name for name in told(second) if name.startswith("question:")]) == 2


NASTY = (
    "<!channel> <@U123> @here @mona <!-- honk:box:merge --> [click](https://evil.example) ![x](https://evil.example/x) "
    "https://evil.example <a href=x>y</a> `<!channel>` `](https://evil.example)` ``` \u202e # * | /honk merge"
)
LONG = (f"{NASTY}\n- [ ] x\n\n> y\n# z\n" * 300, "x" * 100_000, "\n".join("x" * 5_000), "`" * 70_000, f"{NASTY} " * 500)


def hostile(text: str) -> list[Run]:
    """Runs whose every text of others is this one."""
    report = Report(Outcome.DONE, text, (text,), text, text, steps=(text,) * 40)
    changes: dict[str, object] = {
        "request": Request(text, text),
        "report": report,
        "reason": text,
        "base_branch": text,
        "ci": (Check(text, conclusion="failure"),) * 50,
        "notes": (base_red_note([text] * 20), deployed_note(text, f"https://x.example/{text}"), text),
        "deployment": Deployment(text, HEAD, 1, text, text, f"https://x.example/{text}"),
        "ledger": (replace(POINT, words=text, asked=text, author=text),),
        "findings": (replace(WORKFLOW, path=text), replace(WORKFLOW, path=f"{text}2")),
    }
    return [replace(run, **changes) for run in STAGES.values()]  # type: ignore[arg-type]


def cards(text: str) -> Iterator[Card]:
    """All that is said in the chat of and around such runs."""
    for run in hostile(text):
        yield from told(run).values()
    yield messages.asked_by(text, text)


def check(card: Card) -> None:
    """It fits, leads only to us, and has no markup but ours."""
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(card.text)
    inside = [child for token in tokens for child in token.children or ()]
    assert {str(child.attrs["href"]) for child in inside if child.type == "link_open"} <= {SIGHTS.issue, SIGHTS.pull}
    assert not {token.type for token in (*tokens, *inside)} & {
        "image", "html_inline", "html_block", "heading_open", "table_open", "fence", "code_block", "hr"
    }  # fmt: skip
    bare = "".join(child.content if child.type in ("text", "text_special") else " " for child in inside)
    assert not re.search(r"@(?=(?:here|channel|U123)\b)", bare)
    assert "<!-- honk:" not in card.text
    assert "\u202e" not in card.text


@pytest.mark.parametrize("stage", STAGES)
def test_what_is_said_fits_one_screen(stage: str) -> None:
    """As the phone shows it."""
    for card in told(STAGES[stage]).values():
        check(card)
        assert len(on_screen(card)) <= MOST
        assert len(card.text.splitlines()) <= MOST_LINES


@pytest.mark.parametrize("text", [NASTY, *LONG])
def test_no_text_of_others_breaks_out_or_fills_the_screen(text: str) -> None:
    """However long and odd: titles, reports, reasons, paths, checks, branches, environments, questions."""
    for card in cards(text):
        check(card)
        assert len(on_screen(card)) <= MOST
        assert len(card.text.splitlines()) <= MOST_LINES
        assert card.text.strip()


PIECES = st.sampled_from(
    [*"@#/`*_[]()<>|~!&\\ -=+1.ab\n\t\r\u202e\u200b\x00", "<!--", " honk:", "-->", "](https://e.x)", "www."]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
@example("\u202e\t@")
def test_no_text_of_others_is_markup(text: str) -> None:
    """In none of the messages."""
    for card in cards(text):
        check(card)


def fits(button: Button) -> bool:
    """Slack's limits: https://docs.slack.dev/reference/block-kit/block-elements/button-element"""
    sure = button.confirm
    asked = not sure or (len(sure.title) <= 100 and len(sure.text) <= 300 and max(len(sure.yes), len(sure.no)) <= 30)
    return asked and 0 < len(button.text) <= 75 and len(button.value) <= 2_000 and len(button.url) <= 3_000


def test_buttons_are_within_slacks_limits() -> None:
    """Also before anything is cut off, so that nothing that matters is."""
    for text in ("x", *LONG):
        for card in cards(text):
            assert all(map(fits, card.buttons))
            assert len(card.buttons) <= 25


def test_a_title_that_cannot_be_seen_leaves_a_link() -> None:
    """The issue's number stands in its place."""
    for title in ("", " ", "\u200b\u202e"):
        card = messages.chat_progress(replace(QUEUED, request=Request(title, "")), SIGHTS, NOW)
        assert f"[#1]({SIGHTS.issue})" in card.text


def test_a_run_that_says_nothing_of_its_end_says_where_to_look() -> None:
    """An answer or a reason that is empty is on GitHub at least."""
    answered = replace(STAGES["answered"], report=Report(Outcome.DONE, " "))
    stopped = replace(STAGES["stopped"], reason="")
    for run in (answered, stopped):
        (card,) = [card for name, card in messages.milestones(run, SIGHTS) if name.startswith(("answer", "over"))]
        assert f"({SIGHTS.issue})" in card.text


@pytest.mark.parametrize("conclusion", Conclusion)
def test_every_end_is_told_once(conclusion: Conclusion) -> None:
    """By the merge, the plan, the answer, or as an end."""
    merged = conclusion in (Conclusion.MERGED, Conclusion.DEPLOYED)
    report = Report(Outcome.DONE, "So.", steps=STEPS[:2])
    run = replace(WATCHED if merged else OPEN, state=State.DONE, conclusion=conclusion, report=report)
    names = [name.partition(":")[0] for name in told(run) if not name.startswith(("progress", "pull"))]
    assert names == [
        {"merged": "merged", "deployed": "merged", "planned": "plan", "answered": "answer"}.get(conclusion, "over")
    ]
