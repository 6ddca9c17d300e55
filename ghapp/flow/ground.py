"""The ground that work stands on: what the base commit says of itself, its template, and the work that was kept."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ghapp.core import messages
from ghapp.core.config import PATH, Config
from ghapp.core.errors import UserError
from ghapp.core.events import Repository
from ghapp.core.evidence import Check
from ghapp.core.ports import Conversations, GitStore, Prepared, Sandbox, Verifiers
from ghapp.core.run import Run
from ghapp.flow.context import Files, Gathered, advice_of
from ghapp.flow.host import Journal


@dataclass(frozen=True)
class Ground:
    """Where the work starts: the base commit, what the repository says of itself, its template, and the context."""

    repository: Repository
    mirror: Path
    base: str
    config: Config
    checks: tuple[Check, ...]
    advice: dict[str, str]
    prepared: Prepared
    gathered: Gathered


@dataclass(frozen=True)
class Grounds:
    """Prepares it. `gather` looks up what a request names."""

    git: GitStore
    sandbox: Sandbox
    verifiers: Verifiers
    gather: Callable[[Run, Files], Gathered]
    conversations: Conversations

    def config(self, repository: Repository, base: str) -> Config:
        """The repository's config as of a commit."""
        return _config_of(self.git.files(repository, base))

    def prepare(self, journal: Journal, repository: Repository, base: str) -> Ground:
        """Read what the base commit says of itself, and make its template."""
        files = self.git.files(repository, base)
        config = _config_of(files)
        setup = self.verifiers.setup(files) if config.setup is None else config.setup
        checks = self.verifiers.checks(files) if config.verify is None else config.checks
        advice, gathered = advice_of(journal.run.request, files), self._gathered(journal, files)
        mirror = self.git.mirror(repository)
        prepared = self.sandbox.prepare(mirror, base, setup, config.egress)
        how = "reused" if prepared.reused else "made"
        journal.tell("note", f"the template of {base[:9]} is {how}: {' && '.join(setup)[:300] or 'no set-up'}")
        if prepared.failed:
            journal.note("A set-up command failed; the checks may lack what it should have installed.")
            journal.tell("note", prepared.log[-2_000:])
        if prepared.refused:
            journal.note(messages.setup_refused(prepared.refused))
        return Ground(repository, mirror, base, config, tuple(checks), advice, prepared, gathered)

    def _gathered(self, journal: Journal, files: Files) -> Gathered:
        """What the request names, looked up before the first turn; a conversation that goes on has it already."""
        if self.conversations.lines(journal.run.id):
            return Gathered()
        gathered = self.gather(journal.run, files)
        for note in gathered.notes:
            journal.tell("note", note)
        if gathered.text:
            journal.tell("context", gathered.text)
        return gathered

    def restore(self, journal: Journal, repository: Repository) -> str | None:
        """The commit of the work that was kept, in this machine's mirror; None when there is none."""
        work = self.conversations.work(journal.run.id)
        if not work:
            return None
        with tempfile.NamedTemporaryFile(prefix="honk-work-") as file:
            file.write(work)
            file.flush()
            try:
                return self.git.import_bundle(repository, Path(file.name), journal.run.id)
            except UserError as error:
                journal.note(f"The work that was kept cannot be used: {error}")
                return None


def _config_of(files: Files) -> Config:
    return Config.parse(files[PATH]() if PATH in files else None)
