"""An index of Python packages on loopback, and repositories that need something of it."""

import io
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.sandbox.origins import git

_ABOUT = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
_WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def wheel(name: str, version: str) -> bytes:
    """A package of one module that knows its version."""
    info, packed = f"{name}-{version}.dist-info", io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"{name}.py", f"version = {version!r}\n")
        archive.writestr(f"{info}/METADATA", _ABOUT.format(name=name, version=version))
        archive.writestr(f"{info}/WHEEL", _WHEEL)
        archive.writestr(f"{info}/RECORD", "")
    return packed.getvalue()


@dataclass
class Index:
    """A server of packages by the simple protocol. `asked` is what it heard: method and path."""

    url: str
    packages: Mapping[tuple[str, str], bytes]
    asked: list[str] = field(default_factory=list)


@contextmanager
def serving(*packages: tuple[str, str]) -> Iterator[Index]:
    """An index of these packages. https://packaging.python.org/en/latest/specifications/simple-repository-api/"""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.asked.append(f"{self.command} {self.path}")
            found = _page(index, self.path)
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "application/octet-stream")
            self.end_headers()
            self.wfile.write(found or b"")

        do_POST = do_PUT = do_GET  # noqa: N815

        def log_message(self, *about: object) -> None:
            """Nothing: what was asked is kept."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        index = Index(f"http://127.0.0.1:{server.server_port}/simple/", {each: wheel(*each) for each in packages})
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield index
        finally:
            server.shutdown()
            thread.join()


def _page(index: Index, path: str) -> bytes | None:
    parts = path.strip("/").split("/")
    if path.endswith("/"):
        files = [_file(*package) for package in index.packages if package[0] == parts[-1]]
        return "".join(f'<a href="/files/{file}">{file}</a>' for file in files).encode()
    return next((content for package, content in index.packages.items() if _file(*package) == parts[-1]), None)


def _file(name: str, version: str) -> str:
    return f"{name}-{version}-py3-none-any.whl"


class Project:
    """A repository that commits are made in, and its bare mirror."""

    def __init__(self, folder: Path) -> None:
        self.source, self.mirror = folder / "source", folder / "mirror.git"
        self.source.mkdir(parents=True)
        git(self.source, "init", "-q", "-b", "main")

    def commit(self, files: Mapping[str, str], *, ref: str = "refs/heads/main") -> str:
        """A commit that adds or changes files, in the mirror under that name."""
        for path, text in files.items():
            (self.source / path).parent.mkdir(parents=True, exist_ok=True)
            (self.source / path).write_text(text)
        git(self.source, "add", "--all", "--force", ".")
        git(self.source, "commit", "-q", "--allow-empty", "-m", "change")
        if not self.mirror.exists():
            git(self.source, "init", "-q", "--bare", str(self.mirror))
        git(self.source, "push", "-q", "--force", str(self.mirror), f"HEAD:{ref}")
        return git(self.source, "rev-parse", "HEAD")
