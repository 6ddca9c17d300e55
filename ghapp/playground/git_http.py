"""The git side of the playground: bare repositories over HTTP, by git's own `http-backend`.

A WSGI application. `/OWNER/NAME.git/…` (the suffix may be left out, as at GitHub) is the bare repository
`OWNER/NAME.git` in the folder given. Protocol: https://git-scm.com/docs/git-http-backend and gitprotocol-http.
"""

import base64
import re
import subprocess
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING

from ghapp.playground.bare import environment

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Update = tuple[str, str, str]
"""A ref with its old and new sha; forty zeros where the ref was made or deleted."""

Authorize = Callable[[str, str, str, bool], bool]
"""(full name, user name, password or token, for writing?) -> allowed. Without credentials both texts are empty."""

Only = Callable[[str, str, str], "frozenset[str] | None"]
"""(full name, user name, password or token) -> the refs that these credentials may push; None: any that is not ours."""

Moved = Callable[[str], str | None]
"""(full name) -> the address of the repository that had this name before; None when it leads nowhere else."""

OnPush = Callable[[str, list[Update]], None]
"""(full name, updates), called after a push moved refs and before git hears that it is done."""

REPORT, ONLY = "HONK_PUSH_REPORT", "HONK_PUSH_ONLY"
UPDATE = f"""#!/bin/sh
case "${{{ONLY}-any}}" in any | *" $1 "*) exit 0 ;; esac
echo "You are not allowed to push to this branch." >&2
exit 1
"""
"""git asks this hook for each ref; the refs that may be pushed stand in the variable, with blanks around each."""
POST_RECEIVE = f'#!/bin/sh\nexec cat > "${REPORT}"\n'
"""git knows best what a push changed; comparing refs before and after would also see what REST moved meanwhile."""
CHUNK = 64 * 1024
ADDRESS = re.compile(
    r"/(?P<owner>[A-Za-z0-9-]+)/(?P<name>[A-Za-z0-9._-]+?)(?:\.git)?"
    r"/(?P<verb>info/refs|git-upload-pack|git-receive-pack)"
)
CONFIG = (
    ("http.receivepack", "true"),
    ("uploadpack.allowFilter", "true"),
    ("uploadpack.allowAnySHA1InWant", "true"),  # GitHub serves any commit that it has, also of closed pull requests
    ("receive.hideRefs", "refs/pull"),  # GitHub makes these itself and refuses pushes to them
    ("receive.autogc", "false"),  # a background gc would outlive the test that pushed
    ("safe.directory", "*"),  # the folder is ours, also where another user made it
)
PASSED = ("REQUEST_METHOD", "QUERY_STRING", "CONTENT_TYPE", "REMOTE_ADDR", "SERVER_PROTOCOL", "HTTP_CONTENT_ENCODING")


@dataclass(frozen=True)
class Request:
    """What one request asks of which repository, and by whom."""

    full_name: str
    verb: str
    writes: bool
    credentials: tuple[str, str] | None


