"""The builds of a followed pull request's head: looked for, kept, and shown on one card that goes with the head."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from ghapp.core import messages
from ghapp.core.builds import Build, BuildPage, BuildState
from ghapp.core.config import Config
from ghapp.core.config.pulls import Build as Entry
from ghapp.core.intents import BuildRun
from ghapp.core.ports import BuildPages, Clock, Pull
from ghapp.core.run import Run
from ghapp.flow.attempt import Attempt
from ghapp.flow.build_sight import Sight
from ghapp.flow.build_sources import Sources
from ghapp.flow.ci import NO_CI_SECONDS
from ghapp.flow.status import Status

_DAY = 86_400.0
_STALE_KEPT = 3
"""So many older builds of each name can still be opened: people have their links in mails."""
_OPEN = (BuildState.READY, BuildState.STALE)


@dataclass(frozen=True)
class FollowBuilds:
    """Follows them. The caller holds the thread's inbox. `page` makes the address of a page from its token.

    The card is written before the record, and a token is in the record before anything is kept under it: whatever is
    cut off is done once more with the same outcome.
    """

    sources: Sources
    pages: BuildPages
    status: Status
    clock: Clock
    page: Callable[[str], str]

    def look(self, attempt: Attempt, pull: Pull, config: Config) -> None:
        """Look for what is not there yet. What is of an older head is stale at once, until it is replaced.

        Pull requests of others have no builds here: what a fork holds is not for us to hand out.
        """
        if attempt.run.is_guest or not (config.builds or attempt.run.builds):
            return
        self._put(attempt, self._left(attempt.run, config.builds))
        sight = self.sources.sight(attempt.run, over=self._ci_is_over(attempt.run, config))
        found = {entry.name: self._of_head(attempt, entry, sight) for entry in config.builds}
        run = attempt.run
        self._put(attempt, [found.get(one.name, one) if one.sha == run.head_sha else one for one in run.builds])

    def asked(self, attempt: Attempt, word: BuildRun, pull: Pull, config: Config) -> str:
        """Say where they are, after another look for those that are missing; or revoke their pages."""
        run = attempt.run
        if word.revoke:
            return self._revoke(attempt)
        if run.is_guest:
            return messages.nothing_to_build()
        if not (config.builds or run.builds):
            return messages.no_builds()
        if not run.is_followed or pull.head_sha != run.head_sha:
            return messages.builds_not_looked_for(run, self.page)
        lacking = (BuildState.MISSING, BuildState.GONE)
        self._put(attempt, [self._anew(run, one.name) if one.state in lacking else one for one in run.builds])
        self.look(attempt, pull, config)
        return messages.build_lines(attempt.run, self.page)

    def _anew(self, run: Run, name: str) -> Build:
        return Build(name, run.head_sha, token=self.sources.new_key())

    def _left(self, run: Run, entries: Sequence[Entry]) -> list[Build]:
        """What is left of the builds by now, and for each entry one of the head; the older ones of a name first."""
        known = [left for one in run.builds if (left := self._aged(run, one))]
        of_head = {one.name: one for one in known if one.sha == run.head_sha}
        names = dict.fromkeys([*(entry.name for entry in entries), *(one.name for one in known)])
        wanted = {entry.name for entry in entries}
        builds: list[Build] = []
        for name in names:
            builds += [one for one in known if one.name == name and one.sha != run.head_sha][-_STALE_KEPT:]
            if name in wanted:
                builds.append(of_head.get(name) or self._anew(run, name))
            elif name in of_head and of_head[name].state is BuildState.READY:
                builds.append(of_head[name])
        return builds

    def _aged(self, run: Run, build: Build) -> Build | None:
        """Of an older commit only what can be opened is left, and of one whose time is over nothing."""
        if build.state in _OPEN and build.expires_at <= self.clock.now():
            gone = replace(build, state=BuildState.GONE, token="", reason=messages.build_page_expired())
            return gone if build.sha == run.head_sha else None
        if build.sha == run.head_sha:
            return build
        return replace(build, state=BuildState.STALE) if build.state in _OPEN else None

    def _ci_is_over(self, run: Run, config: Config) -> bool:
        """Whether all that is reported on the head has ended and stands for a while, or nothing ever was."""
        reported = [check for check in run.ci if not check.expected]
        now = self.clock.now()
        if not reported:
            return now - max(run.history[-1].at, run.quiet_since) > NO_CI_SECONDS
        return all(check.settled for check in reported) and now - run.quiet_since >= config.ci.settle

    def _of_head(self, attempt: Attempt, entry: Entry, sight: Sight) -> Build:
        build = next(one for one in attempt.run.builds if (one.name, one.sha) == (entry.name, sight.sha))
        if build.state is BuildState.GONE:
            return build
        if build.state is not BuildState.READY:
            if entry.workflow is not None and not build.workflow_run:
                build = self._started(attempt, entry.workflow, build)
                if not build.workflow_run:
                    return build
            build = self.sources.find(entry, build, sight)
        if build.state is not BuildState.READY:
            return build
        return self._kept(attempt.run, entry, build, sight)

    def _started(self, attempt: Attempt, workflow: str, build: Build) -> Build:
        """Once for each head; in the record before anything else happens, so that it is not started twice."""
        if build.state is not BuildState.WAITING:
            return build
        started = self.sources.start(attempt.run, workflow, build)
        if started.workflow_run:
            attempt.update(builds=tuple(started if one == build else one for one in attempt.run.builds))
        return started

    def _kept(self, run: Run, entry: Entry, build: Build, sight: Sight) -> Build:
        """With a page, which goes before the card, and with screenshots as soon as there are any."""
        page = self.pages.get(build.token)
        if page is not None and (page.pictures_artifact or entry.screenshots is None):
            return page.build
        pictures, artifact = self.sources.pictures(entry.screenshots, build, sight) if entry.screenshots else (0, 0)
        expires_at = build.expires_at or self.clock.now() + entry.expires * _DAY
        build = replace(build, pictures=pictures, expires_at=expires_at)
        repository = run.thread.repository
        self.pages.keep(
            BuildPage(
                token=build.token,
                repository_id=repository.id,
                full_name=repository.full_name,
                installation=repository.installation,
                pull=run.pull or 0,
                changed=messages.in_one_line(run),
                build=build,
                wanted=entry.artifact or "",
                pictures_artifact=artifact,
            )
        )
        return build

    def _revoke(self, attempt: Attempt) -> str:
        """Those of older commits, too: their pages live on until they expire."""
        run = attempt.run
        count = sum(one.state in _OPEN for one in run.builds) or sum(one.state is BuildState.GONE for one in run.builds)
        revoked = [one for one in run.builds if one.state is not BuildState.STALE]
        self._put(attempt, [_revoked(one) if one.state is BuildState.READY else one for one in revoked])
        return messages.builds_revoked(count)

    def _put(self, attempt: Attempt, builds: Iterable[Build]) -> None:
        """Show them, close the pages of those that are left out, and record them; the chat is told of the record."""
        before, after = attempt.run.builds, tuple(builds)
        if before == after:
            return
        if any(one.state is not BuildState.WAITING for one in (*before, *after)):
            self._show(replace(attempt.run, builds=after))
        for one in after:
            if one.state is BuildState.STALE and one not in before:
                self._mark_stale(one)
        kept = {one.token for one in after}
        for one in before:
            if one.state in _OPEN and one.token not in kept:
                self.pages.revoke(one.token)
        attempt.update(builds=after)
        self.status.show_builds(attempt.run)

    def _mark_stale(self, build: Build) -> None:
        page = self.pages.get(build.token)
        if page is not None:
            self.pages.keep(replace(page, build=build))

    def _show(self, run: Run) -> None:
        """On the pull request: one card, edited in place, from when it tells something."""
        self.status.comment(run.place, messages.build_card(run, self.page), messages.marker(run.id, "builds"))


def _revoked(build: Build) -> Build:
    return replace(build, state=BuildState.GONE, token="", reason=messages.page_revoked())
