"""What a file from CI is. Its name says what it claims to be; what is in it must bear that out.

A package is a zip itself: it is judged as one, and nothing of it is unpacked but the one small file that says whose it
is. https://developer.apple.com/documentation/bundleresources/information-property-list
"""

import plistlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from ghapp.builds.archive import Archive, opened
from ghapp.builds.safety import Limits
from ghapp.core.builds import BuildKind
from ghapp.core.disarm import seen
from ghapp.core.errors import UserError
from ghapp.core.messages import shelf

_ENTRIES = 65_534
"""All that a zip without zip64 can have; large apps have tens of thousands of files."""

_APP = re.compile(r"Payload/([^/]+)\.app/Info\.plist")
_IDENTIFIER = re.compile(r"[A-Za-z0-9.-]{1,155}")
_VERSION = re.compile(r"[A-Za-z0-9.+_-]{1,64}")
_MAX_PLIST = 1024 * 1024
_MAX_TITLE = 80
# plistlib stops at entities by itself, but broken values make it raise whatever they run into.
_UNREADABLE = (ExpatError, ValueError, TypeError, AttributeError, LookupError, OverflowError, RecursionError)


@dataclass(frozen=True)
class Known:
    """What is known of a file by looking into it."""

    kind: BuildKind
    title: str = ""
    identifier: str = ""
    version: str = ""


def known(path: Path, name: str, most: int) -> Known:
    """What the file at `path` is, which was called `name`. UserError when a package is not what its name says."""
    ending = name.casefold().rpartition(".")[2]
    if ending not in ("apk", "ipa"):
        return Known(BuildKind.FILE)
    try:
        with opened(path, Limits(most, _ENTRIES, folded=False)) as package:
            return _of_android(package, name) if ending == "apk" else _of_ios(package, name)
    except _Wrong:
        raise
    except UserError as unsafe:
        raise UserError(shelf.unsound(name, str(unsafe))) from unsafe


class _Wrong(UserError):
    """It is another kind of file, and the sentence names it already."""


def _of_android(package: Archive, name: str) -> Known:
    if not any(member.name == "AndroidManifest.xml" for member in package.files):
        raise _Wrong(shelf.not_android(name))
    return Known(BuildKind.ANDROID)


def _of_ios(package: Archive, name: str) -> Known:
    apps = [(member, found[1]) for member in package.files if (found := _APP.fullmatch(member.name))]
    if len(apps) != 1:
        raise _Wrong(shelf.not_ios(name))
    ((member, app),) = apps
    if member.size > _MAX_PLIST:
        raise _Wrong(shelf.ios_unreadable(name))
    facts = _facts(b"".join(package.chunks(member)), name)
    identifier = _text(facts, "CFBundleIdentifier")
    version = _text(facts, "CFBundleShortVersionString") or _text(facts, "CFBundleVersion")
    if not _IDENTIFIER.fullmatch(identifier) or not _VERSION.fullmatch(version):
        raise _Wrong(shelf.ios_unreadable(name))
    title = _text(facts, "CFBundleDisplayName") or _text(facts, "CFBundleName") or app
    return Known(BuildKind.IOS, " ".join(seen(title).split())[:_MAX_TITLE], identifier, version)


def _facts(content: bytes, name: str) -> dict[str, Any]:
    try:
        facts = plistlib.loads(content)
    except _UNREADABLE as error:
        raise _Wrong(shelf.ios_unreadable(name)) from error
    if not isinstance(facts, dict):
        raise _Wrong(shelf.ios_unreadable(name))
    return facts


def _text(facts: dict[str, Any], key: str) -> str:
    value = facts.get(key)
    # Half a pair of UTF-16, which a binary list may hold, can be written nowhere.
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""
