"""The install page of a build, and the files behind it: phone first, no scripts, nothing from elsewhere.

Its address is its secret. Whoever has it may have the build, until it expires or is revoked; a page that is gone looks
like one that never was.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

from flask import Blueprint, Response, make_response, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from ghapp.core.builds import BuildKind, BuildPage, BuildState
from ghapp.core.errors import TransientError, UserError
from ghapp.core.messages import install
from ghapp.web.ota import install_link, manifest

_ANDROID = "application/vnd.android.package-archive"
_BYTES = "application/octet-stream"  # for .ipa, says Apple; and of anything else nobody should guess what it is
_PICTURES = {".png": "image/png", ".jpg": "image/jpeg"}
_RETRY_AFTER = "30"
_SECONDS_OF_SILENCE = 60.0
_ONE_PART = re.compile(r"bytes=(?:[0-9]+-[0-9]*|-(?P<last>[0-9]{1,18}))", re.IGNORECASE)


class Pages(Protocol):
    """Finds what a page is about by the unguessable part of its address."""

    def get(self, token: str) -> BuildPage | None: ...


class Files(Protocol):
    """The files of a page, here or fetched again. UserError (Gone) and TransientError when they cannot be had."""

    def file(self, page: BuildPage) -> Path: ...

    def picture(self, page: BuildPage, number: int) -> Path: ...


@dataclass(frozen=True)
class Desk:
    """What the pages need.

    `newer` finds the page of a later build of the same name, `qr` draws an address as PNG, and `public_root` is the
    address that everything here has from outside, without a slash at its end.
    """

    pages: Pages
    files: Files
    newer: Callable[[BuildPage], BuildPage | None]
    qr: Callable[[str], bytes]
    public_root: str


def blueprint(desk: Desk) -> Blueprint:
    """Install pages at `/b/TOKEN`."""
    builds = Blueprint("builds", __name__)

    @builds.get("/b/<token>")
    def show(token: str) -> ResponseReturnValue:
        page = desk.pages.get(token)
        return _unknown() if page is None else _shown(desk, page)

    # No file of a build can have this address: names have no slash.
    @builds.get("/b/<token>/page/qr.png")
    def code(token: str) -> ResponseReturnValue:
        page = desk.pages.get(token)
        return _unknown() if page is None else Response(desk.qr(f"{desk.public_root}/b/{token}"), mimetype="image/png")

    @builds.get("/b/<token>/manifest.plist")
    def over_the_air(token: str) -> ResponseReturnValue:
        page = desk.pages.get(token)
        if page is None or page.build.kind != BuildKind.IOS:
            return package(token, "manifest.plist")
        return Response(manifest(page, f"{desk.public_root}/b/{token}/{quote(page.build.file)}"), mimetype="text/xml")

    @builds.get("/b/<token>/screenshots/<int:number>")
    def screenshot(token: str, number: int) -> ResponseReturnValue:
        page = desk.pages.get(token)
        if page is None or number >= page.build.pictures:
            return _unknown()
        picture = desk.files.picture(page, number)
        return send_file(picture.absolute(), mimetype=_PICTURES[picture.suffix])

    @builds.get("/b/<token>/<name>")
    def package(token: str, name: str) -> ResponseReturnValue:
        page = desk.pages.get(token)
        if page is None or not page.build.file or name != page.build.file:
            return _unknown()
        return _sent(desk.files.file(page), page)

    builds.get("/b/<token>/<path:rest>")(lambda token, rest: _unknown())
    builds.after_request(_patient)
    builds.register_error_handler(FileNotFoundError, lambda error: _unknown())  # swept since it was found
    builds.register_error_handler(UserError, _not_to_be_had)
    builds.register_error_handler(TransientError, _not_now)
    return builds


def _shown(desk: Desk, page: BuildPage) -> str:
    build, newer = page.build, desk.newer(page)
    return render_template(
        "build.html",
        page=page,
        build=build,
        title=build.title or build.name,
        facts=install.facts(build),
        until=install.until(build.expires_at),
        action=_action(desk, page),
        newer=newer.token if newer and newer.token != page.token else "",
        stale=install.stale(build.sha) if build.state == BuildState.STALE else "",
    )


@dataclass(frozen=True)
class _Action:
    """The one big button, with a line under it; without an address, only the line."""

    label: str
    address: str
    note: str = ""
    leaves: bool = False


def _action(desk: Desk, page: BuildPage) -> _Action:
    build = page.build
    here = url_for("builds.package", token=page.token, name=build.file)
    match build.kind:
        case BuildKind.WEB:
            host = _host(build.url)
            return _Action(install.OPEN, build.url if host else "", host or install.NO_ADDRESS, leaves=True)
        case BuildKind.IOS if not desk.public_root.startswith("https://"):
            return _Action(install.INSTALL, "", install.IOS_NEEDS_HTTPS)
        case BuildKind.IOS:
            return _Action(
                install.INSTALL, install_link(f"{desk.public_root}/b/{page.token}/manifest.plist"), install.IOS_NOTE
            )
        case BuildKind.ANDROID:
            return _Action(install.INSTALL, here, install.ANDROID_NOTE)
        case BuildKind.FILE:
            return _Action(install.DOWNLOAD, here, build.file)


def _host(address: str) -> str:
    """Where a preview leads, for people to see; empty unless it is on the web.

    Browsers take a back slash for a slash, and would go to another host. https://url.spec.whatwg.org/#url-parsing
    """
    try:
        parts = urlsplit(address)
        return (parts.hostname or "") if parts.scheme in ("http", "https") and "\\" not in address else ""
    except ValueError:
        return ""


def _sent(path: Path, page: BuildPage) -> Response:
    """The file, whole or in part. It is never shown in the page's place, whatever is in it.

    The tag is the same on every machine, so that a download goes on where it was cut off.
    https://www.rfc-editor.org/rfc/rfc9110#name-range-requests
    """
    size = path.stat().st_size
    _ask_for_one_part(size)
    return send_file(
        path.absolute(),
        mimetype=_ANDROID if page.build.kind == BuildKind.ANDROID else _BYTES,
        as_attachment=True,
        download_name=page.build.file,
        etag=f"{page.build.artifact}-{size}",
    )


def _patient(response: Response) -> Response:
    """Wait so long for a reader who takes nothing, no longer: gunicorn itself would, with one of its few threads."""
    connection = request.environ.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(_SECONDS_OF_SILENCE)  # until its next request, for which gunicorn sets it anew
    return response


def _ask_for_one_part(size: int) -> None:
    """Have the whole file sent for what Werkzeug would refuse, and ought not to.

    That is a unit we do not know, several parts at once, and an end that is longer than the file.
    https://www.rfc-editor.org/rfc/rfc9110#section-14.2
    """
    part = _ONE_PART.fullmatch(request.headers.get("Range", "").strip())
    if part is None or (part["last"] and int(part["last"]) >= size):
        request.environ.pop("HTTP_RANGE", None)


def _unknown() -> ResponseReturnValue:
    """One answer to all that is not there: unknown, expired, revoked, or no file of this page."""
    return _sorry(install.UNKNOWN), 404


def _not_to_be_had(error: UserError) -> ResponseReturnValue:
    return _sorry(install.not_to_be_had(str(error))), 410


def _not_now(error: TransientError) -> ResponseReturnValue:
    answer = make_response(_sorry(install.NOT_NOW), 503)
    answer.headers["Retry-After"] = _RETRY_AFTER
    return answer


def _sorry(sentence: str) -> str:
    return render_template("no_build.html", sentence=sentence)
