"""Everything holds for a plain user too, as which workers should run."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

USER = 64242
HERE = Path(__file__).parent
# A plain user may not even enter root's home folder, where this Python or this tree may be. In a mount namespace of
# its own, each closed folder on the way is covered by an open, empty one that shows only what is needed.
UNCOVER = """
set -e
mount --make-rprivate /
keep=$1; shift
number=0
while [ "$1" != -- ]; do
    number=$((number + 1)); mkdir "$keep/$number"; mount --bind "$2" "$keep/$number"
    eval "closed_$number=\\$1 needed_$number=\\$2"; shift 2
done
shift
for n in $(seq $number); do
    eval "closed=\\$closed_$n"; mountpoint -q "$closed" || mount -t tmpfs -o mode=755 none "$closed"
done
for n in $(seq $number); do
    eval "needed=\\$needed_$n"; mkdir -p "$needed"; mount --bind "$keep/$n" "$needed"
done
exec setpriv --reuid $USER_ID --regid $USER_ID --clear-groups "$@"
"""


def closed(path: Path) -> Path | None:
    """The first folder on the way to `path` that other users may not pass."""
    for folder in [*reversed(path.parents), path]:
        if folder.is_dir() and not folder.stat().st_mode & 0o001:
            return folder
    return None


@pytest.mark.skipif(os.getuid() != 0, reason="the suite runs as a plain user already")
def test_the_suite_holds_for_a_plain_user() -> None:
    """The same tests, in a process without any rights, in a folder of its own."""
    # Not in pytest's own temporary folder, which is closed to others.
    with tempfile.TemporaryDirectory(prefix="honk-plain-", ignore_cleanup_errors=True) as name:
        own, keep = Path(name, "own"), Path(name, "keep")
        for folder in (own, keep):
            folder.mkdir()
        Path(name).chmod(0o755)
        os.chown(own, USER, USER)
        run_as_plain_user(own, keep)


def run_as_plain_user(own: Path, keep: Path) -> None:
    """Run the other tests in `own`; `keep` is where needed folders are held while others are covered."""
    needed = {Path(sys.prefix), Path(sys.base_prefix).resolve(), HERE.parent.parent}
    covers = [str(word) for path in sorted(needed) if (cover := closed(path)) for word in (cover, path)]
    tests = [str(HERE / f"test_sandbox_{name}.py") for name in ("contract", "launcher", "walls", "collect", "check")]
    pytest_line = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-n", "0"]
    line = [
        *pytest_line,
        "-k",
        "not copy",
        f"--basetemp={own}/pytest",
        f"--rootdir={HERE.parent.parent}",
        *tests,
    ]
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(own),
        "TMPDIR": str(own),
        "USER_ID": str(USER),
    }
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", UNCOVER, "uncover", str(keep), *covers, "--", *line],
        cwd=own, env=variables, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert " passed" in done.stdout
