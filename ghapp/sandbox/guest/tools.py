"""Runs inside the sandbox: the file tools of an engine. One JSON order in, one JSON answer out.

    {"tool": "read",  "path", "offset": first line, from 1, "limit": lines}  -> {"text": numbered lines}
    {"tool": "edit",  "path", "old", "new", "all": bool}                    -> {"text": what was done}
    {"tool": "write", "path", "content"}                                    -> {"text": what was done}

What cannot be done answers {"error": a sentence for the model}. Paths are relative to /workspace, or absolute.
"""

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

ROOT = Path("/workspace")
LINES = 2000
LINE = 2000
TEXT = 60_000
FILE = 20 * 2**20


class Refused(Exception):
    """The message is the sentence for the model."""


def read(path: Path, offset: int = 1, limit: int = LINES) -> str:
    """Lines of a file with their numbers, cut where they are too long or too many."""
    if path.is_dir():
        return "\n".join(sorted(entry.name + "/" * entry.is_dir() for entry in path.iterdir())[:LINES])
    lines = content(path).decode(errors="replace").split("\n")
    if lines[-1] == "":
        lines.pop()  # a final line end does not begin another line
    first = max(1, offset)
    if first > max(1, len(lines)):
        raise Refused(f"{path} has only {len(lines)} lines.")
    shown: list[str] = []
    room = TEXT
    for number, line in enumerate(lines[first - 1 : first - 1 + max(1, min(limit, LINES))], first):
        shown.append(f"{number:6}\t{line.rstrip(chr(13))[:LINE]}{' [cut]' if len(line) > LINE else ''}")
        room -= len(shown[-1]) + 1
        if room < 0:
            break
    last = first - 1 + len(shown)
    left = f"\n[{len(lines) - last} more lines; go on with offset {last + 1}]" if last < len(lines) else ""
    return "\n".join(shown) + left if lines else "[the file is empty]"


def edit(path: Path, old: str, new: str, everywhere: bool) -> str:
    """Replace a text that occurs exactly once (or, with `everywhere`, each time it occurs)."""
    if not old or old == new:
        raise Refused("`old` must be a text of the file, and `new` another one.")
    text = content(path).decode(errors="surrogateescape")
    if old not in text and "\r\n" in text:
        old, new = (part.replace("\r\n", "\n").replace("\n", "\r\n") for part in (old, new))
    count = text.count(old)
    if count == 0:
        raise Refused(f"`old` does not occur in {path}. It must match to the letter, blanks and line ends included.")
    if count > 1 and not everywhere:
        raise Refused(f"`old` occurs {count} times in {path}. Give more of the lines around it, or set `all`.")
    path.write_bytes(text.replace(old, new).encode(errors="surrogateescape"))
    return f"Replaced {count} {'place' if count == 1 else 'places'} in {path}."


def write(path: Path, text: str) -> str:
    """Make a file, or replace it, and the folders on the way to it."""
    if path.exists() and not path.is_file():
        raise Refused(f"{path} is not a plain file.")
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode(errors="replace")
    path.write_bytes(data)
    return f"Wrote {len(data)} bytes to {path}."


def content(path: Path) -> bytes:
    """The bytes of a plain file; never waits on a pipe."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise Refused(f"{path} is not a plain file.")
        if about.st_size > FILE:
            raise Refused(f"{path} is larger than {FILE // 2**20} MiB.")
        return file.read()


def obey(order: dict[str, Any]) -> str:
    """Carry out one order."""
    path = ROOT / str(order["path"])
    if order["tool"] == "read":
        return read(path, int(order.get("offset") or 1), int(order.get("limit") or LINES))
    if order["tool"] == "edit":
        return edit(path, str(order["old"]), str(order["new"]), bool(order.get("all")))
    if order["tool"] == "write":
        return write(path, str(order["content"]))
    raise Refused(f"There is no tool {order['tool']!r}.")


def main() -> None:
    """Answer the order on standard input."""
    try:
        answer = {"text": obey(json.load(sys.stdin))}
    except Refused as refused:
        answer = {"error": str(refused)}
    except OSError as error:
        answer = {"error": f"{error.filename}: {error.strerror}"}
    except (KeyError, TypeError, ValueError) as error:
        answer = {"error": f"The arguments are not right: {error!r}"}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
