"""What a pull request says: title, commit, body, and our own check run."""

from collections.abc import Sequence
from html import escape

from ghapp.core.checks import Check as CiCheck
from ghapp.core.disarm import MAX_LINE, code_block, inline, quiet
from ghapp.core.evidence import CheckResult, Evidence, Outcome, Report, Standing, is_green
from ghapp.core.gate import Finding, Severity
from ghapp.core.messages.words import ci_table, cost_line, duration, fit, listed, marker, quoted
from ghapp.core.run import Run

MAX_FAILURES, MAX_FAILURE = 5, 5_000
"""How many failures a pull request shows, and how many characters of each."""


def pull_title(run: Run) -> str:
    """At most 120 characters; GitHub's limit is 256."""
    title = " ".join(quiet(run.request.title[:MAX_LINE]).split()) or f"Issue {run.thread.number}"
    return title if len(title) <= 120 else title[:119] + "…"


def commit_message(run: Run, co_author: str) -> str:
    """Subject, the agent's summary, the issue, and the requester as co-author."""
    signed = f"Co-authored-by: {co_author}\n"
    if run.errand is not None and run.errand.kind == "update" and run.by_code:
        return f"Take in {run.base_branch}\n\n{signed}"
    summary = run.report.summary.strip() if run.report else ""
    body = "\n\n".join(filter(None, (quiet(summary[:4_000]), _relation(run))))
    return f"{pull_title(run)}\n\n{body}\n\n{signed}"


def _relation(run: Run) -> str:
    """What the change is to the thread: it closes an issue, undoes a pull request, or adds to somebody's."""
    if run.reverts is not None:
        return f"Reverts #{run.reverts}"
    return "" if run.is_guest else f"Closes #{run.thread.number}"


def pull_body(run: Run, page: str) -> str:
    """What and why, the evidence, what the gate and the judge think of it, the assumptions, how to go on."""
    report = run.report or Report(Outcome.DONE, "")
    parts = [
        marker(run.id, "pull"),
        f"{_relation(run)}, asked for by @{run.requester.login}.",
        quoted(report.summary),
        "### Evidence",
        evidence_table(run.evidence),
        *_failures(run.evidence),
        _ci_section(run.ci),
        _findings(run.findings, run.allowed),
        _judged(run),
        listed("### Assumptions", report.assumptions),
        f"### Test plan\n\n{quoted(report.test_plan)}" if report.test_plan.strip() else "",
        listed("### Notes", run.notes, most=10),
        f"<sub>{cost_line(run.usage)} · {duration(_worked(run))} · prompts `{run.prompt}` · [transcript]({page})</sub>",
        _how_to_go_on(run),
    ]
    return fit(parts)


def _judged(run: Run) -> str:
    """The second model's word, and how often it sent the change back before."""
    said = run.judgement
    if said is None:
        return ""
    back = f" It had sent the change back {_times(run.vetoes)}." if run.vetoes else ""
    if said.accepts:
        head = f"A second model, which saw only the request and this change, accepts it.{back}"
    else:
        head = f"**A second model, which saw only the request and this change, does not accept it.**{back}"
    return "\n\n".join(filter(None, [f"### Judge\n\n{head}", listed("Its reasons:", said.reasons, most=10)]))


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _how_to_go_on(run: Run) -> str:
    if not is_green(run.evidence):
        return "Its checks are red, so it stays a draft until a person goes on with it."
    if run.judgement is not None and run.judgement.is_veto:
        return "It stays a draft until a person has looked at what the judge says."
    return (
        "Say `/honk fix …` here to have something done differently, `/honk stop` to end this, or close the pull "
        "request. It stays a draft until its CI is green."
    )


_CI_BEGINS, _CI_ENDS = "<!-- honk:ci -->", "<!-- honk:ci-ends -->"


def _ci_section(checks: Sequence[CiCheck]) -> str:
    shown = ci_table(checks) if checks else "CI has reported nothing on this commit yet."
    return f"{_CI_BEGINS}\n{shown}\n{_CI_ENDS}"


def with_ci(body: str, checks: Sequence[CiCheck]) -> str:
    """A pull request's body with these checks shown in it; all else is left as people may have edited it."""
    before, begins, rest = body.partition(_CI_BEGINS)
    _, ends, after = rest.partition(_CI_ENDS)
    return f"{before}{_ci_section(checks)}{after}" if begins and ends else body


def _worked(run: Run) -> float:
    return run.history[-1].at - run.created_at if run.history else 0.0


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


def _findings(findings: Sequence[Finding], allowed: Sequence[str]) -> str:
    if not findings:
        return "The gate found nothing to note."
    rows = [
        f"| {_weight(finding, allowed)} | {finding.rule.value} | {inline(finding.path)} | {inline(finding.detail)} |"
        for finding in findings[:50]
    ]
    more = f"\n\n… and {len(findings) - 50} more" if len(findings) > 50 else ""
    return "\n".join(["### Findings of the gate", "", "| | rule | path | detail |", "|---|---|---|---|", *rows]) + more


def _weight(finding: Finding, allowed: Sequence[str]) -> str:
    """What the finding means; a person's word outweighs a pause, and nothing else."""
    return "let through" if finding.severity is Severity.PAUSE and finding.path in allowed else finding.severity.value
