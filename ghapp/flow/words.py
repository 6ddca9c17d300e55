"""A word from the chat on its way to a thread: who said it at GitHub, its number, and the thread's inbox."""

from dataclasses import dataclass

from ghapp.core import policy
from ghapp.core.errors import UserError
from ghapp.core.events import Actor, Repository, WordSaid
from ghapp.core.messages import gone_at_github
from ghapp.core.ports import Inbox, People, Queue


@dataclass(frozen=True)
class Words:
    """Sends words of the chat to where they belong."""

    people: People
    inbox: Inbox
    queue: Queue

    def speaker(self, repository: Repository, user: int) -> Actor:
        """The user of GitHub with this number, under their login of today. UserError for what is no person any more."""
        found = self.people.by_id(repository, user)
        if found is None or found.type != "User":
            raise UserError(gone_at_github())
        return found

    def send(self, word: WordSaid) -> None:
        """Put it into its thread's inbox, once, and have it read."""
        box = self.inbox.add(f"chat:{word.talk.key}:{word.number}:{word.actor.id}", word)
        if box is not None:
            self.queue.intake(box, urgent=policy.is_urgent(word))


def number_of(ts: str) -> int:
    """A timestamp of the chat in microseconds, which tells a word from every other of its talk."""
    return int("".join(filter(str.isdecimal, ts))[:18] or "0")
