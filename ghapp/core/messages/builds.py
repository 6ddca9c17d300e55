"""What is said of builds: the card under each push, and why one is missing."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from ghapp.core.builds import Build, BuildKind, BuildState
from ghapp.core.disarm import inline
from ghapp.core.messages.words import coded, fit, marker
from ghapp.core.run import Run

_LINK = re.compile(r"https?://[\w./?=&%:#~+-]{1,500}")
_MAX_NAMES, _MAX_PICTURES, _MAX_CHANGED = 5, 4, 200
_DO = {BuildKind.ANDROID: "Install", BuildKind.IOS: "Install", BuildKind.WEB: "Open", BuildKind.FILE: "Download"}

Page = Callable[[str], str]
"""The address of a build's page, from its token."""


# --- the card -------------------------------------------------------------------------------------------------------


def build_card(run: Run, page: Page) -> str:
    """The comment on the pull request, which is edited in place: each build of the head, and what is left of before."""
    head = f"{marker(run.id, 'builds')}\n{_heading(run)}"
    return fit([head, *(f"{_line(run, build, page)}{_seen(build, page)}" for build in _current(run))])


def build_lines(run: Run, page: Page) -> str:
    """The same in a few lines of Markdown, without pictures."""
    return "\n".join([_heading(run), *(_line(run, build, page) for build in _current(run))])


def in_one_line(run: Run) -> str:
    """What the head changed, as plain text."""
    if run.head_sha and run.published and run.head_sha not in run.published:
        said = f"a push by hand, for: {run.request.title}"
    else:
        said = next((line for line in _told(run).splitlines() if line.strip()), run.request.title)
    line = " ".join(said.split())
    return line if len(line) <= _MAX_CHANGED else f"{line[: _MAX_CHANGED - 1]}…"


def _told(run: Run) -> str:
    return run.report.summary if run.report else ""


def _heading(run: Run) -> str:
    return f"**{coded(run.head_sha[:9])}** · {inline(in_one_line(run))}"


def _current(run: Run) -> list[Build]:
    """One of each name: that of the head, or else what is left of before."""
    of_the_head = {one.name: one for one in run.builds if one.sha == run.head_sha}
    return list({one.name: of_the_head.get(one.name, one) for one in run.builds}.values())


def _line(run: Run, build: Build, page: Page) -> str:
    name = f"**{inline(build.name)}**"
    match build.state:
        case BuildState.READY:
            link = f"[{_DO[build.kind]} {inline(build.name)}]({page(build.token)})"
            return " · ".join(filter(None, (f"✅ **{link}**", *_facts(build))))
        case BuildState.WAITING:
            older = _older(run, build, page)
            return f"⏳ {name}: {f'a newer commit is being built. {older}' if older else 'it is being built.'}"
        case BuildState.STALE:
            return f"⏳ {name}: {_before(build, page)}"
        case _:
            return f"❌ {name}: {build.reason} {_older(run, build, page)}".rstrip()


def _facts(build: Build) -> tuple[str, ...]:
    """What it is, how large, and for how long."""
    titled = inline(" ".join(filter(None, (build.title, build.version))))
    until = datetime.fromtimestamp(build.expires_at, UTC)
    return (
        titled or (coded(build.file) if build.file else ""),
        _size(build.size) if build.size else "",
        f"until {until.day} {until:%b}",
    )


def _older(run: Run, build: Build, page: Page) -> str:
    before = [one for one in run.builds if one.name == build.name and one.state is BuildState.STALE]
    return _before(before[-1], page) if before else ""


def _before(build: Build, page: Page) -> str:
    return f"[The build of `{build.sha[:9]}`]({page(build.token)}) is stale."


def _seen(build: Build, page: Page) -> str:
    """The code that a phone reads from a screen, and screenshots, which lead to the page."""
    if build.state is not BuildState.READY:
        return ""
    at = page(build.token)
    pictures = "".join(
        f'<a href="{at}"><img src="{at}/screenshots/{number}" width="90" alt="Screenshot {number + 1}"></a> '
        for number in range(min(build.pictures, _MAX_PICTURES))
    )
    return "".join(f"\n\n{one}" for one in (f"![QR]({at}/page/qr.png)", pictures.rstrip()) if one)


