"""Fetching: what comes in, what is refused, and mirrors that break."""

import subprocess
import threading
from pathlib import Path

import pytest

from ghapp.core.errors import TransientError, UserError
from ghapp.core.ports import Remote
from ghapp.git.lock import locked
from ghapp.git.mirrors import GitMirrors
from tests.git.bare_git import SHOP, Bare


def test_fetch_gives_the_sha_of_the_branch_and_follows_it(mirrors: GitMirrors, upstream: Bare, remote: Remote) -> None:
    """A first and a second fetch each bring the branch as the remote has it."""
    first = mirrors.fetch(SHOP, remote, "main")
    second = upstream.commit({"a": b"2"}, first or "")
    upstream.branch("main", second)
    assert first is not None
    assert mirrors.fetch(SHOP, remote, "main") == second
    assert mirrors.has(SHOP, first)
    assert mirrors.has(SHOP, second)


def test_a_forced_branch_is_followed_and_the_old_commit_kept(
    mirrors: GitMirrors, upstream: Bare, remote: Remote, base: str
) -> None:
    """Sandboxes may still stand on a commit that the remote has dropped."""
    other = upstream.commit({"b": b"new history"})
    upstream.branch("main", other)
    assert mirrors.fetch(SHOP, remote, "main") == other
    assert mirrors.has(SHOP, base)


def test_no_such_branch_and_an_empty_repository_are_none(mirrors: GitMirrors, upstream: Bare, remote: Remote) -> None:
    """Both are ordinary answers, not failures."""
    assert mirrors.fetch(SHOP, remote, "nowhere") is None
    upstream.git("update-ref", "-d", "refs/heads/main")
    assert mirrors.fetch(SHOP, remote, "main") is None


def test_branches_whose_names_stand_in_each_others_way_are_both_fetched(
    mirrors: GitMirrors, upstream: Bare, remote: Remote, base: str
) -> None:
    """A branch `a` that gave way to `a/b` on the remote needs no clearing up here."""
    upstream.branch("topic", base)
    assert mirrors.fetch(SHOP, remote, "topic") == base
    upstream.git("update-ref", "-d", "refs/heads/topic")
    upstream.branch("topic/one", base)
    assert mirrors.fetch(SHOP, remote, "topic/one") == base


def test_tags_and_other_branches_stay_away(mirrors: GitMirrors, upstream: Bare, remote: Remote) -> None:
    """The mirror holds what was asked for, so that nothing on the remote can name refs here."""
    sha = upstream.git("rev-parse", "main")
    upstream.git("tag", "v1", sha)
    upstream.branch("side", sha)
    mirrors.fetch(SHOP, remote, "main")
    assert Bare(mirrors.mirror(SHOP)).git("for-each-ref", "--format=%(refname)") == "refs/honk/fetched/main"


@pytest.mark.parametrize("branch", ["", "-x", "a b", "a:b", "*", "a..b", "x.lock", "a\nb"])
def test_names_that_are_no_branch_are_refused_before_git_sees_a_remote(
    mirrors: GitMirrors, remote: Remote, branch: str
) -> None:
    """A refspec made of such a name would mean something else."""
    if branch == "-x":
        assert mirrors.fetch(SHOP, remote, branch) is None
        return
    with pytest.raises(ValueError, match="not a branch name"):
        mirrors.fetch(SHOP, remote, branch)


def test_only_allowed_transports_are_spoken(tmp_path: Path, upstream: Bare, remote: Remote) -> None:
    """By default that is the web: no folders of this machine, no ssh, no helper programs."""
    store = GitMirrors(tmp_path / "data")
    witness = tmp_path / "ran"
    for url in (remote.url, str(upstream.path), f"ext::touch {witness}", "git@example.org:a/b", "--upload-pack=x"):
        with pytest.raises(UserError, match="does not speak"):
            store.fetch(SHOP, Remote(url, None), "main")
    assert not witness.exists()


def test_no_repository_is_a_word_for_the_person(mirrors: GitMirrors, tmp_path: Path) -> None:
    """A repository that was deleted or that Honk may not see ends the run with a sentence."""
    with pytest.raises(UserError, match="no such repository"):
        mirrors.fetch(SHOP, Remote(f"file://{tmp_path}/gone.git", None), "main")


