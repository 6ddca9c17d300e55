"""The people of the town, and what they do on GitHub. Each act is a second after the one before."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ghapp.playground.state import Comment, Review, ReviewThread
from ghapp.playground.verbs import pulls
from ghapp.playground.verbs.reviews import Remark, Verdict
from ghapp.playground.world import Person
from tests.scenarios.reading import DEMO

if TYPE_CHECKING:
    from tests.scenarios.town import Town

Files = dict[str, str | bytes | None]


@dataclass(frozen=True, repr=False)
class Citizen:
    """Someone in the town, and what people do there. Threads go by their number in `octo/demo`."""

    town: "Town"
    person: Person

    @property
    def login(self) -> str:
        """Their name at GitHub."""
        return self.person.user.login

    # Issues and comments

    def open_issue(self, title: str = "The answer is wrong", body: str = "It must be 42.", *labels: str) -> int:
        """Open an issue; its number."""
        self.town.second()
        return self.person.open_issue(DEMO, title, body, labels).number

    def label(self, number: int, name: str = "honk") -> None:
        """Put a label on."""
        self.town.second()
        self.person.label(DEMO, number, name)

    def unlabel(self, number: int, name: str = "honk") -> None:
        """Take a label off."""
        self.town.second()
        self.person.unlabel(DEMO, number, name)

    def comment(self, number: int, body: str) -> Comment:
        """Write a comment."""
        self.town.second()
        return self.person.comment(DEMO, number, body)

    def edit_comment(self, comment: Comment, body: str) -> None:
        """Change a comment."""
        self.town.second()
        self.person.edit_comment(DEMO, comment, body)

    def delete_comment(self, comment: Comment) -> None:
        """Delete a comment."""
        self.town.second()
        self.person.delete_comment(DEMO, comment)

    def edit_issue(self, number: int, **changes: str) -> None:
        """Change an issue's title or body."""
        self.town.second()
        self.person.edit_issue(DEMO, number, **changes)

    def close(self, number: int) -> None:
        """Close an issue or a pull request."""
        self.town.second()
        self.person.close(DEMO, number)

    def reopen(self, number: int) -> None:
        """Open a closed issue or pull request again."""
        self.town.second()
        self.person.reopen(DEMO, number)

    def lock(self, number: int) -> None:
        """Lock the conversation of an issue or a pull request."""
        self.town.second()
        self.person.lock(DEMO, number)

    def tick(self, number: int, text: str) -> None:
        """Tick the box with this text in Honk's status comment, or else in the newest of its comments that has one.

        Raises PermissionError for those whom GitHub does not let edit it.
        """
        self.town.second()
        self.person.tick(DEMO, self.town.comment_with_box(number, text), text)

    def untick(self, number: int, text: str) -> None:
        """Take the tick from such a box."""
        self.town.second()
        self.person.untick(DEMO, self.town.comment_with_box(number, text), text)

    # Branches and pull requests

    def fork(self) -> str:
        """Fork the repository; the fork's full name."""
        self.town.second()
        return self.person.fork(DEMO).full_name

    def push(self, branch: str, files: Files, message: str = "Do it by hand", *, to: str = DEMO) -> str:
        """Push one commit to a branch, of the repository or of a fork; its sha."""
        self.town.second()
        return self.person.push(to, branch, files, message)

    def open_pull(
        self,
        head: str,
        title: str = "Change it",
        body: str = "",
        *,
        base: str = "main",
        draft: bool = False,
        maintainer_can_modify: bool = True,
    ) -> int:
        """Open a pull request for a branch, or for `owner:branch` of a fork; its number."""
        self.town.second()
        may = maintainer_can_modify
        return self.person.open_pull(DEMO, title, head, base, body, draft, maintainer_can_modify=may).number

    def ready(self, number: int, *, draft: bool = False) -> None:
        """Take a pull request out of draft, or put it back."""
        self.town.second()
        self.person.ready(DEMO, number, draft=draft)

    def update_branch(self, number: int) -> str:
        """Press the button that takes the base in; the new head."""
        world = self.town.second()
        made = pulls.update_branch(world, world.repo(DEMO), self.person.actor, world.pull(DEMO, number))
        assert made is not None, "it conflicts"
        return made

    def merge(self, number: int) -> str:
        """Merge a pull request by hand; the commit that it came to. Raises CannotMergeError."""
        self.town.second()
        return self.person.merge(DEMO, number)

    def approve_workflow(self, sha: str) -> None:
        """Let the workflow runs on a commit begin that wait for approval."""
        self.town.second()
        held = [run for run in self.town.world.workflow_runs(DEMO, sha) if run.held]
        assert held, f"nothing waits for approval on {sha}"
        for run in held:
            self.person.approve_workflow(DEMO, run)

    # Reviews

    def review(
        self, number: int, verdict: Verdict = "COMMENTED", body: str = "", remarks: Iterable[Remark] = ()
    ) -> Review:
        """Submit a review. Raises NotInDiffError for a remark beside a line that the diff does not show."""
        self.town.second()
        return self.person.review(DEMO, number, verdict, body, remarks)

    def approve(self, number: int, body: str = "") -> Review:
        """Approve what the head is now."""
        return self.review(number, "APPROVED", body)

    def request_changes(self, number: int, body: str = "Not yet.", *remarks: Remark) -> Review:
        """Ask for changes."""
        return self.review(number, "CHANGES_REQUESTED", body, remarks)

    def remark(self, number: int, path: str, line: int, body: str) -> ReviewThread:
        """Write a single comment beside a line; the thread that it begins."""
        self.review(number, "COMMENTED", "", [Remark(path, line, body)])
        return self.town.threads(number)[-1]

    def reply(self, number: int, thread: ReviewThread, body: str) -> None:
        """Answer in a review thread."""
        self.town.second()
        self.person.reply(DEMO, number, thread, body)

    def resolve(self, number: int, thread: ReviewThread, *, resolved: bool = True) -> None:
        """Resolve a review thread, or open it again."""
        self.town.second()
        self.person.resolve(DEMO, number, thread, resolved=resolved)

    def dismiss(self, number: int, review: Review) -> None:
        """Dismiss a review."""
        self.town.second()
        self.person.dismiss(DEMO, number, review)
