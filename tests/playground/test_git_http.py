"""The git side of the playground, spoken to by the real git client over real HTTP."""

import http.client
import os
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from ghapp.playground.git_http import GitHttp, Update, read_credentials

TOKENS = {"secret-write": True, "secret-read": False}
NAME = "octo/box"
ZERO = "0" * 40


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """The test's output is the test's."""


@dataclass
class Forge:
    """A served folder with one repository, and what was told of pushes."""

    folder: Path
    home: Path
    address: str = ""
    pushes: list[tuple[str, list[Update]]] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)

    def authorize(self, full_name: str, user: str, secret: str, write: bool) -> bool:
        """Tokens with a fixed right; nobody reads without one."""
        return full_name == NAME and secret in TOKENS and (TOKENS[secret] or not write)

    def on_push(self, full_name: str, updates: list[Update]) -> None:
        self.pushes.append((full_name, updates))

    def url(self, token: str = "secret-write", path: str = f"{NAME}.git") -> str:
        return f"{self.address.replace('://', f'://x-access-token:{token}@')}/{path}"

    def run(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """The real client, with nobody's configuration."""
        who = {f"GIT_{role}_{what}": "t@t.test" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        clean = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0"}
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), **who, **clean}
        return subprocess.run(
            ["git", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        """What git prints; it must succeed."""
        done = self.run(*arguments, cwd=cwd)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def clone(self, *options: str, token: str = "secret-write") -> Path:
        place = self.home / f"clone{len(list(self.home.iterdir()))}"
        self.git("clone", "-q", *options, self.url(token), str(place))
        return place

    def commit(self, clone: Path, name: str, content: bytes) -> str:
        """Commit one file and give the commit's sha."""
        (clone / name).write_bytes(content)
        self.git("add", name, cwd=clone)
        self.git("commit", "-q", "-m", name, cwd=clone)
        return self.git("rev-parse", "HEAD", cwd=clone)

    def head(self, ref: str = "refs/heads/main") -> str:
        return self.git("rev-parse", "--verify", ref, cwd=self.folder / f"{NAME}.git")


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[Forge]:
    """A forge with two commits on main, served on loopback until the test ends."""
    forge = Forge(tmp_path / "repos", tmp_path / "home")
    forge.home.mkdir()
    seed = forge.home / "seed"
    forge.git("init", "-q", "-b", "main", str(seed))
    forge.commit(seed, "README", b"hello\n")
    forge.commit(seed, "code", b"print()\n")
    forge.git("clone", "-q", "--bare", str(seed), str(forge.folder / f"{NAME}.git"))
    application = GitHttp(forge.folder, forge.authorize, forge.on_push)

    def watched(environ, start_response):  # type: ignore[no-untyped-def]  # WSGI's own types are for checkers only
        forge.requests.append({key: value for key, value in environ.items() if isinstance(value, str)})
        return application(environ, start_response)

    server = ThreadedWSGIServer("127.0.0.1", 0, watched, Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    forge.address = f"http://127.0.0.1:{server.server_port}"
    yield forge
    server.shutdown()
    server.server_close()
    thread.join()


def ask(forge: Forge, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes, str]:
    """One request without git: status, body and the WWW-Authenticate header."""
    connection = http.client.HTTPConnection(urlsplit(forge.address).netloc)
    given = {key.replace("_", "-"): value for key, value in headers.items()}
    connection.request(method, path, body, given)
    response = connection.getresponse()
    answer = response.status, response.read(), response.getheader("WWW-Authenticate", "")
    connection.close()
    return answer


def basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def test_clone_brings_the_history(forge: Forge) -> None:
    """A clone has all commits, and git spoke protocol version 2."""
    clone = forge.clone(token="secret-read")
    assert forge.git("rev-list", "--count", "HEAD", cwd=clone) == "2"
    assert forge.git("rev-parse", "HEAD", cwd=clone) == forge.head()
    assert any(request.get("HTTP_GIT_PROTOCOL") == "version=2" for request in forge.requests)


def test_the_suffix_may_be_left_out(forge: Forge) -> None:
    """Both addresses of a repository work, as at GitHub."""
    assert forge.head() in forge.git("ls-remote", forge.url(path=NAME))


def test_version_2_is_answered_in_version_2(forge: Forge) -> None:
    """The client's protocol header reaches git."""
    path = f"/{NAME}.git/info/refs?service=git-upload-pack"
    old = ask(forge, "GET", path, Authorization="Bearer secret-read")
    new = ask(forge, "GET", path, Authorization="Bearer secret-read", Git_Protocol="version=2")
    assert forge.head().encode() in old[1]
    assert b"version 2" in new[1]


def test_a_shallow_clone_brings_one_commit(forge: Forge) -> None:
    """Depth is honoured."""
    clone = forge.clone("--depth", "1")
    assert forge.git("rev-list", "--count", "HEAD", cwd=clone) == "1"


def test_a_filtered_clone_leaves_blobs_behind(forge: Forge) -> None:
    """A clone without blobs misses them, and fetches one when it is read."""
    clone = forge.clone("--filter=blob:none", "--no-checkout")
    missing = forge.git("rev-list", "--objects", "--missing=print", "HEAD", cwd=clone)
    assert missing.count("?") == 2
    assert forge.git("show", "HEAD:README", cwd=clone) == "hello"


def test_a_commit_is_served_by_its_sha(forge: Forge) -> None:
    """A commit that no branch names can still be fetched, in the old protocol too, which is strict by itself."""
    loose = forge.git("commit-tree", "main^{tree}", "-m", "loose", cwd=forge.folder / f"{NAME}.git")
    empty = forge.home / "empty"
    forge.git("init", "-q", str(empty))
    forge.git("-c", "protocol.version=0", "fetch", "-q", forge.url(), loose, cwd=empty)
    assert forge.git("rev-parse", "FETCH_HEAD", cwd=empty) == loose


def test_a_push_moves_the_branch_and_is_told(forge: Forge) -> None:
    """After a push the branch is there and on_push has heard of every ref with its old and new sha."""
    clone = forge.clone()
    old = forge.head()
    new = forge.commit(clone, "fix", b"1\n")
    forge.git("push", "-q", "origin", "main", "main:refs/heads/honk/1", cwd=clone)
    assert forge.head() == new
    assert forge.pushes == [(NAME, [("refs/heads/honk/1", ZERO, new), ("refs/heads/main", old, new)])]
    forge.git("push", "-q", "origin", ":honk/1", cwd=clone)
    assert forge.pushes[1:] == [(NAME, [("refs/heads/honk/1", new, ZERO)])]


def test_what_others_move_is_not_told_as_pushed(forge: Forge) -> None:
    """Of a push only its own refs are told: not one that somebody moved before, nor one of its own that was refused."""
    ours, theirs = forge.clone(), forge.clone()
    new = forge.commit(ours, "fix", b"1\n")
    forge.commit(theirs, "other", b"2\n")
    forge.git("update-ref", "refs/heads/rest", "main", cwd=forge.folder / f"{NAME}.git")
    forge.git("push", "-q", "origin", "main", cwd=ours)
    done = forge.run("push", "origin", "main", "main~1:refs/heads/b", cwd=theirs)
    assert done.returncode != 0
    assert [ref for _, updates in forge.pushes for ref, _, _ in updates] == ["refs/heads/main", "refs/heads/b"]
    assert forge.head() == new


def test_a_push_that_changes_nothing_is_not_told(forge: Forge) -> None:
    """Pushing what is already there is no event."""
    forge.git("push", "-q", "origin", "main", cwd=forge.clone())
    assert forge.pushes == []


def test_a_stale_push_is_refused_and_a_right_lease_is_kept(forge: Forge) -> None:
    """A rewritten branch needs force; a lease on a head that moved is refused, one on the true head goes through."""
    ours, theirs = forge.clone(), forge.clone()
    forge.commit(theirs, "first", b"1\n")
    forge.git("push", "-q", "origin", "main", cwd=theirs)
    stale = forge.git("rev-parse", "main", cwd=ours)
    mine = forge.commit(ours, "second", b"2\n")
    assert forge.run("push", "origin", "main", cwd=ours).returncode != 0
    assert forge.run("push", f"--force-with-lease=main:{stale}", "origin", "main", cwd=ours).returncode != 0
    assert len(forge.pushes) == 1
    forge.git("push", "-q", f"--force-with-lease=main:{forge.head()}", "origin", "main", cwd=ours)
    assert forge.head() == mine
    assert len(forge.pushes) == 2


def test_a_large_push_comes_in_chunks(forge: Forge) -> None:
    """A pack larger than the client's buffer of 1 MiB is sent chunked, without a length, and arrives whole."""
    clone = forge.clone()
    new = forge.commit(clone, "noise", os.urandom(3 * 1024 * 1024))
    forge.git("push", "-q", "origin", "main", cwd=clone)
    assert forge.head() == new
    forge.git("fsck", "--strict", cwd=forge.folder / f"{NAME}.git")
    chunked = [request for request in forge.requests if request.get("HTTP_TRANSFER_ENCODING") == "chunked"]
    assert [request["PATH_INFO"] for request in chunked] == [f"/{NAME}.git/git-receive-pack"]
    assert "CONTENT_LENGTH" not in chunked[0]


def test_a_gzipped_request_is_understood(forge: Forge) -> None:
    """A client that wants many commits compresses its request, and gets them all."""
    bare = forge.folder / f"{NAME}.git"
    for n in range(30):
        sha = forge.git("commit-tree", "main^{tree}", "-p", "main", "-m", str(n), cwd=bare)
        forge.git("update-ref", f"refs/heads/b{n}", sha, cwd=bare)
    clone = forge.clone("--no-checkout")
    assert len(forge.git("branch", "--remotes", "--list", "origin/b*", cwd=clone).splitlines()) == 30
    assert any(request.get("HTTP_CONTENT_ENCODING") == "gzip" for request in forge.requests)


def test_without_a_token_nothing_is_read_or_pushed(forge: Forge) -> None:
    """No token and a wrong token are 401 with the header that makes git ask for one."""
    for secret in ("", basic("x-access-token", "guess"), "Basic *", "Bearer guess"):
        for service in ("git-upload-pack", "git-receive-pack"):
            path = f"/{NAME}.git/info/refs?service={service}"
            status, _, challenge = ask(forge, "GET", path, Authorization=secret)
            assert (status, challenge) == (401, 'Basic realm="GitHub"')
        assert ask(forge, "POST", f"/{NAME}.git/git-receive-pack", b"0000", Authorization=secret)[0] == 401
    clone = forge.clone()
    forge.commit(clone, "fix", b"1\n")
    done = forge.run("push", f"{forge.address}/{NAME}.git", "main", cwd=clone)
    assert done.returncode != 0
    assert "could not read Username" in done.stderr
    assert forge.pushes == []


def test_a_read_token_cannot_push(forge: Forge) -> None:
    """A token that may read gets 403 for a push, at the first and at the second request of the protocol."""
    clone = forge.clone(token="secret-read")
    forge.commit(clone, "fix", b"1\n")
    done = forge.run("push", "origin", "main", cwd=clone)
    assert done.returncode != 0
    assert "403" in done.stderr
    read = basic("x-access-token", "secret-read")
    assert ask(forge, "POST", f"/{NAME}.git/git-receive-pack", b"0000", Authorization=read)[0] == 403
    assert forge.pushes == []


def test_refs_of_pull_requests_are_not_for_clients(forge: Forge) -> None:
    """GitHub's own refs under refs/pull refuse a push."""
    clone = forge.clone()
    assert forge.run("push", "origin", "main:refs/pull/1/head", cwd=clone).returncode != 0
    assert forge.pushes == []


@pytest.mark.parametrize(
    "path",
    [
        "/octo/../octo/box.git/info/refs?service=git-upload-pack",
        "/octo/%2e%2e/info/refs?service=git-upload-pack",
        "/octo/..%2fbox/info/refs?service=git-upload-pack",
        "/octo/box.git/../../box.git/info/refs?service=git-upload-pack",
        "/octo/box.git/%0a/info/refs?service=git-upload-pack",
        "//etc/info/refs?service=git-upload-pack",
        "/octo/box.git/info/refs",
        "/octo/box.git/info/refs?service=git-upload-archive",
        "/octo/box.git/objects/info/packs",
        "/octo/box.git/HEAD",
        "/octo/box.git/config",
    ],
)
def test_nothing_but_the_protocol_is_served(forge: Forge, path: str) -> None:
    """Paths that escape, other services and the files of the dumb protocol are 404, whoever asks."""
    assert ask(forge, "GET", path, Authorization=basic("x", "secret-write"))[0] == 404


def test_methods_are_those_of_the_protocol(forge: Forge) -> None:
    """A GET of a service and a POST of the refs are 404."""
    token = basic("x", "secret-write")
    assert ask(forge, "GET", f"/{NAME}.git/git-upload-pack", Authorization=token)[0] == 404
    path = f"/{NAME}.git/info/refs?service=git-upload-pack"
    assert ask(forge, "POST", path, b"", Authorization=token)[0] == 404


def test_a_repository_that_is_gone_is_404_to_those_who_may_know(forge: Forge) -> None:
    """A token that is allowed hears 404 of a missing repository, any other 401."""
    (forge.folder / f"{NAME}.git").rename(forge.folder / "moved")
    path = f"/{NAME}.git/info/refs?service=git-upload-pack"
    assert ask(forge, "GET", path, Authorization=basic("x", "secret-read"))[0] == 404
    assert ask(forge, "GET", path)[0] == 401


def test_a_broken_request_is_answered_and_hurts_nobody(forge: Forge) -> None:
    """Nonsense in place of a pack is refused or ignored, and the next client is served."""
    token = basic("x", "secret-write")
    kind = "application/x-git-receive-pack-request"
    path = f"/{NAME}.git/git-receive-pack"
    before = forge.head()
    ask(forge, "POST", path, b"zzzz" * 100_000, Authorization=token, Content_Type=kind)
    ask(forge, "POST", path, b"", Authorization=token, Content_Type="text/plain")
    assert forge.pushes == []
    assert forge.head() == before
    forge.clone()


@pytest.mark.parametrize("framing", [("Content-Length", "9999"), ("Transfer-Encoding", "chunked")])
def test_a_client_lost_in_the_middle_of_a_push_holds_nobody_up(forge: Forge, framing: tuple[str, str]) -> None:
    """Half a request is no push, and the repository takes the next one."""
    connection = http.client.HTTPConnection(urlsplit(forge.address).netloc)
    connection.putrequest("POST", f"/{NAME}.git/git-receive-pack")
    connection.putheader("Authorization", basic("x", "secret-write"))
    connection.putheader("Content-Type", "application/x-git-receive-pack-request")
    connection.putheader(*framing)
    connection.endheaders(b"100\r\n00a8")
    connection.close()
    clone = forge.clone()
    new = forge.commit(clone, "fix", b"1\n")
    forge.git("push", "-q", "origin", "main", cwd=clone)
    assert [updates[0][2] for _, updates in forge.pushes] == [new]


def test_pushes_at_once_are_each_told_once(forge: Forge) -> None:
    """Five clients push five branches at the same time; each branch is told exactly once, with its own sha."""
    clones = [forge.clone() for _ in range(5)]
    wanted = {f"refs/heads/b{n}": forge.commit(clone, f"f{n}", b"1\n") for n, clone in enumerate(clones)}
    threads = [
        threading.Thread(target=forge.git, args=("push", "-q", "origin", f"main:b{n}"), kwargs={"cwd": clone})
        for n, clone in enumerate(clones)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [update for _, updates in forge.pushes for update in updates]
    assert sorted(told) == sorted((ref, ZERO, sha) for ref, sha in wanted.items())


def test_credentials_are_read_from_both_schemes() -> None:
    """Basic has a user and a secret, Bearer only the secret; anything else is nobody."""
    assert read_credentials(basic("x-access-token", "a:b")) == ("x-access-token", "a:b")
    assert read_credentials("bearer abc") == ("", "abc")
    assert read_credentials("Digest abc") is None
    assert read_credentials("Basic ä") is None
    assert read_credentials("") is None
