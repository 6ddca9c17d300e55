"""Every sentence a person reads on GitHub: short enough for one phone screen.

Bodies are Markdown. What came from people or models is put in with `plain` or in a code span, so that it can neither
mention anybody, nor hide, nor look like our own words. GitHub refuses bodies over 65,536 characters.
"""

from collections.abc import Sequence
from html import escape

from ghapp.core.budget import MICROS, Usage
from ghapp.core.checks import Check as CiCheck
from ghapp.core.commands import Refusal, Verb
from ghapp.core.disarm import MAX_LINE, code_block, inline, plain, quiet
from ghapp.core.evidence import CheckResult, Evidence, Outcome, Report, Standing
from ghapp.core.gate import Finding
from ghapp.core.run import Conclusion, Run, State

MAX_BODY = 60_000
MAX_TEXT = 8_000
MAX_FAILURES, MAX_FAILURE = 5, 5_000
"""How many failures a pull request shows, and how many characters of each."""


def marker(run_id: str, what: str) -> str:
    """The hidden text by which our own comments and pull requests are found again."""
    return f"<!-- honk:{what}:{run_id} -->"


def is_status(body: str) -> bool:
    """Whether this is the status comment of some run."""
    return body.startswith("<!-- honk:status:")


def duration(seconds: float) -> str:
    """`45 s`, `3 min 5 s`, `1 h 12 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def money(micros: int) -> str:
    """Micro-dollars as dollars and cents."""
    return f"${micros / MICROS:.2f}"


# --- the status comment ---------------------------------------------------------------------------------------------

_CHECKLIST = (
    (State.PREPARING, "prepare the sandbox"),
    (State.CODING, "make the change"),
    (State.VERIFYING, "run the checks on it"),
    (State.JUDGING, "look at what leaves the sandbox"),
    (State.PUBLISHING, "open the pull request"),
    (State.AWAITING_CI, "CI"),
    (State.AWAITING_REVIEW, "ready for review"),
)
_NOW = {
    State.QUEUED: "queued",
    State.PREPARING: "preparing",
    State.CODING: "working",
    State.VERIFYING: "checking",
    State.JUDGING: "checking",
    State.PUBLISHING: "publishing",
    State.AWAITING_CI: "waiting for CI",
    State.AWAITING_REVIEW: "ready for review",
    State.MERGING: "merging",
    State.DEPLOYING: "merged, deploying",
    State.PAUSED: "paused",
}
_ENDED = {
    Conclusion.MERGED: "merged",
    Conclusion.DEPLOYED: "deployed",
    Conclusion.ANSWERED: "answered",
    Conclusion.PLANNED: "planned",
    Conclusion.NO_CHANGES: "no change needed",
    Conclusion.REJECTED: "needs a person",
    Conclusion.OVER_BUDGET: "over budget",
    Conclusion.TIMED_OUT: "out of time",
    Conclusion.FAILED: "failed",
    Conclusion.CANCELLED: "stopped",
    Conclusion.CLOSED: "closed",
    Conclusion.REVERTED: "reverted",
}


def now_word(run: Run) -> str:
    """Where the run stands, in a word or three."""
    return _ENDED[run.conclusion] if run.conclusion else _NOW[run.state]


def status_comment(run: Run, now: float, page: str) -> str:
    """The one comment of a run that is edited in place. `page` is the address of the run's page."""
    end = run.history[-1].at if run.is_done and run.history else now
    head = f"**Honk** · {now_word(run)} · {duration(end - run.created_at)} · [follow it]({page})"
    parts = [marker(run.id, "status"), head, _checklist(run)]
    if run.pull is not None:
        parts.append(f"Pull request: #{run.pull}")
    if run.ci:
        parts.append(ci_table(run.ci))
    elif run.state is State.AWAITING_CI:
        parts.append("CI has reported nothing on this commit yet.")
    if not run.is_active:
        parts.append(_quoted(run.reason))
    if run.is_done or run.state is State.PAUSED:
        parts.append("\n".join(f"- {inline(note)}" for note in run.notes))
    if not run.is_done:
        parts.append("`/honk stop` stops it.")
    return _fit(parts)


def _checklist(run: Run) -> str:
    entered = {step.state for step in run.history}
    order = [state for state, _ in _CHECKLIST]
    now = order.index(run.state) if run.state in order else len(order)
    lines = []
    for place, (state, text) in enumerate(_CHECKLIST):
        reached = state in entered and place <= now
        current = reached and state is run.state and state is not State.AWAITING_REVIEW
        lines.append(f"- {'▶' if current else '✅' if reached else '▫️'} {text}")
    return "\n".join(lines)


