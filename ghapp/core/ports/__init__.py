"""What the use cases need of the world: verbs, not mirrors of an API, at most nine to a port.

Every implementation may raise `TransientError` when the world is away or busy, and `UserError` when a person has to
do something about it. What else is raised stands with the verb.
"""

from ghapp.core.ports.git import CommitText, GitStore
from ghapp.core.ports.github import Checks, Comment, Issue, Issues, Pull, Pulls, Remote, Repositories
from ghapp.core.ports.records import Clock, Entry, Inbox, Mail, Pace, Queue, Results, Store, Transcripts
from ghapp.core.ports.work import (
    BudgetSpent,
    Completed,
    Engine,
    ModelAccess,
    Prepared,
    Relay,
    Sandbox,
    Task,
    Tell,
    Verdict,
    Verifiers,
    Workspace,
)

__all__ = [
    "BudgetSpent",
    "Checks",
    "Clock",
    "Comment",
    "CommitText",
    "Completed",
    "Engine",
    "Entry",
    "GitStore",
    "Inbox",
    "Issue",
    "Issues",
    "Mail",
    "ModelAccess",
    "Pace",
    "Prepared",
    "Pull",
    "Pulls",
    "Queue",
    "Relay",
    "Remote",
    "Repositories",
    "Results",
    "Sandbox",
    "Store",
    "Task",
    "Tell",
    "Transcripts",
    "Verdict",
    "Verifiers",
    "Workspace",
]
