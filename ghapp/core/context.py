"""What a request names: other issues, runs of Actions, files and places in them; found in its text alone.

Everything here is read out of words that anybody may have written, so it is bounded, and no word can name anything
outside the repository that the request is about.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ghapp.core.disarm import seen

MAX_TEXT = 200_000  # characters of a request that are looked through
MAX_THREADS = 5
MAX_LINKS = 3
MAX_FILES = 6
MAX_PLACES = 3  # lines that are shown of one file
_MAX_NAMES = 2_000  # words of a text that may be paths
_AROUND = 12  # lines before and after
_WORDS = 4

_THREAD = re.compile(r"(?<![\w#&/.-])(?:([\w.-]{1,100}/[\w.-]{1,100})#|#|GH-)(\d{1,9})(?!\w)")
_THREAD_LINK = re.compile(r"https?://[^\s/]{1,200}/([\w.-]{1,100}/[\w.-]{1,100})/(?:issues|pull)/(\d{1,9})(?!\w)")
_RUN_LINK = re.compile(
    r"https?://[^\s/]{1,200}/([\w.-]{1,100}/[\w.-]{1,100})/"
    r"(?:actions/runs/(\d{1,19})(?:/attempts/\d{1,9})?(?:/job/(\d{1,19}))?"
    r"|runs/(\d{1,19})|pull/\d{1,9}/checks\?check_run_id=(\d{1,19}))"
)
_PYTHON_FRAME = re.compile(r'File "([^"\n]{1,500})", line (\d{1,7})')
_PLACE = re.compile(r"([\w@+~./\\-]{2,500})(?:(?::|#L|\()(\d{1,7}))?")
_OTHERS = ("site-packages/", "dist-packages/", "node_modules/", "/lib/python", "/rustc/", "/go/pkg/mod/")
"""Parts of paths in a stack trace that belong to somebody else's code, whose names mean nothing here."""

_ANY_FOLDERS = re.compile(r"(?:^|/)(?:\*\*+(?:/|$))+")  # names of a pattern that are nothing but `**`
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]{2,29}")
_COMMON = (
    "the and for not with when from that this are was has have but can cannot should does into after before while "
    "add fix bug issue error fails failing fail broken wrong make use using support feature request please need "
)


@dataclass(frozen=True)
class RunLink:
    """A run of Actions, or one job of it, that a text links. A job's id is its check run's, too."""

    id: int
    is_job: bool


@dataclass(frozen=True)
class Place:
    """A file of the repository that a text names, with the lines that it names."""

    path: str
    lines: tuple[int, ...] = ()


def threads_named(text: str, full_name: str, number: int) -> tuple[int, ...]:
    """Numbers of the repository's issues and pull requests that a text names, in order; not `number` itself."""
    text = text[:MAX_TEXT]
    found = [(match.start(), match[1] or full_name, int(match[2])) for match in _THREAD.finditer(text)]
    found += [(match.start(), match[1], int(match[2])) for match in _THREAD_LINK.finditer(text)]
    here = [named for _, where, named in sorted(found) if where.casefold() == full_name.casefold()]
    return tuple(one for one in dict.fromkeys(here) if one not in (0, number))[:MAX_THREADS]


def runs_named(text: str, full_name: str) -> tuple[RunLink, ...]:
    """The repository's runs and jobs of Actions that a text links, in order."""
    found = [
        RunLink(int(job or check or asked or run), is_job=bool(job or check or asked))
        for where, run, job, check, asked in _RUN_LINK.findall(text[:MAX_TEXT])
        if where.casefold() == full_name.casefold()
    ]
    return tuple(dict.fromkeys(found))[:MAX_LINKS]


def files_named(text: str, paths: Collection[str]) -> tuple[Place, ...]:
    """The files among `paths` that a text names, by their path, the end of it, or a longer one from another machine.

    Those with a line come first; a name that several files have names none of them.
    """
    text, known = text[:MAX_TEXT], _ByName(paths)
    found: dict[str, dict[int, None]] = {}
    named_at = dict.fromkeys([*_PYTHON_FRAME.findall(text), *_PLACE.findall(text)])
    for named, line in list(named_at)[:_MAX_NAMES]:
        path = known.find(named)
        if path is not None:
            found.setdefault(path, {}).update({int(line): None} if line else {})
    places = [Place(path, tuple(lines)[:MAX_PLACES]) for path, lines in found.items()]
    return tuple(sorted(places, key=lambda place: not place.lines))[:MAX_FILES]


