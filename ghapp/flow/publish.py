"""What leaves the machine: the branch, the draft pull request, our check run. Each is idempotent by content."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ghapp.core import ledger, messages
from ghapp.core.config import Config
from ghapp.core.errors import NotOurs, TransientError, UserError
from ghapp.core.evidence import is_green
from ghapp.core.gate import Severity
from ghapp.core.ledger import Point
from ghapp.core.merging import Wish
from ghapp.core.ports import Checks, GitStore, Inbox, Issues, Merges, Pull, Pulls, Repositories
from ghapp.core.run import NEEDS_HELP, Conclusion, Run, State
from ghapp.flow.attempt import Attempt
from ghapp.flow.change import Ended


class MustAsk(Exception):  # an ending of the attempt, not an error
    """A person with the right must let something through first."""


class WasMerged(Exception):  # an ending of the attempt, not an error
    """A person has merged the pull request meanwhile."""


@dataclass(frozen=True)
class Publish:
    """Pushes and speaks. `page` makes the address of a run's page from its key."""

    repositories: Repositories
    issues: Issues
    pulls: Pulls
    checks: Checks
    merges: Merges
    git: GitStore
    inbox: Inbox
    page: Callable[[str], str]

    def pull_request(self, attempt: Attempt, config: Config) -> None:
        """Push the candidate and open its draft; a second time finds what the first one did.

        Raises Ended when the issue was closed meanwhile (nobody wants it any more) or when red work is to stay on its
        branch, MustAsk when a person must allow what it changes, and WasMerged when that is too late.
        """
        _pass_through(attempt)
        attempt.enter(State.PUBLISHING, "the branch is pushed and the pull request opened")
        self._must_be_wanted(attempt.run, config)
        if attempt.run.pull is not None:
            self._take_up(attempt, attempt.run.pull)
        self._push(attempt, attempt.run.candidate, config)
        if not attempt.run.is_guest:
            self._open(attempt)
        self._report(attempt.run)
        if _is_proven(attempt.run):
            attempt.park("the pull request is open; its CI is followed")
        else:
            self._leave_to_a_person(attempt)

    def nothing_new(self, attempt: Attempt, word: str) -> None:
        """The pull request stays as it is; what the agent says of its reviews is kept for the replies.

        A merge that the base was to be taken in for first would ask for that for ever, so its wish ends here.
        """
        _pass_through(attempt)
        attempt.enter(State.PUBLISHING, "nothing new came of the work")
        run = attempt.run
        if run.wish is not None and run.errand is not None and run.errand.kind == "update":
            attempt.note(messages.not_behind(run.wish.sha))
            attempt.update(wish=None)
        attempt.update(errand=None, ledger=_settled(attempt.run, ""))
        attempt.park(word)

    def _must_be_wanted(self, run: Run, config: Config) -> None:
        issue = self.issues.read(run.thread)
        if not issue.open and run.pull is None and run.kind != "revert":
            raise Ended(Conclusion.CLOSED, "The issue was closed while I worked on it.")
        if issue.number != run.thread.number:
            raise Ended(Conclusion.CLOSED, "The issue was moved to another repository while I worked on it.")
        if _protected(run):
            raise MustAsk("The change touches what only someone with the role maintain may let through.")
        if config.pull_request.red == "none" and run.pull is None and not _is_proven(run):
            raise Ended(Conclusion.REJECTED, "The change is not proven, and here such a change gets no pull request.")

    def _leave_to_a_person(self, attempt: Attempt) -> None:
        self.issues.add_label(attempt.run.thread, NEEDS_HELP)
        why = "The judge objects" if is_green(attempt.run.evidence) else "The checks are still red"
        attempt.end(Conclusion.REJECTED, f"{why}; #{attempt.run.pull} stays a draft for a person.")

    def _take_up(self, attempt: Attempt, number: int) -> None:
        """A pull request of ours that gets another commit waits for its checks anew.

        Raises WasMerged when it is too late for that, and Ended when it is closed. One that only took its base in was
        looked at as it is. What GitHub's auto-merge has was wished for another commit, and it would merge this one as
        soon as its checks pass.
        """
        run = attempt.run
        pull = self.pulls.read(run.thread.repository, number)
        if pull.merged:
            raise WasMerged(f"#{number} was merged while I worked on it.")
        if not pull.open:
            raise Ended(Conclusion.CLOSED, f"#{number} was closed without a merge while I worked on it.")
        if run.wish is not None and run.wish.handed:
            self.merges.take_back(run.thread.repository, number)
            attempt.update(wish=replace(run.wish, handed=""))
        if not run.is_guest and not run.by_code:
            self.pulls.mark_draft(run.thread.repository, number)

    def branch(self, attempt: Attempt, commit: str) -> None:
        """Keep unfinished work on its branch, without a pull request.

        What only someone with the role *maintain* may let through is not pushed: a CI runs what is on a branch.
        """
        if paths := _protected(attempt.run):
            attempt.note(f"What was done is not on a branch, because it touches {', '.join(paths)}.")
            return
        self._push(attempt, commit, Config())
        attempt.note(f"What was done is on the branch `{attempt.run.branch}`.")

    def _push(self, attempt: Attempt, commit: str, config: Config) -> None:
        """Bring the commit to the branch; all that was known of the head before is of another commit."""
        if commit not in attempt.run.published:  # before the push: who comes after us knows it as ours
            attempt.add(published=(commit,))
        run = attempt.run
        signed = self._signed(attempt, commit) if config.pull_request.commits == "verified" else None
        if signed is None:
            self._push_plainly(run, commit)
        head = signed or commit
        self.inbox.follow(run.thread, head)
        attempt.tell("note", f"pushed {head[:9]} to {run.branch}")
        attempt.update(
            head_sha=head,
            verified=signed is not None,
            wish=_carried_on(attempt, head),
            ledger=_settled(run, head),
            ci=(),
            failures=(),
            reran=(),
            errand=None,
        )

    def _push_plainly(self, run: Run, commit: str) -> None:
        """Raises TransientError when somebody was faster: the next attempt takes their commit in."""
        remote = self.repositories.remote(run.thread.repository, _fork(run))
        try:
            # The commit is made on somebody else's, where there is one: what it takes in may be replaced by it.
            self.git.push(run.thread.repository, remote, commit, run.branch, (*run.published, run.head_sha))
        except NotOurs as error:
            if not run.head_sha:
                raise
            raise TransientError(f"somebody pushed to {run.branch} meanwhile") from error

    def _signed(self, attempt: Attempt, commit: str) -> str | None:
        """The same commit, made and signed by GitHub on our branch; None, and a note why, when that cannot be."""
        repository, branch = attempt.run.thread.repository, attempt.run.branch
        if _fork(attempt.run):
            attempt.note(messages.not_signed("the branch is in a fork"))
            return None
        remote = self.repositories.remote(repository)
        try:
            self.git.lend(repository, remote, commit)
            signed = self.repositories.sign(repository, branch, commit)
        except UserError as error:
            attempt.note(messages.not_signed(str(error)))
            return None
        attempt.add(published=(signed,))
        self.git.fetch(repository, remote, branch)
        return signed

    def _open(self, attempt: Attempt) -> None:
        thread = attempt.run.thread
        pull = self._opened(attempt.run)
        self.inbox.alias(thread.repository, pull.number, thread.number)
        attempt.update(pull=pull.number)
        attempt.tell("note", f"pull request #{pull.number} is open, as a draft")

    def _opened(self, run: Run) -> Pull:
        body = messages.pull_body(run, self.page(run.key))
        pull = self.pulls.open(
            run.thread.repository,
            branch=run.branch,
            base=run.base_branch,
            title=messages.pull_title(run),
            body=body,
        )
        if run.pull is not None:
            self.pulls.edit_body(run.thread.repository, pull.number, body)
        return pull

    def _report(self, run: Run) -> None:
        green = is_green(run.evidence)
        self.checks.report(
            run.thread.repository,
            run.head_sha,
            conclusion="neutral" if not run.evidence else "success" if green else "failure",
            title=messages.check_title(run.evidence),
            summary=messages.evidence_table(run.evidence),
            url=self.page(run.key),
        )


