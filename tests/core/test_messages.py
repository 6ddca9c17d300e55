"""Every sentence that people read, as it stands in `snapshots/`, and what no text of others may do.

`HONK_SNAPSHOTS=write pytest tests/core/test_messages.py` writes the snapshots anew; then read the diff.
"""

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ghapp.core import disarm, messages
from ghapp.core.budget import MICROS, Usage
from ghapp.core.builds import Build, BuildKind, BuildState
from ghapp.core.checks import Check as CiCheck
from ghapp.core.commands import Command, Refusal, Verb, parse
from ghapp.core.events import Actor, Repository, Thread
from ghapp.core.evidence import Check, CheckResult, Evidence, Judgement, Outcome, Report
from ghapp.core.gate import Finding, Rule, Severity
from ghapp.core.merging import Wish
from ghapp.core.run import Conclusion, Pause, Remark, Request, Run, State, Step, Target, Trigger, advance, conclude

SNAPSHOTS = Path(__file__).parent / "snapshots"
PAGE = "https://honk.example/runs/key"
GITHUBS_LIMIT = 65_536

QUEUED = Run(
    id="r1",
    key="key",
    thread=Thread(Repository(7, "octo/demo", 3), 12),
    requester=Actor(11, "mona"),
    trigger=Trigger("2026-11-01T10:00:00Z", label="honk"),
    request=Request("Half cents are rounded down", "Please mend it."),
    created_at=0.0,
    reason="labelled honk",
    history=(Step(State.QUEUED, 0.0),),
)
GREEN = CheckResult(True, 2.4, "12 passed")
RED = CheckResult(False, 2.6, "FAILED test_money.py::test_half\nassert 1 == 2", ("test_money.py::test_half",))
TESTS, LINT = Check("tests", "pytest"), Check("lint", "ruff check")
REPORT = Report(Outcome.DONE, "Round half cents to even.", ("Prices are never negative.",), "Run the suite.")
WAY = (State.PREPARING, State.CODING, State.VERIFYING, State.JUDGING, State.PUBLISHING, State.AWAITING_CI)


def _at(state: State, **changes: object) -> Run:
    run = QUEUED
    for at, step in enumerate(WAY, start=1):
        run = advance(run, step, 20.0 * at, "on the way")
        if step is state:
            break
    return replace(run, **changes)  # type: ignore[arg-type]


WAITING = _at(
    State.AWAITING_CI,
    pull=34,
    report=REPORT,
    evidence=(Evidence(TESTS, RED, GREEN), Evidence(LINT, GREEN, GREEN)),
    usage=Usage(1_000, 2_000, 30_000, 400, 9, 123_456),
    prompt="abc123def456",
)
CI = (CiCheck("build", conclusion="success"), CiCheck("test", conclusion="failure"), CiCheck("docs", status="queued"))
READY = advance(replace(WAITING, ci=CI[:1]), State.AWAITING_REVIEW, 300.0, "CI is green; #34 is ready for review")
NOTES = ("What was done is on the branch `honk/12-r1`.", "A set-up command failed.")
STOPPED = replace(conclude(_at(State.CODING), Conclusion.CANCELLED, 75.0, "@mona said stop"), notes=NOTES)
WORKFLOW = Finding(Rule.WORKFLOW, ".github/workflows/ci.yml", Severity.PAUSE, "a workflow is changed")
ALLOWED = messages.allowed_note("mona", "comment 7", (WORKFLOW.path,))
NO_MONEY = advance(
    replace(_at(State.CODING), usage=Usage(calls=41, micros=5_030_000)),
    State.PAUSED,
    300.0,
    "the budget of $5.00 is spent",
)
NO_MONEY = replace(NO_MONEY, pause=Pause.BUDGET, notes=NOTES[:1])
NO_LEAVE = replace(
    advance(_at(State.PUBLISHING), State.PAUSED, 300.0, "protected files are changed"),
    pause=Pause.PROTECTED,
    findings=(WORKFLOW, replace(WORKFLOW, path=".github/CODEOWNERS")),
)
WORD = Remark("ada", "Leave the parser alone, please.\nIt is somebody else's.")
HEAD = "0123456789abcdef0123456789abcdef01234567"
FOLLOWED = replace(READY, head_sha=HEAD, verified=True)
WISHED = advance(
    replace(WAITING, head_sha=HEAD, wish=Wish(HEAD, Actor(11, "mona"), "2026-11-01T11:00:00Z")),
    State.MERGING,
    300.0,
    "@mona said merge",
)
WATCHED = advance(replace(FOLLOWED, merged_sha="c" * 40), State.DEPLOYING, 400.0, "#34 is merged; I watch main")
ASKED = replace(QUEUED, kind="ask", trigger=Trigger("2026-11-01T10:00:00Z", comment=7), reason="@mona said ask")
FINDING = Finding(Rule.TESTS, "tests/test_a.py", Severity.NOTE, "a test file is deleted or moved")