def test_a_server_that_is_away_is_worth_another_try(mirrors: GitMirrors) -> None:
    """Nothing listens on the discard port of loopback."""
    with pytest.raises(TransientError, match="does not answer"):
        mirrors.fetch(SHOP, Remote("http://127.0.0.1:9/octo/shop.git", "secret"), "main")


@pytest.mark.parametrize("name", [b".git", b"..", b".", b"a/b", b".GIT", b"git~1"])
def test_a_remote_with_dangerous_trees_is_refused(
    mirrors: GitMirrors, upstream: Bare, remote: Remote, name: bytes
) -> None:
    """A path that escapes the work tree or reaches into .git never gets into the mirror."""
    tree = upstream.raw_tree(("100644", name, upstream.blob(b"x")))
    upstream.branch("main", upstream.commit_tree(tree))
    with pytest.raises(UserError, match="own check refuses"):
        mirrors.fetch(SHOP, remote, "main")


def test_old_harmless_mistakes_in_dates_are_let_in(mirrors: GitMirrors, upstream: Bare, remote: Remote) -> None:
    """Honest repositories have commits with impossible time zones."""
    tree = upstream.git("rev-parse", "main^{tree}")
    text = f"tree {tree}\nauthor A <a@b> 1313584730 +051800\ncommitter A <a@b> 1313584730 +051800\n\nold\n"
    sha = upstream.git("hash-object", "-w", "-t", "commit", "--literally", "--stdin", stdin=text.encode())
    upstream.branch("main", sha)
    assert mirrors.fetch(SHOP, remote, "main") == sha


@pytest.mark.parametrize("damage", ["objects", "HEAD", "config", "ref"])
def test_a_broken_mirror_is_made_anew(mirrors: GitMirrors, remote: Remote, base: str, damage: str) -> None:
    """A mirror is a cache: what is broken is thrown away, and the fetch succeeds."""
    folder = mirrors.mirror(SHOP)
    if damage == "objects":
        for file in (folder / "objects").rglob("*"):
            if file.is_file():
                file.chmod(0o600)
                file.write_bytes(b"rubbish")
    elif damage == "ref":
        (folder / "refs/honk/fetched/main").write_text("rubbish")
    else:
        (folder / damage).write_text("rubbish")
    assert mirrors.fetch(SHOP, remote, "main") == base
    assert mirrors.files(SHOP, base)["README.md"]() == b"A shop\n"


