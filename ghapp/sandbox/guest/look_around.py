"""Runs inside the sandbox: says what can be seen and reached from there. One JSON order in, one JSON answer out.

{"file": a path of the host, "port": a port on the host's loopback} ->
{"file", "port": whether it is there; "capabilities": hexadecimal; "processes": count; "first": environment of
 process 1; "interfaces": names}
"""

import json
import socket
import sys
from pathlib import Path


def reaches(port: int) -> bool:
    """Whether something answers on that port of this loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def capabilities() -> str:
    """The effective capabilities of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith("CapEff"))


def first_environment() -> str:
    """The environment that process 1 was started with, as far as it can be read."""
    try:
        return Path("/proc/1/environ").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def main() -> None:
    """Answer the order on standard input."""
    order = json.load(sys.stdin)
    answer = {
        "file": Path(order["file"]).exists(),
        "port": reaches(order["port"]),
        "capabilities": capabilities(),
        "processes": sum(entry.name.isdigit() for entry in Path("/proc").iterdir()),
        "first": first_environment(),
        "interfaces": [line.split(":")[0].strip() for line in Path("/proc/net/dev").read_text().splitlines()[2:]],
    }
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
