"""The operator's `.env` keeps what it has, and nobody else reads it."""

import stat
from pathlib import Path

import pytest
from dotenv import dotenv_values

from ghapp.cli.env_file import differences, write
from ghapp.core.errors import UserError

BEFORE = '# mine\nA=1\nexport B="two words"\n\nKEY="-----BEGIN\nA=inside\n-----END"\nA_LAST=x'


@pytest.fixture
def env(tmp_path: Path) -> Path:
    """A file with a comment, an export, a value of several lines, and no line end at its end."""
    path = tmp_path / ".env"
    path.write_text(BEFORE)
    path.chmod(0o644)
    return path


def test_other_lines_are_kept(env: Path) -> None:
    """One line is changed, one is added at the end, and all others stay as they were written."""
    write(env, {"A": "3", "NEW": "xoxb-1"})
    assert env.read_text() == BEFORE.replace("A=1\n", "A=3\n") + "\nNEW=xoxb-1\n"
    assert dotenv_values(env)["KEY"] == "-----BEGIN\nA=inside\n-----END"


def test_only_the_owner_reads_it(env: Path, tmp_path: Path) -> None:
    """A file that was open to others is closed, and a new one begins closed; nothing else is left in the folder."""
    new = tmp_path / "other.env"
    for path in (env, new):
        write(path, {"A": "s3cret"})
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env", "other.env"]


def test_a_link_stays_a_link(env: Path, tmp_path: Path) -> None:
    """What it leads to is changed."""
    link = tmp_path / "link.env"
    link.symlink_to(env)
    write(link, {"A": "3"})
    assert link.is_symlink()
    assert dotenv_values(env)["A"] == "3"


def test_the_differences_are_named(env: Path) -> None:
    """New, changed, emptied; what is the same already is not named."""
    values = {"A": "1", "B": "other", "A_LAST": "", "NEW": "n", "NOTHING": ""}
    assert differences(env, values) == {"B": "changed", "A_LAST": "emptied", "NEW": "new"}
    assert differences(env.with_name("none"), {"A": "1"}) == {"A": "new"}


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A folder of that name; nothing is left beside it."""
    (tmp_path / ".env").mkdir()
    with pytest.raises(UserError, match="cannot be written"):
        write(tmp_path / ".env", {"A": "1"})
    assert [path.name for path in tmp_path.iterdir()] == [".env"]
