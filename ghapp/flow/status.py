"""Telling people where a run stands: the status comment, edited in place at most once in five seconds, and the chat."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from ghapp.core import messages
from ghapp.core.errors import Gone, TransientError, UserError
from ghapp.core.events import Thread
from ghapp.core.ports import Clock, Conversations, Issues, Pace, Store
from ghapp.core.run import Run
from ghapp.flow.phone import Phone

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Status:
    """Tells people where a run stands. `page` makes the address of a run's page from its key; no phone is no chat."""

    issues: Issues
    store: Store
    conversations: Conversations
    pace: Pace
    clock: Clock
    page: Callable[[str], str]
    phone: Phone | None = None

    def open(self, run: Run) -> Run:
        """Write the comment of a run that is not kept yet; the run with the comment's id.

        Before it is kept, because from then on a worker may claim the record at any moment. Where nobody may comment
        (see `tell`) it begins without one; an issue that is gone is another matter.
        """
        try:
            return replace(run, status_comment=self._write(run))
        except Gone:
            raise
        except UserError as error:
            log.warning("run %s begins without a comment: %s", run.id, error)
            return run

    def comment(self, where: Thread, body: str, marker: str, comment: int | None = None) -> None:
        """Write a comment of its own, or edit it: by its id, else the one that carries `marker`.

        Where nobody may comment (see `tell`) it is let go: what it tells of is done all the same.
        """
        try:
            self.issues.write_comment(where, body, comment, marker)
        except UserError as error:
            log.warning("a comment on %s cannot be written: %s", where.key, error)

    def tell(self, run: Run) -> None:
        """Say where the run stands, or owe it to the next `flush` when the last edit is too recent.

        A milestone is told at once. No run fails because a comment cannot be written: while GitHub or the chat is away
        it stays owed, and where nobody may comment (a locked conversation, a repository that was taken from us) it is
        let go.
        """
        rang = self._ring(run)
        if self.pace.allows(run.id) and self._told(run, self._write) and self._told(run, self._progress) and rang:
            self.pace.settled(run.id)

    def begun(self, run: Run) -> None:
        """A run that was opened is kept now: the chat is told, too."""
        if not self._told(run, self._progress):
            self._owe(run)

    def show_builds(self, run: Run) -> None:
        """Its builds changed: the chat is told at once."""
        if not self._ring(run):
            self._owe(run)

    def aloud(self, run: Run, key: str, words: str) -> None:
        """Something that was said on GitHub is said in the chat, too; once for its key."""
        phone = self.phone
        if phone is not None and not self._told(run, lambda run: phone.say(run, key, words)):
            self._owe(run)

    def _ring(self, run: Run) -> bool:
        """All that the chat is told at once. What cannot be said now holds nothing else up."""
        if self.phone is None:
            return True
        told = [self._told(run, say) for say in (self.phone.owed, self.phone.builds, self.phone.milestones)]
        return all(told)

    def _owe(self, run: Run) -> None:
        """Have `flush` come by: whoever asks for the pace owes until it is settled."""
        self.pace.allows(run.id)

    def _progress(self, run: Run) -> None:
        if self.phone is not None:
            self.phone.progress(run)

    def _told(self, run: Run, say: Callable[[Run], object]) -> bool:
        """False when it stays owed."""
        try:
            say(run)
        except TransientError as error:
            log.warning("what there is to tell of run %s stays owed: %s", run.id, error)
            return False
        except UserError as error:
            log.warning("what there is to tell of run %s cannot be said: %s", run.id, error)
        return True

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