def test_a_lost_object_is_noticed_by_the_next_fetch(mirrors: GitMirrors, remote: Remote, base: str) -> None:
    """Git trusts that what a ref names is whole; the sandbox would be the first to find out."""
    mirror = Bare(mirrors.mirror(SHOP))
    blob = mirror.git("rev-parse", f"{base}:sum.py")
    packs = list((mirror.path / "objects" / "pack").glob("*.pack"))
    content = b"".join(pack.read_bytes() for pack in packs)
    for file in (mirror.path / "objects" / "pack").iterdir():
        file.unlink()
    mirror.git("unpack-objects", "-q", stdin=content)
    (mirrors.mirror(SHOP) / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(TransientError, match="incomplete"):
        mirrors.files(SHOP, base)["sum.py"]()
    assert mirrors.fetch(SHOP, remote, "main") == base
    assert b"total" in mirrors.files(SHOP, base)["sum.py"]()


def test_locks_of_a_killed_git_do_not_stand_in_the_way(
    mirrors: GitMirrors, upstream: Bare, remote: Remote, base: str
) -> None:
    """They are dropped, and the mirror is kept: its other commits are still there afterwards."""
    folder = mirrors.mirror(SHOP)
    kept = Bare(folder).commit({"x": b"kept"})
    Bare(folder).git("update-ref", "refs/honk/candidate/r/1", kept)
    for lock in ("packed-refs.lock", "config.lock", "refs/honk/fetched/main.lock"):
        (folder / lock).touch()
    newer = upstream.commit({"x": b"newer"}, base)
    upstream.branch("main", newer)
    assert mirrors.fetch(SHOP, remote, "main") == newer
    assert mirrors.has(SHOP, kept)


def test_many_fetches_at_once_take_turns(mirrors: GitMirrors, remote: Remote, upstream: Bare) -> None:
    """Eight at once, all on a mirror that does not exist yet."""
    found: list[str | None] = []
    threads = [threading.Thread(target=lambda: found.append(mirrors.fetch(SHOP, remote, "main"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [upstream.git("rev-parse", "main")] * 8


def test_a_mirror_that_stays_held_is_worth_another_try(tmp_path: Path, remote: Remote) -> None:
    """A worker does not wait for ever for another one."""
    store = GitMirrors(tmp_path / "data", protocols=("file",), patience=0)
    (tmp_path / "data" / "mirrors").mkdir(parents=True)
    with locked(tmp_path / "data" / "mirrors" / "7.lock"), pytest.raises(TransientError, match="too long"):
        store.fetch(SHOP, remote, "main")


def test_files_are_the_regular_ones_with_odd_names_and_all(mirrors: GitMirrors, upstream: Bare, remote: Remote) -> None:
    """Links and submodules are not read; names of any bytes are."""
    odd = {"a b\n.txt": b"1", "naïve/ü.py": b"2", "\udcff.bin": b"3", '"quoted"': b"4"}
    sha = upstream.commit(
        {**odd, "link": b"/etc/passwd", "run.sh": b"x", "sub": b"1" * 40, "big": b"y" * (2**20 + 5)},
        modes={"link": "120000", "run.sh": "100755", "sub": "160000"},
    )
    upstream.branch("main", sha)
    mirrors.fetch(SHOP, remote, "main")
    files = mirrors.files(SHOP, sha)
    assert set(files) == {*odd, "run.sh", "big"}
    assert [files[path]() for path in odd] == [b"1", b"2", b"3", b"4"]
    assert len(files["big"]()) == 2**20


def test_has_is_no_for_what_is_not_a_commit_here(mirrors: GitMirrors, base: str) -> None:
    """Also for a tree, for text that is no sha, and before anything was fetched."""
    assert mirrors.has(SHOP, base)
    assert not mirrors.has(SHOP, Bare(mirrors.mirror(SHOP)).git("rev-parse", f"{base}^{{tree}}"))
    assert not mirrors.has(SHOP, "0" * 40)
    assert not mirrors.has(SHOP, "HEAD")
    assert not mirrors.has(type(SHOP)(8, "octo/other", 1), base)


def test_a_shallow_repository_of_this_machine_is_fetched(mirrors: GitMirrors, upstream: Bare, tmp_path: Path) -> None:
    """`honk fix` on what a CI checked out."""
    tip = upstream.commit({"a": b"2"}, upstream.git("rev-parse", "main"))
    upstream.branch("main", tip)
    upstream.git("clone", "--quiet", "--bare", "--depth=1", f"file://{upstream.path}", str(tmp_path / "shallow.git"))
    assert mirrors.fetch(SHOP, Remote(f"file://{tmp_path}/shallow.git", None), "main") == tip
    assert mirrors.files(SHOP, tip)["a"]() == b"2"


def test_a_bundle_for_a_mirror_that_is_not_there_is_worth_another_try(mirrors: GitMirrors, tmp_path: Path) -> None:
    """Another attempt fetches first."""
    (tmp_path / "b").write_bytes(b"# v2 git bundle\n-" + b"1" * 40 + b"\n" + b"2" * 40 + b" refs/heads/x\n\nPACK")
    with pytest.raises(TransientError, match="incomplete"):
        mirrors.import_bundle(SHOP, tmp_path / "b", "run1")


def test_the_lock_lives_as_long_as_the_git_that_holds_it(tmp_path: Path) -> None:
    """A worker that is killed leaves its git behind; nobody else may write before that has ended."""
    path = tmp_path / "lock"
    with locked(path) as descriptor:
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=(descriptor,))
    with pytest.raises(TransientError), locked(path, patience=0):
        pass
    child.communicate()
    with locked(path, patience=0):
        pass
