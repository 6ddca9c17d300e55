"""People in the playground, and what they do on GitHub's pages."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ghapp.playground.actions_state import WorkflowRun
from ghapp.playground.bare import Files
from ghapp.playground.merge_state import Method, QueueEntry
from ghapp.playground.state import (
    ROLES,
    Actor,
    Comment,
    Issue,
    Reaction,
    Repository,
    Review,
    ReviewComment,
    ReviewThread,
    User,
)
from ghapp.playground.verbs import (
    accounts,
    auto_merge,
    forks,
    issues,
    merge_queue,
    merging,
    pulls,
    pushes,
    reviews,
    workflows,
)

if TYPE_CHECKING:
    from ghapp.playground.world import World

_BOX = {
    False: re.compile(r"(\s*(?:[-*+]|\d+[.)]) +)\[ \] "),
    True: re.compile(r"(\s*(?:[-*+]|\d+[.)]) +)\[[xX]\] "),
}
_DRAWN = {False: "[ ]", True: "[x]"}


@dataclass(frozen=True)
class Person:
    """Someone who does things on GitHub, with or without the right to: `world` does not ask, REST does."""

    world: "World"
    user: User

    @property
    def actor(self) -> Actor:
        return Actor(self.user)

    def token(self) -> str:
        """A new personal token, to do things by REST or by git instead."""
        return accounts.personal_token(self.world, self.user).value

    def open_issue(self, full_name: str, title: str, body: str | None = None, labels: Iterable[str] = ()) -> Issue:
        return issues.open_issue(self.world, self.world.repo(full_name), self.actor, title, body, labels)

    def comment(self, full_name: str, number: int, body: str) -> Comment:
        world = self.world
        return issues.comment(world, world.repo(full_name), self.actor, world.issue(full_name, number), body)

    def edit_comment(self, full_name: str, comment: Comment, body: str) -> None:
        issues.edit_comment(self.world, self.world.repo(full_name), self.actor, comment, body)

    def delete_comment(self, full_name: str, comment: Comment) -> None:
        issues.delete_comment(self.world, self.world.repo(full_name), self.actor, comment)

    def edit_issue(self, full_name: str, number: int, **changes: str) -> None:
        """Change `title` or `body`."""
        issue = self.world.issue(full_name, number)
        issues.edit(self.world, self.world.repo(full_name), self.actor, issue, changes)

    def label(self, full_name: str, number: int, *names: str) -> None:
        issue = self.world.issue(full_name, number)
        issues.add_labels(self.world, self.world.repo(full_name), self.actor, issue, names)

    def unlabel(self, full_name: str, number: int, name: str) -> None:
        """Take a label off. Raises ValueError when it is not on."""
        repository, issue = self.world.repo(full_name), self.world.issue(full_name, number)
        with self.world.lock:
            label = issues.label_named(self.world, repository, name)
            issues.remove_label(self.world, repository, self.actor, issue, label)

    def react(self, reactions: list[Reaction], content: str) -> None:
        issues.react(self.world, reactions, self.actor, content)

    def close(self, full_name: str, number: int) -> None:
        issue = self.world.issue(full_name, number)
        issues.close(self.world, self.world.repo(full_name), self.actor, issue)

    def reopen(self, full_name: str, number: int) -> None:
        issue = self.world.issue(full_name, number)
        issues.reopen(self.world, self.world.repo(full_name), self.actor, issue)

    def lock(self, full_name: str, number: int) -> None:
        """Lock the conversation of an issue or a pull request."""
        issues.lock(self.world, self.world.repo(full_name), self.actor, self.world.issue(full_name, number))

    def push(self, full_name: str, branch: str, files: Files, message: str = "Change something") -> str:
        """One commit on a branch, made from the default branch when it is new. Returns its sha."""
        return pushes.commit(self.world, self.world.repo(full_name), self.actor, branch, files, message)

    def fork(self, full_name: str) -> Repository:
        """A fork of a repository, with all its branches."""
        return self.world.fork(full_name, self.user.login)

    def open_pull(
        self,
        full_name: str,
        title: str,
        head: str,
        base: str = "main",
        body: str = "",
        draft: bool = False,
        *,
        maintainer_can_modify: bool = True,
    ) -> Issue:
        """Open a pull request; the head is a branch of the repository, or `owner:branch` of a fork.

        Only a fork's can be open to maintainers. Raises LookupError when the owner has no fork.
        """
        repository = self.world.repo(full_name)
        owner, _, branch = head.rpartition(":")
        source = forks.of(self.world, repository, owner or repository.owner.login)
        if source is None:
            raise LookupError(f"{owner} has no fork of {full_name}")
        return pulls.open_pull(
            self.world,
            repository,
            self.actor,
            title,
            body,
            branch,
            base,
            draft=draft,
            source=source,
            maintainer_can_modify=maintainer_can_modify,
        )

    def review(
        self,
        full_name: str,
        number: int,
        verdict: reviews.Verdict = "COMMENTED",
        body: str = "",
        remarks: Iterable[reviews.Remark] = (),
    ) -> Review:
        repository, issue = self.world.repo(full_name), self.world.pull(full_name, number)
        return reviews.review(self.world, repository, self.actor, issue, verdict, body, remarks)

    def reply(self, full_name: str, number: int, thread: ReviewThread, body: str) -> ReviewComment:
        """Answer in a review thread."""
        repository, issue = self.world.repo(full_name), self.world.pull(full_name, number)
        return reviews.reply(self.world, repository, self.actor, issue, thread, body)

    def resolve(self, full_name: str, number: int, thread: ReviewThread, *, resolved: bool = True) -> None:
        """Resolve a review thread, or open it again."""
        repository, issue = self.world.repo(full_name), self.world.pull(full_name, number)
        reviews.resolve(self.world, repository, self.actor, issue, thread, resolved=resolved)

    def dismiss(self, full_name: str, number: int, review: Review) -> None:
        """Dismiss a review, so that it counts no more."""
        issue = self.world.pull(full_name, number)
        reviews.dismiss(self.world, self.world.repo(full_name), self.actor, issue, review)

    def tick(self, full_name: str, comment: Comment, text: str) -> None:
        """Tick the first open box whose line has this text, in anybody's comment.

        Raises PermissionError without the right to edit it (one's own, or write access), LookupError without a box.
        """
        self._turn(full_name, comment, text, to=True)

    def untick(self, full_name: str, comment: Comment, text: str) -> None:
        """Take the tick from the first ticked box whose line has this text; otherwise as `tick`."""
        self._turn(full_name, comment, text, to=False)

    def _turn(self, full_name: str, comment: Comment, text: str, *, to: bool) -> None:
        """https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/about-tasklists"""
        role = self.world.repo(full_name).role_of(self.user)
        writes = role is not None and ROLES.index(role) >= ROLES.index("write")
        if comment.author.user is not self.user and not writes:
            raise PermissionError(f"{self.user.login} cannot edit this comment")
        lines = comment.body.split("\n")
        box = _BOX[not to]
        for number, line in enumerate(lines):
            found = box.match(line)
            if found and text in line:
                lines[number] = f"{found[1]}{_DRAWN[to]} {line[found.end() :]}"
                self.edit_comment(full_name, comment, "\n".join(lines))
                return
        raise LookupError(f"no such box: {text}")

    def approve_workflow(self, full_name: str, run: WorkflowRun) -> None:
        """Let a workflow run begin that waits for approval. Raises ValueError when it does not."""
        workflows.approve(self.world, self.world.repo(full_name), run)

    def ready(self, full_name: str, number: int, *, draft: bool = False) -> None:
        """Mark a pull request ready for review, or with `draft=True` turn it back into a draft."""
        issue = self.world.pull(full_name, number)
        pulls.set_draft(self.world, self.world.repo(full_name), self.actor, issue, draft=draft)

    def merge(self, full_name: str, number: int, method: Method = "merge") -> str:
        """Merge a pull request and return the new head of its base. Raises CannotMergeError."""
        issue = self.world.pull(full_name, number)
        return merging.merge(self.world, self.world.repo(full_name), self.actor, issue, method=method)

    def enable_auto_merge(self, full_name: str, number: int, method: Method = "merge") -> None:
        """Let GitHub merge when all rules are met. Raises CannotMergeError."""
        issue = self.world.pull(full_name, number)
        auto_merge.enable(self.world, self.world.repo(full_name), self.actor, issue, method)

    def disable_auto_merge(self, full_name: str, number: int) -> None:
        """Take that back. Raises CannotMergeError when it was not wished for."""
        issue = self.world.pull(full_name, number)
        auto_merge.disable(self.world, self.world.repo(full_name), self.actor, issue)

    def enqueue(self, full_name: str, number: int) -> QueueEntry:
        """Put a pull request in the merge queue. Raises CannotMergeError."""
        issue = self.world.pull(full_name, number)
        return merge_queue.enqueue(self.world, self.world.repo(full_name), self.actor, issue)

    def dequeue(self, full_name: str, number: int) -> None:
        """Take it out again. Raises CannotMergeError when it is not in it."""
        issue = self.world.pull(full_name, number)
        merge_queue.leave(self.world, self.world.repo(full_name), self.actor, issue)