def _status(run: Run, *waiting: Remark) -> Callable[[], str]:
    return lambda: messages.status_comment(run, 4_321.0, PAGE, waiting)


def _reading(kind: str, conclusion: Conclusion | None = None) -> Callable[[], str]:
    run = advance(advance(replace(ASKED, kind=kind), State.PREPARING, 5.0), State.CODING, 20.0)
    return _status(conclude(run, conclusion, 75.0, "I have answered below.") if conclusion else run)


def _spent(micros: int = 0, calls: int = 0) -> str:
    return messages.spent(replace(QUEUED, usage=Usage(calls=calls, micros=micros)))


SHA, OLDER = "1a2b3c4d5e6f" + 28 * "0", "f0e1d2c3b4a5" + 28 * "0"
BUILDING = replace(
    WAITING,
    head_sha=SHA,
    published=(SHA,),
    builds=(
        Build("App", OLDER, BuildState.STALE, BuildKind.ANDROID, "OLD"),
        Build("App", SHA),
        Build(
            "*Wear*",
            SHA,
            BuildState.READY,
            BuildKind.ANDROID,
            "APK",
            file="w.apk",
            size=3_400_000,
            title="@Wear",
            version="1.2",
            pictures=2,
            expires_at=1_780_000_000,
        ),
        Build("Site", SHA, BuildState.READY, BuildKind.WEB, "WEB", url="https://x.example", expires_at=1_780_000_000),
        Build("iOS", OLDER, BuildState.STALE, BuildKind.IOS, "IPA"),
        Build("iOS", SHA, BuildState.MISSING, reason="nothing was deployed to `ios`."),
    ),
)


def _pull(**changes: object) -> Callable[[], str]:
    return lambda: messages.pull_body(replace(WAITING, **changes), PAGE)  # type: ignore[arg-type]


def _refused(body: str) -> str:
    said = parse(body)
    assert isinstance(said, Refusal)
    return messages.refusal(said)


