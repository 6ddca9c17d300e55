"""Making the change: sandbox, engine, proof, judge and gate, until a commit may leave, or there is a reason why not.

`honk worker` and `honk fix` both do exactly this; what differs is the journal they keep.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ghapp.core import gate, messages
from ghapp.core.errors import Superseded, TransientError, UserError
from ghapp.core.events import Repository
from ghapp.core.evidence import Evidence, Outcome, Report, is_green
from ghapp.core.gate import Finding, Severity
from ghapp.core.kinds import READING
from ghapp.core.leaks import Watch
from ghapp.core.ledger import Fate
from ghapp.core.ports import BudgetSpent, CommitText, Conversations, Engine, GitStore, Relay, Task, Workspace
from ghapp.core.run import Conclusion, Run, State
from ghapp.flow import errands
from ghapp.flow.ground import Ground, Grounds
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


class NothingNew(Exception):  # an ending of the attempt, not of the run
    """There is a pull request, and nothing new came of the work; the message is the agent's word."""


@dataclass(frozen=True)
class Bench:
    """What one attempt works at, from the commit `start` on.

    `base` are the checks' results on the base commit, `work` has the agent work.
    """

    ground: Ground
    workspace: Workspace
    start: str
    base: BaseResult
    work: Callable[[str, bool], Report]


