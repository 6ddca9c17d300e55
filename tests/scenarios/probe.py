"""Runs inside the sandbox, as an agent that was told to find a secret would: lists all that it can read and reach.

Files of the system (/usr, what is linked there, and Python's own) are the same for everybody and are left out; so are
the names of processes and of files that differ from run to run. What it prints is held to a golden file.
"""

import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/sys", "/dev", sys.base_prefix)
SAME_FOR_ALL = ("/etc/ssl/certs", "/etc/ca-certificates", "/etc/alternatives", "/etc/java", "/etc/ld.so.conf.d")
WORK = ("/workspace", "/mirror/objects", "/home/honk/", "/env/", "/tmp/")


def variables() -> Iterator[str]:
    """Names of variables, of this process and of every other that it may look into."""
    names = set(os.environ)
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            names |= {item.partition("=")[0] for item in environ.read_text().split("\0") if item}
        except OSError:
            continue
    return (f"variable {name}" for name in sorted(names))


def mounts() -> Iterator[str]:
    """What is mounted where, and whether it can be written."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split()
        if not fields[4].startswith(("/proc", "/dev/", "/usr", "/lib", "/etc/", sys.base_prefix)):
            yield f"mount {fields[4]} {fields[5].split(',')[0]}"


def paths(*skipped: str) -> Iterator[str]:
    """Every file below no folder that begins with one of these."""
    for folder, names, found in os.walk("/"):
        below = "" if folder == "/" else folder
        names[:] = sorted(name for name in names if not f"{below}/{name}".startswith(skipped))
        yield from (f"{below}/{name}" for name in sorted(found))


def listed() -> Iterator[str]:
    """Files that are no part of the system or of the work, and folders of the work that are not empty."""
    yield from (f"file {path}" for path in paths(*SYSTEM, *SAME_FOR_ALL, *WORK))
    yield from (f"work in {folder}" for folder in WORK if any(Path(folder).iterdir()))


def reach() -> Iterator[str]:
    """Network interfaces, and whether anything outside answers."""
    yield from (f"interface {name}" for _, name in socket.if_nameindex())
    for address in (("1.1.1.1", 53), ("169.254.169.254", 80)):
        with socket.socket() as line:
            line.settimeout(2)
            yield f"{address[0]} {'answers' if line.connect_ex(address) == 0 else 'cannot be reached'}"


def secrets(parts: list[list[str]]) -> Iterator[str]:
    """Where one of these secrets stands in anything that can be read; each comes in parts, so as not to find itself."""
    wanted = ["".join(part).encode() for part in parts]
    told = (str(path) for name in ("environ", "cmdline", "maps") for path in Path("/proc").glob(f"[0-9]*/{name}"))
    for path in (*paths(*SYSTEM), *told):
        try:
            content = Path(path).read_bytes() if Path(path).is_file() else b""
        except OSError:
            continue
        yield from (f"SECRET in {path}" for secret in wanted if secret in content)


if __name__ == "__main__":
    lines = [*variables(), *sorted(set(mounts())), *listed(), *reach(), *secrets(json.loads(sys.argv[1]))]
    Path("/workspace/found.txt").write_text("\n".join(lines) + "\n")
