"""Install pages over a real shelf and store, with the packages that CI would have made."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from flask import Flask
from redis import Redis

from ghapp.builds.qr import png
from ghapp.builds.shelf import FolderShelf
from ghapp.core.builds import Build, BuildKind, BuildPage, BuildState
from ghapp.core.ports import Artifacts
from ghapp.flow.files import BuildFiles
from ghapp.store.build_pages import Pages
from ghapp.store.inbox import Inboxes
from ghapp.store.runs import Runs
from ghapp.store.transcripts import Streams
from ghapp.web import builds, create_app
from tests.builds.packages import apk, ipa
from tests.builds.zips import Entry, archive, fetch
from tests.web.linking_app import served
from tests.web.web_over import SECRETS, Wakes

SHA = "1a2b3c4d5e6f" + 28 * "0"
UNTIL = 4_102_444_799.0  # the last second of 2099, so that a picture of a page is the same on each day
PACKAGES = {
    BuildKind.ANDROID: ("bistro.apk", apk()),
    BuildKind.IOS: ("Bistro.ipa", ipa(CFBundleDisplayName="Bistro")),
    BuildKind.FILE: ("bistro 1.4 (linux).tar.gz", b"\x1f\x8b not run anywhere"),
}


@dataclass(frozen=True)
class Builds:
    """The web part at `root`, and the pages that were made, in order; each is of the same name."""

    root: str
    shelf: FolderShelf
    pages: Pages
    made: list[BuildPage] = field(default_factory=list)

    def make(self, kind: BuildKind, *pictures: bytes, **changes: object) -> BuildPage:
        """A build that is ready, with its page; fields of the build as they are changed."""
        token = f"unguessable-{kind}-{len(self.made)}"
        name, content = PACKAGES.get(kind, ("", b""))
        build = Build("Bistro", SHA, BuildState.READY, kind, token, title="Bistro", version="1.4", expires_at=UNTIL)
        if name:
            taken = self.shelf.take(token, "*", fetch(archive(Entry(name, content))))
            build = replace(build, file=taken.file, size=taken.size)
        if pictures:
            self.shelf.take_pictures(token, fetch(archive(*(Entry(f"{n}.png", one) for n, one in enumerate(pictures)))))
        build = replace(build, pictures=len(pictures), **changes)  # type: ignore[arg-type]
        page = BuildPage(token, 7, "octo/bistro", 3, 42, "Tips are rounded to the nearest cent", build, "*")
        self.pages.keep(page)
        self.made.append(page)
        return page

    def newer(self, page: BuildPage) -> BuildPage | None:
        return self.made[-1]

    def address(self, page: BuildPage) -> str:
        return f"{self.root}/b/{page.token}"


@contextmanager
def install_pages(redis: Redis, folder: Path, *, https: bool = False) -> Iterator[Builds]:
    """The web part on loopback, over http or https. CI has nothing: what is shown is on the shelf."""
    shelf, pages = FolderShelf(folder, 1_000_000), Pages(redis)
    made: list[Builds] = []

    def app(root: str) -> Flask:
        made.append(Builds(root, shelf, pages))
        desk = builds.Desk(pages, BuildFiles(shelf, _no_ci, 1_000_000), made[0].newer, png, root)
        return create_app(
            inbox=Inboxes(redis),
            queue=Wakes(),
            secrets=SECRETS,
            pages=Runs(redis),
            transcripts=Streams(redis),
            rooms=[builds.blueprint(desk)],
        )

    with served(app, https=https):
        yield made[0]


def _no_ci() -> Artifacts:
    raise AssertionError("a file is not on the shelf")
