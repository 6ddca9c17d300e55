"""Pictures that people drop into an issue: which addresses are GitHub's own, and what may be taken from there.

A text can show a picture from anywhere, and whoever fetches it tells that server when and from where. So only files
that are kept by this GitHub are fetched, and only those that the text which we work from shows: what was put in later
is not asked for.
https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/attaching-files
"""

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from urllib.parse import SplitResult, urlsplit

from ghapp.core.errors import TransientError, UserError
from ghapp.core.picture_kinds import media_type, pixels
from ghapp.core.ports import Image, Pictures
from ghapp.github import downloads

MAX_IMAGES = 5
MAX_BYTES = 5 * 1024 * 1024 * 3 // 4
"""The model takes 5 MiB a picture, counted as base64. https://docs.claude.com/en/docs/build-with-claude/vision"""

MAX_SIDE = 8_000
"""Pixels; the same page. One picture that is too large would have the model's service refuse the whole request."""

_ASSETS = "/user-attachments/assets/"
_ADDRESS = re.compile(r"https?://[^\s\"'<>()\[\]\\]{1,500}")
_SHOWN = re.compile(
    r"!\[[^\]]{0,500}\]\((https?://[^\s)]{1,500})|<img\b[^<>]{0,500}?\bsrc=[\"'](https?://[^\"']{1,500})"
)


class Attachments:
    """Tells which addresses are attachments of one GitHub, by its server's address."""

    def __init__(self, server_url: str) -> None:
        server = urlsplit(server_url)
        self._scheme, self._host, self._content = server.scheme, server.netloc.lower(), ""
        self._kept = {f"media.{self._host}"}
        if self._host == "github.com":
            self._content = ".githubusercontent.com"
            self._kept = {f"user-images{self._content}", f"private-user-images{self._content}"}

    def is_one(self, address: str) -> bool:
        """Whether it is the address of an attachment."""
        at = _split(address)
        if at.scheme != self._scheme:
            return False
        return at.netloc.lower() in self._kept or (at.netloc.lower() == self._host and at.path.startswith(_ASSETS))

    def may_lead_to(self, address: str) -> bool:
        """Whether an attachment may lead there: to another, or to where this GitHub keeps its contents."""
        at = _split(address)
        own = bool(self._content) and at.netloc.lower().endswith(self._content)
        return self.is_one(address) or (at.scheme == self._scheme and own)

    def named(self, text: str) -> tuple[str, ...]:
        """Names of the attachments whose addresses stand in a text, in order, each once."""
        found = (address for address in _ADDRESS.findall(text) if self.is_one(address))
        return tuple(dict.fromkeys(filter(None, map(_name, found))))

    def elsewhere(self, text: str) -> int:
        """How many pictures a text shows that are kept by somebody else."""
        shown = [one or other for one, other in _SHOWN.findall(text)]
        return sum(not self.is_one(address) for address in shown)


def pictures(attachments: Attachments, asked: str, rendered: Iterable[str]) -> Pictures:
    """The pictures that `asked` shows, found in the rendered bodies, which are read as far as needed."""
    wanted = attachments.named(asked)
    found = _addresses(attachments, wanted[:MAX_IMAGES], rendered)
    images, notes = [], []
    for number, name in enumerate(wanted[:MAX_IMAGES], 1):
        try:
            images.append(_fetched(attachments, found.get(name)))
        except (UserError, TransientError) as error:
            notes.append(f"Picture {number} is left out: {error}.")
    if len(wanted) > MAX_IMAGES:
        notes.append(f"Only the first {MAX_IMAGES} pictures are taken; there are {len(wanted)}.")
    if others := attachments.elsewhere(asked):
        notes.append(f"Pictures that are not kept by GitHub are left out: {others}.")
    return Pictures(tuple(images), tuple(notes))


def _fetched(attachments: Attachments, address: str | None) -> Image:
    if address is None:
        raise UserError("it is not in the issue any more")
    content = downloads.whole(address, MAX_BYTES, attachments.may_lead_to)
    kind = media_type(content)
    if kind is None:
        raise UserError("it is no PNG, JPEG, GIF or WebP")
    size = pixels(content)
    if size is None or not all(0 < side <= MAX_SIDE for side in size):
        raise UserError(f"it is damaged, or larger than {MAX_SIDE} by {MAX_SIDE} pixels")
    return Image(kind, content)


def _addresses(attachments: Attachments, wanted: tuple[str, ...], rendered: Iterable[str]) -> dict[str, str]:
    """Where each wanted attachment is opened. A signed address ends in the name that the plain one has."""
    found: dict[str, str] = {}
    for html in rendered:
        for address in _sources(html):
            name = next((one for one in wanted if _name(address).endswith(one)), None)
            if name is not None and attachments.is_one(address):
                found.setdefault(name, address)
        if len(found) == len(wanted):
            break
    return found


def _name(address: str) -> str:
    """The last part of the path without its ending: the part that is the same in plain and signed addresses."""
    last = _split(address).path.rpartition("/")[2].partition(".")[0]
    return last if len(last) >= 8 else ""


def _split(address: str) -> SplitResult:
    """The parts of an address; none for what is no address."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


class _Sources(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.found += [value for name, value in attrs if name == "src" and value]


def _sources(html: str) -> list[str]:
    parser = _Sources()
    parser.feed(html)
    parser.close()
    return parser.found
