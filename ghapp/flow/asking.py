"""A new wish from the chat: which repository it is about, the issue that it becomes, and the first word on it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ghapp.core import messages
from ghapp.core.chat import Card, Message, Speaker, Talk
from ghapp.core.commands import Verb
from ghapp.core.config import Config
from ghapp.core.events import Actor, ButtonPressed, MessageWritten, Repository, Thread, WordSaid
from ghapp.core.ports import Chat, Choice, Issues, People, Repositories, Router, Talks
from ghapp.core.rights import Permission, needed
from ghapp.core.routing import Wish, kind_of, route, title_of
from ghapp.flow.configured import configured
from ghapp.flow.words import Words, number_of

_MAX_QUESTION = 1_000
_MOST_LOOKED_AT = 30
"""So many repositories have their config and the person's right looked up before the question."""


@dataclass(frozen=True)
class Asked:
    """A wish with all that its issue needs. `ts` names the message that it was, `at` is its time.

    `once` tells it from every other wish, also from one that was made of the same message.
    """

    talk: Talk
    speaker: Speaker
    user: int
    text: str
    ts: str
    at: str
    once: str


@dataclass(frozen=True)
class Asking:
    """Turns wishes into issues with a run. Asks once, with buttons, when it is not certain where one belongs."""

    chat: Chat
    talks: Talks
    people: People
    words: Words
    repositories: Repositories
    issues: Issues
    router: Router

    def ask(self, event: MessageWritten, user: int) -> None:
        """Somebody whom GitHub knows as `user` wants something new."""
        asked = self._asked(event, user)
        candidates = self._candidates(user)
        if not candidates:
            self.chat.whisper(asked.talk, asked.speaker, messages.nowhere())
            return
        said = self._said(asked.talk)
        text = asked.text or (said[0][1].text if said else "")
        asked = replace(asked, text=text)
        wish = Wish(text, self.chat.channel(asked.talk), self.talks.used(asked.talk, asked.speaker))
        found = route(wish, candidates, self._channels(candidates))
        told = self.router.choose(text, wish.channel, candidates, _told(said))
        repository = found.repository or (told.repository if told is not None and told.sure else None)
        choice = Choice(
            repository, told.kind if told else kind_of(text), (told.title if told else "") or title_of(text), True
        )
        if repository is not None:
            self._open(asked, choice, said)
            return
        kept = json.dumps({"text": text, "kind": choice.kind, "title": choice.title, "at": asked.at})
        self.talks.keep(asked.talk, f"wish:{asked.ts}", kept)
        card = messages.which_repository(found.choices, choice.kind, asked.ts)
        self.chat.post(asked.talk, card, f"choose:{asked.ts}")

    def chosen(self, event: ButtonPressed, user: int) -> None:
        """The question was answered; who answers is the one who asks."""
        ts = event.value.rpartition(" ")[2]
        kept = self.talks.kept(event.talk, f"wish:{ts}")
        if kept is None or self.talks.thread(event.talk) is not None:
            self.chat.whisper(event.talk, event.speaker, messages.no_such_wish())
            return
        if event.name == "cancel":
            self.talks.keep(event.talk, f"wish:{ts}", "")
            self.chat.edit(event.talk, event.message, messages.left_alone())
            return
        repository = self._by_id(event.value.partition(" ")[0])
        if repository is None or not kept:
            self.chat.whisper(event.talk, event.speaker, messages.no_such_wish())
            return
        wish = json.loads(kept)
        asked = Asked(event.talk, event.speaker, user, wish["text"], ts, wish["at"], ts)
        if self._open(asked, Choice(repository, wish["kind"], wish["title"], True), self._said(event.talk)):
            self.chat.edit(event.talk, event.message, messages.chosen(repository))

    def may_ask(self, repository: Repository, user: int) -> bool:
        """Whether GitHub's user of this number has a say on the repository now."""
        found = self.people.by_id(repository, user)
        return found is not None and self.repositories.permission(repository, found) >= Permission.TRIAGE

    def _asked(self, event: MessageWritten, user: int) -> Asked:
        """With a talk: what was said by `/honk` has none yet, for nobody else has seen it."""
        talk, ts = event.talk, event.ts
        if not talk.root:
            name = self.chat.person(event.speaker).name
            ts = self.chat.post(talk, messages.asked_by(name, event.text), f"ask:{event.ts}")
            talk = replace(talk, root=ts)
        return Asked(talk, event.speaker, user, event.text.strip(), ts, event.at, event.use or ts)

    def again(self, event: MessageWritten, user: int, thread: Thread) -> bool:
        """The shortcut, used once more on what had become the issue of this thread; False when it had not.

        Its run is begun anew, or pointed to while it is open; a closed issue is done with, and another one is opened.
        """
        kind = self.talks.kept(event.talk, f"asked:{event.ts}") if event.use else None
        if not kind:
            return False
        asked = self._asked(event, user)
        if self.issues.read(thread).open:
            self._begin(asked, thread, self.words.speaker(thread.repository, user), kind)
        else:
            choice = Choice(thread.repository, kind, title_of(asked.text), True)
            self._open(asked, choice, self._said(asked.talk))
        return True

    def _begin(self, asked: Asked, thread: Thread, actor: Actor, kind: str) -> None:
        command = _command(kind, asked.text)
        self.words.send(WordSaid(thread, actor, command, "", asked.at, asked.talk, number_of(asked.once)))

    def _open(self, asked: Asked, choice: Choice, said: Sequence[tuple[str, Message]]) -> bool:
        """The issue, the talk bound to it, and the word that starts the run; False when they may not."""
        assert choice.repository is not None, "a wish is opened somewhere"
        actor = self.words.speaker(choice.repository, asked.user)
        verb = Verb(choice.kind)
        least, has = needed(verb, "", Config()), self.repositories.permission(choice.repository, actor)
        if has < least:
            words = messages.not_allowed(actor.login, verb, least.name.lower(), has.name.lower())
            self.chat.whisper(asked.talk, asked.speaker, Card(words))
            return False
        mark = messages.marker(f"{asked.talk.team}-{asked.talk.channel}-{asked.once}", "wish")
        name = self.chat.person(asked.speaker).name
        body = messages.chat_issue(asked.text, name, actor.login, said, self.chat.link(asked.talk))
        number = self.issues.open(choice.repository, choice.title or "Asked in Slack", f"{mark}\n{body}", mark)
        thread = Thread(choice.repository, number)
        self.talks.keep(asked.talk, f"asked:{asked.ts}", choice.kind)
        self.talks.bind(asked.talk, thread, asked.speaker)
        self._begin(asked, thread, actor, choice.kind)
        return True

    def _candidates(self, user: int) -> tuple[Repository, ...]:
        """Repositories that the person may have us work on; of very many, all, and the right is looked at later."""
        installed = self.repositories.installed()
        if len(installed) > _MOST_LOOKED_AT:
            return installed
        return tuple(one for one in installed if self.may_ask(one, user))

    def _by_id(self, text: str) -> Repository | None:
        return next((one for one in self.repositories.installed() if str(one.id) == text), None)

    def _channels(self, candidates: Sequence[Repository]) -> dict[int, tuple[str, ...]]:
        """What each config says of channels; one that is not understood says nothing."""
        if not 1 < len(candidates) <= _MOST_LOOKED_AT:
            return {}
        return {one.id: configured(self.repositories, one)[0].slack.channels for one in candidates}

    def _said(self, talk: Talk) -> list[tuple[str, Message]]:
        """What full members said in the talk, with their names; guests, bots and strangers are left out."""
        found = []
        for message in self.chat.messages(talk):
            person = self.chat.person(message.speaker)
            if person.member and not message.ours:
                found.append((person.name, message))
        return found


def _told(said: Sequence[tuple[str, Message]]) -> str:
    """The talk as the router reads it."""
    return "\n".join(f"{name}: {message.text}" for name, message in said)


def _command(kind: str, text: str) -> str:
    """The word that starts the run. A question needs its words there, too; the rest is in the issue."""
    return f"/honk {kind} {' '.join(text.split())[:_MAX_QUESTION]}" if kind == "ask" else f"/honk {kind}"
