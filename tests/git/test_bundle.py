"""Taking in what a sandbox left: honest bundles come in, and nothing else does anything at all."""

import os
import zlib
from hashlib import sha1
from pathlib import Path

import pytest

from ghapp.core.errors import UserError
from ghapp.core.events import Repository
from ghapp.core.ports import Remote
from ghapp.git import bundle
from ghapp.git.mirrors import GitMirrors
from ghapp.git.process import Limits
from tests.git.bare_git import SHOP, Bare, bare

FIXED = {"sum.py": b"def total(a, b):\n    return a + b\n", "README.md": b"A shop\n"}


@pytest.fixture
def head(sandbox: Bare, base: str) -> str:
    """An honest piece of work on top of base."""
    return sandbox.commit(FIXED, base)


def refs(mirrors: GitMirrors) -> dict[str, str]:
    """Every ref of the mirror."""
    lines = Bare(mirrors.mirror(SHOP)).git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return {name: sha for name, _, sha in (line.partition(" ") for line in lines)}


def objects(mirrors: GitMirrors) -> str:
    """How much the mirror holds."""
    return Bare(mirrors.mirror(SHOP)).git("count-objects", "-v")


def refused(mirrors: GitMirrors, file: Path, why: str) -> None:
    """The bundle is refused with that reason, and the mirror is as it was."""
    before = refs(mirrors), objects(mirrors)
    with pytest.raises(UserError, match=why):
        mirrors.import_bundle(SHOP, file, "run1")
    assert (refs(mirrors), objects(mirrors)) == before
    assert not list(mirrors.mirror(SHOP).parent.glob("*.import"))


def test_an_honest_bundle_is_kept_under_the_run(
    mirrors: GitMirrors, sandbox: Bare, base: str, head: str, tmp_path: Path
) -> None:
    """The one new ref is the import's, and twice is once."""
    file = sandbox.bundle(tmp_path / "work.bundle", base, head)
    before = refs(mirrors)
    assert mirrors.import_bundle(SHOP, file, "run1") == head
    assert mirrors.import_bundle(SHOP, file, "run1") == head
    assert refs(mirrors) == {**before, "refs/honk/import/run1": head}
    assert mirrors.files(SHOP, head)["sum.py"]() == FIXED["sum.py"]


@pytest.mark.parametrize("name", ["refs/heads/main", "refs/honk/candidate/x/y", "refs/honk/fetched/main", "HEAD"])
def test_the_refs_that_a_bundle_names_move_nothing(
    mirrors: GitMirrors, sandbox: Bare, base: str, head: str, tmp_path: Path, name: str
) -> None:
    """Only the sha is taken from it."""
    before = refs(mirrors)
    file = sandbox.crafted(tmp_path / "b", base, {name: head}, head)
    assert mirrors.import_bundle(SHOP, file, "run1") == head
    assert refs(mirrors) == {**before, "refs/honk/import/run1": head}


def test_two_refs_are_refused(mirrors: GitMirrors, sandbox: Bare, base: str, head: str, tmp_path: Path) -> None:
    """Which of the two would be the work?"""
    two = {"refs/heads/a": head, "refs/heads/b": head}
    refused(mirrors, sandbox.crafted(tmp_path / "b", base, two, head), "more than one ref")


def test_work_that_builds_on_nothing_known_is_refused(
    mirrors: GitMirrors, sandbox: Bare, base: str, tmp_path: Path
) -> None:
    """A history of its own, with no commit of the repository below it, or with an unknown one."""
    alone = sandbox.commit({"a": b"alone"})
    refused(mirrors, sandbox.crafted(tmp_path / "a", None, {"refs/heads/x": alone}, alone), "does not build on")
    grown = sandbox.commit({"a": b"more"}, alone)
    refused(mirrors, sandbox.crafted(tmp_path / "b", alone, {"refs/heads/x": grown}, grown), "does not have")


