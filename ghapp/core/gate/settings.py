"""Settings of linters, type checkers, test runners and coverage that ask less than they did.

Each file is read flatly, as keys with the words that follow: enough to see a list grow or shrink, a switch turned, a
number lowered, whether it is written in TOML, INI, JSON, YAML, XML or JavaScript. Sections do not count, so that what
moves from one file or section to another is not lost.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from ghapp.core.gate.change import MAX_LINE, Change
from ghapp.core.gate.findings import Finding, Rule, named, note, shown
from ghapp.core.leaks import Watch

Words = Counter[str]

_FILES = re.compile(
    r"(?:^|/)(?:pyproject\.toml|setup\.cfg|tox\.ini|pytest\.(?:ini|toml)|\.?mypy\.ini|\.?ruff\.toml|\.flake8|\.?pylintrc"
    r"|\.coveragerc|pyrightconfig\.json|\.bandit|package\.json|tsconfig[^/]*\.json|jsconfig\.json|biome\.jsonc?"
    r"|\.?eslint[^/]*|\.?oxlint[^/]*|\.stylelint[^/]*|(?:jest|vitest|karma|playwright|cypress|vite|next)\.(?:config|conf)\.\w+"
    r"|\.(?:nyc|c8|mocha)rc[^/]*|\.golangci\.\w+|\.?clippy\.toml|cargo\.toml|\.rubocop[^/]*|\.simplecov|\.rspec"
    r"|pom\.xml|build\.gradle(?:\.kts)?|checkstyle[^/]*\.xml|detekt[^/]*\.yml|\.editorconfig|directory\.build\.props"
    r"|\.swiftlint\.yml|phpunit\.xml[^/]*|phpstan\.\w+|\.?codecov\.ya?ml|sonar-project\.properties"
    r"|\.pre-commit-config\.yaml)$|\.csproj$",
    re.I,
)
_OTHER_SECTION = re.compile(
    r"project|build-system|package|(?:dev-|build-)?dependencies|options|metadata|bdist"
    r"|tool\.(?:setuptools|hatch|poetry|pdm|flit|cibuildwheel|uv|bumpversion|towncrier|semantic_release|commitizen)"
)
_SECTION = re.compile(r"\[{1,2} *[\"']?([\w.:/ -]{1,100}?)[\"']? *\]{1,2}$")
_COMMENT = re.compile(r"(?:^|\s)(?:#|//).*|<!--.*?-->")
_KEY = re.compile(r"[\"']?(?<![\w@./-])([\w@./-]{1,100})[\"']? *[:=](?![=:]) *|<([\w.]{1,100})>")
_WORD = re.compile(r"[^\s\"'`,;\[\](){}<>]{1,200}")
_NUMBER = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)%?")
_TRUE, _FALSE = ("true", "True", "yes", "on"), ("false", "False", "no", "off")

_GROWS = re.compile(
    r"(?:extend-)?(?:per-file-)?(?:ignore|exclude|disable|skip|omit)\w*(?:-patterns|-paths|-checks)?|disabled-\w+"
    r"|testPathIgnorePatterns|coveragePathIgnorePatterns|modulePathIgnorePatterns|collect_ignore\w*|deselect|lint\.ignore"
    r"|excluded|NoWarn"
)
_SHRINKS = re.compile(
    r"(?:extend-)?(?:select|enable|fixable)|enabled?-\w+|testpaths|python_(?:files|functions|classes)|testMatch|testRegex"
    r"|plugins|linters|extends|filterwarnings|id|include|opt_in_rules|deny|forbid|WarningsAsErrors"
)
_STRICT = re.compile(
    r"strict\w*|disallow_\w+|warn_\w+|check_untyped_defs|no(?!Emit|Lib|Resolve)[A-Z]\w*|no_implicit\w+|xfail_strict"
    r"|exactOptional\w+|checkJs|alwaysStrict|useUnknownInCatchVariables|forceConsistent\w+|[Ee]nabled|branch"
    r"|(?:all)?[Ww]arnings?[-_]?[Aa]s[-_]?[Ee]rrors|TreatWarningsAsErrors|abortOnError|failOn\w+|haltOnFailure"
    r"|recommended|implicit_optional_off"
)
_LAX = re.compile(
    r"ignore_(?:errors|missing_imports)|skipLibCheck|passWithNoTests|ignoreFailures|skipTests|skip|testFailureIgnore"
    r"|allow_(?:untyped|redefinition|any)\w*|allowUn\w+|implicit_optional|ignoreBuildErrors|ignoreDuringBuilds"
    r"|continue-on-error|implicit_reexport|ignoreDeprecations"
)
_LEAST = re.compile(
    r"-*(?:cov-)?fail[-_]under|minimum_coverage\w*|branches|lines|functions|statements|target|minimum|minScore"
    r"|min[-_]\w+|(?:covered)?ratio|tests"
)
_MOST = re.compile(r"max[-_A-Z]\w*|[Mm]ax|-*max-\w+|line[-_]length|complexity")
_ARGUMENTS = re.compile(r"addopts|args|commands|entry|test|lint|script")
_LESS_ASKED = ("--ignore", "--deselect", "--no-", "no:", "-k", "--exit-zero", "--passWithNoTests")
_MORE_ASKED = ("--strict", "--cov", "-W", "--fail", "--max-warnings", "--doctest", "-race", "--check")
_RANK = {"off": 0, "allow": 0, "none": 0, "warn": 1, "warning": 1, "error": 2, "deny": 2, "forbid": 3}


def inspect(change: Change, watch: Watch) -> Iterator[Finding]:
    """Keys that ask less in their file, and in all files of the change together."""
    sides = [
        (file, _read(file.path, file.before or ""), _read(file.path, file.after or ""))
        for file in change.compared
        if file.before and _FILES.search(file.path)
    ]
    added = [
        _read(file.path, file.after or "") for file in change.compared if not file.before and _FILES.search(file.path)
    ]
    before, after = _together(one for _, one, _ in sides), _together([*(two for _, _, two in sides), *added])
    for file, old, new in sides:
        looser = []
        for key in old.keys() | new.keys():
            said = _loosened(key, old.get(key, Words()), new.get(key, Words()), watch)
            if said and _loosened(key, before.get(key, Words()), after.get(key, Words()), watch):
                looser.append(f"{named(key, watch)} {said}")
        if looser:
            more = f"; and {len(looser) - 5} more" if len(looser) > 5 else ""
            yield note(Rule.CHECKS_LOOSENED, shown(file, watch), "; ".join(sorted(looser)[:5]) + more)


def _together(sides: "Iterator[dict[str, Words]] | list[dict[str, Words]]") -> dict[str, Words]:
    found: dict[str, Words] = {}
    for side in sides:
        for key, words in side.items():
            found[key] = found.get(key, Words()) + words
    return found


# --- text to keys ---------------------------------------------------------------------------------------------------


def _read(path: str, text: str) -> dict[str, Words]:
    """Key -> the words that follow it, wherever it stands."""
    found: dict[str, Words] = {}
    has_sections = not path.lower().endswith((".json", ".jsonc", ".yml", ".yaml", ".js", ".ts", ".xml", ".mjs", ".cjs"))
    only_lints = path.lower().endswith("cargo.toml")
    key, counts = "", not only_lints
    for line in text.split("\n"):
        bare = _COMMENT.sub("", line[:MAX_LINE]).strip()
        if has_sections and (section := _SECTION.match(bare)):
            name = section.group(1)
            key, counts = "", "lints" in name if only_lints else not _OTHER_SECTION.match(name)
        elif counts and bare:
            key = _take(bare, key, found)
    return found


def _take(bare: str, key: str, found: dict[str, Words]) -> str:
    """Add the words of a line to the keys that they follow; the last of these."""
    at = 0
    for match in _KEY.finditer(bare):
        if key:
            found.setdefault(key, Words()).update(_WORD.findall(bare[at : match.start()]))
        key, at = match.group(1) or match.group(2), match.end()
        found.setdefault(key, Words())
    if key:
        found[key].update(_WORD.findall(bare[at:]))
    return key


# --- what is looser -------------------------------------------------------------------------------------------------


def _loosened(key: str, old: Words, new: Words, watch: Watch) -> str:
    """What to say of a key that asks less than before; empty when it does not."""
    if old == new:
        return ""
    for pattern, look in _LOOKS:
        if pattern.fullmatch(key) and (said := look(old, new, watch)):
            return said
    return _ranked(old, new)


def _grown(old: Words, new: Words, watch: Watch) -> str:
    more = [word for word in new - old if word not in (*_TRUE, *_FALSE)]
    return f"has {_listed(more, watch)} in addition" if more else ""


def _shrunk(old: Words, new: Words, watch: Watch) -> str:
    less = [word for word in old - new if word not in (*_TRUE, *_FALSE)]
    return f"is without {_listed(less, watch)}" if less else ""


def _switched_off(old: Words, new: Words, watch: Watch) -> str:
    fewer = sum(new[word] for word in _TRUE) < sum(old[word] for word in _TRUE)
    more = sum(new[word] for word in _FALSE) > sum(old[word] for word in _FALSE)
    return "is switched off" if fewer or more else ""


def _switched_on(old: Words, new: Words, watch: Watch) -> str:
    return "is switched on" if sum(new[word] for word in _TRUE) > sum(old[word] for word in _TRUE) else ""


def _lowered(old: Words, new: Words, watch: Watch) -> str:
    was, now = _numbers(old), _numbers(new)
    if was and not now:
        return f"was {was[0]:g}, and is gone"
    fell = next(((one, two) for one, two in zip(was, now, strict=False) if two < one), None)
    return f"was {fell[0]:g}, and is {fell[1]:g} now" if fell else ""


def _raised(old: Words, new: Words, watch: Watch) -> str:
    rose = next(((one, two) for one, two in zip(_numbers(old), _numbers(new), strict=False) if two > one), None)
    return f"was {rose[0]:g}, and is {rose[1]:g} now" if rose else ""


def _asked(old: Words, new: Words, watch: Watch) -> str:
    more = [word for word in new - old if word.startswith(_LESS_ASKED)]
    less = [word for word in old - new if word.startswith(_MORE_ASKED)]
    if more:
        return f"has {_listed(more, watch)} in addition"
    return f"is without {_listed(less, watch)}" if less else ""


def _ranked(old: Words, new: Words) -> str:
    """A rule's severity, as linters of many languages write it."""
    was = [_RANK[word] for word in old if word in _RANK]
    now = [_RANK[word] for word in new if word in _RANK]
    return "asks less severely" if was and max(was) > max(now, default=0) else ""


_LOOKS: tuple[tuple[re.Pattern[str], Callable[[Words, Words, Watch], str]], ...] = (
    (_LAX, _switched_on),
    (_STRICT, _switched_off),
    (_GROWS, _grown),
    (_SHRINKS, _shrunk),
    (_LEAST, _lowered),
    (_MOST, _raised),
    (_ARGUMENTS, _asked),
)


def _numbers(words: Words) -> list[float]:
    return sorted(float(match.group(1)) for word in words.elements() if (match := _NUMBER.fullmatch(word)))


def _listed(words: list[str], watch: Watch) -> str:
    return ", ".join(named(word, watch) for word in words[:3]) + (" and more" if len(words) > 3 else "")
