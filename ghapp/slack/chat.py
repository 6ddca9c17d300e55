"""Slack as the chat (`ports.Chat`): what is said there, and what we say."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from slack_sdk import WebClient

from ghapp.core.chat import Card, Message, Person, Shown, Speaker, Talk
from ghapp.core.errors import Gone, TransientError, UserError
from ghapp.slack import blocks, history
from ghapp.slack.api import Api, Pauses, code, spoken
from ghapp.slack.people import Directory

_MOST = 200
_PAGE = 200
_PAGES = 15
_NAMES = 50
_UNSEEN = frozenset(("channel_not_found", "missing_scope", "not_in_channel"))
_SECONDS_FOR_A_PICTURE = 2.0

Json = dict[str, Any]


class SlackChat:
    """Slack, as the bot of `token`. `clock` counts seconds, for what is remembered of people; `pauses` are Slack's.

    Whatever Slack refuses is a UserError, Gone when it was deleted, or a TransientError with the time to wait.
    """

    def __init__(
        self, token: str, api_url: str, pauses: Pauses | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._api = Api(token, api_url, pauses)
        self._people = Directory(self._api, clock)
        self._direct: dict[str, str] = {}

    def person(self, speaker: Speaker) -> Person:
        """Who it is now; for at most a minute, who it was."""
        return self._people.person(speaker)

    def messages(self, talk: Talk) -> tuple[Message, ...]:
        """The first message and the newest 199; of a thread of thousands, the newest of its first three thousand."""
        us, called = self._people.us(), self._names(talk.team)
        written = (one for one in self._replies(talk) if history.is_said(one))
        first = next(written, None)
        if first is None:
            return ()
        return tuple(history.read(one, us, called) for one in [first, *deque(written, maxlen=_MOST - 1)])

    def _names(self, team: str) -> Callable[[str], str]:
        """Names for mentions. Past the first 50 people, ids do: each name is a call."""
        known: dict[str, str] = {}

        def called(user: str) -> str:
            if user not in known:
                asked = len(known) < _NAMES
                known[user] = (self._people.person(Speaker(team, user)).name if asked else "") or user
            return f"@{known[user]}"

        return called

    def channel(self, talk: Talk) -> str:
        """The channel's name; empty for a direct message, and where we may not look."""
        try:
            with spoken():
                found = self._api.asks.conversations_info(channel=self._channel(talk))["channel"]
        except UserError as refusal:
            if code(refusal.__cause__) in _UNSEEN:
                return ""
            raise
        return "" if found.get("is_im") else str(found.get("name") or "")

    def link(self, talk: Talk) -> str:
        """The address of the first message; empty when the talk has none yet."""
        if not talk.root:
            return ""
        with spoken():
            found = self._api.asks.chat_getPermalink(channel=self._channel(talk), message_ts=talk.root)
        return str(found["permalink"])

    def post(self, talk: Talk, card: Card, key: str) -> str:
        """Write it, or edit what carries the key: an earlier attempt may have written it and never heard of that."""
        channel = self._channel(talk)
        known = self._carrying(talk, key)
        if known is not None:
            try:
                self.edit(talk, known, card)
            except Gone:  # deleted since we looked
                known = None
        if known is not None:
            return known
        told = {"event_type": history.METADATA, "event_payload": {"key": key}}
        return self._write(channel, talk.root, card, metadata=told)

    def edit(self, talk: Talk, message: str, card: Card) -> None:
        """Say something else there. Slack keeps the key of a message that is edited without one."""
        channel = self._channel(talk)
        self._shown(card, lambda client, said: client.chat_update(channel=channel, ts=message, **said))

    def whisper(self, talk: Talk, speaker: Speaker, card: Card) -> None:
        """Say it to one person: where they are, unless all can read that, or they or we cannot."""
        channel = self._channel(talk)
        thread = talk.root or None

        def whispered(client: WebClient, said: Json) -> object:
            return client.chat_postEphemeral(channel=channel, user=speaker.user, thread_ts=thread, **said)

        try:
            if channel.startswith("D"):
                self._write(channel, talk.root, card)
            else:
                self._shown(card, whispered)
        except UserError:
            self._write(self._direct_with(speaker.user), "", card)

    def react(self, talk: Talk, message: str, name: str) -> None:
        """React to a message. Gone when it was deleted."""
        try:
            with spoken():
                self._api.does.reactions_add(channel=self._channel(talk), timestamp=message, name=name)
        except UserError as refusal:
            if code(refusal.__cause__) != "already_reacted":
                raise

    def _write(self, channel: str, root: str, card: Card, **more: Any) -> str:
        more |= {"channel": channel, "thread_ts": root or None, "unfurl_links": False, "unfurl_media": False}
        return str(self._shown(card, lambda client, said: client.chat_postMessage(**more, **said))["ts"])

    def _shown(self, card: Card, say: Callable[[WebClient, Json], Any]) -> Any:
        """Say a card. Slack refuses a picture until it has looked at it, and one that was lost always.

        https://github.com/slackapi/python-slack-sdk/issues/1521
        """
        try:
            return self._said(card, say)
        except UserError as refusal:
            if code(refusal.__cause__) != "invalid_blocks" or not card.pictures:
                raise
        kept = tuple(shown for shown in card.pictures if self._has(shown))
        if kept == card.pictures:
            raise TransientError("Slack still looks at a picture", retry_after=_SECONDS_FOR_A_PICTURE)
        return self._said(Card(card.text, card.buttons, kept, card.note), say)

    def _said(self, card: Card, say: Callable[[WebClient, Json], Any]) -> Any:
        with spoken():
            return say(self._api.does, {"text": blocks.notice(card), "blocks": blocks.blocks(card)})

    def _has(self, shown: Shown) -> bool:
        try:
            with spoken():
                self._api.asks.files_info(file=shown.file)
        except UserError:
            return False
        return True

    def _carrying(self, talk: Talk, key: str) -> str | None:
        """The message of ours that carries the key, in the thread or among the channel's newest."""
        us = self._people.us()
        written = self._replies(talk, metadata=True) if talk.root else self._newest(talk)
        return next((str(one["ts"]) for one in written if history.is_ours(one, us) and history.carries(one, key)), None)

    def _newest(self, talk: Talk) -> list[Json]:
        with spoken():
            found = self._api.asks.conversations_history(
                channel=self._channel(talk), limit=_PAGE, include_all_metadata=True
            )
        return list(found["messages"])

    def _replies(self, talk: Talk, *, metadata: bool = False) -> Iterator[Json]:
        """The thread, oldest first. Each page begins with the thread's first message again."""
        cursor, channel = "", self._channel(talk)
        for page in range(_PAGES if talk.root else 0):
            with spoken():
                found = self._api.asks.conversations_replies(
                    channel=channel, ts=talk.root, limit=_PAGE, cursor=cursor or None, include_all_metadata=metadata
                )
            rows = [dict(row) for row in found["messages"]]
            yield from rows if page == 0 else (row for row in rows if row.get("ts") != talk.root)
            cursor = (found.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return

    def _channel(self, talk: Talk) -> str:
        """Where the talk is; a person's id stands for the direct messages with them."""
        return self._direct_with(talk.channel) if talk.channel.startswith(("U", "W")) else talk.channel

    def _direct_with(self, user: str) -> str:
        if user not in self._direct:
            with spoken():
                self._direct[user] = str(self._api.does.conversations_open(users=user)["channel"]["id"])
        return self._direct[user]