def ci_table(checks: Sequence[CiCheck]) -> str:
    """Each check that is reported on the head, with how it stands."""
    icons = {"success": "✅", "neutral": "➖", "skipped": "➖"}
    rows = [
        f"| {inline(check.name)} | {icons.get(check.conclusion or '', '⏳' if check.conclusion is None else '❌')} "
        f"{check.conclusion or check.status} |"
        for check in checks
    ]
    return "\n".join(["| CI check | result |", "|---|---|", *rows])


# --- the pull request -----------------------------------------------------------------------------------------------


def pull_title(run: Run) -> str:
    """At most 120 characters; GitHub's limit is 256."""
    title = " ".join(quiet(run.request.title[:MAX_LINE]).split()) or f"Issue {run.thread.number}"
    return title if len(title) <= 120 else title[:119] + "…"


def commit_message(run: Run, co_author: str) -> str:
    """Subject, the agent's summary, the issue, and the requester as co-author."""
    subject = pull_title(run)
    summary = run.report.summary.strip() if run.report else ""
    summary = quiet(summary[:4_000])
    body = "\n\n".join(part for part in (summary, f"Closes #{run.thread.number}") if part)
    return f"{subject}\n\n{body}\n\nCo-authored-by: {co_author}\n"


def pull_body(run: Run, page: str) -> str:
    """What and why, the evidence, the assumptions, how to steer."""
    report = run.report or Report(Outcome.DONE, "")
    parts = [
        marker(run.id, "pull"),
        f"Closes #{run.thread.number}, asked for by @{run.requester.login}.",
        _quoted(report.summary),
        "### Evidence",
        evidence_table(run.evidence),
        *_failures(run.evidence),
        _ci_section(run.ci),
        _findings(run.findings),
        _listed("### Assumptions", report.assumptions),
        f"### Test plan\n\n{_quoted(report.test_plan)}" if report.test_plan.strip() else "",
        f"<sub>{cost_line(run.usage)} · {duration(_worked(run))} · prompts `{run.prompt}` · [transcript]({page})</sub>",
        "Say `/honk stop` to end this, or close the pull request. It stays a draft until its CI is green.",
    ]
    return _fit(parts)


_CI_BEGINS, _CI_ENDS = "<!-- honk:ci -->", "<!-- honk:ci-ends -->"


def _ci_section(checks: Sequence[CiCheck]) -> str:
    shown = ci_table(checks) if checks else "CI has reported nothing on this commit yet."
    return f"{_CI_BEGINS}\n{shown}\n{_CI_ENDS}"


def with_ci(body: str, checks: Sequence[CiCheck]) -> str:
    """A pull request's body with these checks shown in it; all else is left as people may have edited it."""
    before, begins, rest = body.partition(_CI_BEGINS)
    _, ends, after = rest.partition(_CI_ENDS)
    return f"{before}{_ci_section(checks)}{after}" if begins and ends else body


def _fit(parts: Sequence[str]) -> str:
    body = "\n\n".join(part for part in parts if part)
    return body if len(body) <= MAX_BODY else body[:MAX_BODY] + "\n\n… (cut to fit)"


def _quoted(text: str) -> str:
    return plain(text.strip()[:MAX_TEXT])


def _listed(heading: str, items: Sequence[str]) -> str:
    lines = [f"- {inline(item)}" for item in items[:20] if item.strip()]
    return "\n".join([heading, "", *lines]) if lines else ""


def _worked(run: Run) -> float:
    return run.history[-1].at - run.created_at if run.history else 0.0


def cost_line(usage: Usage) -> str:
    """Money, turns and tokens in one line."""
    return f"{money(usage.micros)} · {usage.calls} turns · {usage.tokens:,} tokens"


def check_title(evidence: Sequence[Evidence]) -> str:
    """The headline of our own check run."""
    if not evidence:
        return "No verifiers found"
    broken = [item.check.name for item in evidence if item.is_broken]
    return f"Broken: {', '.join(broken)}"[:120] if broken else "The repository's own checks are green"


def evidence_table(evidence: Sequence[Evidence]) -> str:
    """Each of the repository's checks on base and on head."""
    if not evidence:
        return (
            "> [!WARNING]\n> **No verifiers found.** Nothing here was proven by the repository's own checks. "
            "Name some under `verify:` in `.github/honk.yml`."
        )
    rows = [
        f"| {inline(item.check.name)} | {_cell(item.base)} | {_cell(item.head)} | {_standing(item)} |"
        for item in evidence
    ]
    return "\n".join(["| check | base | head | |", "|---|---|---|---|", *rows])


