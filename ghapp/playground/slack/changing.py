"""How a message changes and goes away, whoever does it."""

from ghapp.playground.slack import views
from ghapp.playground.slack.blocks import completed
from ghapp.playground.slack.room import SlackRoom
from ghapp.playground.slack.state import SLACKBOT, Json, Message
from ghapp.playground.slack.telling import told_changed, told_deleted

_TOMBSTONE = "This message was deleted."


def change(room: SlackRoom, found: Message, given: Json) -> None:
    """Put another text, other blocks, other metadata into a message: text alone takes its blocks away.

    https://docs.slack.dev/reference/methods/chat.update
    """
    before = views.message(room.state, room.app, found)
    if "text" in given or "blocks" in given:
        found.blocks = completed(given.get("blocks", []))
    found.text = given.get("text", found.text)
    found.metadata = given.get("metadata", found.metadata)
    found.changes += 1
    found.edited_ts, found.edited_by = room.state.next_ts(), found.user
    if found.to is None:
        told_changed(room, found, before)


def remove(room: SlackRoom, found: Message) -> None:
    """Delete a message. The first of a thread stays as a tombstone while it has replies, and goes with the last."""
    if found.to is not None:
        room.state.whispers.remove(found)
        return
    rows = found.channel.messages
    if any(one.thread_ts == found.ts for one in rows.values()):
        _bury(room, found)
        return
    del rows[found.ts]
    told_deleted(room, found)
    root = rows.get(found.thread_ts)
    buried = root is not None and root.fields.get("subtype") == "tombstone"
    if root is not None and buried and not any(one.thread_ts == root.ts for one in rows.values()):
        remove(room, root)


def _bury(room: SlackRoom, found: Message) -> None:
    before = views.message(room.state, room.app, found)
    found.user, found.text = room.state.users[SLACKBOT], _TOMBSTONE
    found.blocks, found.files, found.metadata, found.reactions = [], [], None, {}
    found.fields = {"subtype": "tombstone", "hidden": True}
    told_changed(room, found, before)
