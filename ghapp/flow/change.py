"""Making the change: sandbox, engine, proof, judge and gate, until a commit may leave, or there is a reason why not.

`honk worker` and `honk fix` both do exactly this; what differs is the journal they keep.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ghapp.core import gate, messages
from ghapp.core.config import PATH, Config
from ghapp.core.errors import Superseded, TransientError, UserError
from ghapp.core.events import Repository
from ghapp.core.evidence import Check, Evidence, Outcome, Report, is_green
from ghapp.core.gate import Finding, Severity
from ghapp.core.leaks import Watch
from ghapp.core.ports import (
    BudgetSpent,
    CommitText,
    Conversations,
    Engine,
    GitStore,
    Prepared,
    Relay,
    Sandbox,
    Task,
    Verifiers,
    Workspace,
)
from ghapp.core.run import Conclusion, Run, State
from ghapp.flow.context import Files, Gathered, advice_of
from ghapp.flow.host import EngineHost, Journal
from ghapp.flow.judging import Judging
from ghapp.flow.proof import BaseResult, Proof, verdict

SAME_FAILURES = 3
"""So many times the same failure, and another repair would be the same again."""


class Ended(Exception):  # an ending, not an error
    """The work is over before there is anything to publish."""

    def __init__(self, conclusion: Conclusion, reason: str) -> None:
        super().__init__(reason)
        self.conclusion = conclusion


@dataclass(frozen=True)
class Ground:
    """Where the work starts: the base commit, what the repository says of itself, its template, and the context."""

    repository: Repository
    mirror: Path
    base: str
    config: Config
    checks: tuple[Check, ...]
    advice: dict[str, str]
    prepared: Prepared
    gathered: Gathered


@dataclass(frozen=True)
class Bench:
    """What one attempt works at: `base` are the checks' results on the base commit, `work` has the agent work."""

    ground: Ground
    workspace: Workspace
    base: BaseResult
    work: Callable[[str, bool], Report]