SAID: dict[str, Callable[[], str]] = {
    "status_queued": _status(QUEUED),
    "status_coding": _status(_at(State.CODING)),
    "status_steered": _status(replace(_at(State.CODING), usage=Usage(micros=2_600_000)), WORD),
    "status_too_late": _status(STOPPED, WORD, Remark("bob", "@here " * 100)),
    "status_no_money": _status(NO_MONEY),
    "status_no_day": _status(
        replace(NO_MONEY, usage=Usage(micros=1), reason="the limit of $500.00 a day for this server is reached")
    ),
    "status_no_leave": _status(NO_LEAVE, WORD, WORD),
    "status_notes": _status(
        replace(
            _at(State.CODING),
            notes=(messages.conversation_lost(), messages.setup_refused(("evil.example:443", "10.0.0.1:22"))),
        )
    ),
    "status_waiting": _status(WAITING),
    "status_red": _status(replace(WAITING, ci=CI, reason="CI is red: test. The pull request stays a draft.")),
    "status_ready": _status(READY),
    "status_stopped": _status(STOPPED),
    "status_failed": _status(conclude(_at(State.CODING), Conclusion.FAILED, 75.0, messages.defect())),
    "status_merged": _status(conclude(READY, Conclusion.MERGED, 400.0, "#34 is merged.")),
    "status_followed": _status(FOLLOWED),
    "status_theirs": _status(replace(FOLLOWED, verified=False, target=Target("fix-`it`", "ada/demo"))),
    "status_wished": _status(WISHED),
    "status_watched": _status(WATCHED),
    "status_planning": _reading("plan"),
    "status_planned": _reading("plan", Conclusion.PLANNED),
    "status_asked": _reading("ask", Conclusion.ANSWERED),
    "status_not_answered": _reading("ask", Conclusion.FAILED),
    "status_reviewed": _reading("review", Conclusion.ANSWERED),
    "pull": _pull(),
    "pull_with_ci": lambda: messages.with_ci(messages.pull_body(WAITING, PAGE), CI),
    "pull_red": _pull(evidence=(Evidence(TESTS, GREEN, RED),), findings=(FINDING,)),
    "pull_unproven": _pull(evidence=(), report=replace(REPORT, assumptions=(), test_plan="")),
    "pull_judged": _pull(judgement=Judgement(True, ("The rounding is as asked for.",)), vetoes=1),
    "pull_doubted": _pull(
        judgement=Judgement(False, ("Nothing tests the half cent.", "@all `x`"), blocks=True), vetoes=2
    ),
    "pull_allowed": _pull(findings=(WORKFLOW, FINDING), allowed=(WORKFLOW.path,), notes=(ALLOWED,)),
    "spent": lambda: "\n".join(
        [_spent(2_499_999) or "-", _spent(2_500_000), _spent(4_000_000), _spent(5_030_000), _spent(100, 70)]
    ),
    "notes": lambda: "\n".join(
        [
            messages.topped_up_note("mona", 5 * MICROS, "comment 7"),
            ALLOWED,
            messages.conversation_lost(),
            messages.setup_refused([f"h{number}`:443" for number in range(12)]),
            messages.was_lacking("Which of the two parsers?\n"),
        ]
    ),
    "build_card": lambda: messages.build_card(BUILDING, lambda token: f"https://honk.example/b/{token}"),
    "build_lines": lambda: messages.build_lines(BUILDING, lambda token: f"https://honk.example/b/{token}"),
    "build_reasons": lambda: "\n\n".join(
        [
            messages.no_archive(messages.ci_is_over(()), "*.apk", ()),
            messages.no_archive(messages.ci_is_over(["test"]), "*.apk", ("logs", "coverage")),
            messages.no_archive(messages.workflow_is_over("app.yml"), "*.apk", ()),
            messages.archive_expired("app`s"),
            messages.archive_too_large("app", 2 << 30, 500_000_000),
            messages.archive_refused("app", "it has an entry that leads out of it: ../@mona"),
            messages.source_refused("GitHub refuses (403): Resource not accessible"),
            messages.workflow_refused("app.yml", "GitHub refuses (422): No ref found"),
            messages.workflow_gives_none("app.yml", "timed_out", "https://github.example/runs/1"),
            messages.deployment_gives_none("preview", "", "", ("staging",)),
            messages.deployment_gives_none("preview", "failure", "javascript:alert(1)", ()),
            messages.deployment_gives_none("preview", "success", "", ()),
            messages.check_gives_none("web*", ("web (1)",), ()),
            messages.check_gives_none("web*", (), ("web (1)",)),
            messages.check_gives_none("web*", (), ()),
            messages.page_revoked(),
            messages.build_page_expired(),
            messages.no_builds(),
            messages.nothing_to_build(),
            *map(messages.builds_revoked, (0, 1, 2)),
        ]
    ),
    "commit": lambda: messages.commit_message(WAITING, "mona <11+mona@users.noreply.github.com>"),
    "check_titles": lambda: "\n".join(
        messages.check_title(found)
        for found in ((), (Evidence(TESTS, GREEN, GREEN),), (Evidence(TESTS, GREEN, RED), Evidence(LINT, GREEN, RED)))
    ),
    "answers": lambda: "\n\n".join(
        [
            messages.not_allowed("mona", Verb.FIX, "write", "read"),
            messages.not_allowed("mona", Verb.ASK, "triage", "none"),
            _refused("/honk retyr"),
            _refused("/honk frobnicate"),
            _refused("/honk stop the presses"),
            messages.already_at_work(QUEUED),
            messages.already_at_work(WAITING),
            messages.already_at_work(NO_MONEY),
            messages.nothing_to_stop(),
            messages.nothing_to_retry(),
            messages.could_not("GitHub refuses (403): no"),
            messages.could_not(messages.defect()),
            messages.no_ci(),
            messages.nothing_open(),
            messages.topped_up(replace(NO_MONEY, budget=NO_MONEY.budget.raised(5 * MICROS)), 5 * MICROS),
            messages.above_the_cap(30 * MICROS, 25 * MICROS),
            messages.too_little(NO_MONEY, 5_020_000),
            messages.nothing_to_allow(),
            messages.said_before_the_pause(),
            messages.let_through(),
            messages.review_needs_a_pull(),
            messages.still_at_work(_at(State.CODING), "deploy staging"),
            messages.merged_already(WATCHED),
            messages.nothing_to_merge(),
            messages.nothing_to_update(),
            messages.unknown_environment("mars", ("staging", "production")),
            messages.unknown_environment("mars", [f"env-{number}" for number in range(23)]),
            messages.unknown_environment("mars", ()),
            messages.nothing_to_deploy(),
            messages.nothing_to_revert(),
        ]
    ),
    "standing": lambda: "\n\n".join(
        [
            *map(messages.standing, (None, QUEUED, WAITING, STOPPED, NO_MONEY, NO_LEAVE, WATCHED)),
            *(messages.standing(QUEUED, place) for place in range(3)),
            messages.standing(_at(State.CODING), 2),
        ]
    ),
    "why": lambda: "\n\n---\n\n".join(map(messages.why, (None, QUEUED, WAITING))),
    "help": messages.help_text,
}


