"""Sizes and contents of many blobs at once, by one `cat-file` each. https://git-scm.com/docs/git-cat-file"""

from collections.abc import Iterable

from ghapp.git.process import Git

NONE = "0" * 40


def sizes(git: Git, shas: Iterable[str]) -> dict[str, int]:
    """Bytes of each blob; what the mirror does not hold (a submodule's commit, or none at all) is left out."""
    wanted = sorted({sha for sha in shas if sha != NONE})
    answers = git.run("cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", stdin=_asked(wanted))
    found = (line.split(" ") for line in answers.decode().splitlines())
    return {words[0]: int(words[2]) for words in found if len(words) == 3 and words[1] == "blob"}


def contents(git: Git, shas: Iterable[str]) -> dict[str, bytes]:
    """The bytes of each blob; ask only for blobs that `sizes` knows, and not for too much."""
    wanted = sorted(set(shas))
    output = git.run("cat-file", "--batch=%(objectname) %(objectsize)", stdin=_asked(wanted)) if wanted else b""
    found: dict[str, bytes] = {}
    at = 0
    while at < len(output):
        end_of_line = output.index(b"\n", at)
        sha, size = output[at:end_of_line].decode().split(" ")
        start = end_of_line + 1
        found[sha] = output[start : start + int(size)]
        at = start + int(size) + 1
    return found


def _asked(shas: Iterable[str]) -> bytes:
    return "".join(f"{sha}\n" for sha in shas).encode()
