"""What a talk in the chat is told of its thread: one message edited in place, and one for each milestone."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from ghapp.core import messages
from ghapp.core.builds import Build, BuildState
from ghapp.core.chat import Card, Shown, Speaker, Talk
from ghapp.core.errors import Gone, UserError
from ghapp.core.events import Repository
from ghapp.core.ports import Chat, ChatFiles, Clock, Talks
from ghapp.core.run import Run

log = logging.getLogger(__name__)

_LIVE = "live"
"""The name under which a talk keeps which message of ours has buttons that count."""


@dataclass(frozen=True)
class Picture:
    """A picture for the chat: `key` tells it from every other, `name` is the file's."""

    key: str
    name: str
    content: bytes
    alt: str


@dataclass(frozen=True)
class Phone:
    """Tells a run's talk, if it has one. `page` makes the address of a build's page, `web` that of an issue at GitHub.

    Every verb may be called again after a failure: what was said already is not said twice.
    """

    chat: Chat
    files: ChatFiles
    talks: Talks
    clock: Clock
    run_page: Callable[[str], str]
    page: Callable[[str], str]
    web: Callable[[Repository, int], str]
    pictures: Callable[[Build], Sequence[Picture]]

    def progress(self, run: Run) -> None:
        """Where the run stands, in the message that is edited."""
        if talk := self.talks.of(run.thread):
            self._put(talk, f"{run.id}:progress", messages.chat_progress(run, self._sights(run), self.clock.now()))

    def milestones(self, run: Run) -> None:
        """What is new and worth a sound; buttons that mean nothing any more go."""
        talk = self.talks.of(run.thread)
        if talk is None:
            return
        found = messages.milestones(run, self._sights(run))
        for key, card in found:
            if self.talks.kept(talk, f"{run.id}:{key}") is None:
                self._retire(talk)
                self._put(talk, f"{run.id}:{key}", card)
                self._keep_live(talk, f"{run.id}:{key}", card)
        self._retire(talk, unless=[f"{run.id}:{key}" for key, card in found if card.buttons])

    def builds(self, run: Run) -> None:
        """The card of the builds: written when there is something to tell, edited in place when that changed."""
        talk = self.talks.of(run.thread) if _knows_its_builds(run) else None
        if talk is None:
            return
        key, text = f"{run.id}:builds", messages.in_talk(messages.build_lines(run, self.page))
        says = sha256(f"{text}\n{[one.pictures for one in run.builds]}".encode()).hexdigest()
        waits = all(one.state is BuildState.WAITING for one in run.builds) and self.talks.kept(talk, key) is None
        if not waits and self.talks.kept(talk, f"{key}:says") != says:
            self._put(talk, key, Card(text, pictures=self._shown(talk, run)))
            self.talks.keep(talk, f"{key}:says", says)

    def say(self, run: Run, key: str, words: str) -> None:
        """A sentence that is said on GitHub too, once for its key, and after those that are owed."""
        talk = self.talks.of(run.thread)
        if talk is not None and self.talks.kept(talk, f"{run.id}:{key}") is None:
            self.talks.owe(talk, f"{run.id}:{key}", words)
            self.owed(run)

    def owed(self, run: Run) -> None:
        """Sentences that could not be said yet, in the order in which they came. What the chat refuses is let go."""
        talk = self.talks.of(run.thread)
        if talk is None:
            return
        for key, words in self.talks.owed(talk):
            try:
                self._put(talk, key, Card(messages.in_talk(words)))
            except UserError as error:
                log.warning("a sentence cannot be said in %s: %s", talk.key, error)
                self.talks.keep(talk, key, "")

    def answer(self, talk: Talk, number: int, text: str) -> None:
        """The answer to a word or a press."""
        if self.talks.kept(talk, f"answer:{number}") is None:
            self._put(talk, f"answer:{number}", Card(messages.in_talk(text)))

    def whisper(self, talk: Talk, speaker: Speaker, card: Card) -> None:
        """Something for one person only."""
        self.chat.whisper(talk, speaker, card)

    def quieten(self, talk: Talk, message: str, words: str) -> bool:
        """A question of ours was answered: only words stay. False when the buttons of this message count no more."""
        key, _, _ = (self.talks.kept(talk, _LIVE) or "").partition("\n")
        if not key or self.talks.kept(talk, key) != message:
            return False
        self._retire(talk, words=words)
        return True

    def _sights(self, run: Run) -> messages.Sights:
        repository = run.thread.repository
        return messages.Sights(
            self.run_page(run.key), self.web(repository, run.thread.number), self.web(repository, run.pull or 0)
        )

    def _put(self, talk: Talk, key: str, card: Card) -> None:
        """Write the message of this key, or edit it; one that a person deleted is written anew."""
        known = self.talks.kept(talk, key)
        if known is not None:
            try:
                self.chat.edit(talk, known, card)
            except Gone:
                log.info("a message of %s was deleted", talk.key)
            else:
                return
        self.talks.keep(talk, key, self.chat.post(talk, card, key))

    def _keep_live(self, talk: Talk, key: str, card: Card) -> None:
        if card.buttons:
            self.talks.keep(talk, _LIVE, f"{key}\n{card.text}")

    def _retire(self, talk: Talk, unless: Sequence[str] = (), words: str = "") -> None:
        """Take the buttons from the message that has them, unless it is one of these."""
        key, _, text = (self.talks.kept(talk, _LIVE) or "").partition("\n")
        if not key or key in unless:
            return
        self._put(talk, key, Card("\n\n".join(filter(None, [text, words]))))
        self.talks.keep(talk, _LIVE, "")

    def _shown(self, talk: Talk, run: Run) -> tuple[Shown, ...]:
        ready = [build for build in run.builds if build.state is BuildState.READY]
        return tuple(filter(None, [self._uploaded(talk, one) for build in ready for one in self.pictures(build)]))

    def _uploaded(self, talk: Talk, picture: Picture) -> Shown | None:
        """Once; a chat that takes no pictures is told in words only."""
        known = self.talks.kept(talk, f"file:{picture.key}")
        if known is None:
            try:
                known = self.files.upload(picture.name, picture.content, picture.alt)
            except UserError as error:
                log.warning("a picture cannot be shown in the chat: %s", error)
                return None
            self.talks.keep(talk, f"file:{picture.key}", known)
        return Shown(known, picture.alt)


def _knows_its_builds(run: Run) -> bool:
    """Whether there are any, and they are those of the head: after a push, not until they were looked at."""
    return bool(run.builds) and all(one.sha == run.head_sha or one.state is BuildState.STALE for one in run.builds)