@dataclass(frozen=True)
class Workshop:
    """The parts that making a change takes.

    `engine` gives a coding agent by its name, and `prompts` the version of its prompts; `secrets` are strings that must
    never leave in a change; `tools` are the MCP servers that repositories may start in the sandbox, by name.
    """

    grounds: Grounds
    relay: Relay
    engine: Callable[[str], Engine]
    proof: Proof
    judging: Judging
    commit_text: Callable[[Run], CommitText]
    prompts: Callable[[str], str]
    secrets: Sequence[str] = ()
    tools: Sequence[str] = ()

    @property
    def git(self) -> GitStore:
        """The mirrors."""
        return self.grounds.git

    @property
    def _conversations(self) -> Conversations:
        return self.grounds.conversations

    def candidate(self, journal: Journal, repository: Repository) -> str | None:
        """The commit of ours that an earlier attempt made, made again from the work that was kept."""
        head = self.grounds.restore(journal, repository)
        return head and self._commit(journal.run, repository, head, journal.run.base_sha)

    def make(self, journal: Journal, ground: Ground) -> None:
        """Work until the run's candidate is a commit that passed the gate.

        Raises NothingNew, Ended, BudgetSpent or UserError when it does not come to that, and Superseded when the run
        was stopped; what was done by then is the run's unfinished commit, if the gate lets it out.
        """
        base = self.proof.on_base(ground.mirror, ground.prepared, ground.checks, journal.tell)
        with self._at_work(journal, ground, base, journal.run.kind) as bench:
            try:
                self._until_it_may_leave(journal, bench)
            except (BudgetSpent, Ended, UserError, Superseded) as ending:
                if journal.was_stopped() or not isinstance(ending, Superseded):
                    self._keep_what_is_there(journal, bench)
                raise

    def consult(self, journal: Journal, ground: Ground, kind: str) -> Report:
        """Have the agent read, think and answer (plan, ask, review); what it does to the workspace is thrown away."""
        with self._at_work(journal, ground, {}, kind) as bench:
            journal.update(prompt=self.prompts(journal.run.engine))
            journal.enter(State.CODING, "the agent reads and answers")
            report = bench.work(journal.run.feedback, False)
            journal.update(report=report, feedback="")
            return report

    @contextmanager
    def _at_work(self, journal: Journal, ground: Ground, base: BaseResult, kind: str) -> Iterator[Bench]:
        """A workspace with an agent at it."""
        start, run = self._start(journal, ground), journal.run
        engine = self.engine(run.engine)
        with (
            self.grounds.sandbox.open(ground.mirror, ground.prepared, start) as workspace,
            self.relay.open(run, run.model) as model,
        ):
            host = EngineHost(
                journal,
                workspace,
                self._conversations,
                lambda: verdict(self.proof.compare(workspace, base, ground.checks)),
                hears=kind == run.kind,
            )

            def work(feedback: str, over: bool) -> Report:
                task = self._task(journal.run, ground, start, feedback)
                points = () if kind in READING else task.points
                report = engine.work(replace(task, kind=kind, points=points, over=over), workspace, model, host)
                # The agent's words go to GitHub as the change does.
                return report.rewritten(Watch(self.secrets).withhold)

            yield Bench(ground, workspace, start, base, work)

    def _start(self, journal: Journal, ground: Ground) -> str:
        """Where the work goes on: at what people see in the pull request, else at what was kept, else at the base."""
        run = journal.run
        if self._conversations.lines(run.id) is None:
            journal.note(messages.conversation_lost())
        anew = _is_anothers(run) or (run.errand is not None and not run.errand.done)
        kept = None if anew else self.grounds.restore(journal, ground.repository)
        there = run.head_sha if self.git.has(ground.repository, run.head_sha) else ground.base
        return kept or there

    def _task(self, run: Run, ground: Ground, start: str, feedback: str) -> Task:
        return Task(
            request=run.request,
            repository=ground.repository.full_name,
            number=run.thread.number,
            advice=ground.advice,
            checks=ground.checks,
            feedback=feedback,
            context=ground.gathered.text,
            images=ground.gathered.images,
            conversation=self._conversations.lines(run.id) or (),
            stand_in=self._stand_in(run, ground, start),
            tools={name: command for name, command in ground.config.tools.items() if name in self.tools},
            points=tuple(point for point in run.ledger if point.fate is Fate.OPEN),
            diff=self.git.diff(ground.repository, ground.base, start) if run.kind == "review" else "",
        )

    def _stand_in(self, run: Run, ground: Ground, start: str) -> str:
        """What was done, for an agent that cannot take its conversation up; empty when nothing was."""
        if start == ground.base or run.kind == "review":
            return ""
        said = [run.report.summary] if run.report else []
        diff = self.git.diff(ground.repository, ground.base, start)
        return "\n\n".join([*said, "The diff against the base commit:", diff])

    def _until_it_may_leave(self, journal: Journal, bench: Bench) -> None:
        journal.update(prompt=self.prompts(journal.run.engine))
        failures = list[str]()
        for _ in range(bench.ground.config.budget.repairs + 1):
            report = self._work(journal, bench)
            self._must_be_a_change(journal, bench, report)
            head = self._prove(journal, bench)
            objection = self._objection(journal, bench, head)
            if not objection:
                break
            journal.tell("note", objection)
            journal.update(feedback=objection)
            failures.append(_kind(journal.run))
            if failures.count(failures[-1]) == SAME_FAILURES:
                journal.note(f"The same failure came {SAME_FAILURES} times, so no further repair was tried.")
                break
        if journal.run.state is State.VERIFYING:
            self._ask_what_was_lacking(journal, bench)
            journal.enter(State.JUDGING, "the gate looks at what leaves the sandbox")
        journal.update(candidate=self._accept(journal, bench.ground, head), feedback="")

    def _work(self, journal: Journal, bench: Bench) -> Report:
        """One turn of work: by code where there is an errand and that is enough, else by the agent."""
        feedback = journal.run.feedback
        journal.enter(State.CODING, "the agent goes on with what it is told" if feedback else "the agent works")
        report = self._by_code(journal, bench)
        if report is None:
            report = bench.work(journal.run.feedback, False)
            journal.update(by_code=False)
        journal.update(report=report, feedback="")
        return report

    def _by_code(self, journal: Journal, bench: Bench) -> Report | None:
        """Do the errand, and keep what came of it; None when the agent has to go on from there."""
        errand = journal.run.errand
        if errand is None or errand.done:
            return None
        if errand.kind == "update":
            errand = replace(errand, sha=bench.ground.base)
        done = errands.run(errand, bench.workspace, bench.start)
        journal.tell("note", done.output[-2_000:])
        told = messages.in_conflict(errand, done.conflicts) if done.conflicts else ""
        feedback = "\n\n".join(filter(None, [told, journal.run.feedback]))
        journal.update(errand=replace(errand, done=True), feedback=feedback)
        if bench.workspace.changed():
            self._import(journal, bench.ground, bench.workspace)
        if done.conflicts:
            return None
        if not self._is_new(journal, bench):
            if errand.kind == "autofix":
                return None
            said = messages.nothing_new(errand)
            raise NothingNew(said) if journal.run.pull is not None else Ended(Conclusion.NO_CHANGES, said)
        journal.update(by_code=True)
        return messages.by_code(errand, journal.run.report, journal.run.reverts)

    def _is_new(self, journal: Journal, bench: Bench) -> bool:
        """Whether the work differs from what people see already."""
        run, repository = journal.run, bench.ground.repository
        if run.pull is None:
            return bench.workspace.changed()
        if self.git.fork_point(repository, run.head_sha, bench.ground.base) != bench.ground.base:
            return True
        head = self._import(journal, bench.ground, bench.workspace) if bench.workspace.changed() else bench.ground.base
        return not self.git.same_tree(repository, head, run.head_sha)

    def _must_be_a_change(self, journal: Journal, bench: Bench, report: Report) -> None:
        """An open pull request stays as it is when nothing new came of the work."""
        said = report.reason or report.summary
        if journal.run.pull is not None and not self._is_new(journal, bench):
            raise NothingNew(said or "The agent changed nothing.")
        match report.outcome:
            case Outcome.NO_CHANGE:
                raise Ended(Conclusion.NO_CHANGES, said or "The agent found that no change is needed.")
            case Outcome.NEEDS_PERSON:
                raise Ended(Conclusion.REJECTED, said or "The agent says that a person is needed.")
            case Outcome.DONE if not bench.workspace.changed():
                told = f"The agent says it is done, but changed nothing. Its words: {said}"
                raise Ended(Conclusion.NO_CHANGES, told)

    def _prove(self, journal: Journal, bench: Bench) -> str:
        """The work as an imported commit, with its evidence and findings recorded."""
        journal.enter(State.VERIFYING, "the checks run on the commit, in a clean sandbox")
        ground = bench.ground
        head = self._import(journal, ground, bench.workspace)
        evidence = self.proof.on_head(ground.mirror, ground.prepared, head, bench.base, ground.checks, journal.tell)
        # What was judged was another change.
        journal.update(evidence=evidence, findings=self._inspect(journal.run, ground, head), judgement=None)
        return head

    def _objection(self, journal: Journal, bench: Bench, head: str) -> str:
        """What the agent is told to mend; empty when the change may go on. Code's own work is not judged by taste."""
        wrong = _what_is_wrong(journal.run.evidence, journal.run.findings)
        if wrong:
            return wrong
        journal.enter(State.JUDGING, "a second model looks at the change")
        if journal.run.by_code:
            return ""
        diff = self.git.diff(bench.ground.repository, bench.ground.base, head)
        return self.judging.objection(journal, bench.ground.config, diff)

    def _import(self, journal: Journal, ground: Ground, workspace: Workspace) -> str:
        bundle = workspace.collect(self.commit_text(journal.run).message)
        self._conversations.keep_work(journal.run, bundle.read_bytes())
        return self.git.import_bundle(ground.repository, bundle, journal.run.id)

    def _inspect(self, run: Run, ground: Ground, head: str) -> tuple[Finding, ...]:
        change = self.git.change(ground.repository, ground.base, head)
        limits = gate.Limits(protect=tuple(ground.config.protect), allowed=run.allowed)
        return gate.inspect(change, limits, self.secrets)

    def _ask_what_was_lacking(self, journal: Journal, bench: Bench) -> None:
        """The person who asked should know how to ask better. An answer that does not come is no further failure."""
        if not self._conversations.lines(journal.run.id):
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
        """Our commit with the tree of `head`: on the base, or on what others see or have put on our branch.

        A base that is newer than that is taken in: it becomes the second parent.
        """
        goes_on = run.pull is not None or _is_anothers(run)
        parent = run.head_sha if goes_on and self.git.has(repository, run.head_sha) else base
        has_base = parent == base or self.git.fork_point(repository, parent, base) == base
        return self.git.commit(repository, head, parent, self.commit_text(run), run.id, "" if has_base else base)

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


def _is_anothers(run: Run) -> bool:
    """Whether our branch holds somebody else's commit."""
    return bool(run.head_sha) and run.head_sha not in run.published


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
