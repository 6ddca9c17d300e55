"""Somebody in the playground's Slack: what they type, press and send, in their own words.

What is typed is sent as Slack's apps do: `&<>` escaped, addresses as links, `@ana`, `@channel`, `#general` as mentions.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ghapp.playground.slack import views
from ghapp.playground.slack.acting import Press, command_payload, press_payload, shortcut_payload
from ghapp.playground.slack.changing import remove
from ghapp.playground.slack.methods.chat import permalink
from ghapp.playground.slack.methods.files import new_file
from ghapp.playground.slack.room import SlackRoom
from ghapp.playground.slack.shown import seen
from ghapp.playground.slack.state import Channel, File, Json, Message, User
from ghapp.playground.slack.telling import told_changed, told_new, told_reaction

_ADDRESS = re.compile(r"https?://[^\s<>|]+")
_MENTION = re.compile(r"(?<![\w/])([@#])([a-z0-9._-]*[a-z0-9])")
_EVERYBODY = ("channel", "here", "everyone")

Attachment = tuple[str, bytes]
"""A file to send: its name and its content."""


@dataclass(frozen=True)
class SlackPerson:
    """Someone who can act. Channels go by name or id; timestamps are strings."""

    room: SlackRoom
    user: User

    @property
    def id(self) -> str:
        return self.user.id

    @property
    def home(self) -> str:
        """The id of their direct messages with the app's bot."""
        with self.room.lock:
            return self.room.state.direct(self.room.app.bot, self.user).id

    def joins(self, channel: str) -> None:
        with self.room.lock:
            self._in(channel)

    def leaves(self, channel: str) -> None:
        with self.room.lock:
            self.room.state.channel_named(channel).members.remove(self.user)

    def says(
        self,
        channel: str,
        text: str,
        thread: str | None = None,
        files: Sequence[Attachment] = (),
        *,
        broadcast: bool = False,
    ) -> str:
        """Write in a channel, or in a thread of it (`broadcast`: shown in the channel too); the new timestamp."""
        with self.room.lock:
            where = self._in(channel)
            fields: Json = {"subtype": "file_share"} if files else {}
            made = self._write(where, typed(self.room, text), thread or "", [self._file(*one) for one in files], fields)
            made.broadcast = broadcast
            told_new(self.room, made)
            return made.ts

    def mentions(self, channel: str, text: str, thread: str | None = None, files: Sequence[Attachment] = ()) -> str:
        """Write to the app's bot in a channel."""
        return self.says(channel, f"@{self.room.app.bot.handle} {text}", thread, files)

    def direct(self, text: str, thread: str | None = None, files: Sequence[Attachment] = ()) -> str:
        """Write to the app's bot in a direct message."""
        return self.says(self.home, text, thread, files)

    def edits(self, channel: str, ts: str, text: str) -> None:
        with self.room.lock:
            found = self._message(channel, ts)
            assert found.user is self.user, "only one's own messages can be edited"
            before = views.message(self.room.state, self.room.app, found)
            found.text, found.changes = typed(self.room, text), found.changes + 1
            found.edited_ts, found.edited_by = self.room.state.next_ts(), self.user
            told_changed(self.room, found, before)

    def deletes(self, channel: str, ts: str) -> None:
        with self.room.lock:
            remove(self.room, self._message(channel, ts))

    def reacts(self, channel: str, ts: str, name: str) -> None:
        with self.room.lock:
            found = self._message(channel, ts)
            who = found.reactions.setdefault(name, [])
            assert self.user not in who, f"{self.user.handle} has reacted with {name} already"
            who.append(self.user)
            told_reaction(self.room, self.user, found, name)

    def unreacts(self, channel: str, ts: str, name: str) -> None:
        with self.room.lock:
            found = self._message(channel, ts)
            found.reactions[name].remove(self.user)
            if not found.reactions[name]:
                del found.reactions[name]
            told_reaction(self.room, self.user, found, name, removed=True)

    def forwards(self, channel: str, ts: str, to: str, text: str = "", thread: str | None = None) -> str:
        """Share a message in another channel: it comes there as an attachment of this person's message."""
        with self.room.lock:
            shared, where = self._message(channel, ts), self._in(to)
            fields = {"attachments": [_share(self.room, shared)]}
            made = self._write(where, typed(self.room, text), thread or "", [], fields)
            told_new(self.room, made)
            return made.ts

    def command(self, line: str, channel: str = "") -> None:
        """Type a slash command with its text in a channel, or in the direct messages with the bot."""
        with self.room.lock:
            name, _, text = line.partition(" ")
            assert name in self.room.app.commands, f"the app has no {name}"
            assert "commands" in self.room.app.scopes, "the app lacks the scope commands"
            escaped = typed(self.room, text) if self.room.app.escapes_commands else text
            where = self._in(channel or self.home)
            self.room.outlet.command(command_payload(self.room, self.user, where, name, escaped))

    def shortcut(self, channel: str, ts: str, callback_id: str) -> None:
        """Choose a shortcut of the app on a message, also where its bot is not."""
        with self.room.lock:
            assert callback_id in self.room.app.shortcuts, f"the app has no shortcut {callback_id}"
            assert "commands" in self.room.app.scopes, "the app lacks the scope commands"
            payload = shortcut_payload(self.room, self.user, self._message(channel, ts), callback_id)
            self.room.outlet.interaction(payload)

    def button(self, channel: str, ts: str, which: str) -> Press:
        """A button that is shown now, by its text or action id, for pressing it later. Raises LookupError."""
        with self.room.lock:
            found = self._shown_to_me(channel, ts)
            one = seen(self.room.state, found)
            button = one.button(which)
            if button is None:
                raise LookupError(f"there is no {which!r} but {[each.text for each in one.buttons]} at {one.shown!r}")
            return Press(found, button)

    def presses(self, channel: str, ts: str, which: str) -> Press:
        """Press a button that is shown now, and say yes to what it asks. Raises LookupError when there is none."""
        return self.presses_old(self.button(channel, ts, which))

    def presses_old(self, press: Press) -> Press:
        """Press a button as it was shown once, as one can on a phone that has not heard of an edit."""
        with self.room.lock:
            self.room.outlet.interaction(press_payload(self.room, self.user, press))
        return press

    def _in(self, channel: str) -> Channel:
        """A channel that they are in; a full member may walk into every public one."""
        found = self.room.state.channel_named(channel)
        if self.user not in found.members:
            full = self.user.team is self.room.state.home and not self.user.guest
            assert (full, found.kind) == (True, "channel"), f"{self.user.handle} is not in {found.name}"
            found.members.append(self.user)
        return found

    def _message(self, channel: str, ts: str) -> Message:
        return self._in(channel).messages[ts]

    def _shown_to_me(self, channel: str, ts: str) -> Message:
        """A message in a channel, or one that this person alone sees. Raises LookupError."""
        rows = [one for one in self.room.state.whispers if one.ts == ts and one.to is self.user]
        found = self._in(channel).messages.get(ts) or next(iter(rows), None)
        if found is None:
            raise LookupError(f"{self.user.handle} sees no message {ts} there")
        return found

    def _write(self, where: Channel, text: str, thread: str, files: list[File], fields: Json) -> Message:
        assert not thread or not where.messages[thread].thread_ts, "a thread goes by its first message"
        assert not self.user.deleted, f"{self.user.handle} is gone"
        made = Message(self.room.state.next_ts(), where, self.user, text, thread_ts=thread, files=files, fields=fields)
        if text and not self.user.is_bot:
            made.blocks = [_rich_text(text)]
        where.messages[made.ts] = made
        for file in files:
            file.shared.append(where)
        return made

    def _file(self, name: str, content: bytes) -> File:
        file = new_file(self.room, self.user, name, content)
        file.complete = True
        return file