@pytest.mark.parametrize("name", SAID)
def test_each_sentence_is_as_it_was_agreed(name: str) -> None:
    """What people read changes only together with its snapshot."""
    path, said = SNAPSHOTS / f"{name}.txt", SAID[name]() + "\n"
    if os.environ.get("HONK_SNAPSHOTS") == "write":
        path.write_text(said, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == said


def test_no_snapshot_is_left_over() -> None:
    """Every file in the folder belongs to something that is said."""
    assert {path.stem for path in SNAPSHOTS.glob("*.txt")} == set(SAID)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("conclusion", [None, *Conclusion])
def test_every_state_and_every_end_has_a_word(state: State, conclusion: Conclusion | None) -> None:
    """There is a word for wherever a run may stand."""
    if (state is State.DONE) == (conclusion is not None):
        assert messages.now_word(replace(QUEUED, state=state, conclusion=conclusion))


HOSTILE = st.lists(
    st.sampled_from([*"@#/`*_[]()<>|~!&\\ -=+1.ab\n\t\r\u202e\u200b\u2066\x00\x1b", "GH-", "www.", "<!--", "-->"]),
    max_size=60,
).map("".join)


@given(HOSTILE)
def test_text_of_others_is_only_text(text: str) -> None:
    """In Markdown it makes neither links, images, HTML, headings, lists nor mentions, and hides nothing."""
    shown = disarm.plain(text)
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(shown)
    inside = [child for token in tokens for child in token.children or ()]
    kinds = {token.type for token in (*tokens, *inside)}
    assert kinds <= {"paragraph_open", "paragraph_close", "inline", "text", "code_inline", "code_block", "softbreak",
                     "hardbreak", "text_special"}, kinds  # fmt: skip
    plain = "".join(child.content if child.type in ("text", "text_special") else " " for child in inside)
    assert not re.search(r"[@#](?=\w)|(?<![A-Za-z0-9])GH-(?=\w)", plain)
    assert not re.search(r"[\x00-\x08\x1b\u202e\u200b\u2066]", shown)


@given(HOSTILE)
def test_text_of_others_in_one_line_keeps_a_table_whole(text: str) -> None:
    """Between two bars it makes one cell."""
    table = f"| a | b |\n|---|---|\n| {disarm.inline(text)} | x |"
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(table)
    assert [token.type for token in tokens].count("td_open") == 2


@given(HOSTILE)
def test_no_text_of_others_is_a_command(text: str) -> None:
    """Should our own comment ever be read for commands, it has none of somebody else's."""
    assert not isinstance(parse(disarm.plain(f"{text}\n/honk stop")), Command)


@given(st.text(st.sampled_from("`~ab\n"), max_size=60))
def test_a_fence_cannot_be_closed_from_inside(text: str) -> None:
    """The whole text is one block of code."""
    tokens = MarkdownIt().parse(disarm.code_block(text))
    assert [token.type for token in tokens] == ["fence"]


@pytest.mark.parametrize("piece", ["`", "|", "@a ", "<!-- ", "a\n", "\u202e", "é"])
def test_bodies_are_within_githubs_limit(piece: str) -> None:
    """However long and odd everything is, GitHub takes it."""
    long = piece * 70_000
    red = CheckResult(False, 1.0, long)
    run = replace(
        WAITING,
        request=Request(long, long),
        report=Report(Outcome.DONE, long, (long,) * 30, long, long),
        evidence=(Evidence(Check(long[:100], "x"), red, red),) * 30,
        findings=(Finding(Rule.PATH, long[:500], Severity.NOTE, long[:500]),) * 200,
        ci=tuple(CiCheck(long[:200], conclusion="failure") for _ in range(200)),
        notes=(long,) * 20,
        judgement=Judgement(False, (long,) * 20),
    )
    ended = conclude(replace(run, reason=long), Conclusion.FAILED, 1.0, long)
    words = (Remark(long[:40], long),) * 20
    bodies = [messages.status_comment(one, 1.0, PAGE, words) for one in (ended, replace(run, state=State.PAUSED))]
    for body in (messages.pull_body(run, PAGE), *bodies):
        assert len(body) <= GITHUBS_LIMIT
        assert body.startswith("<!-- honk:")
    assert 0 < len(messages.pull_title(run)) <= 120
    assert len(messages.commit_message(run, "a <b>")) < 8_000
    assert len(messages.check_title(run.evidence)) <= 120


def test_a_paused_run_shows_all_that_may_be_let_through() -> None:
    """However much else is said, each path that `/honk allow` lets through stands in the comment."""
    findings = tuple(replace(WORKFLOW, path=f".github/workflows/{'`' * 100}{number}.yml") for number in range(40))
    run = replace(NO_LEAVE, findings=findings, reason="x" * 70_000, notes=("x" * 70_000,) * 20)
    body = messages.status_comment(run, 1.0, PAGE, (Remark("ada", "x" * 8_000),) * 20)
    paths = messages.paths_to_allow(run)
    assert len(paths) == messages.MAX_PATHS
    assert all(path.replace("`", "'") in body for path in paths)


def test_a_word_of_a_person_lifts_a_pause_only() -> None:
    """What blocks is never shown as let through."""
    run = replace(WAITING, findings=(replace(WORKFLOW, severity=Severity.BLOCK),), allowed=(WORKFLOW.path,))
    assert "let through" not in messages.pull_body(run, PAGE)


@given(st.text(max_size=300))
def test_a_title_is_one_visible_line(title: str) -> None:
    """Whatever the issue is called, the pull request has a title of one line with something to see."""
    shown = messages.pull_title(replace(QUEUED, request=Request(title, "")))
    assert shown.strip()
    assert len(shown.splitlines()) == 1


def test_help_names_every_verb_and_fits_a_phone() -> None:
    """Each verb that does something is listed, and the whole is a screen of a phone."""
    told = messages.help_text()
    missing = [verb for verb in Verb if f"/honk {verb}" not in told]
    assert missing == [Verb.HELP]
    assert len(told.splitlines()) <= 20
    assert all(len(line) <= 90 for line in told.splitlines())
