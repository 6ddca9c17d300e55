"""The install pages of this process: a real shelf in a folder, a real store, and CI as a function."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from ghapp.builds.qr import png
from ghapp.builds.shelf import FolderShelf
from ghapp.core.builds import Build, BuildKind, BuildPage, BuildState
from ghapp.store.build_pages import Pages
from ghapp.store.inbox import Inboxes
from ghapp.store.runs import Runs
from ghapp.store.transcripts import Streams
from ghapp.web import builds, create_app
from tests.builds.zips import Entry, archive, fetch
from tests.web.web_over import SECRETS, Wakes

ROOT = "https://honk.example"
TOKEN = "an-unguessable-token"
UNTIL = 4_102_444_799.0
BUILD = Build("app", "1a2b3c4" + 33 * "0", BuildState.READY, token=TOKEN, artifact=5, expires_at=UNTIL)
PAGE = BuildPage(TOKEN, 7, "octo/demo", 3, 12, "Round the tip", BUILD, "*")


@dataclass
class Files:
    """What pages serve (`web.builds.Files`): from the shelf, or else whatever `missing` raises."""

    shelf: FolderShelf
    missing: Callable[[], Exception] = lambda: AssertionError("it is not on the shelf")

    def file(self, page: BuildPage) -> Path:
        return self._there(self.shelf.file(page.token))

    def picture(self, page: BuildPage, number: int) -> Path:
        return self._there(self.shelf.picture(page.token, number))

    def _there(self, found: Path | None) -> Path:
        if found is None:
            raise self.missing()
        return found


@dataclass
class Install:
    """What a test does: put builds up, take them back, and open addresses."""

    redis: Redis
    folder: Path
    root: str = ROOT
    latest: BuildPage | None = None
    files: Files = field(init=False)
    pages: Pages = field(init=False)

    def __post_init__(self) -> None:
        self.files = Files(FolderShelf(self.folder, 10_000_000))
        self.pages = Pages(self.redis)

    def put(self, kind: BuildKind, name: str = "", content: bytes = b"", **facts: object) -> BuildPage:
        """A build with its page, and its file when it has one."""
        build = replace(BUILD, kind=kind, **facts)  # type: ignore[arg-type]
        if name:
            taken = self.files.shelf.take(TOKEN, "*", fetch(archive(Entry(name, content))))
            build = replace(build, file=taken.file, size=taken.size)
        page = replace(PAGE, build=build)
        self.pages.keep(page)
        return page

    def client(self) -> FlaskClient:
        """A browser."""
        desk = builds.Desk(self.pages, self.files, lambda page: self.latest, png, self.root)
        app = create_app(
            inbox=Inboxes(self.redis),
            queue=Wakes(),
            secrets=SECRETS,
            pages=Runs(self.redis),
            transcripts=Streams(self.redis),
            rooms=[builds.blueprint(desk)],
        )
        return app.test_client()

    def open(self, address: str, *, method: str = "GET", **headers: str) -> TestResponse:
        """The whole answer to a request. The file behind it is closed, as a server does in the end."""
        return self.client().open(address, method=method, headers=headers, buffered=True)

    def text(self) -> str:
        """The page as it is sent."""
        return self.open(f"/b/{TOKEN}").text