def typed(room: SlackRoom, text: str) -> str:
    """What Slack's apps send for what was typed."""

    def word(found: re.Match[str]) -> str:
        mark, name = found[1], found[2]
        if mark == "@" and name in _EVERYBODY:
            return f"<!{name}>"
        if mark == "@":
            users = (one.id for one in room.state.users.values() if one.handle == name)
            user = next(users, None)
            return f"<@{user}>" if user else found[0]
        channels = (one for one in room.state.channels.values() if one.name == name and one.kind != "im")
        channel = next(channels, None)
        return f"<#{channel.id}|{channel.name}>" if channel else found[0]

    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    parts = re.split(f"({_ADDRESS.pattern})", escaped)
    return "".join(f"<{one}>" if _ADDRESS.fullmatch(one) else _MENTION.sub(word, one) for one in parts)


def _rich_text(text: str) -> Json:
    """What people write comes with blocks of this type as well: https://docs.slack.dev/reference/block-kit/blocks"""
    bare = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": bare}]}
    return {"type": "rich_text", "block_id": "typed", "elements": [section]}


def _share(room: SlackRoom, one: Message) -> Json:
    """A forwarded message, as Slack attaches it."""
    return {
        "id": 1,
        "is_share": True,
        "is_msg_unfurl": True,
        "ts": one.ts,
        "author_id": one.user.id,
        "author_name": one.user.name,
        "author_subname": one.user.name,
        "channel_id": one.channel.id,
        "channel_team": one.user.team.id,
        "text": one.text,
        "fallback": f"{one.user.name}: {one.text}",
        "from_url": permalink(room, one),
        "footer": "Slack Conversation",
        "mrkdwn_in": ["text"],
        "files": [views.file(room.state, each) for each in one.files],
    }
