"""Paths that are not the agent's own matter: some wait for a person's word, of some the reviewer is told."""

import re
from collections.abc import Iterator

from ghapp.core import paths
from ghapp.core.gate.change import LINK, SUBMODULE, Change, FileChange
from ghapp.core.gate.findings import Finding, Limits, Rule, Severity, block, note, shown
from ghapp.core.leaks import Watch

_CI_FOLDERS = (".github/workflows", ".github/actions", ".circleci", ".buildkite", ".semaphore", ".woodpecker")
_CI_FILES = frozenset(
    {
        ".appveyor.yml", ".cirrus.yml", ".drone.yml", ".gitlab-ci.yml", ".travis.yml", ".woodpecker.yml",
        "appveyor.yml", "azure-pipelines.yml", "bitbucket-pipelines.yml", "jenkinsfile",
    }
)  # fmt: skip

_TOLD = (
    (re.compile(r"(?:.*/)?(?:codeowners|owners)"), Rule.OWNERS, "it says who must review what"),
    (
        re.compile(
            r"(?:.*/)?(?:agents|claude|gemini)(?:\.local)?\.md"
            r"|(?:.*/)?\.(?:claude|cursor|windsurf|codex|gemini|junie|continue|roo|aider|kiro)(?:[-./].*)?"
            r"|(?:.*/)?\.(?:cursorrules|cursorignore|windsurfrules|clinerules|roorules|goosehints)(?:/.*)?"
            r"|(?:.*/)?\.?mcp\.json"
            r"|(?:.*/)?\.github/(?:copilot|instructions|prompts|chatmodes|agents|skills)(?:[-./].*)?"
        ),
        Rule.AGENT_FILE,
        "it tells coding agents what to do",
    ),
    (
        re.compile(
            r"(?:.*/)?(?:__snapshots__|snapshots|goldens?|golden_files|approvals|cassettes)/"
            r"(?!.*\.(?:py|[cm]?[jt]sx?|go|rs|java|kt|rb|cs|swift)$).*"
            r"|.*\.(?:snap|ambr|golden|approved\.\w+|verified\.\w+)"
        ),
        Rule.SNAPSHOT,
        "what tests expect is recorded here",
    ),
)

# Lock file -> names of the manifests that it follows, in the same folder.
_LOCKS = {
    "package-lock.json": r"package\.json", "npm-shrinkwrap.json": r"package\.json", "yarn.lock": r"package\.json",
    "pnpm-lock.yaml": r"package\.json|pnpm-workspace\.yaml", "bun.lock": r"package\.json",
    "bun.lockb": r"package\.json", "deno.lock": r"deno\.jsonc?", "poetry.lock": r"pyproject\.toml",
    "uv.lock": r"pyproject\.toml", "pdm.lock": r"pyproject\.toml", "pipfile.lock": "pipfile",
    "cargo.lock": r"cargo\.toml", "go.sum": r"go\.mod", "gemfile.lock": r"gemfile|.*\.gemspec",
    "composer.lock": r"composer\.json", "gradle.lockfile": r"build\.gradle(?:\.kts)?", "mix.lock": r"mix\.exs",
    "packages.lock.json": r".*\.csproj", "package.resolved": r"package\.swift", "podfile.lock": "podfile",
    "pubspec.lock": r"pubspec\.yaml", "flake.lock": r"flake\.nix",
}  # fmt: skip
_DONE = {"A": "added", "M": "changed", "D": "deleted", "T": "replaced"}
_OTHER_LOCK = r".*\.(?:in|toml|cfg)|setup\.py"


def inspect(change: Change, limits: Limits, watch: Watch) -> Iterator[Finding]:
    """What was changed, or taken away, that others must say yes to or hear of."""
    places = [paths.plain_path(file.path) for file in change.files]
    for file, plain in zip(change.files, places, strict=True):
        name = shown(file, watch)
        yield from _submodules(file, name)
        yield from (_asking(file, name, limits, *reason) for reason in _waits(file, plain, limits))
        for pattern, rule, detail in _TOLD:
            if pattern.fullmatch(plain) and (rule is not Rule.SNAPSHOT or file.status != "A"):
                yield note(rule, name, f"{detail}; it is {_DONE[file.status]}")
                break
    yield from _locks(change, places, watch)


def _submodules(file: FileChange, name: str) -> Iterator[Finding]:
    if SUBMODULE in (file.old_mode, file.new_mode):
        yield block(Rule.SUBMODULE, name, "a submodule")
    if paths.is_gitmodules(file.path):
        yield block(Rule.SUBMODULE, name, "the list of submodules")


def _waits(file: FileChange, plain: str, limits: Limits) -> Iterator[tuple[Rule, str]]:
    """Rules by which a path waits for a person, each with its reason."""
    if plain in _CI_FILES or any(plain == folder or plain.startswith(f"{folder}/") for folder in _CI_FOLDERS):
        # CI services run it with the repository's secrets, from any branch that is pushed.
        yield Rule.WORKFLOW, "a workflow runs with the rights of the repository"
    if plain in (".github/honk.yml", ".github"):
        yield Rule.CONFIG, "it sets the rules for Honk itself"
    for pattern in limits.protect:
        if paths.matches(pattern, file.path) or paths.matches(pattern, plain):
            yield Rule.PROTECTED, f"protected by {paths.shown(pattern)}"
            break


def _asking(file: FileChange, name: str, limits: Limits, rule: Rule, reason: str) -> Finding:
    """A person is asked, unless the answer would not mean what it says.

    A link's content is elsewhere, and may change later without a question; so is that of all that a folder's name
    stands for; and a path that cannot be shown as it is cannot be told from another by whoever allows it.
    """
    whole_folder = paths.plain_path(file.path) in (".github", *_CI_FOLDERS)
    if file.new_mode == LINK or whole_folder or name != file.path:
        return block(rule, name, f"{reason}; a person must change it")
    if name in limits.allowed:
        return note(rule, name, f"{reason}; allowed by a person")
    return Finding(rule, name, Severity.PAUSE, f"{reason}; someone with the role maintain must allow it")


def _locks(change: Change, places: list[str], watch: Watch) -> Iterator[Finding]:
    known = set(places)
    for file, plain in zip(change.files, places, strict=True):
        folder, _, name = plain.rpartition("/")
        manifest = _LOCKS.get(name, _OTHER_LOCK if name.endswith((".lock", "-lock.yaml", "-lock.json")) else "")
        if not manifest:
            continue
        pattern = re.compile((re.escape(folder) + "/" if folder else "") + f"(?:{manifest})")
        together = any(pattern.fullmatch(place) for place in known)
        yield note(
            Rule.LOCK_FILE,
            shown(file, watch),
            "a lock file is changed together with what it follows"
            if together
            else "a lock file is changed, and nothing that it follows",
        )
