"""The other side of the wire: which transport, whose token, and what git's complaints mean for a person."""

import base64
import re
from urllib.parse import urlsplit, urlunsplit

from ghapp.core.errors import TransientError, UserError
from ghapp.core.ports import Remote
from ghapp.git.process import GitFailed

_REFUSED = (
    (r"requested url returned error: 30\d|unable to update url base from redirection",
     "The git server at {host} sends us elsewhere, and a token is never carried along. Was the repository renamed?"),
    (r"authentication failed|could not read username|returned error: 40[13]|permission to .* denied|access denied",
     "The git server at {host} does not let Honk in. Is the App still installed there, with access to contents?"),
    (r"returned error: 404|repository .*not found|does not appear to be a git repository|repository .*does not exist",
     "There is no such repository at {host}, or Honk may not see it."),
    (r"fsck error in packed object",
     "The repository at {host} holds objects that git's own check refuses, so Honk does not touch it."),
    (r"protocol '.*' not supported|transport '.*' not allowed",
     "The address of the repository does not begin with https:// (or http://)."),
)  # fmt: skip
_AWAY = re.compile(
    r"returned error: (?:408|429|5\d\d)|could not resolve|failed to connect|couldn't connect|connection (?:refused|"
    r"reset|timed out)|operation (?:too slow|timed out)|early eof|rpc failed|hung up|transfer closed|empty reply|"
    r"unexpected disconnect|recv failure|send failure|ssl|gnutls|expected flush|invalid server response|timed out",
    re.I,
)


def protocol(url: str) -> str:
    """The transport that git would choose: http, https, file (also for a plain path), or another's name."""
    scheme, colon, _ = url.partition("://")
    if colon:
        return scheme
    return "file" if url.startswith("/") else "ssh"


def host(url: str) -> str:
    """What a person may see of an address: no user, no password, no path."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] or "this machine"


def settings(remote: Remote) -> dict[str, str]:
    """Git settings that show the token to the remote's host and to no other."""
    if remote.token is None:
        return {}
    parts = urlsplit(remote.url)
    origin = urlunsplit((parts.scheme, host(remote.url), "/", "", ""))
    return {f"http.{origin}.extraHeader": f"Authorization: Basic {_basic(remote.token)}"}


def secrets(remote: Remote) -> tuple[str, ...]:
    """Every form of the remote's token that git might repeat."""
    return (remote.token, _basic(remote.token)) if remote.token else ()


def complaint(failure: GitFailed, remote: Remote) -> UserError | TransientError | None:
    """What a failed fetch or push means, or None when the fault is not the other side's."""
    words = failure.stderr.lower()
    for pattern, sentence in _REFUSED:
        if re.search(pattern, words):
            return UserError(sentence.format(host=host(remote.url)))
    if failure.timed_out or _AWAY.search(words):
        return TransientError(f"the git server at {host(remote.url)} does not answer as it should: {_last(failure)}")
    return None


def _last(failure: GitFailed) -> str:
    lines = [line for line in failure.stderr.splitlines() if line.startswith(("fatal:", "error:"))]
    return lines[-1][:200] if lines else "no answer in time" if failure.timed_out else f"exit {failure.exit_code}"


def _basic(token: str) -> str:
    return base64.b64encode(f"x-access-token:{token}".encode()).decode()
