"""Bare repositories that tests drive by git's plumbing, so that also what git would not make can be made."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ghapp.core.events import Repository
from ghapp.core.ports import CommitText

SHOP = Repository(id=7, full_name="octo/shop", installation=1)
TEXT = CommitText("Fix the sum\n\nCloses #1\n", "honk[bot]", "1+honk[bot]@users.noreply.example", 1_700_000_000.5)

_ANN = (("NAME", "Ann"), ("EMAIL", "ann@example.org"), ("DATE", "@1600000000 +0000"))
_ENVIRONMENT = {
    "PATH": os.environ["PATH"], "HOME": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C",
    **{f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in _ANN},
}  # fmt: skip


@dataclass(frozen=True)
class Bare:
    """A bare repository that is driven by plumbing alone."""

    path: Path

    def git(self, *arguments: str, stdin: bytes = b"", index: Path | None = None) -> str:
        """Run git and give back its stripped output."""
        return self.git_bytes(*arguments, stdin=stdin, index=index).decode().strip()

    def git_bytes(self, *arguments: str, stdin: bytes = b"", index: Path | None = None) -> bytes:
        """Run git and give back its output as it is."""
        environment = {**_ENVIRONMENT, "GIT_DIR": str(self.path)} | ({"GIT_INDEX_FILE": str(index)} if index else {})
        done = subprocess.run(["git", *arguments], input=stdin, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def blob(self, content: bytes) -> str:
        """Store a blob; its sha."""
        return self.git("hash-object", "-w", "--stdin", stdin=content)

    def raw_tree(self, *entries: tuple[str, bytes, str]) -> str:
        """Store a tree exactly as said, (mode, name, sha), however wrong it is; its sha."""
        data = b"".join(mode.encode() + b" " + name + b"\0" + bytes.fromhex(sha) for mode, name, sha in entries)
        return self.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=data)

    def commit(self, files: Mapping[str, bytes], *parents: str, modes: Mapping[str, str] | None = None) -> str:
        """A commit with exactly these files (a mode of 120000 is a link, of 160000 a submodule); its sha."""
        index = self.path / "scratch-index"
        index.unlink(missing_ok=True)
        lines = b""
        for path, content in files.items():
            mode = (modes or {}).get(path, "100644")
            sha = content.decode() if mode == "160000" else self.blob(content)
            lines += f"{mode} {sha}\t".encode() + os.fsencode(path) + b"\0"
        self.git("update-index", "-z", "--index-info", stdin=lines, index=index)
        return self.commit_tree(self.git("write-tree", index=index), *parents)

    def commit_tree(self, tree: str, *parents: str, message: str = "work") -> str:
        """A commit of a tree; its sha."""
        above = [word for parent in parents for word in ("-p", parent)]
        return self.git("commit-tree", tree, *above, "-m", message)

    def branch(self, name: str, sha: str) -> None:
        """Point a branch somewhere."""
        self.git("update-ref", f"refs/heads/{name}", sha)

    def bundle(self, to: Path, base: str, head: str) -> Path:
        """An honest bundle of `base..head`."""
        self.git("update-ref", "refs/heads/honk-work", head)
        self.git("bundle", "create", "--quiet", str(to), f"{base}..refs/heads/honk-work")
        return to

    def crafted(self, to: Path, base: str | None, refs: Mapping[str, str], *tips: str) -> Path:
        """A bundle with a header of one's own above the objects that `tips` have and base has not."""
        wanted = "".join(f"{tip}\n" for tip in tips) + (f"^{base}\n" if base else "")
        names = self.git("rev-list", "--objects", "--stdin", stdin=wanted.encode()).splitlines()
        objects = "".join(f"{name.split(' ')[0]}\n" for name in names)
        pack = self.git_bytes("pack-objects", "--stdout", "--quiet", stdin=objects.encode())
        header = (f"-{base} base\n" if base else "") + "".join(f"{sha} {name}\n" for name, sha in refs.items())
        to.write_bytes(b"# v2 git bundle\n" + header.encode() + b"\n" + pack)
        return to


def bare(path: Path) -> Bare:
    """A new empty bare repository."""
    subprocess.run(["git", "init", "-q", "--bare", "--initial-branch=main", str(path)], check=True, env=_ENVIRONMENT)
    return Bare(path)
