"""Versions that are lower than they were: of dependencies in manifests, and of the languages themselves."""

import re
from collections.abc import Iterator
from itertools import zip_longest

from ghapp.core.gate.change import MAX_LINE, Change, FileChange
from ghapp.core.gate.findings import Finding, Rule, named, note, shown
from ghapp.core.leaks import Watch

_MANIFEST = re.compile(
    r"(?:^|/)(?:[^/]*requirements[^/]*|constraints[^/]*)\.(?:txt|in)$|(?:^|/)requirements/[^/]+\.(?:txt|in)$"
    r"|(?:^|/)(?:pyproject\.toml|setup\.(?:py|cfg)|pipfile|environment\.ya?ml|package\.json|go\.mod|cargo\.toml|gemfile"
    r"|pom\.xml|build\.(?:gradle(?:\.kts)?|sbt)|libs\.versions\.toml|composer\.json|package\.swift|podfile|mix\.exs"
    r"|dockerfile|\.tool-versions|\.pre-commit-config\.yaml|rust-toolchain(?:\.toml)?|pubspec\.yaml|deno\.json)$"
    r"|\.(?:gemspec|csproj|fsproj|props)$",
    re.I,
)
_PINNED = re.compile(
    # A name; what may stand between: quotes, extras, operators, `version`; and the first number with a dot or alone.
    r"(?<![\w@./-])(?P<name>[A-Za-z@][\w@./-]{0,100}+(?::[A-Za-z][\w.-]{0,100}+)?)[\"']?(?: *\[[\w, -]{0,100}\])?"
    r"[\"' :,=>~^(v{]{1,12}(?:(?:version|Version|rev|from|tag)[\"' :=~^>]{1,6})?"
    r"(?P<operator>[<>=~^!]{0,3}) ?v?(?P<version>\d+(?:\.\d+){0,5})(?![\w/])"
)
_VERSION_FILE = re.compile(r"(?:^|/)\.(?:python|node|ruby|java|go)-version$|(?:^|/)\.nvmrc$|(?:^|/)runtime\.txt$")
_BARE = re.compile(r"[^\d\n]{0,20}(\d+(?:\.\d+){0,5})")
_NO_DEPENDENCY = frozenset(
    ["line-length", "line_length", "port", "timeout-minutes", "max-complexity", "fail_under", "minversion"]
)


def inspect(change: Change, watch: Watch) -> Iterator[Finding]:
    """Each name whose version on head is below that on base, whichever manifest it stands in."""
    files = [file for file in change.compared if _MANIFEST.search(file.path) or _VERSION_FILE.search(file.path)]
    elsewhere = {name: version for file in files for name, version in _versions(file, file.added).items()}
    for file in files:
        here = _versions(file, file.added)
        for name, was in list(_versions(file, file.removed).items()):
            version = here.get(name, elsewhere.get(name, was))
            if _is_lower(version, was):
                yield note(Rule.VERSION, shown(file, watch), f"{named(name, watch)} was {was}, and is {version} now")


def _versions(file: FileChange, lines: tuple[str, ...]) -> dict[str, str]:
    """Name -> version of the lines; a name that is there twice tells nothing."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for line in lines:
        cut = line[:MAX_LINE].replace('Include="', "").replace('">', " ").replace("</", " ")
        pairs = [(match["name"].lower().replace("_", "-"), match["version"]) for match in _PINNED.finditer(cut)]
        if _VERSION_FILE.search(file.path):
            bare = _BARE.match(cut)
            pairs = [("version", bare.group(1))] if bare else []
        for name, version in pairs[:20]:
            if name in found and found[name] != version:
                twice.add(name)
            found.setdefault(name, version)
    return {name: version for name, version in found.items() if name not in twice | _NO_DEPENDENCY}


def _is_lower(version: str, was: str) -> bool:
    pairs = zip_longest(_numbers(version), _numbers(was), fillvalue=0)
    return next((new < old for new, old in pairs if new != old), False)


def _numbers(version: str) -> list[int]:
    return [int(part[:18]) for part in version.split(".")]
