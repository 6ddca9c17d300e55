"""What leaves the machine: the branch, the draft pull request, our check run. Each is idempotent by content."""

from collections.abc import Callable
from dataclasses import dataclass

from ghapp.core import messages
from ghapp.core.config import Config
from ghapp.core.events import Repository
from ghapp.core.evidence import is_green
from ghapp.core.gate import Severity
from ghapp.core.ports import Checks, GitStore, Inbox, Issues, Pull, Pulls, Repositories
from ghapp.core.run import Conclusion, Run, State
from ghapp.flow.attempt import Attempt
from ghapp.flow.change import Ended


class MustAsk(Exception):  # an ending of the attempt, not an error
    """A person with the right must let something through first."""


NEEDS_HELP = "honk:needs-help"


@dataclass(frozen=True)
class Publish:
    """Pushes and speaks. `page` makes the address of a run's page from its key."""

    repositories: Repositories
    issues: Issues
    pulls: Pulls
    checks: Checks
    git: GitStore
    inbox: Inbox
    page: Callable[[str], str]

    def pull_request(self, attempt: Attempt, config: Config) -> None:
        """Push the candidate and open its draft; a second time finds what the first one did.

        Raises Ended when the issue was closed meanwhile (nobody wants it any more) or when red work is to stay on its
        branch, and MustAsk when a person must allow what it changes.
        """
        if attempt.run.state is not State.JUDGING:
            _pass_through(attempt)
        attempt.enter(State.PUBLISHING, "the branch is pushed and the pull request opened")
        self._must_be_wanted(attempt.run, config)
        thread = attempt.run.thread
        if attempt.run.pull is not None:
            self._take_up(thread.repository, attempt.run.pull)
        self._push(attempt, attempt.run.candidate)
        pull = self._open(attempt.run)
        self.inbox.alias(thread.repository, pull.number, thread.number)
        attempt.update(pull=pull.number)
        attempt.tell("note", f"pull request #{pull.number} is open, as a draft")
        self._report(attempt.run)
        if _is_proven(attempt.run):
            attempt.enter(State.AWAITING_CI, "the pull request is open; its CI is followed")
        else:
            self._leave_to_a_person(attempt)

    def _must_be_wanted(self, run: Run, config: Config) -> None:
        issue = self.issues.read(run.thread)
        if not issue.open:
            raise Ended(Conclusion.CLOSED, "The issue was closed while I worked on it.")
        if issue.number != run.thread.number:
            raise Ended(Conclusion.CLOSED, "The issue was moved to another repository while I worked on it.")
        if _protected(run):
            raise MustAsk("The change touches what only an admin may let through.")
        if config.pull_request.red == "none" and run.pull is None and not _is_proven(run):
            raise Ended(Conclusion.REJECTED, "The change is not proven, and here such a change gets no pull request.")

    def _leave_to_a_person(self, attempt: Attempt) -> None:
        self.issues.add_label(attempt.run.thread, NEEDS_HELP)
        why = "The judge objects" if is_green(attempt.run.evidence) else "The checks are still red"
        attempt.end(Conclusion.REJECTED, f"{why}; #{attempt.run.pull} stays a draft for a person.")

    def _take_up(self, repository: Repository, number: int) -> None:
        """A pull request that gets another commit waits for its checks anew. Raises Ended when it is closed."""
        pull = self.pulls.read(repository, number)
        if not pull.open:
            how = (Conclusion.MERGED, "merged") if pull.merged else (Conclusion.CLOSED, "closed without a merge")
            raise Ended(how[0], f"#{number} was {how[1]} while I worked on it.")
        self.pulls.mark_draft(repository, number)

    def branch(self, attempt: Attempt, commit: str) -> None:
        """Keep unfinished work on its branch, without a pull request.

        What only an admin may let through is not pushed: a CI runs what is on a branch.
        """
        if paths := _protected(attempt.run):
            attempt.note(f"What was done is not on a branch, because it touches {', '.join(paths)}.")
            return
        self._push(attempt, commit)
        attempt.note(f"What was done is on the branch `{attempt.run.branch}`.")

    def _push(self, attempt: Attempt, commit: str) -> None:
        if commit not in attempt.run.published:  # before the push: who comes after us knows it as ours
            attempt.add(published=(commit,))
        run = attempt.run
        remote = self.repositories.remote(run.thread.repository)
        # The commit is made on somebody else's, where there is one: what it takes in may be replaced by it.
        self.git.push(run.thread.repository, remote, commit, run.branch, (*run.published, run.head_sha))
        attempt.update(head_sha=commit, ci=())
        attempt.tell("note", f"pushed {commit[:9]} to {run.branch}")

    def _open(self, run: Run) -> Pull:
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
    """Paths of the change that wait for an admin's word."""
    asked = (finding.path for finding in run.findings if finding.severity is Severity.PAUSE)
    return tuple(dict.fromkeys(path for path in asked if path not in run.allowed))


def _is_proven(run: Run) -> bool:
    """Whether neither the checks nor a judge who may block object."""
    return is_green(run.evidence) and not (run.judgement is not None and run.judgement.is_veto)


def _pass_through(attempt: Attempt) -> None:
    """A recovered attempt has its commit already: it walks the table to where the last one stood."""
    for state in (State.CODING, State.VERIFYING, State.JUDGING):
        attempt.enter(state, "done by an earlier attempt")