def _cell(result: CheckResult | None) -> str:
    if result is None:
        return "not run"
    line = result.summary.strip().splitlines()[0] if result.passed and result.summary.strip() else ""
    said = f" {inline(line[:100])}" if line else ""
    return f"{'✅' if result.passed else '❌'}{said} ({duration(result.seconds)})"


def _standing(item: Evidence) -> str:
    if item.standing is Standing.BROKEN and item.new_failures:
        return f"**broken**: {len(item.new_failures)} new"
    return item.standing.value


def _failures(evidence: Sequence[Evidence]) -> list[str]:
    red = [item for item in evidence if not item.head.passed]
    return [
        f"<details><summary>{escape(item.check.name)} on head</summary>\n\n"
        f"{code_block(item.head.summary[:MAX_FAILURE])}\n\n</details>"
        for item in red[:MAX_FAILURES]
    ]


def _findings(findings: Sequence[Finding]) -> str:
    if not findings:
        return "The gate found nothing to note."
    rows = [
        f"| {finding.severity.value} | {finding.rule.value} | {inline(finding.path)} | {inline(finding.detail)} |"
        for finding in findings[:50]
    ]
    more = f"\n\n… and {len(findings) - 50} more" if len(findings) > 50 else ""
    return "\n".join(["### Findings of the gate", "", "| | rule | path | detail |", "|---|---|---|---|", *rows]) + more


# --- answers --------------------------------------------------------------------------------------------------------


def not_allowed(login: str, verb: Verb, needed: str, has: str) -> str:
    """Said once to a person without the right."""
    has = "no role" if has == "none" else f"the role *{has}*"
    return f"@{login}, `/honk {verb}` needs the role *{needed}* on this repository, and you have {has} here."


def refusal(refused: Refusal) -> str:
    """The command was not understood."""
    hint = f" Did you mean `/honk {refused.suggestion}`?" if refused.suggestion else ""
    return f"{plain(refused.text)}{hint} `/honk help` lists what I understand."


def not_yet(verb: Verb) -> str:
    """A verb that is known and comes later."""
    return f"`/honk {verb}` is not in this version of Honk yet. `/honk help` lists what is."


def not_yet_on_pulls() -> str:
    """Work on a pull request comes later."""
    return "This version of Honk starts on issues only. Say it on the issue, please."


def already_at_work(run: Run) -> str:
    """There is an open run on the thread."""
    where = f" Its pull request is #{run.pull}." if run.pull else ""
    return f"I am at it already ({now_word(run)}).{where} `/honk stop` ends it."


def no_such_engine(engine: str) -> str:
    """The config names an engine that comes later."""
    return f"The engine `{engine}` is not in this version of Honk. Set `engine: messages` in `.github/honk.yml`."


def could_not(sentence: str) -> str:
    """GitHub refused, or something of ours broke, on the way."""
    return f"I could not act on this: {plain(sentence)}"


def nothing_to_stop() -> str:
    """Stop without a run."""
    return "Nothing is running here."


def nothing_to_retry() -> str:
    """Retry without a run."""
    return "There was no run here yet. `/honk fix` starts one."


def standing(run: Run | None) -> str:
    """The answer to status."""
    if run is None:
        return "There was no run here yet. `/honk fix` starts one."
    where = f" Pull request: #{run.pull}." if run.pull else ""
    return f"**{now_word(run)}**: {plain(run.reason or 'no reason was noted')}.{where}"


def why(run: Run | None) -> str:
    """The answer to why."""
    if run is None:
        return "I have done nothing here yet, for no one has asked."
    steps = "\n".join(f"- {step.state.value.replace('_', ' ')}" for step in run.history[-12:])
    return f"It stands at **{now_word(run)}** because: {plain(run.reason)}\n\n{steps}"


def help_text() -> str:
    """The answer to help."""
    return "\n".join(
        [
            "I make the change, prove it with this repository's checks and open a pull request.",
            "",
            "| write | and I |",
            "|---|---|",
            "| `/honk` or `/honk fix …` | work on this issue |",
            "| `/honk stop` | stop, and keep what is done |",
            "| `/honk retry` | try again |",
            "| `/honk status`, `/honk why` | say where it stands and why |",
            "",
            "The label `honk` does the same as `/honk fix`.",
        ]
    )


def no_ci() -> str:
    """Nothing was ever reported on the head."""
    return "No CI has reported on this commit, so it stays a draft: look at it, and mark it ready yourself."


def defect() -> str:
    """The one honest comment after a failure of our own."""
    return "something broke in Honk itself; its operator finds the details in the log"
