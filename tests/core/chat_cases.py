"""A run at each stage of its life as the chat is told of it, and what a phone shows of a card."""

import re
from dataclasses import replace

from ghapp.core.budget import Usage
from ghapp.core.builds import Build
from ghapp.core.chat import Button, Card
from ghapp.core.checks import Check
from ghapp.core.evidence import Outcome, Report
from ghapp.core.gate import Finding, Rule, Severity
from ghapp.core.ledger import QUESTION, Fate, Point
from ghapp.core.merging import Wish
from ghapp.core.messages import Sights
from ghapp.core.messages.aftermath import base_red_note, deployed_note, deployment_failed_note
from ghapp.core.run import Conclusion, Deployment, Pause, Request, Run, State, Step, Trigger, advance, conclude
from tests.core.policy_cases import AT, HEAD, MERGED_SHA, MONA, THREAD

SIGHTS = Sights(
    "https://honk.example/runs/key", "https://github.example/octo/demo/issues/1", "https://github.example/octo/demo/pull/2"
)  # fmt: skip
NOW = 4_321.0
REPORT = Report(Outcome.DONE, "The button is blue now, also while it is pressed.")
WAY = (State.PREPARING, State.CODING, State.VERIFYING, State.JUDGING, State.PUBLISHING, State.AWAITING_CI)

QUEUED = Run(
    id="r1",
    key="key",
    thread=THREAD,
    requester=MONA,
    trigger=Trigger(AT, comment=5),
    request=Request("Make the button blue", "It is grey."),
    created_at=0.0,
    reason="@mona said fix",
    history=(Step(State.QUEUED, 0.0),),
    base_branch="main",
    means="deployed",
)


def at(state: State, **changes: object) -> Run:
    """On its way to this state."""
    run = QUEUED
    for minute, step in enumerate(WAY, start=1):
        run = advance(run, step, 60.0 * minute, "on the way")
        if step is state:
            break
    return replace(run, **changes)  # type: ignore[arg-type]


GREEN, RED = Check("test", conclusion="success"), Check("lint", conclusion="failure")
OPEN = at(
    State.AWAITING_CI, pull=2, head_sha=HEAD, report=REPORT, ci=(GREEN, Check("lint", status="queued")), reason=""
)
BACK = advance(replace(OPEN, ci=(GREEN, RED)), State.QUEUED, 400.0, "CI is red: lint. I have another look.")
READY = advance(replace(OPEN, ci=(GREEN,)), State.AWAITING_REVIEW, 400.0, "CI is green; #2 is ready for review")
WISHED = replace(READY, wish=Wish(HEAD, MONA, AT, 5))
MERGING = advance(WISHED, State.MERGING, 450.0, "@mona said merge, at aaaaaaaaa")
WATCHED = replace(
    advance(MERGING, State.DEPLOYING, 500.0, "#2 is merged; I watch main"), wish=None, merged_sha=MERGED_SHA
)
NO_MONEY = replace(
    advance(at(State.CODING), State.PAUSED, 300.0, "the budget of $5.00 is spent"),
    pause=Pause.BUDGET,
    usage=Usage(calls=41, micros=5_030_000),
)
WORKFLOW = Finding(Rule.WORKFLOW, ".github/workflows/ci.yml", Severity.PAUSE, "a workflow is changed")
NO_LEAVE = replace(
    advance(at(State.PUBLISHING), State.PAUSED, 300.0, "protected files are changed"),
    pause=Pause.PROTECTED,
    findings=(WORKFLOW, replace(WORKFLOW, path=".github/CODEOWNERS")),
)
STEPS = tuple(f"Step {number}: change `file_{number}.py`, and its test." for number in range(1, 12))
POINT = Point(f"{QUESTION}5", "Q1", "mona", "why?", newest=5, fate=Fate.ANSWERED, words="Because `x` is rounded twice.")


def _reads(kind: str, conclusion: Conclusion, **changes: object) -> Run:
    run = advance(advance(replace(QUEUED, kind=kind), State.PREPARING, 5.0), State.CODING, 20.0)
    return replace(conclude(run, conclusion, 75.0, "I have answered below."), **changes)  # type: ignore[arg-type]


def _ended(conclusion: Conclusion, reason: str, run: Run = OPEN) -> Run:
    return conclude(run, conclusion, 500.0, reason)


STAGES: dict[str, Run] = {
    "queued": QUEUED,
    "coding": at(State.CODING, usage=Usage(micros=2_600_000)),
    "open": OPEN,
    "ci_red": BACK,
    "ready": READY,
    "ready_without_builds": replace(READY, builds=(Build("App", HEAD),)),
    "wished": WISHED,
    "merging": MERGING,
    "watched": WATCHED,
    "deployed": replace(WATCHED, notes=(deployed_note("production", "https://shop.example/"),)),
    "red_after_merge": replace(
        WATCHED, notes=(base_red_note(["test", "lint *x*"]), deployment_failed_note("production"))
    ),
    "deployed_on_demand": replace(
        READY, deployment=Deployment("staging", HEAD, 9, state="success", url="https://staging.example/")
    ),
    "merged": _ended(Conclusion.DEPLOYED, "#2 is merged. Nothing is red on the base branch.", WATCHED),
    "no_money": NO_MONEY,
    "no_day": replace(NO_MONEY, usage=Usage(micros=1), reason="the limit of $500.00 a day for this server is reached"),
    "no_leave": NO_LEAVE,
    "no_leave_for_many": replace(
        NO_LEAVE, findings=tuple(replace(WORKFLOW, path=f".github/workflows/{number}.yml") for number in range(20))
    ),
    "planned": _reads("plan", Conclusion.PLANNED, report=replace(REPORT, summary="In three steps.", steps=STEPS[:3])),
    "planned_much": _reads("plan", Conclusion.PLANNED, report=replace(REPORT, summary="It is a lot.", steps=STEPS)),
    "answered": _reads("ask", Conclusion.ANSWERED, report=replace(REPORT, summary="It is read from `answer.txt`.")),
    "answered_at_length": _reads(
        "ask", Conclusion.ANSWERED, report=replace(REPORT, summary="\n".join(f"{n}. a line" for n in range(40)))
    ),
    "question_answered": replace(READY, ledger=(POINT,)),
    "stopped": _ended(Conclusion.CANCELLED, "@mona said stop"),
    "failed": _ended(Conclusion.FAILED, "The set-up failed:\n\nnpm ERR! missing script", at(State.PREPARING)),
    "no_change": _ended(Conclusion.NO_CHANGES, "The button is blue already.", at(State.CODING)),
    "closed": _ended(Conclusion.CLOSED, "@mona closed #2"),
}


def written(card: Card) -> str:
    """A card with all that is in it, for a snapshot."""
    lines = [card.text, *map(_button, card.buttons)]
    return "\n".join([*lines, f"({card.note})"] if card.note else lines)


def _button(button: Button) -> str:
    sure = button.confirm
    asks = f"\n    {sure.title} {sure.text} [{sure.yes}] [{sure.no}]" if sure else ""
    carries = f" {button.value or button.url}".rstrip()
    return f"  [{button.text}] {button.name}{carries}{asks}"


def on_screen(card: Card) -> str:
    """What a phone shows of its text: no addresses of links, no escapes."""
    text = re.sub(r"(?<!\\)\]\(https?://[^\s()]*\)", "", card.text).replace("\u2060", "")
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)
