"""Real git on a bare repository: everything the playground says about commits, diffs and merges comes from here.

Every call runs with a clean environment, so that the configuration of the machine changes nothing.
"""

import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
ZERO = "0" * 40
_KEPT_BYTES = 64 * 1024
_SHA = re.compile(r"[0-9a-f]{40}")
_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}


class GitError(RuntimeError):
    """git refused; the message is its standard error."""


@dataclass(frozen=True)
class Signature:
    name: str
    email: str
    when: datetime

    def __str__(self) -> str:
        return f"{self.name} <{self.email}> {int(self.when.timestamp())} +0000"


@dataclass(frozen=True)
class Commit:
    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str


@dataclass(frozen=True)
class ChangedFile:
    """One file of a diff; `patch` is None for binary files and pure renames, as at GitHub."""

    path: str
    previous_path: str | None
    status: str
    sha: str
    additions: int
    deletions: int
    patch: str | None


@dataclass(frozen=True)
class TreeEntry:
    mode: str
    type: str
    sha: str
    size: int
    path: str


Files = Mapping[str, str | bytes | None]
"""Paths to new contents; None removes the file."""


def environment() -> dict[str, str]:
    """The environment of every git that the playground starts."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "HOME": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
    }


class Bare:
    """One bare repository.

    Answers about commits, trees and blobs are kept, each under the full sha that was asked about: a sha never changes
    its meaning. What a branch names is never kept.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._commits: dict[str, Commit] = {}
        self._diffs: dict[tuple[str, str], tuple[ChangedFile, ...]] = {}
        self._bases: dict[tuple[str, str], str | None] = {}
        self._merges: dict[tuple[str, str], str | None] = {}
        self._counts: dict[tuple[str, str], int] = {}
        self._trees: dict[tuple[str, str, bool], tuple[TreeEntry, ...]] = {}
        self._blobs: dict[str, bytes] = {}

    @classmethod
    def create(cls, path: Path, default_branch: str = "main") -> "Bare":
        """Make an empty repository that can be fetched from and pushed to over HTTP."""
        path.mkdir(parents=True)
        bare = cls(path)
        bare.git("init", "--quiet", "--bare", f"--initial-branch={default_branch}")
        for key, value in (
            ("http.receivepack", "true"),
            ("uploadpack.allowFilter", "true"),
            ("uploadpack.allowAnySHA1InWant", "true"),
            ("gc.auto", "0"),
        ):
            bare.git("config", key, value)
        return bare

    def git(self, *arguments: str, stdin: bytes = b"", allow: Iterable[int] = (0,)) -> bytes:
        """Run git here and return its output. Raises GitError for an exit code that is not allowed."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, env=environment(), input=stdin, capture_output=True, check=False
        )
        if done.returncode not in allow:
            raise GitError(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def text(self, *arguments: str) -> str:
        return self.git(*arguments).decode(errors="replace").strip()

    def resolve(self, name: str) -> str | None:
        """The sha of the commit that a branch, tag or sha names, or None."""
        if name.startswith("-"):
            return None
        if name in self._commits:
            return name
        if (head := self._loose(f"refs/heads/{name}")) is not None:
            return head
        for candidate in (f"refs/heads/{name}", name, f"refs/tags/{name}"):
            out = self.git("rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}", allow=(0, 1, 128))
            if out:
                return out.decode().strip()
        return None

    def refs(self, prefix: str = "refs/heads/") -> dict[str, str]:
        """Full ref names under a prefix, with the sha of each."""
        out = self.text("for-each-ref", "--format=%(refname) %(objectname)", prefix.rstrip("/"))
        return dict(line.split(" ", 1) for line in out.splitlines())

    def branch(self, name: str) -> str | None:
        """The head of a branch, or None."""
        ref = f"refs/heads/{name}"
        return self._loose(ref) or self.refs(ref).get(ref)

    def _loose(self, ref: str) -> str | None:
        """What a ref's own file says; None when it has none, and git itself has to be asked.

        https://git-scm.com/docs/gitrepository-layout
        """
        if ".." in ref:  # in no ref's name, and the way to another file
            return None
        try:
            said = Path(f"{self.path}/{ref}").read_text().strip()
        except (OSError, ValueError):
            return None
        return said if _SHA.fullmatch(said) else None

    def set_ref(self, ref: str, sha: str, old: str | None = None) -> None:
        self.git("update-ref", ref, sha, *([old] if old else []))

    def take(self, other: "Bare", wanted: str) -> None:
        """Fetch a commit, or with `src:dst` refs, from another repository of this world."""
        self.git("fetch", "--quiet", "--no-tags", str(other.path), wanted)

    def delete_ref(self, ref: str) -> None:
        self.git("update-ref", "-d", ref)

    def commit(self, sha: str) -> Commit:
        """Read one commit. Raises GitError when there is none."""
        if sha not in self._commits:
            self._commits[sha] = _parse_commit(sha, self.git("cat-file", "commit", sha))
        return self._commits[sha]

    def log(self, *revisions: str, limit: int = 250) -> list[Commit]:
        """Commits reachable by these revisions, newest first, at most `limit`."""
        shas = self.text("rev-list", f"--max-count={limit}", *revisions, "--").split()
        return [self.commit(sha) for sha in shas]

    def merge_base(self, one: str, other: str) -> str | None:
        """Where the histories of two commits (full shas) meet, or None."""
        if self._follows(one, other):
            return one
        if (one, other) not in self._bases:
            found = self.git("merge-base", one, other, allow=(0, 1)).decode().strip()
            self._bases[one, other] = found or None
        return self._bases[one, other]

    def _follows(self, old: str, new: str) -> bool:
        """Whether the one is the only parent of the other, which tells much without git; both are full shas."""
        return self.commit(new).parents == (old,)

    def count(self, old: str, new: str) -> int:
        """How many commits the one has that the other has not."""
        if self._follows(old, new):
            return 1
        if (old, new) not in self._counts:
            self._counts[old, new] = int(self.text("rev-list", "--count", f"{old}..{new}"))
        return self._counts[old, new]

    def is_ancestor(self, old: str, new: str) -> bool:
        return self.merge_base(old, new) == old

    def merge_tree(self, base: str, head: str) -> str | None:
        """The tree of merging head into base (full shas), or None on conflict."""
        if self._follows(base, head):
            return self.commit(head).tree
        if (base, head) not in self._merges:
            out = self.git("merge-tree", "--write-tree", "--no-messages", base, head, allow=(0, 1)).decode().split()
            self._merges[base, head] = out[0] if len(out) == 1 else None
        return self._merges[base, head]

    def commit_tree(self, tree: str, parents: Iterable[str], message: str, author: Signature, by: Signature) -> str:
        """Write a commit object and return its sha; no branch moves."""
        head = [f"tree {tree}", *(f"parent {sha}" for sha in parents), f"author {author}", f"committer {by}"]
        content = "\n".join(head) + "\n\n" + message
        sha = self.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=content.encode()).decode().strip()
        self._commits[sha] = _parse_commit(sha, content.encode())
        return sha

    def commit_files(self, branch: str, parent: str | None, files: Files, message: str, by: Signature) -> str:
        """Add one commit with these files to a branch and return its sha. Executable bits come from a `#!` line."""
        ref = f"refs/heads/{branch}"
        text = message.encode()
        parts = [f"commit {ref}\ncommitter {by}\ndata {len(text)}\n".encode(), text, b"\n"]
        if parent:
            parts.append(f"from {parent}\n".encode())
        for path, content in files.items():
            parts.append(_file_change(path, content))
        self.git("fast-import", "--quiet", "--force", stdin=b"".join(parts))
        made = self.branch(branch)
        assert made is not None, f"fast-import made no {branch}"
        return made

    def changed_files(self, old: str, new: str) -> tuple[ChangedFile, ...]:
        """What differs between two commits or trees, renames found."""
        if (old, new) not in self._diffs:
            out = self.git("diff-tree", "-r", "-M", "-z", "--raw", "--numstat", "-p", "--no-abbrev", old, new)
            raw, _, patch = out.decode(errors="replace").partition("\0\0")
            self._diffs[old, new] = tuple(_parse_diff(raw, patch))
        return self._diffs[old, new]

    def diff_of(self, sha: str) -> tuple[ChangedFile, ...]:
        """What one commit changed against its first parent."""
        parents = self.commit(sha).parents
        return self.changed_files(parents[0] if parents else EMPTY_TREE, sha)

    def tree(self, treeish: str, path: str = "", *, recursive: bool = False) -> tuple[TreeEntry, ...]:
        """Entries of a tree; with a path, of that folder or the one file. Paths are from the root."""
        asked = (treeish, path, recursive)
        if asked in self._trees:
            return self._trees[asked]
        where = [path] if path else []
        flags = ["-r", "-t"] if recursive else []
        out = self.git("ls-tree", "-z", "-l", *flags, treeish, "--", *where).decode(errors="replace")
        found = tuple(_parse_entry(line) for line in out.split("\0") if line)
        if _SHA.fullmatch(treeish):
            self._trees[asked] = found
        return found

    def blob(self, sha: str) -> bytes:
        """A file's content; those of a usual size are kept."""
        if sha not in self._blobs:
            data = self.git("cat-file", "blob", sha)
            if len(data) > _KEPT_BYTES or not _SHA.fullmatch(sha):
                return data
            self._blobs[sha] = data
        return self._blobs[sha]

    def read(self, treeish: str, path: str) -> bytes | None:
        """A file's content at a commit, or None when there is none."""
        entries = self.tree(treeish, path)
        return self.blob(entries[0].sha) if len(entries) == 1 and entries[0].type == "blob" else None

    @cached_property
    def size(self) -> int:
        """Kilobytes on disk when first asked: GitHub's figure is as rough."""
        return sum(item.stat().st_size for item in self.path.rglob("*") if item.is_file()) // 1024


