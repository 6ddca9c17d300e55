"""The builds of a followed pull request's head: looked for, kept, and shown on one card that goes with the head."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ghapp.core import messages
from ghapp.core.builds import Build, BuildPage, BuildState
from ghapp.core.config import Config
from ghapp.core.config.pulls import Build as Entry
from ghapp.core.intents import BuildRun
from ghapp.core.ports import BuildPages, Clock, Issues, Pull
from ghapp.core.run import Run
from ghapp.flow.attempt import Attempt
from ghapp.flow.build_sources import Sources
from ghapp.flow.status import Status

_DAY = 86_400.0


@dataclass(frozen=True)
class FollowBuilds:
    """Follows them. The caller holds the thread's inbox. `page` makes the address of a page from its token."""

    sources: Sources
    pages: BuildPages
    issues: Issues
    status: Status
    clock: Clock
    page: Callable[[str], str]

    def look(self, attempt: Attempt, pull: Pull, config: Config) -> None:
        """Look for what is not there yet. What is of an older head is stale from now on, until it is replaced."""
        if not config.builds:
            return
        found = [self._of_head(attempt.run, entry, pull) for entry in config.builds]
        builds = (*self._stale(attempt.run, found), *found)
        if builds != attempt.run.builds:
            attempt.update(builds=builds)
            self._show(attempt.run)

    def asked(self, attempt: Attempt, word: BuildRun, pull: Pull, config: Config) -> str:
        """Say where they are, after another look at those that are missing; or revoke their pages."""
        run = attempt.run
        if word.revoke:
            return self._revoke(attempt)
        if not config.builds:
            return messages.no_builds()
        again = tuple(one for one in run.builds if one.state is not BuildState.MISSING)
        if again != run.builds:
            attempt.update(builds=again)
        self.look(attempt, pull, config)
        return messages.build_lines(attempt.run, self.page)

    def _revoke(self, attempt: Attempt) -> str:
        """Also of builds that are stale: their pages live on until they expire."""
        tokens = [one.token for one in attempt.run.builds if one.token]
        for token in tokens:
            self.pages.revoke(token)
        gone = tuple(
            replace(one, state=BuildState.MISSING, token="", reason=messages.page_revoked())
            for one in attempt.run.builds
            if one.sha == attempt.run.head_sha
        )
        if tokens:
            attempt.update(builds=gone)
            self._show(attempt.run)
        return messages.builds_revoked(len(tokens))

    def _of_head(self, run: Run, entry: Entry, pull: Pull) -> Build:
        known = next((one for one in run.builds if one.name == entry.name and one.sha == run.head_sha), None)
        if known is not None and known.state is BuildState.READY:
            return known
        if known is not None and known.reason == messages.page_revoked():
            return known
        now = self.clock.now()
        found = self.sources.find(run, entry, known or Build(entry.name, run.head_sha, since=now))
        if found.state is not BuildState.READY:
            return found
        pictures, artifact = self.sources.screenshots(run, entry, found.token)
        ready = replace(found, pictures=pictures, expires_at=now + entry.expires * _DAY)
        self._keep(run, pull, ready, entry.artifact or "", artifact)
        return ready

    def _keep(self, run: Run, pull: Pull, build: Build, wanted: str, pictures: int) -> None:
        """The page goes before the record: what the record shows can be opened."""
        repository = run.thread.repository
        self.pages.keep(
            BuildPage(
                token=build.token,
                repository_id=repository.id,
                full_name=repository.full_name,
                installation=repository.installation,
                pull=pull.number,
                changed=messages.in_one_line(run),
                build=build,
                wanted=wanted,
                pictures_artifact=pictures,
            )
        )

    def _stale(self, run: Run, found: list[Build]) -> tuple[Build, ...]:
        """The newest build of before of each name that has none of the head yet, and its page says so."""
        wanted = {one.name for one in found if one.state is not BuildState.READY}
        before = {one.name: one for one in run.builds if one.sha != run.head_sha and one.token}
        return tuple(self._made_stale(one) for name, one in before.items() if name in wanted)

    def _made_stale(self, build: Build) -> Build:
        if build.state is BuildState.STALE:
            return build
        stale = replace(build, state=BuildState.STALE)
        if (page := self.pages.get(build.token)) is not None:
            self.pages.keep(replace(page, build=stale))
        return stale

    def _show(self, run: Run) -> None:
        """On the pull request and in the chat: one card, edited in place."""
        card = messages.build_card(run, self.page)
        self.issues.write_comment(run.place, card, marker=messages.marker(run.id, "builds"))
        self.status.show_builds(run)