def test_missing_objects_are_refused(mirrors: GitMirrors, sandbox: Bare, base: str, head: str, tmp_path: Path) -> None:
    """A header that promises a commit which the pack does not bring, or brings without its tree."""
    other = sandbox.commit({"a": b"other"}, base)
    refused(mirrors, sandbox.crafted(tmp_path / "a", base, {"refs/heads/x": head}, other), "git says|cannot read")
    pack = sandbox.git_bytes("pack-objects", "--stdout", "-q", stdin=f"{head}\n".encode())
    (tmp_path / "b").write_bytes(f"# v2 git bundle\n-{base}\n{head} refs/heads/x\n\n".encode() + pack)
    refused(mirrors, tmp_path / "b", "git says|cannot read")


def test_a_ref_to_something_else_than_a_commit_is_refused(
    mirrors: GitMirrors, sandbox: Bare, base: str, head: str, tmp_path: Path
) -> None:
    """A tree and a tag can stand where a commit is wanted."""
    tree = sandbox.git("rev-parse", f"{head}^{{tree}}")
    refused(mirrors, sandbox.crafted(tmp_path / "a", base, {"refs/heads/x": tree}, head), "not a commit")
    text = f"object {head}\ntype commit\ntag v1\ntagger A <a@b> 1 +0000\n\nx\n"
    tag = sandbox.git("mktag", stdin=text.encode())
    refused(mirrors, sandbox.crafted(tmp_path / "b", base, {"refs/heads/x": tag}, tag), "not a commit")


@pytest.mark.parametrize(
    ("mode", "name"),
    [
        ("40000", b".git"), ("100644", b".GIT"), ("100644", b"git~1"), ("40000", b".g\xe2\x80\x8cit"),
        ("100644", b".."), ("100644", b"."), ("100644", b"../out"), ("120000", b".gitmodules"),
    ],
)  # fmt: skip
def test_trees_that_reach_out_are_refused(
    mirrors: GitMirrors, sandbox: Bare, base: str, tmp_path: Path, mode: str, name: bytes
) -> None:
    """Names that are .git on some file system, or lead out of the tree, however deep they lie."""
    inner = sandbox.raw_tree(("100644", b"config", sandbox.blob(b"x")))
    target = inner if mode == "40000" else sandbox.blob(b"/etc")
    outer = sandbox.raw_tree(("40000", b"deep", sandbox.raw_tree((mode, name, target))))
    head = sandbox.commit_tree(outer, base)
    refused(mirrors, sandbox.crafted(tmp_path / "b", base, {"refs/heads/x": head}, head), "git says")


def test_a_submodule_list_with_commands_is_refused(
    mirrors: GitMirrors, sandbox: Bare, base: str, tmp_path: Path
) -> None:
    """CVE-2018-17456: an address of a submodule that begins with a dash."""
    listed = b'[submodule "x"]\n\tpath = x\n\turl = -u./payload\n'
    head = sandbox.commit({**FIXED, ".gitmodules": listed}, base)
    refused(mirrors, sandbox.bundle(tmp_path / "b", base, head), "git says")


@pytest.mark.parametrize("keep", [0, 10, 40, 150, -1, -25])
def test_truncated_bundles_are_refused(
    mirrors: GitMirrors, sandbox: Bare, base: str, head: str, tmp_path: Path, keep: int
) -> None:
    """Wherever the cut is: in the signature, the header, the pack or its checksum."""
    whole = sandbox.bundle(tmp_path / "whole", base, head).read_bytes()
    (tmp_path / "cut").write_bytes(whole[:keep])
    refused(mirrors, tmp_path / "cut", "was refused")


def test_a_flipped_bit_is_refused(mirrors: GitMirrors, sandbox: Bare, base: str, head: str, tmp_path: Path) -> None:
    """The pack's own checksum finds it."""
    whole = bytearray(sandbox.bundle(tmp_path / "b", base, head).read_bytes())
    whole[-40] ^= 1
    (tmp_path / "b").write_bytes(whole)
    refused(mirrors, tmp_path / "b", "was refused")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"not a bundle\n", b"# v2 git bundle\n", b"# v2 git bundle\n\nPACK", b"# v2 git bundle\n" + b"x" * 5000,
        b"# v3 git bundle\n@object-format=sha1\n", b"# v3 git bundle\n@filter=blob:none\n",
        b"# v2 git bundle\n" + (b"-" + b"1" * 40 + b"\n") * 200, b"\0" * 4096,
    ],
)  # fmt: skip
def test_what_is_no_bundle_is_refused(mirrors: GitMirrors, base: str, tmp_path: Path, content: bytes) -> None:
    """Other files, other versions of the format, and headers without end."""
    (tmp_path / "b").write_bytes(content)
    refused(mirrors, tmp_path / "b", "was refused")


