"""The port `Verifiers`: a repository's own checks, run in a workspace."""

from pathlib import Path

from ghapp.core.evidence import Check, CheckResult
from ghapp.core.ports import Workspace
from ghapp.verify import detect
from ghapp.verify.distil import distil
from ghapp.verify.repository import Files, Tree


class RepositoryVerifiers:
    """`timeout` is in seconds, for one check."""

    def __init__(self, timeout: float = 1200) -> None:
        self._timeout = timeout

    def setup(self, files: Files) -> tuple[str, ...]:
        """The commands that prepare an environment for these files; they write below `/env` and the tree's root."""
        return detect.setup(Tree(files))

    def checks(self, files: Files) -> tuple[Check, ...]:
        """The checks that these files declare; none is an answer too."""
        return detect.checks(Tree(files))

    def run(self, workspace: Workspace, check: Check, log: Path | None = None) -> CheckResult:
        """Run one check; what it printed is kept at `log`, byte for byte as far as the workspace kept it."""
        done = workspace.run(["bash", "-c", check.command], timeout=self._timeout)
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text(done.output, encoding="utf-8", errors="surrogateescape", newline="")
        return distil(done)