class GitHttp:
    """Serves the repositories in `folder` to the real git client."""

    def __init__(
        self,
        folder: Path,
        authorize: Authorize,
        on_push: OnPush,
        only: Only = lambda name, user, secret: None,
        moved: Moved = lambda name: None,
    ) -> None:
        self._folder = folder.resolve()
        self._authorize = authorize
        self._on_push = on_push
        self._only = only
        self._moved = moved
        self._hooks = make_hooks(self._folder / ".hooks")  # no owner's name begins with a dot
        self._pushes: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = read_request(environ)
        if request is None:
            return refuse(start_response, "404 Not Found")
        if address := self._moved(request.full_name):
            query = environ.get("QUERY_STRING", "")
            start_response("301 Moved Permanently", [("Location", f"{address}/{request.verb}?{query}".rstrip("?"))])
            return []
        denied = self._denied(request)
        if denied:
            return refuse(start_response, denied)
        repository = self._folder / f"{request.full_name}.git"
        if not repository.is_dir():
            return refuse(start_response, "404 Not Found")
        if request.verb == "git-receive-pack":
            return self._receive(request, repository, environ, start_response)
        return answer(self._backend(repository, request.verb, environ), environ, start_response)

    def _denied(self, request: Request) -> str | None:
        """The status of a refusal: 401 asks for (other) credentials, 403 says that these may read and not write."""
        user, secret = request.credentials or ("", "")
        if self._authorize(request.full_name, user, secret, request.writes):
            return None
        known = request.writes and request.credentials and self._authorize(request.full_name, user, secret, False)
        return "403 Forbidden" if known else "401 Unauthorized"

    def _receive(
        self, request: Request, repository: Path, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> list[bytes]:
        """Take a push and tell of it, one push of a repository after the other, so that they are told in order.

        The answer, a few lines, is held back until `on_push` is done: who pushed may look at once what came of it.
        """
        only = self._only(request.full_name, *(request.credentials or ("", "")))
        limits = {} if only is None else {ONLY: f" {' '.join(only)} "}
        with self._pushes[request.full_name], TemporaryDirectory(prefix="honk-push-") as folder:
            report = Path(folder, "updates")
            process = self._backend(repository, "git-receive-pack", environ, {REPORT: str(report)} | limits)
            body = list(answer(process, environ, start_response))
            if report.exists():
                self._on_push(request.full_name, read_updates(report.read_text(encoding="utf-8")))
        return body

    def _backend(
        self, repository: Path, verb: str, environ: "WSGIEnvironment", more: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start git for one request.

        It is not told the body's length: a chunked body has none, and where a client is lost before its length is
        reached, git 2.39 reads the end of its input for ever. Without, it reads to the end and complains.
        """
        variables = {key: environ[key] for key in PASSED if environ.get(key)}
        if "HTTP_GIT_PROTOCOL" in environ:
            variables["GIT_PROTOCOL"] = environ["HTTP_GIT_PROTOCOL"]
        variables |= {"GIT_PROJECT_ROOT": str(repository), "PATH_INFO": f"/{verb}", "GIT_HTTP_EXPORT_ALL": "1"}
        return subprocess.Popen(
            ["git", "http-backend"],
            env=with_config(self._hooks) | variables | dict(more or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )


def make_hooks(folder: Path) -> Path:
    """The folder of hooks that our repositories share."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("post-receive", POST_RECEIVE), ("update", UPDATE)):
        hook = folder / name
        hook.write_text(text, encoding="utf-8")
        hook.chmod(0o755)
    return folder


def read_request(environ: "WSGIEnvironment") -> Request | None:
    """What the request asks, or None where no repository could be meant (a path that escapes, the dumb protocol)."""
    match = ADDRESS.fullmatch(environ.get("PATH_INFO", ""))
    if match is None or match["name"] in {".", ".."}:
        return None
    verb = match["verb"]
    service = environ.get("QUERY_STRING", "").removeprefix("service=") if verb == "info/refs" else verb
    if service not in {"git-upload-pack", "git-receive-pack"}:
        return None
    if environ["REQUEST_METHOD"] != ("GET" if verb == "info/refs" else "POST"):
        return None
    writes = service == "git-receive-pack"
    full_name = f"{match['owner']}/{match['name']}"
    return Request(full_name, verb, writes, read_credentials(environ.get("HTTP_AUTHORIZATION", "")))


def read_credentials(header: str) -> tuple[str, str] | None:
    """User name and password of Basic, or an empty name and the token of Bearer; None for anything else."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return "", value.strip()
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:  # not base64, or not UTF-8 inside
        return None
    return user, password


def answer(
    process: subprocess.Popen[bytes], environ: "WSGIEnvironment", start_response: "StartResponse"
) -> Iterator[bytes]:
    """Send the request to git while its answer comes back, so that neither pipe fills up and blocks the other."""
    assert process.stdin
    assert process.stdout
    feeder = threading.Thread(target=feed, args=(body_of(environ), process.stdin), daemon=True)
    feeder.start()
    try:
        status, headers = read_head(process.stdout)
        start_response(status, headers)
        while chunk := process.stdout.read1(CHUNK):  # type: ignore[attr-defined]  # Popen's pipes are buffered
            yield chunk
    except GeneratorExit:  # the client went away half-way
        process.kill()
        raise
    finally:
        process.stdout.close()
        process.wait()
        feeder.join()


def body_of(environ: "WSGIEnvironment") -> Iterator[bytes]:
    """The body of the request: as long as it says, or to its end when it came in chunks."""
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated") or "HTTP_TRANSFER_ENCODING" in environ:
        while chunk := stream.read(CHUNK):
            yield chunk
        return
    left = int(environ.get("CONTENT_LENGTH") or 0)
    while left and (chunk := stream.read(min(CHUNK, left))):
        left -= len(chunk)
        yield chunk


def feed(chunks: Iterator[bytes], stdin: IO[bytes]) -> None:
    """Write the request's body to git. A broken pipe is git's refusal, a lost client ends in git's own complaint."""
    with suppress(OSError), stdin:
        for chunk in chunks:
            stdin.write(chunk)


def read_head(stdout: IO[bytes]) -> tuple[str, list[tuple[str, str]]]:
    """Status and headers of a CGI answer. An answer without a head, from a git that died, is a 500."""
    headers: list[tuple[str, str]] = []
    status = "200 OK"
    while line := stdout.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "status":
            status = value.strip()
        else:
            headers.append((name, value.strip()))
    return (status, headers) if headers else ("500 Internal Server Error", [("Content-Type", "text/plain")])


def refuse(start_response: "StartResponse", status: str) -> list[bytes]:
    """A refusal; the one for missing credentials says how to give them, or git would not try again."""
    headers = [("Content-Type", "text/plain; charset=utf-8")]
    if status.startswith("401"):
        headers.append(("WWW-Authenticate", 'Basic realm="GitHub"'))
    start_response(status, headers)
    return [f"{status.partition(' ')[2]}\n".encode()]


def read_updates(report: str) -> list[Update]:
    """What git gave to the post-receive hook: `old new ref` a line."""
    return sorted((ref, old, new) for old, new, ref in (line.split(" ", 2) for line in report.splitlines()))


def with_config(hooks: Path) -> dict[str, str]:
    """The playground's clean environment for git, with our settings and hooks."""
    variables = environment()
    config = (*CONFIG, ("core.hooksPath", str(hooks)))
    for index, (key, value) in enumerate(config):
        variables |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return variables | {"GIT_CONFIG_COUNT": str(len(config))}
