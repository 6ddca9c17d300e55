"""Whether a commit may be merged now: one table row for each thing that may stand in the way."""

from dataclasses import replace
from typing import Any

import pytest

from ghapp.core.checks import EXPECTED, Check
from ghapp.core.events import Actor
from ghapp.core.landing import (
    Case,
    Enqueue,
    HandOver,
    MergeNow,
    Reason,
    Refuse,
    Step,
    Update,
    Wait,
    Why,
    decide,
    lacking_of,
)
from ghapp.core.merging import Method, Required, Rules, Standing, Wish
from ghapp.core.messages.merging import not_merged, waits

HEAD, OTHER = "a" * 40, "b" * 40
ADA, BOB, ASKER, READER = (Actor(number, name) for number, name in enumerate(("ada", "bob", "asker", "reader"), 1))
APP = Actor(9, "reviewer[bot]", "Bot")
WISH = Wish(HEAD, ADA, "2026-01-01T00:00:00Z", 7)
GREEN = Check("test", conclusion="success", app_id=15)
RUNNING = replace(GREEN, status="in_progress", conclusion=None)
RED = replace(GREEN, conclusion="failure")
ONE = Rules(approvals=1)
CASE = Case(
    wish=WISH,
    head_sha=HEAD,
    open=True,
    draft=False,
    standing=Standing("clean"),
    checks=(GREEN,),
    failing=(),
    ready=True,
    requester=ASKER,
    writers=frozenset(who.id for who in (ADA, BOB, ASKER, APP)),
)


def case(standing: dict[str, Any] | None = None, **changes: Any) -> Case:
    """The clean case, with these changes; `standing` are changes of how it stands."""
    return replace(CASE, standing=replace(CASE.standing, **(standing or {})), **changes)


def why(step: Step) -> Why:
    """Why it is refused or waits."""
    assert isinstance(step, Refuse | Wait), step
    return step.reason.why


def test_what_is_in_order_is_merged() -> None:
    """Clean, green, nothing asked for: merged, by squash where the config says nothing."""
    assert decide(CASE) == MergeNow("squash")


@pytest.mark.parametrize(
    ("allowed", "wanted", "taken"),
    [
        (("merge", "squash", "rebase"), None, "squash"),
        (("merge", "rebase"), None, "merge"),
        (("rebase",), None, "rebase"),
        (("merge", "squash", "rebase"), "rebase", "rebase"),
    ],
)
def test_the_method(allowed: tuple[Method, ...], wanted: Method | None, taken: Method) -> None:
    """The config's, else the first of squash, merge and rebase that is allowed."""
    assert decide(case({"methods": allowed}, method=wanted)) == MergeNow(taken)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (case(head_sha=OTHER), Why.MOVED),
        (case(open=False), Why.CLOSED),
        (case({"state": "dirty"}), Why.CONFLICT),
        (case(checks=(RED,), failing=("test",), ready=False), Why.RED),
        (case(draft=True), Why.DRAFT),
        (case({"methods": ()}), Why.METHOD),
        (case({"methods": ("merge",)}, method="squash"), Why.METHOD),
        (case({"decision": "CHANGES_REQUESTED"}), Why.OBJECTED),
        (case({"objected_by": (BOB,)}), Why.OBJECTED),
        (case({"rules": Rules(approvals=None), "approved_by": (ADA, ASKER)}), Why.UNCOUNTED),
        (case({"rules": Rules(approvals=None), "approved_by": (ADA, APP)}), Why.UNCOUNTED),
        (case(wish=replace(WISH, handed="queue")), Why.LEFT_QUEUE),
        (case(wish=replace(WISH, handed="auto")), Why.LEFT_AUTO),
        (case({"rules": ONE, "queued": True}, wish=replace(WISH, handed="queue")), Why.APPROVALS),
    ],
)
def test_what_ends_a_wish(given: Case, reason: Why) -> None:
    """Each of these is refused, with words that name the pull request."""
    step = decide(given)
    assert isinstance(step, Refuse)
    assert why(step) is reason
    assert "#7" in not_merged(7, WISH, step.reason)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (case(checks=(RUNNING,), ready=False), Why.CI),
        (case(checks=(), ready=False), Why.CI),
        (case(checks=(RED,), ready=False), Why.CI),
        (case(draft=True, ready=False), Why.CI),
        (case({"rules": Rules(required=(Required("audit"),))}), Why.REQUIRED),
        (case({"rules": Rules(required=(Required("test", 16),))}), Why.REQUIRED),
        (case({"rules": ONE}), Why.APPROVALS),
        (case({"rules": ONE, "approved_by": (ASKER,)}), Why.APPROVALS),
        (case({"rules": ONE, "approved_by": (APP,)}), Why.APPROVALS),
        (case({"rules": ONE, "approved_by": (READER,)}), Why.APPROVALS),
        (case({"rules": Rules(approvals=2), "approved_by": (ADA, ASKER)}), Why.APPROVALS),
        (case({"rules": ONE, "approved_by": (ADA,)}, requester=Actor(0, "ghost")), Why.APPROVALS),
        (case({"decision": "REVIEW_REQUIRED"}), Why.REVIEW),
        (case({"state": "unknown"}), Why.UNKNOWN),
        (case({"state": "blocked"}), Why.RULE),
        (case({"state": "draft"}), Why.RULE),
        (case({"queued": True}), Why.IN_QUEUE),
        (case({"auto": True}, wish=replace(WISH, handed="auto")), Why.IN_AUTO),
        (case({"queued": True}, wish=replace(WISH, handed="auto")), Why.IN_QUEUE),
    ],
)
def test_what_a_wish_waits_for(given: Case, reason: Why) -> None:
    """Each of these may come yet, and the words say what it is."""
    step = decide(given)
    assert isinstance(step, Wait)
    assert why(step) is reason
    assert "I merge" in waits(WISH, step.reason)


