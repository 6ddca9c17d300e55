"""Packages for phones, as small as they can be."""

import plistlib
from typing import Any

from tests.builds.zips import DEFLATED, Entry, archive

INFO = {
    "CFBundleIdentifier": "com.example.demo",
    "CFBundleShortVersionString": "1.2.3",
    "CFBundleVersion": "45",
    "CFBundleDisplayName": "Demo",
}


def apk() -> bytes:
    """An Android package, without anything that runs. Names that differ in letter case only are usual in them."""
    return archive(
        Entry("AndroidManifest.xml", b"\3\0\x08\0", DEFLATED), Entry("res/a.xml", b"a"), Entry("res/A.xml", b"b")
    )


def ipa(info: bytes | None = None, **facts: Any) -> bytes:
    """An iOS package, without anything that runs."""
    content = plistlib.dumps({**INFO, **facts}) if info is None else info
    return archive(Entry("Payload/Demo.app/Info.plist", content, DEFLATED), Entry("Payload/Demo.app/Demo", b"\xca\xfe"))
