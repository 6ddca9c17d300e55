"""Runs git so that nothing of the machine's or the operator's own configuration is read, and nothing is ever asked.

All settings travel in `GIT_CONFIG_COUNT` and its companions: they show neither in the process list nor in a file.
https://git-scm.com/docs/git-config#ENVIRONMENT
"""

import os
import re
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

# What git needs of our own environment: where programs are, and how this machine reaches and trusts the network.
_PASSED = (
    "PATH", "http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY",
    "GIT_SSL_CAINFO", "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip

_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.attributesFile": "/dev/null",
    "core.packedGitWindowSize": "64m",
    "credential.helper": "",
    "fetch.fsckObjects": "true",
    "transfer.fsckObjects": "true",
    "fetch.recurseSubmodules": "false",
    "fetch.writeCommitGraph": "false",
    # Sandboxes borrow the mirrors' objects, so nothing may prune them behind our back.
    "gc.auto": "0",
    "maintenance.auto": "false",
    # A redirect would carry the token's header to another host.
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "60",
    # Old mistakes in dates and mode digits stand in the history of many honest repositories and endanger nobody.
    **{f"fetch.fsck.{mistake}": "ignore" for mistake in (
        "badDate", "badDateOverflow", "badTimezone", "missingSpaceBeforeDate", "missingSpaceBeforeEmail",
        "missingNameBeforeEmail", "missingEmail", "zeroPaddedFilemode",
    )},
}  # fmt: skip

_STDERR_KEPT = 16_384


class GitFailed(Exception):
    """Git ended with an error. `verb` is the git command, `stderr` its words in English, secrets struck out."""

    def __init__(self, verb: str, exit_code: int, stderr: str, timed_out: bool = False) -> None:
        super().__init__(f"git {verb}: {stderr.strip() or f'exit {exit_code}'}")
        self.verb = verb
        self.exit_code = exit_code
        self.stderr = stderr
        self.timed_out = timed_out


@dataclass(frozen=True)
class Limits:
    """What a command may use: `seconds` of wall time, `output` bytes of stdout (more is cut off, quietly).

    `cpu` seconds, `file` bytes in any one file and `memory` bytes of address space are for hostile input; 0 = no limit.
    """

    seconds: float = 120
    output: int = 256 * 2**20
    cpu: int = 0
    file: int = 0
    memory: int = 0

    def prefix(self) -> list[str]:
        """The `prlimit` (util-linux) that stands before git, or nothing."""
        wanted = [f"--{name}={value}" for name, value in (("cpu", self.cpu), ("fsize", self.file), ("as", self.memory))
                  if value]  # fmt: skip
        return ["prlimit", *wanted, "--"] if wanted else []


_ORDINARY = Limits()


@dataclass(frozen=True)
class Git:
    """Git on one bare repository.

    `protocols` are the transports it may use, `settings` are added to the standing ones, `secrets` never show in an
    error. `held` are file descriptors that the command keeps open (see `lock.py`).
    """

    folder: Path
    protocols: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    held: tuple[int, ...] = ()

    def run(
        self, *arguments: str, stdin: bytes = b"", feed: IO[bytes] | None = None, limits: Limits = _ORDINARY
    ) -> bytes:
        """What it printed, when given `stdin` or the open file `feed` from where that stands. Raises GitFailed."""
        with tempfile.TemporaryFile() as stderr, tempfile.TemporaryFile() as given:
            given.write(stdin)
            given.seek(0)
            process = subprocess.Popen(
                [*limits.prefix(), "git", *arguments],
                stdin=feed or given, stdout=subprocess.PIPE, stderr=stderr,
                env=self._environment(), cwd="/", start_new_session=True, pass_fds=self.held,
            )  # fmt: skip
            output, cut, late = _read(process, limits)
            if late or (process.returncode and not cut):
                raise GitFailed(arguments[0], process.returncode, self._words(stderr), late)
            return output

    def text(self, *arguments: str, stdin: bytes = b"") -> str:
        """The same as one stripped text."""
        return os.fsdecode(self.run(*arguments, stdin=stdin)).strip()

    def succeeds(self, *arguments: str) -> bool:
        """Whether the command ends with 0."""
        try:
            self.run(*arguments)
        except GitFailed:
            return False
        return True

    def _environment(self) -> dict[str, str]:
        settings = {**_SETTINGS, **self.settings}
        return {
            **{name: os.environ[name] for name in _PASSED if name in os.environ},
            "GIT_DIR": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_ALLOW_PROTOCOL": ":".join(self.protocols) or "none",
            # Not merely unset: libcurl would look up the home folder itself and read its .netrc.
            "HOME": "/dev/null",
            "LC_ALL": "C",
            **_numbered(settings.items()),
            **self.variables,
        }

    def _words(self, stderr: IO[bytes]) -> str:
        size = stderr.seek(0, os.SEEK_END)
        stderr.seek(max(0, size - _STDERR_KEPT))
        text = stderr.read().decode(errors="replace")
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return re.sub(r"//[^/@\s]+@", "//", text)


def _numbered(settings: Iterable[tuple[str, str]]) -> dict[str, str]:
    pairs = list(settings)
    names = {f"GIT_CONFIG_KEY_{at}": name for at, (name, _) in enumerate(pairs)}
    values = {f"GIT_CONFIG_VALUE_{at}": value for at, (_, value) in enumerate(pairs)}
    return {"GIT_CONFIG_COUNT": str(len(pairs)), **names, **values}


def _read(process: subprocess.Popen[bytes], limits: Limits) -> tuple[bytes, bool, bool]:
    """(output, whether it was cut, whether time was up); the whole session of the process is gone afterwards."""
    assert process.stdout is not None
    timer = threading.Timer(limits.seconds, _kill, [process])
    timer.daemon = True
    timer.start()
    try:
        with process.stdout as pipe:
            output = pipe.read(limits.output)
            cut = bool(pipe.read(1))
        if cut:
            _kill(process)
        process.wait()
    finally:
        late = timer.finished.is_set()
        timer.cancel()
        _kill(process)
        process.wait()
    return output, cut, late and process.returncode < 0


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