def test_only_a_plain_file_of_modest_size_is_opened(
    mirrors: GitMirrors, sandbox: Bare, base: str, head: str, tmp_path: Path
) -> None:
    """A link, a pipe that nobody writes to, a folder, a file that is not there, one that is too large."""
    honest = sandbox.bundle(tmp_path / "honest", base, head)
    (tmp_path / "link").symlink_to(honest)
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(bundle.MAX_BUNDLE + 1)
    for name in ("link", "pipe", "missing", "large", "."):
        refused(mirrors, tmp_path / name, "was refused")


def test_a_bomb_is_ended(mirrors: GitMirrors, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few megabytes that unfold to five hundred: git is stopped by the limits on its processor time."""
    monkeypatch.setattr(bundle, "_INDEXING", Limits(seconds=20, cpu=1, file=2**20, memory=2**30))
    size = 2**29
    packer = zlib.compressobj(1)
    chunk = b"\0" * 2**24
    body = b"".join(packer.compress(chunk) for _ in range(size // len(chunk))) + packer.flush()
    length, rest = [0x30 | (size & 15)], size >> 4
    while rest:
        length[-1] |= 0x80
        length.append(rest & 0x7F)
        rest >>= 7
    pack = b"PACK" + (2).to_bytes(4, "big") + (1).to_bytes(4, "big") + bytes(length) + body
    header = f"# v2 git bundle\n-{base}\n{'1' * 40} refs/heads/x\n\n".encode()
    (tmp_path / "bomb").write_bytes(header + pack + sha1(pack).digest())  # noqa: S324 - the format's own checksum
    refused(mirrors, tmp_path / "bomb", "unfold to more")


def test_objects_without_a_way_to_the_commit_do_not_disturb(
    mirrors: GitMirrors, sandbox: Bare, base: str, head: str, tmp_path: Path
) -> None:
    """Loose baggage in the pack is sound or the whole is refused; either way nothing points to it."""
    baggage = sandbox.commit({"extra": b"baggage"}, base)
    file = sandbox.crafted(tmp_path / "b", base, {"refs/heads/x": head}, head, baggage)
    assert mirrors.import_bundle(SHOP, file, "run1") == head
    bad = sandbox.commit_tree(sandbox.raw_tree(("40000", b".git", sandbox.git("rev-parse", f"{head}^{{tree}}"))), base)
    refused(mirrors, sandbox.crafted(tmp_path / "c", base, {"refs/heads/x": head}, head, bad), "git says")


@pytest.mark.parametrize("run_id", ["", "../x", "a/b", "x" * 65, "a b", "é"])
def test_run_ids_that_are_none_are_refused(mirrors: GitMirrors, base: str, tmp_path: Path, run_id: str) -> None:
    """They become a part of a ref."""
    with pytest.raises(ValueError, match="not a run id"):
        mirrors.import_bundle(SHOP, tmp_path / "b", run_id)


def test_a_second_repository_shares_nothing(
    mirrors: GitMirrors, sandbox: Bare, base: str, head: str, tmp_path: Path
) -> None:
    """A bundle for one repository does not build on another's commits."""
    other = Repository(9, "octo/other", 1)
    elsewhere = bare(tmp_path / "elsewhere.git")
    elsewhere.branch("main", elsewhere.commit({"z": b"z"}))
    mirrors.fetch(other, Remote(f"file://{elsewhere.path}", None), "main")
    with pytest.raises(UserError, match="does not have"):
        mirrors.import_bundle(other, sandbox.bundle(tmp_path / "b", base, head), "run1")
