"""Gets builds from where they are: archives are fetched to the shelf, and workflows are started that make them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from ghapp.core import messages
from ghapp.core.builds import Build, BuildKind, BuildState, fits
from ghapp.core.config.pulls import Build as Entry
from ghapp.core.errors import UserError
from ghapp.core.ports import Artifact, Artifacts, Deployments, Shelf, Taken
from ghapp.core.run import Run
from ghapp.flow import build_sight as sights
from ghapp.flow.build_sight import Archives, Nothing, Preview, Sight, Source

_MOST_REASONS = 2


@dataclass(frozen=True)
class Sources:
    """Gets them. `most` is in bytes; `new_key` makes the unguessable part of a page's address."""

    artifacts: Artifacts
    deployments: Deployments
    shelf: Shelf
    new_key: Callable[[], str]
    most: int

    def sight(self, run: Run, *, over: bool) -> Sight:
        """What there is on the head; `over`: CI is through with it."""
        return Sight(run.thread.repository, run.head_sha, run.ci, over, self.artifacts, self.deployments)

    def start(self, run: Run, workflow: str, build: Build) -> Build:
        """Start the workflow that makes it. GitHub's refusal is why it is missing."""
        try:
            number = self.deployments.dispatch(run.thread.repository, workflow, run.branch, {})
        except UserError as error:
            return _missing(build, messages.workflow_refused(workflow, str(error)))
        return replace(build, workflow_run=number)

    def find(self, entry: Entry, build: Build, sight: Sight) -> Build:
        """The build as far as it is known now: ready, missing with its reason, or still waited for.

        An archive that was refused is not fetched again; what is missing otherwise may still come.
        """
        try:
            source = self._source(entry, build, sight)
            if isinstance(source, Archives):
                build = self._tried(entry.artifact or "", build, sight, source.candidates)
                if build.state is BuildState.READY:
                    return build
                source = self._source(entry, build, sight)
        except UserError as error:
            return _missing(build, messages.source_refused(str(error)))
        match source:
            case Preview(url):
                return replace(build, state=BuildState.READY, kind=BuildKind.WEB, url=url, reason="")
            case Nothing(reason) if reason:
                return _missing(build, reason)
            case _:
                return replace(build, state=BuildState.WAITING)

    def pictures(self, pattern: str, build: Build, sight: Sight) -> tuple[int, int]:
        """How many screenshots came with it, and the artifact that they were in (0 while there is none).

        A bad one leaves none: the build itself matters more.
        """
        try:
            found = sights.pictures_in(pattern, sight, self.most)
        except UserError:
            found = None
        if found is None:
            return 0, 0
        try:
            return self.shelf.take_pictures(build.token, self._fetch(sight, found)), found.id
        except UserError:
            return 0, found.id

    def _source(self, entry: Entry, build: Build, sight: Sight) -> Source:
        if entry.check is not None:
            return sights.of_check(entry.check, sight)
        if entry.deployment is not None:
            return sights.of_deployment(entry.deployment, sight)
        if entry.workflow is not None:
            return sights.of_workflow(entry.workflow, entry.artifact or "", build, sight, self.most)
        return sights.of_ci(entry.artifact or "", build, sight, self.most)

    def _tried(self, pattern: str, build: Build, sight: Sight, candidates: tuple[Artifact, ...]) -> Build:
        """Ready from the first that has it, or else why none has it; the newest is remembered then.

        The shelf takes the only file of an archive whatever its name is, so an archive that was not named must have one
        that fits.
        """
        reasons = []
        for one in candidates:
            try:
                taken = self.shelf.take(build.token, pattern, self._fetch(sight, one))
            except UserError as error:
                reasons.append(messages.archive_refused(one.name, str(error)))
                continue
            if fits(pattern, one.name) or fits(pattern, taken.file):
                return _ready(build, taken, one.id)
            build = replace(build, token=self.new_key())  # the other's place on the shelf is taken
        newest = max(build.artifact, *(one.id for one in candidates))
        return replace(build, artifact=newest, reason=" ".join(reasons[:_MOST_REASONS]))

    def _fetch(self, sight: Sight, one: Artifact) -> Callable[..., str | None]:
        return partial(self.artifacts.fetch, sight.repository, one.id, most=self.most)


def _ready(build: Build, taken: Taken, artifact: int) -> Build:
    return replace(
        build,
        state=BuildState.READY,
        reason="",
        artifact=artifact,
        kind=taken.kind,
        file=taken.file,
        size=taken.size,
        title=taken.title,
        identifier=taken.identifier,
        version=taken.version,
    )


def _missing(build: Build, reason: str) -> Build:
    return replace(build, state=BuildState.MISSING, reason=reason)
