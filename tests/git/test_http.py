"""Over HTTP, as with GitHub: the token is shown to its host and stays out of sight everywhere else."""

import base64
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from werkzeug.serving import make_server

from ghapp.core.errors import TransientError, UserError
from ghapp.core.ports import Remote
from ghapp.git.mirrors import GitMirrors
from ghapp.playground.git_http import GitHttp, Update
from tests.git.bare_git import SHOP, TEXT, Bare

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

TOKEN = "ghs_averysecrettoken0123456789"
BASIC = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
BRANCH = "honk/1-abc"


@dataclass
class Forge:
    """A git server that lets TOKEN in, keeps what it was shown, and fails when told to."""

    folder: Path
    port: int = 0
    answer: str = ""
    location: str = ""
    body: bytes = b""
    before_push: Callable[[], None] | None = None
    shown: list[str] = field(default_factory=list)
    argv: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.git = GitHttp(self.folder, self.authorize, self.pushed)

    def authorize(self, full_name: str, user: str, secret: str, write: bool) -> bool:
        """Whether these credentials open the repository."""
        return secret == TOKEN

    def pushed(self, full_name: str, updates: list[Update]) -> None:
        """Nobody needs to know."""

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        self.shown.append(environ.get("HTTP_AUTHORIZATION", ""))
        self.argv |= command_lines()
        if self.before_push and "git-receive-pack" in environ["QUERY_STRING"]:
            self.before_push()
        if self.answer:
            headers = [("Location", self.location)] if self.location else []
            start_response(self.answer, [*headers, ("Content-Length", str(len(self.body)))])
            return [self.body]
        return self.git(environ, start_response)

    def remote(self, token: str | None = TOKEN, name: str = "octo/shop") -> Remote:
        """Where a repository of this server is."""
        return Remote(f"http://127.0.0.1:{self.port}/{name}.git", token)


def command_lines() -> set[bytes]:
    """What anybody on this machine can read of the running programs."""
    found = set()
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.add(file.read_bytes())
        except OSError:  # it ended meanwhile
            continue
    return found


@pytest.fixture
def forge(tmp_path: Path, upstream: Bare) -> Iterator[Forge]:
    """A server with the upstream repository."""
    folder = tmp_path / "forge" / "octo"
    folder.mkdir(parents=True)
    shutil.copytree(upstream.path, folder / "shop.git")
    yield from _served(Forge(folder.parent))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Forge]:
    """Another server, to which nobody should ever bring the token."""
    (tmp_path / "elsewhere").mkdir()
    yield from _served(Forge(tmp_path / "elsewhere"))


def _served(forge: Forge) -> Iterator[Forge]:
    server = make_server("127.0.0.1", 0, forge, threaded=True)
    forge.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield forge
    server.shutdown()
    thread.join()
    server.server_close()


def test_fetch_and_push_with_a_token(mirrors: GitMirrors, forge: Forge) -> None:
    """The whole way, as with GitHub; nothing of the token stays in the mirror or shows in a process list."""
    base = mirrors.fetch(SHOP, forge.remote(), "main")
    assert base is not None
    store = Bare(mirrors.mirror(SHOP))
    ours = mirrors.commit(SHOP, store.commit({"a": b"b"}, base), base, TEXT, "abc")
    mirrors.push(SHOP, forge.remote(), ours, BRANCH)
    assert Bare(forge.folder / "octo/shop.git").git("rev-parse", BRANCH) == ours
    assert set(forge.shown) == {f"Basic {BASIC}"}
    kept = b"".join(file.read_bytes() for file in mirrors.mirror(SHOP).parent.rglob("*") if file.is_file())
    for secret in (TOKEN.encode(), BASIC.encode()):
        assert secret not in kept
        assert not any(secret in line for line in forge.argv)
    assert any(b"127.0.0.1" in line and b"fetch" in line for line in forge.argv)


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent"])
def test_a_redirect_is_not_followed(mirrors: GitMirrors, forge: Forge, elsewhere: Forge, status: str) -> None:
    """The token would travel along."""
    forge.answer, forge.location = status, f"http://127.0.0.1:{elsewhere.port}/octo/shop.git/info/refs?service=x"
    with pytest.raises(UserError, match="sends us elsewhere"):
        mirrors.fetch(SHOP, forge.remote(), "main")
    with pytest.raises(UserError, match="sends us elsewhere"):
        mirrors.push(SHOP, forge.remote(), "1" * 40, BRANCH)
    assert not elsewhere.shown