@pytest.mark.parametrize(
    "given",
    [
        case({"rules": ONE, "approved_by": (ADA,), "decision": "APPROVED"}),
        case({"rules": Rules(approvals=None), "approved_by": (ADA,), "decision": "APPROVED"}),
        case({"objected_by": (READER,)}),
        case({"state": "unstable"}),
        case({"state": "has_hooks"}),
        case({"rules": Rules(required=(Required("test", 15),))}),
        case(checks=(), ready=True),
    ],
)
def test_what_is_no_obstacle(given: Case) -> None:
    """An approval that counts, an objection of somebody who may not write, checks that no rule asks for."""
    assert isinstance(decide(given), MergeNow)


def test_behind_is_updated_once_it_is_approved() -> None:
    """Before CI, which would have to run again; after the approvals, which an update may cost."""
    behind = {"state": "behind"}
    assert decide(case(behind, checks=(RUNNING,), ready=False)) == Update()
    assert why(decide(case({**behind, "rules": ONE}))) is Why.APPROVALS
    assert why(decide(case(behind, checks=(RED,), failing=("test",), ready=False))) is Why.RED


def test_a_queue_gets_it_whatever_the_method_and_the_base() -> None:
    """The queue has its own method, and takes the base in by itself; it wants green CI all the same."""
    queue = {"rules": Rules(queue=True)}
    assert decide(case(queue)) == Enqueue()
    assert decide(case({**queue, "methods": ("merge",)}, method="squash")) == Enqueue()
    assert why(decide(case(queue, checks=(RUNNING,), ready=False))) is Why.CI


def test_auto_merge_gets_what_waits_for_required_checks_alone() -> None:
    """GitHub waits for nothing else: a check that no rule asks for, or an approval, is ours to wait for."""
    required = {"state": "blocked", "rules": Rules(required=(Required("test"),))}
    waiting = case(required, checks=(RUNNING,), ready=False, auto=True)
    assert decide(waiting) == HandOver("squash", Reason(Why.REQUIRED, ("test",)))
    other = replace(RUNNING, name="lint")
    assert isinstance(decide(replace(waiting, checks=(RUNNING, other))), Wait)
    assert isinstance(decide(replace(waiting, auto=False)), Wait)
    assert isinstance(decide(replace(waiting, draft=True)), Wait)
    unapproved = replace(waiting.standing, rules=replace(waiting.standing.rules, approvals=1))
    assert why(decide(replace(waiting, standing=unapproved))) is Why.APPROVALS


def test_a_required_check_must_be_green_everywhere_it_comes_from() -> None:
    """Two suites report the same name: the red one counts. One that is only expected is missing."""
    both = (replace(GREEN, suite=1), replace(RED, suite=2))
    assert lacking_of([Required("test", 15)], both) == ("test",)
    assert lacking_of([Required("test")], [Check("test", status=EXPECTED)]) == ("test",)
    assert lacking_of([Required("test")], [GREEN]) == ()
    assert lacking_of([Required("test", 15)], [Check.from_state("test", "success")]) == ("test",)
