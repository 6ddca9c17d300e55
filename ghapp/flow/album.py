"""The pictures of a talk: what members of the workspace attached before the run was asked for."""

from dataclasses import dataclass
from datetime import datetime

from ghapp.core.chat import Attached
from ghapp.core.errors import TransientError, UserError
from ghapp.core.picture_kinds import media_type, pixels
from ghapp.core.ports import Chat, ChatFiles, Image, Pictures, Talks
from ghapp.core.run import Run

_MOST = 5
_MAX_BYTES = 5 * 1024 * 1024
_MAX_SIDE = 8_000  # pixels; https://docs.claude.com/en/docs/build-with-claude/vision


@dataclass(frozen=True)
class Album:
    """Finds them. A run that nobody asked for in a talk has none."""

    chat: Chat
    files: ChatFiles
    talks: Talks

    def of(self, run: Run) -> Pictures:
        """At most five, and a sentence about each that is left out."""
        talk = self.talks.of(run.thread)
        if talk is None:
            return Pictures()
        asked = datetime.fromisoformat(run.trigger.at).timestamp() + 1
        found = [
            file
            for message in self.chat.messages(talk)
            if float(message.ts) <= asked and self.chat.person(message.speaker).member
            for file in message.files
            if file.type.startswith("image/")
        ]
        images, notes = [], []
        for file in found[:_MOST]:
            try:
                images.append(self._read(file))
            except (UserError, TransientError) as error:
                notes.append(f"A picture of the talk is left out: {error}.")
        if len(found) > _MOST:
            notes.append(f"Only the first {_MOST} pictures of the talk are taken; there are {len(found)}.")
        return Pictures(tuple(images), tuple(notes))

    def _read(self, file: Attached) -> Image:
        content = self.files.read(file, _MAX_BYTES)
        kind, size = media_type(content), pixels(content)
        if kind is None:
            raise UserError("it is no PNG, JPEG, GIF or WebP")
        if size is None or not all(0 < side <= _MAX_SIDE for side in size):
            raise UserError(f"it is damaged, or larger than {_MAX_SIDE} by {_MAX_SIDE} pixels")
        return Image(kind, content)
