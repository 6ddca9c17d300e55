"""Runs inside the sandbox: asks the package clients that are there where they would fetch from.

A list of clients not to ask on standard input; a JSON list of URLs on standard output. A client that is not installed
names nothing. Those that can say it are asked, with the settings they will have in the set-up; of the others the
installed files are read.
"""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

_URL = re.compile(r"""(?:sparse\+)?https?://[^\s"'<>,|;\\]+""")
_SECONDS = 30
_COMMANDS = {
    "npm": ["npm", "config", "get", "registry"],
    "pnpm": ["pnpm", "config", "get", "registry"],
    "yarn": ["yarn", "config", "get", "registry"],
    "yarn 2": ["yarn", "config", "get", "npmRegistryServer"],
    "go": ["go", "env", "GOPROXY"],
}
_CARGO_INDEX = re.compile(rb"sparse\+https://[a-z0-9.-]+/")
# How Maven's own parent of all projects is called. https://maven.apache.org/ref/current/maven-model-builder/super-pom.html
_SUPER_POM = re.compile(r"org/apache/maven/model/pom-4\.0\.0\.xml")


def answer(command: list[str]) -> str:
    """What a program prints; nothing when it is not there or does not want."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""


def pip() -> list[str]:
    """The index that is built into pip, and where that keeps its files."""
    try:
        import pip  # noqa: F401
    except ImportError:
        import ensurepip

        folders = (Path(ensurepip.__file__).parent / "_bundled", Path("/usr/share/python-wheels"))
        sys.path[:0] = [str(wheel) for folder in folders for wheel in folder.glob("pip-*.whl")][:1]
    try:
        from pip._internal.models.index import PyPI
    except ImportError:
        return []
    return [str(PyPI.simple_url), f"https://{PyPI.file_storage_domain}/"]


def go() -> list[str]:
    """Where Go looks sums up; `GOSUMDB` is a name, or a key and a URL."""
    words = answer(["go", "env", "GOSUMDB"]).split()
    named = words[-1:] if words != ["off"] else []
    return [word if "://" in word else f"https://{word.partition('+')[0]}/" for word in named]


def cargo() -> list[str]:
    """The index that is built into cargo, which has no command to say it."""
    found = shutil.which("cargo")
    real = answer(["rustup", "which", "cargo"]).strip() or (found and str(Path(found).resolve()))
    match = _CARGO_INDEX.search(Path(real).read_bytes()) if real else None
    return [match[0].decode()] if match else []


def maven() -> list[str]:
    """The repository that every project inherits."""
    found = shutil.which("mvn")
    if found is None:
        return []
    library = Path(found).resolve().parent.parent / "lib"
    return [url for jar in library.glob("maven-model-builder-*.jar") for url in _in_jar(jar)]


def _in_jar(jar: Path) -> list[str]:
    with zipfile.ZipFile(jar) as archive:
        names = [name for name in archive.namelist() if _SUPER_POM.fullmatch(name)]
        texts = [archive.read(name).decode(errors="replace") for name in names]
    return [url for text in texts for url in re.findall(r"<url>\s*(\S+?)\s*</url>", text)]


def asked(but: Iterable[str]) -> list[str]:
    """All that is found out."""
    left_out = set(but)
    readers = {"pip": pip, "go": go, "cargo": cargo, "maven": maven}
    found = [url for name, read in readers.items() if name not in left_out for url in read()]
    for name, command in _COMMANDS.items():
        if name not in left_out:
            found += _URL.findall(answer(command))
    return list(dict.fromkeys(found))


if __name__ == "__main__":
    json.dump(asked(json.load(sys.stdin)), sys.stdout)
