"""The status comment: one per run, edited in place, at most once in five seconds."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from ghapp.core import messages
from ghapp.core.errors import Gone, TransientError, UserError
from ghapp.core.ports import Clock, Conversations, Issues, Pace, Store
from ghapp.core.run import Run

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Status:
    """Tells people where a run stands. `page` makes the address of a run's page from its key."""

    issues: Issues
    store: Store
    conversations: Conversations
    pace: Pace
    clock: Clock
    page: Callable[[str], str]

    def open(self, run: Run) -> Run:
        """Write the comment of a run that is not kept yet; the run with the comment's id.

        Before it is kept, because from then on a worker may claim the record at any moment.
        """
        return replace(run, status_comment=self._write(run))

    def tell(self, run: Run) -> None:
        """Say where the run stands, or owe it to the next `flush` when the last edit is too recent.

        No run fails because a comment cannot be written: while GitHub is away it stays owed, and where nobody may
        comment (a locked conversation, a repository that was taken from us) it is let go.
        """
        if not self.pace.allows(run.id):
            return
        try:
            self._write(run)
        except TransientError as error:
            log.warning("the comment of run %s stays owed: %s", run.id, error)
            return
        except UserError as error:
            log.warning("the comment of run %s cannot be written: %s", run.id, error)
        self.pace.settled(run.id)

    def flush(self) -> None:
        """Write what is owed and may be written now; what the record says now, not what it said then."""
        for run_id in self.pace.owed():
            try:
                self.tell(self.store.load(run_id))
            except Gone:  # nobody knows any more what there was to say
                self._let_go(run_id)

    def _let_go(self, run_id: str) -> None:
        if self.pace.allows(run_id):
            self.pace.settled(run_id)

    def _write(self, run: Run) -> int:
        waiting = [said.remark for said in self.conversations.said(run.id)[run.heard :]]
        body = messages.status_comment(run, self.clock.now(), self.page(run.key), waiting)
        return self.issues.write_comment(run.thread, body, run.status_comment, messages.marker(run.id, "status"))
