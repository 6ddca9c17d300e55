"""What is written for GitHub, said in the chat: there the talk is about one thread, and a command needs no `/honk`.

What GitHub hides, the chat would show: our hidden marks stay away.
"""

import re

from ghapp.core.commands import Verb

_COMMAND = re.compile(rf"`/honk(?: (?P<verb>{'|'.join(Verb)})(?P<rest> [^`\n]*)?)?`")
_MARK = re.compile(r"<!-- honk:[^\s<>]* -->\n?")


def in_talk(text: str) -> str:
    """The same text with our commands as one says them in a talk: a word alone, or to us by name with more words."""
    return _COMMAND.sub(_said, _MARK.sub("", text))


def _said(command: re.Match[str]) -> str:
    verb, rest = command["verb"], command["rest"]
    if verb is None:
        return "`@honk`"
    return f"`@honk {verb}{rest}`" if rest else f"`{verb}`"