def _protected(run: Run) -> tuple[str, ...]:
    """Paths of the change that wait for the word of someone with the role *maintain*."""
    asked = (finding.path for finding in run.findings if finding.severity is Severity.PAUSE)
    return tuple(dict.fromkeys(path for path in asked if path not in run.allowed))


def _fork(run: Run) -> str:
    """The fork that holds the branch, empty when it is our repository itself."""
    elsewhere = run.target is not None and run.target.full_name != run.thread.repository.full_name
    return run.target.full_name if run.target is not None and elsewhere else ""


def _carried_on(attempt: Attempt, head: str) -> Wish | None:
    """A wish to merge what somebody saw holds on for that with its base taken in, when code alone did it."""
    run = attempt.run
    took_base_in = run.by_code and run.errand is not None and run.errand.kind == "update"
    if run.wish is None or not took_base_in or run.wish.sha != run.head_sha:
        return run.wish
    attempt.note(messages.wish_moved(run.wish.sha, head))
    return replace(run.wish, sha=head)


def _settled(run: Run, head: str) -> tuple[Point, ...]:
    """The ledger with what the agent's report says of it."""
    return ledger.settle(run.ledger, run.report.settled if run.report else (), head)


def _is_proven(run: Run) -> bool:
    """Whether neither the checks nor a judge who may block object."""
    return is_green(run.evidence) and not (run.judgement is not None and run.judgement.is_veto)


_WAY = (State.PREPARING, State.CODING, State.VERIFYING, State.JUDGING)


def _pass_through(attempt: Attempt) -> None:
    """There is nothing (more) to be made: the run walks the table from where it is to where it may publish."""
    for state in _WAY[_WAY.index(attempt.run.state) + 1 :]:
        attempt.enter(state, "there is nothing to do here")
