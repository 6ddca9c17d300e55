"""A program of its own: fetch one package's source archive with pip's finder and session, building nothing.

`pip download` runs the package's build hooks before it keeps the archive, whatever its options
(https://github.com/pypa/pip/issues/1884, open): 4.6 seconds instead of 1.4 for a small package, and a stranger's code
runs on the host. So this program uses the two parts of pip that honour the person's settings (indexes, links,
certificates, proxies) and are the same from 23.0 to 26.3. They are not pip's public interface: hence a process of its
own, `import_module`, and a test that meets the real thing.

Usage: ``python pip_fetch.py REQUIREMENT FOLDER``; prints one JSON object with ``archive`` or ``problem``.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

LIMIT = 100 * 1024 * 1024  # bytes


class _ProblemError(Exception):
    """The archive cannot be had; the message is a sentence for a person."""


def fetch(requirement: str, into: Path) -> Path:
    """Write the archive of the best matching release into the folder. Raises _ProblemError."""
    requirements = import_module("pip._vendor.packaging.requirements")
    try:
        wanted = requirements.Requirement(requirement)
    except requirements.InvalidRequirement as error:
        raise _ProblemError(f"“{requirement}” is no requirement such as name==1.2.3.") from error
    if wanted.url or wanted.marker or wanted.extras:
        raise _ProblemError(f"“{requirement}” must be a name and a version, such as name==1.2.3.")
    with _command() as command:
        candidate = _best(_finder(command, "--no-binary", ":all:"), wanted)
        if candidate is not None:
            return _download(command, candidate.link, into)
    raise _ProblemError(_why_none(wanted))


@contextmanager
def _command() -> Iterator[Any]:
    """One run of pip. Its options share defaults that parsing changes, so each finder has a run of its own."""
    command = import_module("pip._internal.commands").create_command("download")
    with command.main_context():
        yield command


def _finder(command: Any, *arguments: str) -> Any:
    options, _ = command.parse_args(list(arguments))
    return command._build_package_finder(options=options, session=command.get_default_session(options))


def _best(finder: Any, wanted: Any) -> Any:
    return finder.find_best_candidate(wanted.name, wanted.specifier).best_candidate


def _why_none(wanted: Any) -> str:
    with _command() as command:
        finder = _finder(command)
        if _best(finder, wanted) is not None:
            return f"{wanted} has no source archive, only built packages."
        if finder.find_all_candidates(wanted.name):
            return f"{wanted.name} has no release that matches {wanted.specifier}."
    return f"The package index has no package named {wanted.name}, or cannot be reached."


def _download(command: Any, link: Any, into: Path) -> Path:
    options, _ = command.parse_args([])
    # Compressed transfer would unpack the archive on the way.
    answer = command.get_default_session(options).get(
        link.url_without_fragment, headers={"Accept-Encoding": "identity"}, stream=True
    )
    if answer.status_code != 200:
        raise _ProblemError(f"The package index answers {answer.status_code} for {link.filename}.")
    content = bytearray()
    for chunk in answer.iter_content(1 << 16):
        content += chunk
        if len(content) > LIMIT:
            raise _ProblemError(f"{link.filename} is larger than {LIMIT} bytes.")
    if link.hash_name and hashlib.new(link.hash_name, content).hexdigest() != link.hash:
        raise _ProblemError(f"{link.filename} is not what the package index says: its {link.hash_name} differs.")
    target = into / Path(link.filename).name
    target.write_bytes(content)
    return target


def main() -> None:
    """Fetch as the command line says."""
    try:
        result = {"archive": str(fetch(sys.argv[1], Path(sys.argv[2])))}
    except _ProblemError as problem:
        result = {"problem": str(problem)}
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
