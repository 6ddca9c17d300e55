"""Paths of a change, as git names them: what is unsafe about one on any system that may check it out.

A path is text in which bytes that are not UTF-8 are surrogates (`surrogateescape`). Git refuses most of this by itself
when asked to (core.protectHFS, core.protectNTFS and fsck); the gate asks again, since the next clone may not.
https://git-scm.com/docs/git-config#Documentation/git-config.txt-coreprotectNTFS
"""

import fnmatch
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

MAX_PATH = 4_096
MAX_NAME = 255

_SEPARATOR = re.compile(r"[/\\]")
_ROOTED = re.compile(r"[/\\]|[A-Za-z]:")
# Code points that HFS+ leaves out when it compares names.
_IGNORED = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_GIT = re.compile(r"\.git|git~[0-9]+")
_GITMODULES = re.compile(r"\.gitmodules|gitmod~[0-9]+|gi7eba~[0-9]+")


def trouble(path: str) -> str | None:
    """Why no change may have this path, or None."""
    names = _SEPARATOR.split(path)
    if _ROOTED.match(path):
        return "an absolute path"
    if any(not plain_name(name) for name in names):
        return "an empty name, `.` or `..` in the path"
    if _CONTROL.search(path):
        return "a control character in the path"
    if any(_GIT.fullmatch(plain_name(name)) for name in names):
        return "a name that some file systems take for `.git`"
    if len(path) > MAX_PATH or any(len(name) > MAX_NAME for name in names):
        return "a path that is too long"
    return None


def link_trouble(path: str, target: str) -> str | None:
    """Why no link at `path` may point to `target`, or None.

    `..` may only come first: after a name, which may be a link too, nobody can tell from the text where it leads.
    """
    names = [name for name in _SEPARATOR.split(target) if name not in ("", ".")]
    ups = next((number for number, name in enumerate(names) if name != ".."), len(names))
    if not target:
        return "a link to nothing"
    if _ROOTED.match(target):
        return "a link to an absolute path"
    if ".." in names[ups:]:
        return "a link that goes up after going down"
    if ups > path.count("/"):
        return "a link that leaves the repository"
    if any(_GIT.fullmatch(plain_name(name)) for name in names):
        return "a link into `.git`"
    return None


def plain_name(name: str) -> str:
    """A name as the most forgiving file systems compare it: HFS+ skips code points, NTFS ends and streams."""
    return _IGNORED.sub("", name).partition(":")[0].rstrip(". ").casefold()


def plain_path(path: str) -> str:
    """A path whose names are compared that way, with `/` between them."""
    return "/".join(plain_name(name) for name in _SEPARATOR.split(path))


def is_gitmodules(path: str) -> bool:
    """Whether git, or git on some file system, reads submodules from this file."""
    return _GITMODULES.fullmatch(plain_path(path)) is not None


def shown(path: str) -> str:
    """A path for people: printable, and at most 200 characters."""
    return "".join(character if character.isprintable() else _escaped(character) for character in path[:200])


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00  # the byte that surrogateescape put there
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


# --- patterns -------------------------------------------------------------------------------------------------------


def matches(pattern: str, path: str) -> bool:
    """Whether `path`, or a folder that it is in, is what `pattern` names; letter case is ignored.

    `*` and `?` stay within a name, `**` stands for any number of folders. A pattern without `/`, or with only one at
    its end, is looked for in every folder.
    """
    anchored = "/" in pattern.rstrip("/")
    parts = [part for part in pattern.casefold().split("/") if part]
    return bool(parts) and _matches((*(() if anchored else ("**",)), *parts, "**"), path.casefold().split("/"))


def _matches(parts: Sequence[str], names: Sequence[str]) -> bool:
    """Wildcard matching that goes back to the last `**` only: no more than parts times names steps."""
    part = name = 0
    back: tuple[int, int] | None = None
    while name < len(names):
        if part < len(parts) and parts[part] == "**":
            back = (part, name)
            part += 1
        elif part < len(parts) and _compiled(parts[part]).match(names[name]):
            part, name = part + 1, name + 1
        elif back:
            back = (back[0], back[1] + 1)
            part, name = back[0] + 1, back[1]
        else:
            return False
    return _all_stars(parts[part:])


def _all_stars(parts: Iterable[str]) -> bool:
    return all(part == "**" for part in parts)


@lru_cache(maxsize=1024)
def _compiled(part: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(part))