@dataclass(frozen=True)
class Workshop:
    """The parts that making a change takes.

    `gather` looks up what a request names; `engine` gives a coding agent by its name, and `prompts` the version of its
    prompts; `secrets` are strings that must never leave in a change; `tools` are the MCP servers that repositories may
    start in the sandbox, by name.
    """

    git: GitStore
    sandbox: Sandbox
    relay: Relay
    engine: Callable[[str], Engine]
    verifiers: Verifiers
    proof: Proof
    judging: Judging
    gather: Callable[[Run, Files], Gathered]
    conversations: Conversations
    commit_text: Callable[[Run], CommitText]
    prompts: Callable[[str], str]
    secrets: Sequence[str] = ()
    tools: Sequence[str] = ()

    def config(self, repository: Repository, base: str) -> Config:
        """The repository's config as of a commit."""
        return _config_of(self.git.files(repository, base))

    def prepare(self, journal: Journal, repository: Repository, base: str) -> Ground:
        """Read what the base commit says of itself, and make its template."""
        files = self.git.files(repository, base)
        config = _config_of(files)
        setup = self.verifiers.setup(files) if config.setup is None else config.setup
        checks = self.verifiers.checks(files) if config.verify is None else config.checks
        advice, gathered = advice_of(journal.run.request, files), self._gathered(journal, files)
        mirror = self.git.mirror(repository)
        prepared = self.sandbox.prepare(mirror, base, setup, config.egress)
        how = "reused" if prepared.reused else "made"
        journal.tell("note", f"the template of {base[:9]} is {how}: {' && '.join(setup)[:300] or 'no set-up'}")
        if prepared.failed:
            journal.note("A set-up command failed; the checks may lack what it should have installed.")
            journal.tell("note", prepared.log[-2_000:])
        if prepared.refused:
            journal.note(messages.setup_refused(prepared.refused))
        return Ground(repository, mirror, base, config, tuple(checks), advice, prepared, gathered)

    def _gathered(self, journal: Journal, files: Files) -> Gathered:
        """What the request names, looked up before the first turn; a conversation that goes on has it already."""
        if self.conversations.lines(journal.run.id):
            return Gathered()
        gathered = self.gather(journal.run, files)
        for note in gathered.notes:
            journal.tell("note", note)
        if gathered.text:
            journal.tell("context", gathered.text)
        return gathered

    def restore(self, journal: Journal, repository: Repository) -> str | None:
        """The commit of the work that was kept, in this machine's mirror; None when there is none."""
        work = self.conversations.work(journal.run.id)
        if not work:
            return None
        with tempfile.NamedTemporaryFile(prefix="honk-work-") as file:
            file.write(work)
            file.flush()
            try:
                return self.git.import_bundle(repository, Path(file.name), journal.run.id)
            except UserError as error:
                journal.note(f"The work that was kept cannot be used: {error}")
                return None

    def candidate(self, journal: Journal, repository: Repository) -> str | None:
        """The commit of ours that an earlier attempt made, made again from the work that was kept."""
        head = self.restore(journal, repository)
        return head and self._commit(journal.run, repository, head, journal.run.base_sha)

    def make(self, journal: Journal, ground: Ground) -> None:
        """Work until the run's candidate is a commit that passed the gate.

        Raises Ended, BudgetSpent or UserError when it does not come to that, and Superseded when the run was stopped;
        what was done by then is the run's unfinished commit, if the gate lets it out.
        """
        base = self.proof.on_base(ground.mirror, ground.prepared, ground.checks, journal.tell)
        start, run = self._start(journal, ground), journal.run
        engine = self.engine(run.engine)
        with (
            self.sandbox.open(ground.mirror, ground.prepared, start) as workspace,
            self.relay.open(run, run.model) as model,
        ):
            host = EngineHost(
                journal,
                workspace,
                self.conversations,
                lambda: verdict(self.proof.compare(workspace, base, ground.checks)),
            )

            def work(feedback: str, over: bool) -> Report:
                task = self._task(journal.run, ground, start, feedback, over=over)
                report = engine.work(task, workspace, model, host)
                # The agent's words go to GitHub as the change does.
                return report.rewritten(Watch(self.secrets).withhold)

            bench = Bench(ground, workspace, base, work)
            try:
                self._until_it_may_leave(journal, bench)
            except (BudgetSpent, Ended, UserError, Superseded) as ending:
                if journal.was_stopped() or not isinstance(ending, Superseded):
                    self._keep_what_is_there(journal, bench)
                raise

    def _start(self, journal: Journal, ground: Ground) -> str:
        """Where the work goes on: at what people see in the pull request, else at what was kept, else at the base."""
        run = journal.run
        if self.conversations.lines(run.id) is None:
            journal.note(messages.conversation_lost())
        kept = None if _is_anothers(run) else self.restore(journal, ground.repository)
        there = run.head_sha if self.git.has(ground.repository, run.head_sha) else ground.base
        return kept or there

    def _task(self, run: Run, ground: Ground, start: str, feedback: str, *, over: bool) -> Task:
        return Task(
            request=run.request,
            repository=ground.repository.full_name,
            number=run.thread.number,
            advice=ground.advice,
            checks=ground.checks,
            feedback=feedback,
            context=ground.gathered.text,
            images=ground.gathered.images,
            conversation=self.conversations.lines(run.id) or (),
            stand_in=self._stand_in(run, ground, start),
            tools={name: command for name, command in ground.config.tools.items() if name in self.tools},
            over=over,
        )

    def _stand_in(self, run: Run, ground: Ground, start: str) -> str:
        """What was done, for an agent that cannot take its conversation up; empty when nothing was."""
        if start == ground.base:
            return ""
        said = [run.report.summary] if run.report else []
        diff = self.git.diff(ground.repository, ground.base, start)
        return "\n\n".join([*said, "The diff against the base commit:", diff])

    def _until_it_may_leave(self, journal: Journal, bench: Bench) -> None:
        journal.update(prompt=self.prompts(journal.run.engine))
        feedback, failures = journal.run.feedback, list[str]()
        for _ in range(bench.ground.config.budget.repairs + 1):
            journal.enter(State.CODING, "the agent goes on with what it is told" if feedback else "the agent works")
            report = bench.work(feedback, False)
            journal.update(report=report, feedback="")
            _must_be_a_change(report, bench.workspace)
            head = self._prove(journal, bench)
            feedback = _what_is_wrong(journal.run.evidence, journal.run.findings)
            if not feedback:
                journal.enter(State.JUDGING, "a second model looks at the change")
                diff = self.git.diff(bench.ground.repository, bench.ground.base, head)
                feedback = self.judging.objection(journal, bench.ground.config, diff)
            if not feedback:
                break
            journal.tell("note", feedback)
            failures.append(_kind(journal.run))
            if failures.count(failures[-1]) == SAME_FAILURES:
                journal.note(f"The same failure came {SAME_FAILURES} times, so no further repair was tried.")
                break
        if journal.run.state is State.VERIFYING:
            self._ask_what_was_lacking(journal, bench)
            journal.enter(State.JUDGING, "the gate looks at what leaves the sandbox")
        journal.update(candidate=self._accept(journal, bench.ground, head))

    def _prove(self, journal: Journal, bench: Bench) -> str:
        """The work as an imported commit, with its evidence and findings recorded."""
        journal.enter(State.VERIFYING, "the checks run on the commit, in a clean sandbox")
        ground = bench.ground
        head = self._import(journal, ground, bench.workspace)
        evidence = self.proof.on_head(ground.mirror, ground.prepared, head, bench.base, ground.checks, journal.tell)
        # What was judged was another change.
        journal.update(evidence=evidence, findings=self._inspect(journal.run, ground, head), judgement=None)
        return head

    def _import(self, journal: Journal, ground: Ground, workspace: Workspace) -> str:
        bundle = workspace.collect(self.commit_text(journal.run).message)
        self.conversations.keep_work(journal.run, bundle.read_bytes())
        return self.git.import_bundle(ground.repository, bundle, journal.run.id)

    def _inspect(self, run: Run, ground: Ground, head: str) -> tuple[Finding, ...]:
        change = self.git.change(ground.repository, ground.base, head)
        limits = gate.Limits(protect=tuple(ground.config.protect), allowed=run.allowed)
        return gate.inspect(change, limits, self.secrets)

    def _ask_what_was_lacking(self, journal: Journal, bench: Bench) -> None:
        """The person who asked should know how to ask better. An answer that does not come is no further failure."""
        if not self.conversations.lines(journal.run.id):
            return  # nobody is there who remembers
        try:
            answer = bench.work("", True).reason.strip()
        except (BudgetSpent, TransientError, UserError) as error:
            journal.tell("note", f"the agent did not say what the request lacked: {error}")
            return
        if answer:
            journal.note(messages.was_lacking(answer))

    def _accept(self, journal: Journal, ground: Ground, head: str) -> str:
        """The commit that may leave. Raises Ended when the gate lets none out."""
        blocked = [finding for finding in journal.run.findings if finding.severity is Severity.BLOCK]
        if blocked:
            listed = "; ".join(f"{finding.path}: {finding.detail}" for finding in blocked[:5])
            raise Ended(Conclusion.REJECTED, f"The gate does not let this change out: {listed}")
        commit = self._commit(journal.run, ground.repository, head, ground.base)
        journal.tell("diff", self.git.diff(ground.repository, ground.base, commit))
        return commit

    def _commit(self, run: Run, repository: Repository, head: str, base: str) -> str:
        """Our commit with the tree of `head`: on the base, or on what others see or have put on our branch."""
        goes_on = run.pull is not None or _is_anothers(run)
        parent = run.head_sha if goes_on and self.git.has(repository, run.head_sha) else base
        return self.git.commit(repository, head, parent, self.commit_text(run), run.id)

    def _keep_what_is_there(self, journal: Journal, bench: Bench) -> None:
        """Every end keeps the work, if the gate agrees, and never at the price of the first error."""
        if journal.run.candidate or not bench.workspace.changed():
            return
        try:
            head = self._import(journal, bench.ground, bench.workspace)
            journal.update(findings=self._inspect(journal.run, bench.ground, head))
            journal.update(unfinished=self._accept(journal, bench.ground, head))
        except (Ended, UserError) as error:
            journal.note(f"What was done could not be kept on a branch: {error}")


def _config_of(files: Files) -> Config:
    return Config.parse(files[PATH]() if PATH in files else None)


def _is_anothers(run: Run) -> bool:
    """Whether our branch holds somebody else's commit."""
    return bool(run.head_sha) and run.head_sha not in run.published


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


def _kind(run: Run) -> str:
    """What failed, without how: equal for two failures of one class."""
    broken = [f"{item.check.name}: {', '.join(item.new_failures)}" for item in run.evidence if item.is_broken]
    blocked = [f"{item.rule}: {item.path}" for item in run.findings if item.severity is Severity.BLOCK]
    return "\n".join([*broken, *blocked]) or "the judge's veto"