def _file_change(path: str, content: str | bytes | None) -> bytes:
    if content is None:
        return f"D {path}\n".encode()
    data = content.encode() if isinstance(content, str) else content
    mode = "100755" if data.startswith(b"#!") else "100644"
    return f"M {mode} inline {path}\ndata {len(data)}\n".encode() + data + b"\n"


def _parse_commit(sha: str, raw: bytes) -> Commit:
    head, _, message = raw.decode(errors="replace").partition("\n\n")
    fields: dict[str, list[str]] = {}
    for line in head.splitlines():
        key, _, value = line.partition(" ")
        fields.setdefault(key, []).append(value)
    return Commit(
        sha=sha,
        tree=fields["tree"][0],
        parents=tuple(fields.get("parent", ())),
        author=_parse_signature(fields["author"][0]),
        committer=_parse_signature(fields["committer"][0]),
        message=message.rstrip("\n"),
    )


def _parse_signature(line: str) -> Signature:
    name, _, rest = line.partition(" <")
    email, _, stamp = rest.partition("> ")
    return Signature(name, email, datetime.fromtimestamp(int(stamp.split()[0]), UTC))


def _parse_entry(line: str) -> TreeEntry:
    head, _, path = line.partition("\t")
    mode, kind, sha, size = head.split()
    return TreeEntry(mode, kind, sha, 0 if size == "-" else int(size), path)


