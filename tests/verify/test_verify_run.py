"""One check, run in a workspace."""

import subprocess
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from ghapp.core.evidence import Check
from ghapp.core.ports import Completed, ModelAccess
from ghapp.verify import RepositoryVerifiers


class Folder:
    """A workspace without walls: programs run in a plain folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, command: Sequence[str], *, stdin: bytes = b"", timeout: float = 600) -> Completed:
        """Run it here."""
        done = subprocess.run(command, cwd=self.path, input=stdin, capture_output=True, check=False, timeout=timeout)
        return Completed(done.returncode, (done.stdout + done.stderr).decode(errors="surrogateescape"), 0.25)

    def launcher(
        self, program: Path, *, model: ModelAccess, variables: Mapping[str, str]
    ) -> AbstractContextManager[Path]:
        """Nothing is launched in these tests."""
        raise NotImplementedError

    def collect(self, message: str) -> Path:
        """Nothing is collected in these tests."""
        raise NotImplementedError

    def changed(self) -> bool:
        """Nothing is changed in these tests."""
        return False


def test_a_check_is_a_shell_command_whose_raw_output_is_kept(tmp_path: Path) -> None:
    """Colours, controls and bytes that are no text are in the log; the summary is clean."""
    check = Check("odd", r"printf '\033[31mred\033[0m \377\r\n' && test -n one && exit 3")
    log = tmp_path / "logs" / "odd.log"
    result = RepositoryVerifiers().run(Folder(tmp_path), check, log)
    assert log.read_bytes() == b"\x1b[31mred\x1b[0m \xff\r\n"
    assert not result.passed
    assert result.seconds == 0.25
    assert result.summary.startswith("Exit code 3.")
    assert "\x1b" not in result.summary


def test_a_check_without_a_log_is_run_too(tmp_path: Path) -> None:
    """The log is for those who want it."""
    assert RepositoryVerifiers().run(Folder(tmp_path), Check("ok", "echo fine")).summary == "fine"
