"""Context first: what the request names is looked up by the host, before a turn of the model is spent on it.

Only words of people who may write to the repository are passed on, each with its source, within a cap for each part. A
part that cannot be had is a note; it never ends the run.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ghapp.core import context
from ghapp.core.errors import Gone, TransientError, UserError
from ghapp.core.events import Actor, Repository, Thread
from ghapp.core.evidence import CheckResult
from ghapp.core.ports import Checks, Comment, Completed, Image, Issue, Issues, JobLog, Repositories
from ghapp.core.rights import TO_STEER
from ghapp.core.run import Request, Run
from ghapp.flow.album import Album

Files = Mapping[str, Callable[[], bytes]]

ADVICE = ("AGENTS.md", "CLAUDE.md")
MAX_ADVICE = 32_768  # bytes of one file
MAX_ADVICE_FILES = 12

MAX_LINKED, MAX_LOGS, MAX_FILES, MAX_OWNERS, MAX_SIMILAR = 10_000, 8_000, 10_000, 1_000, 3_000
"""Characters of each part: 32,000 together, which is about 8,000 tokens."""

_MAX_BODY, _MAX_COMMENT, _MAX_EXCERPT, _MAX_BRIEF = 4_000, 1_000, 3_000, 400
_LEAST = 200  # less of a piece says nothing
_COMMENTS = 5
_SIMILAR = 3
_CODEOWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")


@dataclass(frozen=True)
class Gathered:
    """What was found: a text for the prompt, the request's pictures, and a sentence about each part that is missing."""

    text: str = ""
    images: tuple[Image, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Context:
    """Looks up what requests name. `distil` makes of a long log the lines that explain it.

    `album` has the pictures of the talk in which a run was asked for, where there is a chat.
    """

    issues: Issues
    checks: Checks
    repositories: Repositories
    distil: Callable[[Completed], CheckResult]
    album: Album | None = None

    def gather(self, run: Run, files: Files) -> Gathered:
        """What the run's request names. `files` are those of the base commit. Raises nothing that a port raises."""
        look = _Look(self, run, files, _text_of(run.request))
        parts = {
            "What the request links": look.linked,
            "The logs that the request links": look.logs,
            "The files that the request names": look.named_files,
            "Similar issues": look.similar,
        }
        texts = [look.tried(name, part) for name, part in parts.items()]
        look.tried("The pictures of the request", look.pictures)
        look.tried("The pictures of the talk", look.album)
        text = "\n\n".join(filter(None, texts)).encode("utf-8", "replace").decode()
        return Gathered(text, tuple(look.images), tuple(look.notes))


def advice_of(request: Request, files: Files) -> dict[str, str]:
    """The repository's AGENTS.md and CLAUDE.md that hold for what the request names, by path: the root's always."""
    named = [place.path for place in context.files_named(_text_of(request), files)]
    paths = context.advice_paths(files, named, ADVICE)[:MAX_ADVICE_FILES]
    return {path: files[path]()[:MAX_ADVICE].decode("utf-8", "replace") for path in paths}


def about_files(request: Request, files: Files) -> str:
    """What the files hold that the request names, and whose they are; for a run that has no GitHub, too."""
    places = context.files_named(_text_of(request), files)
    told = _fitting((_excerpt(place, files) for place in places), MAX_FILES)
    owned = _owned([place.path for place in places], files)
    return "\n\n".join(filter(None, [told, owned]))


@dataclass
class _Look:
    """One gathering: what it has asked already, and what it could not have."""

    world: Context
    run: Run
    files: Files
    text: str
    notes: list[str] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    _trusted: dict[int, bool] = field(default_factory=dict)
    _author: Actor | None = None

    @property
    def _here(self) -> Repository:
        return self.run.thread.repository

    def tried(self, name: str, part: Callable[[], str]) -> str:
        """The part, or nothing and a note."""
        try:
            return part()
        except (UserError, TransientError) as error:
            self.notes.append(f"{name} could not be looked up: {error}")
            return ""

    def linked(self) -> str:
        """Issues and pull requests, with what trusted people say on them."""
        numbers = context.threads_named(self.text, self._here.full_name, self.run.thread.number)
        return _fitting((self._thread(number) for number in numbers), MAX_LINKED)

    def _thread(self, number: int) -> str:
        thread = Thread(self._here, number)
        try:
            issue = self.world.issues.read(thread)
            if issue.number != number:  # GitHub leads on to where it was moved, and not everybody here may look there
                return ""
            comments = self.world.issues.comments(thread)
        except Gone:  # `#12` is not always an issue
            return ""
        if not self._may_speak(issue.text.author, issue.updated_at):
            self.notes.append(f"#{number} is left out: its author cannot write to this repository.")
            return ""
        told = [context.quoted(f"Title: {_line(issue.text.title)}\n\n{issue.text.body}", _MAX_BODY)]
        heard = [one for one in comments if self._may_speak(one.author, one.updated_at)]
        told += map(_comment, heard[-_COMMENTS:])
        kind = "Pull request" if issue.is_pull else "Issue"
        return "\n".join([f"{kind} #{number}, {_state(issue)}, by {issue.text.author.login}:", *told])

    def logs(self) -> str:
        """Why the checks failed whose pages are linked."""
        links = context.runs_named(self.text, self._here.full_name)
        found = [log for link in links for log in self._logs_of(link)]
        return _fitting(map(self._log, found), MAX_LOGS)

    def _logs_of(self, link: context.RunLink) -> Sequence[JobLog]:
        try:
            checks = self.world.checks
            return [checks.log(self._here, link.id)] if link.is_job else checks.logs(self._here, link.id)
        except Gone:
            self.notes.append("A log that the request links is not there any more.")
            return ()

    def _log(self, log: JobLog) -> str:
        if log.from_fork:
            self.notes.append(f"The log of the check {_line(log.name)} is left out: it ran what a fork holds.")
            return ""
        failed = self.world.distil(Completed(1, log.text, 0.0))
        return (
            f"Check {_line(log.name)} ended with {_line(log.conclusion)}:\n{context.quoted(failed.summary, MAX_LOGS)}"
        )

    def named_files(self) -> str:
        """Places in the code."""
        return about_files(self.run.request, self.files)

    def similar(self) -> str:
        """Closed issues of trusted people that have the title's rarest words, with the last word on each."""
        words = context.search_words(self.run.request.title)
        found = self.world.issues.similar(self._here, words)
        if not found and len(words) > 2:
            found = self.world.issues.similar(self._here, words[:2])
        told = set(context.threads_named(self.text, self._here.full_name, self.run.thread.number))
        others = [one for one in found if one.number not in (self.run.thread.number, *told)]
        kept = [one for one in others if self._may_speak(one.text.author, one.updated_at)]
        return _fitting(map(self._brief, kept[:_SIMILAR]), MAX_SIMILAR)

    def _brief(self, issue: Issue) -> str:
        comments = self.world.issues.comments(Thread(self._here, issue.number))
        heard = [one for one in comments if self._may_speak(one.author, one.updated_at)]
        text = context.quoted(f"Title: {_line(issue.text.title)}\n\n{issue.text.body}", _MAX_BRIEF)
        heading = f"A similar issue, #{issue.number}, {_state(issue)}, by {issue.text.author.login}:"
        return "\n".join([heading, text, *map(_comment, heard[-1:])])

    def album(self) -> str:
        """The pictures of the talk; no text."""
        if self.world.album is not None:
            found = self.world.album.of(self.run)
            self.images += found.images
            self.notes += found.notes
        return ""

    def pictures(self) -> str:
        """Taken for the prompt; there is no text about them."""
        found = self.world.issues.images(self.run.thread, self.text)
        self.images += found.images
        self.notes += found.notes
        return ""

    def _may_speak(self, author: Actor, at: str) -> bool:
        """Whether somebody's words are passed on: they may write, or wrote the request and nothing since.

        What is asked for was asked for as of the trigger; later words of somebody who may not write have no say.
        """
        if author.id not in self._trusted:
            self._trusted[author.id] = self.world.repositories.permission(self._here, author) >= TO_STEER
        if self._trusted[author.id]:
            return True
        if self._author is None:
            self._author = self.world.issues.read(self.run.thread).text.author
        return author.id == self._author.id and bool(at) and at <= self.run.trigger.at


def _text_of(request: Request) -> str:
    remarks = [remark.body for remark in request.remarks]
    return "\n\n".join([request.title, request.body, request.instruction, *remarks])


def _state(issue: Issue) -> str:
    return "open" if issue.open else f"closed as {issue.closed_as.replace('_', ' ')}" if issue.closed_as else "closed"


def _comment(comment: Comment) -> str:
    return f"Comment by {comment.author.login}:\n{context.quoted(comment.body, _MAX_COMMENT)}"


def _line(text: str) -> str:
    return " ".join(text.split())[:300]


def _fitting(pieces: Iterable[str], limit: int) -> str:
    """The pieces as far as there is room; the last one may be cut. What comes after that is not even asked for."""
    kept: list[str] = []
    room = limit
    for piece in filter(None, pieces):
        kept.append(piece[:room])
        room -= len(piece) + 2
        if room < _LEAST:
            break
    return "\n\n".join(kept)


def _excerpt(place: context.Place, files: Files) -> str:
    content = files[place.path]()
    if b"\0" in content[:8_000]:
        return ""
    around = f", around line {', '.join(map(str, place.lines))}" if place.lines else ", from its beginning"
    shown = context.excerpt(content.decode("utf-8", "replace"), place.lines, _MAX_EXCERPT)
    return f"File {_line(place.path)} of the base commit{around}:\n{shown}"


def _owned(paths: Sequence[str], files: Files) -> str:
    name = next((name for name in _CODEOWNERS if name in files), None)
    if name is None or not paths:
        return ""
    found = context.owners(files[name]().decode("utf-8", "replace"), paths)
    rows = [f"{_line(path)}: {_line(who)}" for path, who in found.items()]
    return "\n".join([f"Owners by {name}:", *rows])[:MAX_OWNERS] if rows else ""
