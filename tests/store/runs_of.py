"""What the store's tests share: a run to keep, and events on its thread."""

from ghapp.core.events import Actor, CommentCreated, IssueLabeled, IssueText, Repository, Thread
from ghapp.core.run import Request, Run, Trigger

REPOSITORY = Repository(id=7, full_name="octo/demo", installation=3)
MONA = Actor(id=11, login="mona")


def thread(number: int = 1) -> Thread:
    """An issue's thread."""
    return Thread(REPOSITORY, number)


def run(run_id: str = "r1", number: int = 1) -> Run:
    """A run as it is when it was just asked for."""
    return Run(
        id=run_id,
        key=f"page-of-{run_id}",
        thread=thread(number),
        requester=MONA,
        trigger=Trigger(at="2026-11-01T10:00:00Z", label="honk"),
        request=Request(title="It is broken", body="Please mend it."),
        created_at=1_790_000_000.0,
    )


def labeled(number: int = 1, at: str = "2026-11-01T10:00:00Z", label: str = "honk") -> IssueLabeled:
    """The issue got a label."""
    return IssueLabeled(thread(number), MONA, label, IssueText("It is broken", "Please mend it.", MONA), at)


def commented(comment: int, number: int = 1, body: str = "/honk fix") -> CommentCreated:
    """Someone wrote a comment."""
    text = IssueText("It is broken", "", MONA)
    return CommentCreated(thread(number), MONA, comment, body, text, "2026-11-01T10:00:00Z", on_pull=False)