def _parse_diff(raw: str, patch: str) -> Iterable[ChangedFile]:
    """Join `--raw -z` and `--numstat -z` output with the patches, which git prints in the same order.

    With -z a rename's two names are separate fields: https://git-scm.com/docs/git-diff-tree#_raw_output_format
    """
    fields = iter(raw.split("\0"))
    changes: list[tuple[str, str, str, str | None]] = []
    counts: list[tuple[int, int]] = []
    for item in fields:
        if item.startswith(":"):
            _, _, _, sha, status = item.split(" ")
            first = next(fields)
            renamed = status[0] in "RC"
            changes.append((_STATUS[status[0]], sha, next(fields) if renamed else first, first if renamed else None))
        elif item:
            plus, minus, path = item.split("\t")
            counts.append((int(plus), int(minus)) if plus != "-" else (0, 0))
            if not path:
                next(fields), next(fields)
    bodies = iter(("\n" + patch).split("\ndiff --git ")[1:])
    for (status, sha, path, previous), (added, removed) in zip(changes, counts, strict=True):
        body = next(bodies)
        if status == "changed":  # a file that became a link prints as one removed and one added
            body = next(bodies)
        start = body.find("\n@@ ")
        hunks = body[start + 1 :].rstrip("\n") if start >= 0 else None
        yield ChangedFile(path, previous, status, sha, added, removed, hunks)
