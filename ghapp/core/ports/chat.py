"""What the use cases need of the chat where people ask and are told, and what is kept of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ghapp.core.chat import Attached, Card, Message, Person, Speaker, Talk
from ghapp.core.events import Actor, ChatEvent, Repository, Thread


class Chat(Protocol):
    """The chat. Messages go by their timestamp in a talk."""

    def person(self, speaker: Speaker) -> Person: ...

    def messages(self, talk: Talk) -> tuple[Message, ...]:
        """The talk from its first message on, oldest first, at most 200: the first, and the newest."""
        ...

    def channel(self, talk: Talk) -> str:
        """The channel's name without `#`; empty for a direct message, or when we may not see it."""
        ...

    def link(self, talk: Talk) -> str:
        """The address of the talk's first message."""
        ...

    def post(self, talk: Talk, card: Card, key: str) -> str:
        """Write a message in the talk, or begin one in the channel when `root` is empty; its timestamp.

        `key` goes with it, unseen: when a message of ours in the talk carries it already, that one is edited instead.
        """
        ...

    def edit(self, talk: Talk, message: str, card: Card) -> None:
        """Say something else in a message of ours. Gone when it was deleted."""
        ...

    def whisper(self, talk: Talk, speaker: Speaker, card: Card) -> None:
        """Say it to one person only: in the talk, where nobody else sees it, or in a direct message."""
        ...

    def react(self, talk: Talk, message: str, name: str) -> None:
        """React to a message, as with `eyes`. Twice is once."""
        ...


class ChatFiles(Protocol):
    """Files of the chat."""

    def read(self, file: Attached, most: int) -> bytes:
        """A file that somebody attached, of at most `most` bytes. UserError when it is larger or not there."""
        ...

    def upload(self, name: str, content: bytes, alt: str) -> str:
        """Make a picture known to the chat, to be shown in messages; its id there."""
        ...


class Talks(Protocol):
    """Which talk tells of which thread, and which messages of ours are in it."""

    def bind(self, talk: Talk, thread: Thread, by: Speaker) -> None:
        """From now on the talk is about the thread, and the thread is told of there. `by` is remembered as a user."""
        ...

    def thread(self, talk: Talk) -> Thread | None:
        """What the talk is about."""
        ...

    def of(self, thread: Thread) -> Talk | None:
        """Where the thread is told of."""
        ...

    def find(self, talk: Talk) -> Talk | None:
        """The talk that holds this message of ours, when only its channel and timestamp (in `root`) are known."""
        ...

    def keep(self, talk: Talk, key: str, value: str) -> None:
        """Remember something of the talk under a name: the timestamp of a message of ours, or a file's id."""
        ...

    def kept(self, talk: Talk, key: str) -> str | None:
        """What was remembered."""
        ...

    def owe(self, talk: Talk, key: str, words: str) -> None:
        """Remember words that are to be said there, until something is kept under their name."""
        ...

    def owed(self, talk: Talk) -> tuple[tuple[str, str], ...]:
        """Names and words of what is still to be said, in the order in which it came."""
        ...

    def used(self, talk: Talk, speaker: Speaker) -> tuple[int, ...]:
        """Ids of the repositories that were asked about in this channel, or by this person, most often first."""
        ...


@dataclass(frozen=True)
class Invitation:
    """A person of the chat who may say who they are at GitHub; `waiting` is what they had said before that."""

    speaker: Speaker
    name: str
    waiting: ChatEvent | None = None


class Identities(Protocol):
    """Who somebody in the chat is at GitHub, by GitHub's number."""

    def github(self, speaker: Speaker) -> int | None: ...

    def invite(self, invitation: Invitation) -> str:
        """A token of 192 bits for one link, good for ten minutes and for one use."""
        ...

    def invited(self, token: str) -> Invitation | None:
        """Whose link it is; None when it is unknown, used or too old."""
        ...

    def accept(self, token: str, github: int) -> Invitation | None:
        """Use the link up: from now on its speaker is this user of GitHub. None as above."""
        ...

    def forget(self, speaker: Speaker) -> None:
        """They are nobody at GitHub again."""
        ...


class People(Protocol):
    """GitHub's users."""

    def by_id(self, repository: Repository, user: int) -> Actor | None:
        """The user with this number, under their login of today; None when there is none any more.

        A person is one of type User alone.
        """
        ...


class SignIn(Protocol):
    """Signing in at GitHub: for the web part, which needs no key of the App, as workers need no client secret."""

    def url(self, state: str, back: str) -> str:
        """Where a person signs in, to be led back to the address `back` with this `state`, which nobody can guess."""
        ...

    def who(self, code: str, state: str) -> Actor:
        """The person who came back with this code and that state.

        UserError when GitHub does not know the code, when it was for another state, or when this is no person.
        """
        ...


@dataclass(frozen=True)
class Choice:
    """Where somebody's wish belongs: the repository, the kind of run, a title, and whether that is certain."""

    repository: Repository | None
    kind: str
    title: str
    sure: bool


class Router(Protocol):
    """A cheap model that reads a wish and says where it belongs."""

    def choose(self, text: str, channel: str, candidates: Sequence[Repository], hints: str) -> Choice | None:
        """One of the candidates, or none of them; None when the model is not set or does not answer sensibly."""
        ...
