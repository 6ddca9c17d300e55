"""Files: what the app reads, and the three steps of an upload.

https://docs.slack.dev/messaging/working-with-files#upload
"""

import mimetypes

from ghapp.playground.slack import views
from ghapp.playground.slack.methods.method import Arguments, Method
from ghapp.playground.slack.room import RefusedError, SlackRoom
from ghapp.playground.slack.state import Channel, File, Json, Message, User
from ghapp.playground.slack.telling import told_new


def may_read(room: SlackRoom, file: File) -> bool:
    """Whether the app's bot may open a file: its own, or one in a channel that it is in."""
    return file.owner is room.app.bot or any(room.app.bot in one.members for one in file.shared)


def new_file(room: SlackRoom, owner: User, name: str, content: bytes = b"", size: int | None = None) -> File:
    """A file that is there from now on, in no channel yet; its type goes by its name."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    file = File(room.state.next_id("F"), owner, name, kind, len(content) if size is None else size, content)
    room.state.files[file.id] = file
    return file


def _info(room: SlackRoom, given: Arguments) -> Json:
    found = room.state.files.get(given["file"])
    if found is None or not found.complete or not may_read(room, found):
        raise RefusedError("file_not_found")
    found.looks = max(found.looks - 1, 0)
    return {"file": views.file(room.state, found), "comments": []}


def _upload_url(room: SlackRoom, given: Arguments) -> Json:
    if given["length"] <= 0:
        raise RefusedError("invalid_arguments")
    file = new_file(room, room.app.bot, given["filename"], size=given["length"])
    file.alt = given.get("alt_txt", "")
    return {"upload_url": f"{room.state.base_url}/upload/v1/{file.id}", "file_id": file.id}


def _complete(room: SlackRoom, given: Arguments) -> Json:
    if not isinstance(given["files"], list) or not all(set(one) <= {"id", "title"} for one in given["files"]):
        room.violate(f"files.completeUploadExternal was given files {given['files']!r:.80}")
        raise RefusedError("invalid_arguments")
    files = [_uploaded(room, one) for one in given["files"]]
    if given.get("channel_id"):
        _share(room, room.joined(given["channel_id"]), files, given)
    return {"files": [views.file(room.state, one) for one in files]}


def _uploaded(room: SlackRoom, given: Json) -> File:
    found = room.state.files.get(given.get("id", ""))
    if found is None or found.owner is not room.app.bot:
        raise RefusedError("file_not_found")
    if len(found.content) != found.size:
        raise RefusedError("file_update_failed")
    found.complete, found.title, found.looks = True, given.get("title", found.name), room.looks
    return found


def _share(room: SlackRoom, channel: Channel, files: list[File], given: Arguments) -> None:
    thread = given.get("thread_ts", "")
    if thread and thread not in channel.messages:
        raise RefusedError("thread_not_found")
    text = given.get("initial_comment", "")
    made = Message(room.state.next_ts(), channel, room.app.bot, text, thread_ts=thread, files=files)
    made.fields["subtype"] = "file_share"
    channel.messages[made.ts] = made
    for file in files:
        file.shared.append(channel)
    told_new(room, made)


METHODS = (
    Method("files.info", "file!", "files:read", _info),
    Method("files.getUploadURLExternal", "filename! length:int! alt_txt snippet_type", "files:write", _upload_url),
    Method(
        "files.completeUploadExternal",
        "files:json! channel_id thread_ts initial_comment",
        "files:write",
        _complete,
    ),
)
