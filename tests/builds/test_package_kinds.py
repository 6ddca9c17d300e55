"""What a build is: its content must bear out what its name says."""

import plistlib
from pathlib import Path
from typing import Any

import pytest

from ghapp.builds.kinds import Known, known
from ghapp.builds.qr import png
from ghapp.core.builds import BuildKind
from ghapp.core.errors import UserError
from ghapp.core.picture_kinds import media_type, pixels
from tests.builds.packages import INFO, apk, ipa
from tests.builds.zips import LINK, Entry, archive

MOST = 10_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


def test_an_android_package(path: Path) -> None:
    """A zip with a manifest at its root, whatever the letter case of its ending."""
    path.write_bytes(apk())
    assert known(path, "App.APK", MOST) == Known(BuildKind.ANDROID)


@pytest.mark.parametrize("form", [plistlib.FMT_XML, plistlib.FMT_BINARY])
def test_an_ios_package(path: Path, form: Any) -> None:
    """Its list may be XML or binary, and says whose it is."""
    path.write_bytes(ipa(plistlib.dumps(INFO, fmt=form)))
    assert known(path, "app.ipa", MOST) == Known(BuildKind.IOS, "Demo", "com.example.demo", "1.2.3")


@pytest.mark.parametrize("name", ["app.aab", "site.zip", "app.tar.gz", "app.dmg", "setup.exe", "index.html", "app"])
def test_anything_else_is_a_file(path: Path, name: str) -> None:
    """To download; nobody looks into it."""
    path.write_bytes(apk())
    assert known(path, name, MOST) == Known(BuildKind.FILE)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("app.apk", ipa(), "it has no `AndroidManifest.xml`"),
        ("app.apk", archive(Entry("base/AndroidManifest.xml")), "it has no `AndroidManifest.xml`"),
        ("app.apk", b"<html>sign in</html>", "what CI kept is no zip archive"),
        ("app.ipa", apk(), "it has no app, or several"),
        ("app.ipa", archive(Entry("Payload/A.app/Info.plist"), Entry("Payload/B.app/Info.plist")), "or several"),
        ("app.ipa", archive(Entry("Payload/A.app/Frameworks/B.framework/Info.plist")), "it has no app"),
        ("app.ipa", b"MZ" + bytes(200), "what CI kept is no zip archive"),
        ("app.apk", archive(Entry("AndroidManifest.xml"), Entry("../x")), "a path that leads out of its folder"),
        ("app.apk", archive(Entry("AndroidManifest.xml"), Entry("AndroidManifest.xml")), "a name twice"),
        ("app.ipa", archive(Entry("Payload/A.app/Info.plist", b"/etc", mode=LINK)), "a link or a special file"),
    ],
)
def test_a_wrong_type_is_refused(path: Path, name: str, content: bytes, why: str) -> None:
    """A phone would not install it, or should not."""
    path.write_bytes(content)
    with pytest.raises(UserError) as refusal:
        known(path, name, MOST)
    assert name in str(refusal.value)
    assert why in str(refusal.value)


ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE plist [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>
<plist version="1.0"><dict><key>CFBundleIdentifier</key><string>&b;</string></dict></plist>"""


@pytest.mark.parametrize(
    "info",
    [
        ENTITIES,
        b"",
        b"bplist00",
        b"not a list",
        plistlib.dumps(["a"]),
        plistlib.dumps({"CFBundleIdentifier": "com.example.demo"}),
        plistlib.dumps({**INFO, "CFBundleIdentifier": "a b<c>"}),
        plistlib.dumps({**INFO, "CFBundleIdentifier": 7}),
        plistlib.dumps({**INFO, "CFBundleShortVersionString": "1.0\r\nX: y"}),
        plistlib.dumps({**INFO, "x": "y" * 1_100_000}),
        b"<plist version='1.0'><dict><key>a</key><date>noon</date></dict></plist>",
        b"<plist version='1.0'>" + b"<array>" * 5_000,
    ],
    ids=[
        "entities",
        "empty",
        "bare",
        "text",
        "array",
        "no-version",
        "shape",
        "number",
        "lines",
        "large",
        "date",
        "deep",
    ],
)
def test_a_list_that_cannot_be_trusted_is_refused(path: Path, info: bytes) -> None:
    """Entities, other shapes, values that would reach into a manifest or a header."""
    path.write_bytes(ipa(info))
    with pytest.raises(UserError, match=r"`Info.plist` cannot be read, or has no identifier or version"):
        known(path, "app.ipa", MOST)


def test_a_title_is_one_plain_line(path: Path) -> None:
    """Whatever the app calls itself."""
    path.write_bytes(ipa(CFBundleDisplayName="\u202eDe\x7fmo\n  <b>" + "x" * 200))
    title = known(path, "app.ipa", MOST).title
    assert title.startswith("Demo <b>xxx")
    assert len(title) == 80


def test_less_telling_lists_are_taken(path: Path) -> None:
    """The build number where there is no version, and the name of the folder where there is no other."""
    path.write_bytes(ipa(plistlib.dumps({"CFBundleIdentifier": "a.b", "CFBundleVersion": "45"})))
    assert known(path, "app.ipa", MOST) == Known(BuildKind.IOS, "Demo", "a.b", "45")


def test_a_code_for_the_camera() -> None:
    """A square PNG, large enough for a phone, another for each address."""
    drawn = png("https://honk.example/b/an-unguessable-token")
    size = pixels(drawn)
    assert media_type(drawn) == "image/png"
    assert size is not None
    assert size[0] == size[1] >= 250
    assert png("https://honk.example/b/another") != drawn