class _ByName:
    """Finds a repository's path for a name that was written down somewhere."""

    def __init__(self, paths: Collection[str]) -> None:
        self._paths = paths
        self._named: dict[str, list[str]] = {}
        for path in paths:
            self._named.setdefault(path.rpartition("/")[2], []).append(path)

    def find(self, written: str) -> str | None:
        """The one file that is meant, or None."""
        name = written.replace("\\", "/").rstrip("./").lstrip("/").removeprefix("./")
        parts = name.split("/")
        telling = "/" in name or "." in name or name[:1].isupper()  # not every word `run` means a script of that name
        if not telling or parts[-1] not in self._named or any(part in written for part in _OTHERS):
            return None
        ends = ("/".join(parts[start:]) for start in range(len(parts)))
        exact = next((end for end in ends if end in self._paths), None)
        if exact is not None:
            return exact
        longer = [path for path in self._named[parts[-1]] if path.endswith(f"/{name}")]
        return longer[0] if len(longer) == 1 else None


def search_words(title: str) -> tuple[str, ...]:
    """The words of a title by which similar issues may be found: the longest, which are the rarest; at most four."""
    words = dict.fromkeys(word.lower() for word in _WORD.findall(title[:1_000]))
    telling = [word for word in words if f"{word} " not in _COMMON]
    return tuple(sorted(telling, key=len, reverse=True)[:_WORDS])


def advice_paths(paths: Collection[str], named: Iterable[str], names: Sequence[str]) -> tuple[str, ...]:
    """Which of the files called `names` hold for the files `named`: those at the root, and in each folder on the way.

    The nearest comes last, as it overrules those before it.
    """
    folders = {""}
    for path in named:
        parts = path.split("/")[:-1]
        folders |= {"/".join(parts[: end + 1]) + "/" for end in range(len(parts))}
    found = [f"{folder}{name}" for folder in folders for name in names if f"{folder}{name}" in paths]
    return tuple(sorted(found, key=lambda path: (path.count("/"), path)))


def excerpt(text: str, lines: Sequence[int], limit: int) -> str:
    """What stands around these lines of a file, or at its beginning, numbered; at most `limit` characters."""
    rows = text.split("\n")
    wanted = sorted({near for line in lines for near in range(line - _AROUND, line + _AROUND + 1)} & set(_upto(rows)))
    shown = wanted or list(_upto(rows))[: 3 * _AROUND]
    told, before = [], 0
    for number in shown:
        if number != before + 1:
            told.append("…")
        told.append(f"{number:>5}  {seen(rows[number - 1])[:300]}")
        before = number
    return "\n".join(told)[:limit]


def _upto(rows: Sequence[str]) -> range:
    return range(1, len(rows) + 1)


def quoted(text: str, limit: int) -> str:
    """Text of others, about `limit` characters, with a bar before each line: none can pass for one of ours."""
    lines = seen(text.replace("\r\n", "\n").strip()).split("\n")
    barred = "\n".join(f"| {line}".rstrip() for line in lines)
    return barred if len(barred) <= limit else f"{barred[:limit].rstrip()} […]"


def owners(codeowners: str, paths: Iterable[str]) -> Mapping[str, str]:
    """Who owns each path by a CODEOWNERS file; paths without an owner are left out. The last line that fits counts.

    https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
    """
    rules = list(_rules(codeowners))
    found = {path: next((who for rule, who in reversed(rules) if rule.fullmatch(path)), "") for path in paths}
    return {path: who for path, who in found.items() if who}


def _rules(codeowners: str) -> Iterator[tuple[re.Pattern[str], str]]:
    for line in codeowners[:100_000].splitlines()[:1_000]:
        words = line.partition("#")[0].split()
        if words:
            yield _rule(words[0]), " ".join(words[1:])


def _rule(pattern: str) -> re.Pattern[str]:
    """A pattern is anchored when it has a slash before its end; one for a folder holds for all that is in it.

    What comes after a star is taken where it comes first, for good (`(?>`, an atomic group); only what comes after the
    last star of a name, or of the whole, is looked for further on. So many stars cost little more than one.
    """
    anchored = "/" in pattern.rstrip("/")
    body = pattern.strip("/") if anchored else f"**/{pattern.strip('/')}"
    first, *runs = _ANY_FOLDERS.split(body)
    inside = "/.+" if pattern.endswith("/") else "" if body.endswith("*") else "(?:/.+)?"
    written = [_names(first)]
    if runs:
        *middle, last = runs
        written += ["/" if first else "", *(f"(?>(?:[^/]*/)*?{_names(run)}/)" for run in middle)]
        written += [f"(?:.*/)?{_names(last)}" if last else ".+"]
    return re.compile("".join(written) + inside, re.DOTALL)


def _names(run: str) -> str:
    """A regular expression for names of a pattern with `/` between them; `*` and `?` stay within a name."""
    return "/".join(map(_name, run.split("/")))


def _name(name: str) -> str:
    first, *pieces = (re.escape(piece).replace(r"\?", "[^/]") for piece in re.split(r"\*+", name))
    if not pieces:
        return first
    *middle, last = pieces
    return f"{first}{''.join(f'(?>[^/]*?{piece})' for piece in middle)}[^/]*{last}"