def _size(size: int) -> str:
    """`340 kB`, `3.4 MB`."""
    if size < 1_000_000:
        return f"{max(1, round(size / 1_000))} kB"
    return f"{size / 1_000_000:.1f} MB"


# --- why there is none ----------------------------------------------------------------------------------------------


def ci_is_over(failing: Sequence[str]) -> str:
    """How the next sentence begins."""
    return f"CI failed ({_named(failing)})" if failing else "CI is over"


def workflow_is_over(workflow: str) -> str:
    """The same, of the workflow that was started for it."""
    return f"the workflow {coded(workflow)} is over"


def no_archive(over: str, pattern: str, names: Sequence[str]) -> str:
    """Who should have made it is over, and left nothing that fits."""
    left = f" There is {_named(names)}." if names else " It left no artifact at all."
    return f"{over} and left nothing that fits {coded(pattern)}.{left}"


def archive_expired(name: str) -> str:
    """GitHub deleted it."""
    return f"the artifact {coded(name)} has expired at GitHub. Run its workflow again, then say `/honk build`."


def archive_too_large(name: str, size: int, most: int) -> str:
    """It is over the operator's limit."""
    return f"the artifact {coded(name)} has {_size(size)}, and at most {_size(most)} are fetched."


def archive_refused(name: str, sentence: str) -> str:
    """The archive was looked into, and not taken."""
    return f"the artifact {coded(name)} is not taken: {_sentence(sentence)}"


def source_refused(sentence: str) -> str:
    """GitHub does not let us look."""
    return f"I could not look for it: {_sentence(sentence)}"


def workflow_refused(workflow: str, sentence: str) -> str:
    """The workflow could not be started."""
    return f"the workflow {coded(workflow)} was not started: {_sentence(sentence)}"


def workflow_gives_none(workflow: str, state: str, url: str) -> str:
    """The workflow that was started for it ended badly."""
    return f"the workflow {coded(workflow)} ended as {coded(_words(state))}.{_at(url)}"


def deployment_gives_none(environment: str, state: str, url: str, known: Sequence[str]) -> str:
    """There is no deployment to be opened; `state` is that of the one there is."""
    if state == "success":
        return f"the deployment to {coded(environment)} names no address."
    if state:
        return f"the deployment to {coded(environment)} ended as {coded(_words(state))}.{_at(url)}"
    others = f" It was deployed to {_named(known)}." if known else ""
    return f"nothing was deployed to {coded(environment)}.{others}"


def check_gives_none(pattern: str, failing: Sequence[str], passed: Sequence[str]) -> str:
    """No check that fits leads to a preview."""
    if failing:
        return f"the check {_named(failing)} failed."
    if passed:
        return f"the check {_named(passed)} names no address."
    return f"no check reports that fits {coded(pattern)}."


def page_revoked() -> str:
    """Somebody said so."""
    return "its page was revoked. `/honk build` makes a new one."


def build_page_expired() -> str:
    """Its time is over."""
    return "its page has expired. `/honk build` makes a new one."


def _words(state: str) -> str:
    return state.replace("_", " ")


def _sentence(text: str) -> str:
    said = inline(text.strip())
    return said if said.endswith((".", "!", "?")) else f"{said}."


def _at(url: str) -> str:
    return f" [See it]({url})." if _LINK.fullmatch(url) else ""


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return ", ".join(map(coded, names[:_MAX_NAMES])) + more


# --- answers --------------------------------------------------------------------------------------------------------


def no_builds() -> str:
    """Build, where the config names none."""
    return "No builds are named here: `builds:` in `.github/honk.yml` says where they come from."


def nothing_to_build() -> str:
    """Build without a pull request of ours."""
    return "I have no pull request here. I show the builds of those that I made."


def builds_not_looked_for(run: Run, page: Page) -> str:
    """The answer to build, while the run does not wait for its pull request."""
    return f"{build_lines(run, page)}\n\nI look for builds while the pull request is open and nobody is at work on it."


def builds_revoked(count: int) -> str:
    """The answer to revoke."""
    if not count:
        return "There is no page to revoke."
    pages = "The page is" if count == 1 else f"All {count} pages are"
    return f"{pages} revoked, and opens for nobody any more. The next push or `/honk build` makes another."