@pytest.mark.parametrize("token", [None, "wrong-token-7777"])
def test_who_may_not_come_in_is_told(mirrors: GitMirrors, forge: Forge, token: str | None) -> None:
    """No prompt, no waiting, and no token in the sentence."""
    with pytest.raises(UserError, match=f"at 127.0.0.1:{forge.port} does not let Honk in") as caught:
        mirrors.fetch(SHOP, forge.remote(token), "main")
    assert "7777" not in str(caught.value)


def test_an_unknown_repository_is_told(mirrors: GitMirrors, forge: Forge) -> None:
    """GitHub says the same of one that we may not see."""
    with pytest.raises(UserError, match="no such repository"):
        mirrors.fetch(SHOP, forge.remote(name="octo/gone"), "main")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("500 Internal Server Error", TransientError), ("502 Bad Gateway", TransientError),
        ("503 Service Unavailable", TransientError), ("429 Too Many Requests", TransientError),
        ("403 Forbidden", UserError), ("404 Not Found", UserError),
    ],
)  # fmt: skip
def test_answers_of_a_troubled_server(mirrors: GitMirrors, forge: Forge, status: str, error: type[Exception]) -> None:
    """Trouble is worth another try, a refusal is told; neither throws the mirror away."""
    base = mirrors.fetch(SHOP, forge.remote(), "main") or ""
    kept = Bare(mirrors.mirror(SHOP)).commit({"kept": b"x"}, base)
    forge.answer = status
    with pytest.raises(error) as caught:
        mirrors.fetch(SHOP, forge.remote(), "main")
    assert TOKEN not in str(caught.value)
    with pytest.raises(error):
        mirrors.push(SHOP, forge.remote(), kept, BRANCH)
    forge.answer = ""
    assert mirrors.fetch(SHOP, forge.remote(), "main") == base
    assert mirrors.has(SHOP, kept)


def test_an_address_with_a_password_in_it_is_not_repeated(mirrors: GitMirrors, forge: Forge) -> None:
    """Nobody should write one, and then it should not stand in an issue."""
    url = f"http://me:hunter2@127.0.0.1:{forge.port}/octo/gone.git"
    with pytest.raises(UserError) as caught:
        mirrors.fetch(SHOP, Remote(url, TOKEN), "main")
    assert "hunter2" not in str(caught.value)


def test_an_answer_that_is_not_git_is_worth_another_try(mirrors: GitMirrors, forge: Forge) -> None:
    """A captive portal, say, or a server that is being set up."""
    forge.answer, forge.body = "200 OK", b"<html>\n<p>Please sign in</p>\n</html>\n"
    with pytest.raises(TransientError, match="did not answer as a git server"):
        mirrors.fetch(SHOP, forge.remote(), "main")


def test_what_a_person_pushes_after_our_look_is_left_alone(mirrors: GitMirrors, forge: Forge) -> None:
    """The lease: our push learns only as it begins that the branch is no longer as we saw it."""
    base = mirrors.fetch(SHOP, forge.remote(), "main") or ""
    store, there = Bare(mirrors.mirror(SHOP)), Bare(forge.folder / "octo/shop.git")
    ours = mirrors.commit(SHOP, store.commit({"a": b"b"}, base), base, TEXT, "abc")
    theirs = there.commit({"a": b"theirs"}, base)
    forge.before_push = lambda: there.branch(BRANCH, theirs)
    with pytest.raises(TransientError, match="moved while it was being pushed"):
        mirrors.push(SHOP, forge.remote(), ours, BRANCH)
    assert there.git("rev-parse", BRANCH) == theirs
    with pytest.raises(UserError, match="Honk did not make"):
        mirrors.push(SHOP, forge.remote(), ours, BRANCH)
