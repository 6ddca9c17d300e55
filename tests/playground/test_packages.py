"""Released packages as repositories: home-made archives by pip's own settings, and one real package."""

from __future__ import annotations

import io
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from ghapp.playground import archives
from ghapp.playground.archives import ArchiveError, unpack
from ghapp.playground.ci import run_workflow
from ghapp.playground.packages import PackageError, as_repository, ci_definition, fetch_sdist
from ghapp.playground.workflow import job_names

# A build hook would leave this word in pip's output, and fail.
SETUP = "raise SystemExit('a build hook ran')\n"


def add(archive: tarfile.TarFile, name: str, text: str = "", **fields: object) -> None:
    """Put one entry into an archive."""
    entry = tarfile.TarInfo(name)
    entry.size = len(text.encode())
    for key, value in fields.items():
        setattr(entry, key, value)
    archive.addfile(entry, io.BytesIO(text.encode()))


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of archives that is all of the package index, by pip's own settings."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    with tarfile.open(folder / "goose-1.0.tar.gz", "w:gz") as archive:
        add(archive, "goose-1.0/setup.py", SETUP)
        add(archive, "goose-1.0/PKG-INFO", "Metadata-Version: 2.1\nName: goose\nProvides-Extra: test\n\nA goose.\n")
    with zipfile.ZipFile(folder / "wheelish-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("wheelish.py", "")
    return folder


def test_an_archive_is_fetched_without_building_anything(index: Path, tmp_path: Path) -> None:
    """The bytes of the index arrive as they are, of a package whose build hooks would fail."""
    archive = fetch_sdist("goose==1.0", tmp_path / "down")
    assert archive == tmp_path / "down" / "goose-1.0.tar.gz"
    assert archive.read_bytes() == (index / "goose-1.0.tar.gz").read_bytes()


@pytest.mark.parametrize(
    ("requirement", "sentence"),
    [
        ("duck==1.0", "The package index has no package named duck, or cannot be reached."),
        ("goose==2.0", "goose has no release that matches ==2.0."),
        ("wheelish==1.0", "wheelish==1.0 has no source archive, only built packages."),
        ("not a requirement", "“not a requirement” is no requirement such as name==1.2.3."),
        ("goose @ file:///etc/passwd", "“goose @ file:///etc/passwd” must be a name and a version"),
        ("goose[test]==1.0", "“goose[test]==1.0” must be a name and a version"),
    ],
)
@pytest.mark.usefixtures("index")
def test_what_cannot_be_fetched_is_said_in_a_sentence(tmp_path: Path, requirement: str, sentence: str) -> None:
    """Each reason for which there is no archive has its own words."""
    with pytest.raises(PackageError) as caught:
        fetch_sdist(requirement, tmp_path)
    assert str(caught.value).startswith(sentence)


def test_a_file_unlike_the_index_says_is_refused(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive whose digest differs from the index's is not kept."""
    page = tmp_path / "links.html"
    address = (index / "goose-1.0.tar.gz").as_uri()
    page.write_text(f'<!DOCTYPE html><a href="{address}#sha256={"0" * 64}">goose-1.0.tar.gz</a>')
    monkeypatch.setenv("PIP_FIND_LINKS", str(page))
    with pytest.raises(PackageError, match="its sha256 differs"):
        fetch_sdist("goose==1.0", tmp_path / "down")
    assert list((tmp_path / "down").iterdir()) == []


def test_unpacking_keeps_text_mode_and_inner_links(tmp_path: Path) -> None:
    """Files keep their bytes and whether they can run; a link inside the tree stays a link."""
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        add(archive, "a-1", type=tarfile.DIRTYPE)
        add(archive, "a-1/run.sh", "echo\n", mode=0o4777)
        add(archive, "a-1/text", "words\n", mode=0o600)
        add(archive, "a-1/link", type=tarfile.SYMTYPE, linkname="text")
    tree = unpack(tmp_path / "a.tar.gz", tmp_path / "out")
    assert tree == tmp_path / "out" / "a-1"
    assert (tree / "link").read_text() == "words\n"
    assert [oct((tree / name).stat().st_mode & 0o7777) for name in ("run.sh", "text")] == ["0o755", "0o644"]


HOSTILE: dict[str, list[dict[str, object]]] = {
    "written outside": [{"name": "../evil"}],
    "outside of its folder": [{"name": "/tmp/evil"}],
    "link out of its folder": [{"name": "a/l", "type": tarfile.SYMTYPE, "linkname": "../../evil"}],
    "link out of its folder: l -> /etc": [{"name": "a/l", "type": tarfile.SYMTYPE, "linkname": "/etc"}],
    "no file, no folder": [{"name": "a/l", "type": tarfile.LNKTYPE, "linkname": "/etc/passwd"}],
    "and no symbolic link": [{"name": "a/pipe", "type": tarfile.FIFOTYPE}],
    "cannot be unpacked": [{"name": "a/x"}, {"name": "a/x"}],
    "one folder at its top": [{"name": "a/x"}, {"name": "b/x"}],
}


@pytest.mark.parametrize("complaint", HOSTILE)
def test_a_hostile_archive_is_refused(tmp_path: Path, complaint: str) -> None:
    """Nothing is written outside, nothing points outside, nothing odd is made."""
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        for entry in HOSTILE[complaint]:
            add(archive, **entry)  # type: ignore[arg-type]
    with pytest.raises(ArchiveError, match=complaint):
        unpack(tmp_path / "a.tar.gz", tmp_path / "out")
    assert not (tmp_path / "evil").exists()


def test_a_link_made_of_two_honest_ones_does_not_lead_out(tmp_path: Path) -> None:
    """A path through an earlier link is judged by where it really ends."""
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        add(archive, "a/deep/er", type=tarfile.DIRTYPE)
        add(archive, "a/flat", type=tarfile.SYMTYPE, linkname=".")
        add(archive, "a/flat/flat/deep/out", type=tarfile.SYMTYPE, linkname="../../../evil")
    with pytest.raises(ArchiveError, match="link out of its folder"):
        unpack(tmp_path / "a.tar", tmp_path / "out")


@pytest.mark.parametrize("last", ["a/late/evil", "a/late"])
def test_a_link_that_is_turned_later_does_not_lead_out(tmp_path: Path, last: str) -> None:
    """A link that was honest when it was made leads out once a second one exists: nothing is written, none is left."""
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        add(archive, "a/late", type=tarfile.SYMTYPE, linkname="x/../..")
        add(archive, "a/x", type=tarfile.SYMTYPE, linkname=".")
        if last != "a/late":
            add(archive, last, "words")
    with pytest.raises(ArchiveError, match=r"outside of its folder|link out of its folder: late"):
        unpack(tmp_path / "a.tar", tmp_path / "out")
    assert not (tmp_path / "evil").exists()


def test_an_endless_archive_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes are added up before anything more is written."""
    monkeypatch.setattr(archives, "MAX_BYTES", 100)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/one", "0" * 99)
        archive.writestr("a/two", "0" * 99)
    with pytest.raises(ArchiveError, match="more than"):
        unpack(tmp_path / "a.zip", tmp_path / "out")
    assert not (tmp_path / "out/a/two").exists()


def test_a_zip_archive_unpacks_too(tmp_path: Path) -> None:
    """Old releases come as zip files."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a/one/", "")
        archive.writestr("a/one/two", "words")
    assert (unpack(tmp_path / "a.zip", tmp_path / "out") / "one/two").read_text() == "words"


def test_a_broken_archive_is_said_in_a_sentence(tmp_path: Path) -> None:
    """What is no archive at all is named."""
    (tmp_path / "a.tar.gz").write_text("nonsense")
    with pytest.raises(ArchiveError, match=r"a\.tar\.gz cannot be unpacked"):
        unpack(tmp_path / "a.tar.gz", tmp_path / "out")


def test_a_tree_becomes_the_same_commit_each_time(index: Path, tmp_path: Path) -> None:
    """The repository has one commit on main that depends on the files only, and one workflow."""
    commits = []
    for name in ("one", "two"):
        tree = unpack(index / "goose-1.0.tar.gz", tmp_path / name)
        (tree / ".github/workflows").mkdir(parents=True)
        (tree / ".github/workflows/release.yml").write_text("their own")
        (tree / "goose.egg-info").mkdir()
        commits.append(as_repository(tree))
    assert commits[0] == commits[1]
    listed = ["git", "-C", str(tree), "ls-tree", "-r", "--name-only", "main"]
    files = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split()
    assert files == [".github/workflows/ci.yml", ".gitignore", "PKG-INFO", "setup.py"]
    assert "-e '.[test]' pytest" in (tree / ".github/workflows/ci.yml").read_text()
    assert job_names(ci_definition(tree)) == ("tests",)


def test_a_workflow_can_be_given(index: Path, tmp_path: Path) -> None:
    """A caller with a CI definition of their own gets it committed as it is."""
    tree = unpack(index / "goose-1.0.tar.gz", tmp_path / "out")
    sha = as_repository(tree, "on: push\njobs: {}\n")
    shown = ["git", "-C", str(tree), "show", f"{sha}:.github/workflows/ci.yml"]
    assert subprocess.run(shown, check=True, capture_output=True, text=True).stdout == "on: push\njobs: {}\n"


def test_a_real_package_passes_its_own_ci(tmp_path: Path) -> None:
    """A released package is fetched, committed and green in the playground's CI, whose log shows its suite."""
    tree = unpack(fetch_sdist("parse==1.21.1", tmp_path), tmp_path / "out")
    sha = as_repository(tree)
    result = run_workflow(tree / ".git", sha, ci_definition(tree), scratch=tmp_path)
    assert result.conclusion == "success", result.jobs[0].log
    assert "97 passed" in result.jobs[0].log
