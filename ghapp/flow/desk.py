"""The desk of the chat: who speaks, and what about. What is known to be somebody's word goes on to its thread."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from ghapp.core import commands, messages
from ghapp.core.chat import Card
from ghapp.core.commands import Refusal, Verb
from ghapp.core.errors import UserError
from ghapp.core.events import ButtonPressed, ChatEvent, MessageWritten, Thread, WordSaid
from ghapp.core.ports import Chat, Identities, Invitation, Talks
from ghapp.flow.asking import Asking
from ghapp.flow.phone import Phone
from ghapp.flow.status import Status
from ghapp.flow.words import Words, number_of

log = logging.getLogger(__name__)

SAYS = {
    "merge": "/honk merge",
    "stop": "/honk stop",
    "retry": "/honk retry",
    "revert": "/honk revert",
    "allow": "/honk allow",
    "fix": "/honk fix",
    "budget": "/honk budget",
}
"""What a button says. Who presses it says so, and what it is about is looked at then."""
_WISHES = frozenset({Verb.FIX, Verb.PLAN, Verb.ASK})
_ABOUT_A_RUN = tuple(f"/honk {verb}" for verb in Verb if verb not in _WISHES)
_SOMEBODY = re.compile(r"\s*<@")
_VERBS = frozenset(verb.value for verb in Verb)


@dataclass(frozen=True)
class Desk:
    """Hears what is said in the chat. The caller holds the talk's inbox. `link` makes the address of an invitation."""

    chat: Chat
    phone: Phone
    talks: Talks
    identities: Identities
    words: Words
    status: Status
    asking: Asking
    link: Callable[[str], str]

    def hear(self, event: ChatEvent) -> None:
        """Pass it on, ask back, or leave it. What only the person can mend is told to them alone."""
        try:
            if isinstance(event, MessageWritten):
                self._read(event)
            else:
                self._press(event)
        except UserError as error:
            log.info("in %s: %s", event.talk.key, error)
            self.tell_failure(event, str(error))

    def tell_failure(self, event: ChatEvent, sentence: str) -> None:
        """Say to the person alone that nothing comes of it, and why."""
        self._whisper(event, Card(messages.could_not(sentence)))

    def _read(self, event: MessageWritten) -> None:
        """Everything in a talk of ours counts, but what is said to somebody else; elsewhere what is said to us."""
        thread = self.talks.thread(event.talk) if event.talk.root else None
        if not event.addressed and (thread is None or _SOMEBODY.match(event.text)):
            return
        if event.addressed and self.chat.person(event.speaker).member and self._about_themselves(event):
            return
        user = self._user(event)
        if user is None:
            return
        said = as_said(event.text, addressed=event.addressed)
        if thread is not None:
            if not self.asking.again(event, user, thread):
                self._pass_on(event, thread, user, said)
        elif said.startswith(_ABOUT_A_RUN):
            self._whisper(event, messages.in_its_talk())
        else:
            self.asking.ask(event, user)

    def _about_themselves(self, event: MessageWritten) -> bool:
        """Who they are, and what they may say: answered to them alone."""
        match event.text.strip().lower():
            case "link":
                self._invite(event, None)
            case "unlink":
                self.identities.forget(event.speaker)
                self._whisper(event, messages.unlinked())
            case "help" | "":
                if event.text.strip() or event.command:
                    self._whisper(event, messages.chat_help())
                return bool(event.text.strip() or event.command)
            case _:
                return False
        return True

    def _press(self, event: ButtonPressed) -> None:
        talk = self.talks.find(event.talk) or event.talk
        event = replace(event, talk=talk)
        user = self._user(event)
        if user is None:
            return
        if event.name in ("choose", "cancel"):
            self.asking.chosen(event, user)
            return
        thread = self.talks.thread(talk)
        if thread is None:
            return
        if event.name == "not-yet":
            self._put_off(event, thread, user)
        elif event.name in SAYS:
            self._pass_on(event, thread, user, *_pressed(event))

    def _put_off(self, event: ButtonPressed, thread: Thread, user: int) -> None:
        """Not yet. Who has no say on the repository does not put a question away for those who have."""
        if not self.asking.may_ask(thread.repository, user):
            self._whisper(event, messages.no_say())
        elif not self.phone.quieten(event.talk, event.message, messages.later()):
            self._whisper(event, messages.no_question())

    def _user(self, event: ChatEvent) -> int | None:
        """GitHub's number of who speaks, looked up each time; None when there is none, which they are told."""
        person = self.chat.person(event.speaker)
        addressed = isinstance(event, ButtonPressed) or event.addressed
        if not person.member:
            if addressed:
                self._whisper(event, messages.members_only())
            return None
        user = self.identities.github(event.speaker)
        if user is None and addressed:
            self._invite(event, replace(event, again=True))
        return user

    def _invite(self, event: ChatEvent, waiting: ChatEvent | None) -> None:
        name = self.chat.person(event.speaker).name
        token = self.identities.invite(Invitation(event.speaker, name, waiting))
        self._whisper(event, messages.link_first(self.link(token)))

    def _pass_on(self, event: ChatEvent, thread: Thread, user: int, text: str, pause: float = 0.0) -> None:
        """To the thread's own inbox, as a word of a user of GitHub, where it is answered.

        What was written is kept on the record there, unless they have no say on the repository.
        """
        actor = self.words.speaker(thread.repository, user)
        number = number_of((event.use or event.ts) if isinstance(event, MessageWritten) else event.press)
        if isinstance(event, MessageWritten) and self.asking.may_ask(thread.repository, user):
            mark = messages.marker(str(number), "chat")
            self.status.comment(thread, f"{mark}\n{messages.said_in_chat(actor.login, event.text)}", mark)
            self._seen(event)
        sha = event.value if isinstance(event, ButtonPressed) and event.name == "merge" else ""
        self.words.send(WordSaid(thread, actor, text, sha, event.at, event.talk, number, pause))

    def _seen(self, event: MessageWritten) -> None:
        """A courtesy: no word is lost because the chat does not take it."""
        if event.command:
            return
        try:
            self.chat.react(event.talk, event.ts, "eyes")
        except UserError as error:
            log.info("no reaction in %s: %s", event.talk.key, error)

    def _whisper(self, event: ChatEvent, card: Card) -> None:
        self.chat.whisper(event.talk, event.speaker, card)


def _pressed(event: ButtonPressed) -> tuple[str, float]:
    """What a button says, and when the pause began that it was shown for (seconds since the epoch, 0 without one)."""
    if event.name != "budget":
        return SAYS[event.name], 0.0
    amount, _, began = event.value.partition(" ")
    return f"{SAYS[event.name]} {amount}", float(began or 0)


def as_said(text: str, *, addressed: bool) -> str:
    """A command when it reads like one, else the words as they are.

    A single word is one in a talk of ours also when nobody is named; a sentence only when it is said to us.
    """
    words = text.split()
    first = words[0].lower().rstrip(".!") if words else ""
    if first not in _VERBS or (len(words) > 1 and not addressed):
        return text
    if first == Verb.STOP:
        return f"/honk {first}"
    said = f"/honk {' '.join([first, *words[1:]])}"
    return text if isinstance(commands.parse(said), Refusal) else said
