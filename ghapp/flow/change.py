"""Making the change: sandbox, engine, proof and gate, until there is a commit that may leave, or a reason why not.

`honk worker` and `honk fix` both do exactly this; what differs is the journal they keep.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ghapp.core import gate
from ghapp.core.config import PATH, Config
from ghapp.core.errors import Superseded, UserError
from ghapp.core.events import Repository
from ghapp.core.evidence import Check, CheckResult, Evidence, Outcome, Report, is_green
from ghapp.core.gate import Finding, Severity
from ghapp.core.leaks import Watch
from ghapp.core.ports import (
    BudgetSpent,
    CommitText,
    Engine,
    GitStore,
    Prepared,
    Relay,
    Sandbox,
    Task,
    Verdict,
    Verifiers,
    Workspace,
)
from ghapp.core.run import Conclusion, Remark, Run, State
from ghapp.flow.proof import Proof, verdict

ADVICE = ("AGENTS.md", "CLAUDE.md")
MAX_ADVICE = 32_768


class Ended(Exception):  # an ending, not an error
    """The work is over before there is anything to publish."""

    def __init__(self, conclusion: Conclusion, reason: str) -> None:
        super().__init__(reason)
        self.conclusion = conclusion


class Journal(Protocol):
    """Where the steps are recorded."""

    run: Run

    def enter(self, state: State, reason: str) -> None: ...

    def update(self, **changes: Any) -> None: ...

    def add(self, **more: Any) -> None: ...

    def was_stopped(self) -> bool: ...

    def note(self, text: str) -> None: ...

    def tell(self, kind: str, text: str) -> None: ...


@dataclass(frozen=True)
class EngineHost:
    """What the engine may ask of us while it works (`ports.Host`)."""

    journal: Journal
    workspace: Workspace
    check: Callable[[], Verdict]

    def verify(self) -> Verdict:
        """Run the checks on the workspace as it is."""
        return self.check()

    def tell(self, kind: str, text: str) -> None:
        """Add to the transcript."""
        self.journal.tell(kind, text)

    def heard(self) -> tuple[Remark, ...]:
        """Nobody is heard yet."""
        return ()

    def remember(self, lines: Sequence[str]) -> None:
        """Nothing is kept yet."""


@dataclass(frozen=True)
class Ground:
    """Where the work starts: the base commit, what the repository says of itself, and its prepared template."""

    repository: Repository
    mirror: Path
    base: str
    config: Config
    checks: tuple[Check, ...]
    advice: dict[str, str]
    prepared: Prepared


@dataclass(frozen=True)
class Workshop:
    """The parts that making a change takes. `secrets` are strings that must never leave in a change;
    `prompt_hash` names the version of the engine's prompts.
    """

    git: GitStore
    sandbox: Sandbox
    relay: Relay
    engine: Engine
    verifiers: Verifiers
    proof: Proof
    commit_text: Callable[[Run], CommitText]
    prompt_hash: str
    secrets: Sequence[str] = ()
    repairs: int = 2

    def prepare(self, journal: Journal, repository: Repository, base: str) -> Ground:
        """Read what the base commit says of itself, and make its template."""
        files = self.git.files(repository, base)
        config = Config.parse(files[PATH]() if PATH in files else None)
        setup = self.verifiers.setup(files) if config.setup is None else config.setup
        checks = self.verifiers.checks(files) if config.verify is None else config.checks
        advice = {name: files[name]()[:MAX_ADVICE].decode("utf-8", "replace") for name in ADVICE if name in files}
        mirror = self.git.mirror(repository)
        prepared = self.sandbox.prepare(mirror, base, setup)
        how = "reused" if prepared.reused else "made"
        journal.tell("note", f"the template of {base[:9]} is {how}: {' && '.join(setup) or 'no set-up'}")
        if prepared.failed:
            journal.note("A set-up command failed; the checks may lack what it should have installed.")
            journal.tell("note", prepared.log[-2_000:])
        return Ground(repository, mirror, base, config, tuple(checks), advice, prepared)

    def make(self, journal: Journal, ground: Ground) -> None:
        """Work until the run's candidate is a commit that passed the gate.

        Raises Ended, BudgetSpent or UserError when it does not come to that, and Superseded when the run was stopped;
        what was done by then is the candidate all the same, if the gate lets it out.
        """
        base = self.proof.on_base(ground.mirror, ground.prepared, ground.checks, journal.tell)
        run = journal.run
        with (
            self.sandbox.open(ground.mirror, ground.prepared) as workspace,
            self.relay.open(run, run.model) as model,
        ):
            host = EngineHost(journal, workspace, lambda: verdict(self.proof.compare(workspace, base, ground.checks)))

            def work(feedback: str) -> Report:
                return self.engine.work(_task(journal.run, ground, feedback), workspace, model, host)

            try:
                self._until_it_may_leave(journal, ground, workspace, base, work)
            except (BudgetSpent, Ended, UserError, Superseded) as ending:
                if journal.was_stopped() or not isinstance(ending, Superseded):
                    self._keep_what_is_there(journal, ground, workspace)
                raise

    def _until_it_may_leave(
        self,
        journal: Journal,
        ground: Ground,
        workspace: Workspace,
        base: dict[str, CheckResult],
        work: Callable[[str], Report],
    ) -> None:
        journal.update(prompt=self.prompt_hash)
        feedback = ""
        for _ in range(self.repairs + 1):
            journal.enter(State.CODING, "the agent repairs what was found" if feedback else "the agent works")
            # The agent's words go to GitHub as the change does.
            report = work(feedback).rewritten(Watch(self.secrets).withhold)
            journal.update(report=report)
            _must_be_a_change(report, workspace)
            journal.enter(State.VERIFYING, "the checks run on the commit, in a clean sandbox")
            head = self._import(journal.run, ground, workspace)
            evidence = self.proof.on_head(ground.mirror, ground.prepared, head, base, ground.checks, journal.tell)
            findings = self._inspect(ground, head)
            journal.update(evidence=evidence, findings=findings)
            feedback = _what_is_wrong(evidence, findings)
            if not feedback:
                break
            journal.tell("note", feedback)
        journal.enter(State.JUDGING, "the gate looks at what leaves the sandbox")
        self._accept(journal, ground, head, findings)

    def _import(self, run: Run, ground: Ground, workspace: Workspace) -> str:
        bundle = workspace.collect(self.commit_text(run).message)
        return self.git.import_bundle(ground.repository, bundle, run.id)

    def _inspect(self, ground: Ground, head: str) -> tuple[Finding, ...]:
        change = self.git.change(ground.repository, ground.base, head)
        return gate.inspect(change, gate.Limits(protect=tuple(ground.config.protect)), self.secrets)

    def _accept(self, journal: Journal, ground: Ground, head: str, findings: Sequence[Finding]) -> None:
        blocked = [finding for finding in findings if finding.severity is Severity.BLOCK]
        if blocked:
            listed = "; ".join(f"{finding.path}: {finding.detail}" for finding in blocked[:5])
            raise Ended(Conclusion.REJECTED, f"The gate does not let this change out: {listed}")
        text = self.commit_text(journal.run)
        commit = self.git.commit(ground.repository, head, ground.base, text, journal.run.id)
        journal.tell("diff", self.git.diff(ground.repository, ground.base, commit))
        journal.update(candidate=commit)

    def _keep_what_is_there(self, journal: Journal, ground: Ground, workspace: Workspace) -> None:
        """Every end keeps the work: as the candidate if the gate agrees, and never at the price of the first error."""
        if journal.run.candidate or not workspace.changed():
            return
        try:
            head = self._import(journal.run, ground, workspace)
            findings = self._inspect(ground, head)
            journal.update(findings=findings)
            self._accept(journal, ground, head, findings)
        except (Ended, UserError) as error:
            journal.note(f"What was done could not be kept on a branch: {error}")


def _task(run: Run, ground: Ground, feedback: str) -> Task:
    return Task(
        request=run.request,
        repository=ground.repository.full_name,
        number=run.thread.number,
        advice=ground.advice,
        checks=ground.checks,
        feedback=feedback,
    )


def _must_be_a_change(report: Report, workspace: Workspace) -> None:
    said = report.reason or report.summary
    match report.outcome:
        case Outcome.NO_CHANGE:
            raise Ended(Conclusion.NO_CHANGES, said or "The agent found that no change is needed.")
        case Outcome.NEEDS_PERSON:
            raise Ended(Conclusion.REJECTED, said or "The agent says that a person is needed.")
        case Outcome.DONE if not workspace.changed():
            raise Ended(Conclusion.NO_CHANGES, f"The agent says it is done, but changed nothing. Its words: {said}")


def _what_is_wrong(evidence: Sequence[Evidence], findings: Sequence[Finding]) -> str:
    """Feedback for the engine; empty when the change may go on."""
    blocked = [f"{item.path}: {item.detail}" for item in findings if item.severity is Severity.BLOCK]
    parts = []
    if not is_green(tuple(evidence)):
        parts.append("The checks were run again on your commit in a clean sandbox.\n" + verdict(evidence).text)
    if blocked:
        parts.append("The gate does not let this change out:\n" + "\n".join(blocked))
    return "\n\n".join(parts)
