"""Where the build of a commit is: in an artifact of CI, at a deployment's address, or at a check's."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ghapp.core import checks as ci
from ghapp.core import messages
from ghapp.core.builds import Build, BuildKind, BuildState, fits
from ghapp.core.config.pulls import Build as Entry
from ghapp.core.errors import UserError
from ghapp.core.ports import Artifact, Artifacts, Deployments, Shelf
from ghapp.core.run import Run


@dataclass(frozen=True)
class Sources:
    """Looks for builds. `most` is in bytes; `new_key` makes the unguessable part of a page's address."""

    artifacts: Artifacts
    deployments: Deployments
    shelf: Shelf
    new_key: Callable[[], str]
    most: int

    def find(self, run: Run, entry: Entry, build: Build) -> Build:
        """The build of the run's head as far as it is known now: ready, missing with its reason, or still waited for.

        An archive that was refused is not fetched again; what else is missing may still come.
        """
        try:
            if entry.artifact is not None:
                return self._in_artifact(run, entry, build)
            if entry.deployment is not None:
                return self._at_deployment(run, entry.deployment, build)
            return self._at_check(run, entry.check or "", build)
        except UserError as error:
            return _missing(build, messages.source_refused(str(error)))

    def screenshots(self, run: Run, entry: Entry, token: str) -> tuple[int, int]:
        """Screenshots that came with it: how many, and the artifact that they were in (0: none)."""
        if entry.screenshots is None:
            return 0, 0
        rows = self.artifacts.on(run.thread.repository, run.head_sha)
        found = next((one for one in rows if fits(entry.screenshots, one.name) and not one.expired), None)
        if found is None:
            return 0, 0
        fetch = self._fetch(run, found)
        try:
            return self.shelf.take_pictures(token, fetch), found.id
        except UserError:  # the build itself is there, and matters more
            return 0, 0

    def _in_artifact(self, run: Run, entry: Entry, build: Build) -> Build:
        build = self._started(run, entry, build)
        if build.state is BuildState.MISSING and not build.artifact and entry.workflow and not build.workflow_run:
            return build
        rows = self.artifacts.on(run.thread.repository, run.head_sha)
        wanted = entry.artifact or ""
        named = [one for one in rows if fits(wanted, one.name)]
        over = self._is_over(run, build)
        others = [one for one in rows if not fits(entry.screenshots or "", one.name)] if over else []
        for one in named[:1] or others:
            if build.artifact == one.id:
                return build
            taken = self._taken(run, wanted, replace(build, artifact=one.id), one)
            if one in named or (taken.state is BuildState.READY and fits(wanted, taken.file)):
                return taken
        if not over:
            return replace(build, state=BuildState.WAITING, reason="")
        return self._not_left(run, entry, build, [one.name for one in rows])

    def _started(self, run: Run, entry: Entry, build: Build) -> Build:
        """Once for each head; GitHub's refusal is its reason."""
        if entry.workflow is None or build.workflow_run:
            return build
        try:
            number = self.deployments.dispatch(run.thread.repository, entry.workflow, run.branch, {})
        except UserError as error:
            return _missing(build, messages.workflow_refused(entry.workflow, str(error)))
        return replace(build, workflow_run=number, state=BuildState.WAITING, reason="")

    def _is_over(self, run: Run, build: Build) -> bool:
        if build.workflow_run:
            return self.deployments.read_run(run.thread.repository, build.workflow_run).over
        return ci_is_over(run)

    def _taken(self, run: Run, wanted: str, build: Build, one: Artifact) -> Build:
        if one.expired:
            return _missing(build, messages.archive_expired(one.name))
        if one.size > self.most:
            return _missing(build, messages.archive_too_large(one.name, one.size, self.most))
        token = self.new_key()
        try:
            taken = self.shelf.take(token, wanted, self._fetch(run, one))
        except UserError as error:
            return _missing(build, messages.archive_refused(one.name, str(error)))
        return replace(
            build,
            state=BuildState.READY,
            reason="",
            token=token,
            kind=taken.kind,
            file=taken.file,
            size=taken.size,
            title=taken.title,
            identifier=taken.identifier,
            version=taken.version,
        )

    def _fetch(self, run: Run, one: Artifact) -> Callable[..., None]:
        return lambda to: self.artifacts.fetch(run.thread.repository, one.id, to, self.most)

    def _not_left(self, run: Run, entry: Entry, build: Build, names: list[str]) -> Build:
        if entry.workflow is not None and build.workflow_run:
            ended = self.deployments.read_run(run.thread.repository, build.workflow_run)
            if ended.failed:
                return _missing(build, messages.workflow_gives_none(entry.workflow, ended.state, ended.url))
        return _missing(build, messages.no_archive(entry.artifact or "", names, ci.judge(run.ci).failing))

    def _at_deployment(self, run: Run, environment: str, build: Build) -> Build:
        rows = self.deployments.of(run.thread.repository, run.head_sha)
        one = next((one for one in rows if one.environment == environment), None)
        if one is not None and one.state == "success" and _is_address(one.url):
            return self._at(build, one.url)
        if one is not None and (one.failed or one.state == "success"):
            return _missing(build, messages.deployment_gives_none(environment, one.state, one.url, ()))
        if one is not None or not ci_is_over(run):
            return replace(build, state=BuildState.WAITING, reason="")
        known = [each.environment for each in rows]
        return _missing(build, messages.deployment_gives_none(environment, "", "", known))

    def _at_check(self, run: Run, pattern: str, build: Build) -> Build:
        meant = [check for check in run.ci if fits(pattern, check.name) and not check.expected]
        if found := next((check for check in meant if check.passed and _is_address(check.url)), None):
            return self._at(build, found.url)
        if not ci_is_over(run):
            return replace(build, state=BuildState.WAITING, reason="")
        failing = [check.name for check in meant if check.failed]
        return _missing(
            build, messages.check_gives_none(pattern, failing, [check.name for check in meant if check.passed])
        )

    def _at(self, build: Build, url: str) -> Build:
        return replace(
            build, state=BuildState.READY, reason="", kind=BuildKind.WEB, url=url, token=build.token or self.new_key()
        )


def ci_is_over(run: Run) -> bool:
    """Whether all that is reported on the head has ended, as far as the record knows."""
    return bool(run.ci) and all(check.settled for check in run.ci)


def _missing(build: Build, reason: str) -> Build:
    return replace(build, state=BuildState.MISSING, reason=reason)


def _is_address(url: str) -> bool:
    return url.startswith(("https://", "http://"))
