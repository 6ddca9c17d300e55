"""Marks in added lines: words that skip a test, silence a check, or make code behave otherwise when it is tested.

A mark counts when a file has more of its kind than before; a line that came from another place in the change brings
its marks along.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ghapp.core.gate import languages
from ghapp.core.gate.change import MAX_LINE, Change, FileChange
from ghapp.core.gate.findings import Finding, Rule, note, shown
from ghapp.core.leaks import Watch

_PROSE = re.compile(r"\.(?:md|rst|txt|adoc|html?|svg|csv|lock|snap|ipynb)$", re.I)
_SETTINGS_CODE = re.compile(r"\.config\.\w+$|(?:^|/)(?:setup|noxfile|conf)\.py$|(?:^|/)\.[^/]*rc\.\w+$")
_HOOK_FILE = re.compile(r"(?:^|/)conftest\.py$|(?:^|/)[^/]*(?:setup|helper|plugin)[^/]*\.\w+$", re.I)
_SCRIPT = re.compile(
    r"\.(?:sh|bash|zsh|ps1|bat|cmd|mk|just)$|(?:^|/)(?:[^/]*makefile|justfile|taskfile\.ya?ml|package\.json|tox\.ini"
    r"|dockerfile|procfile|noxfile\.py|\.pre-commit-config\.yaml|composer\.json)$|(?:^|/)\.?(?:ci|github|husky)/",
    re.I,
)
TEST_SCRIPT = re.compile(
    r"(?:^|/)[^/]*(?:test|check|lint|verify|coverage)[^/]*\.(?:sh|bash|zsh|ps1|bat|cmd)$"
    r"|(?:^|/)\.?ci/[^/]+$|(?:^|/)\.husky/[^/]+$|(?:^|/)(?:run_?)?(?:tests?|check|lint)$",
    re.I,
)
RUNS = (
    r"\b(?:py\.?test|tox|nox|unittest|jest|vitest|mocha|ava|playwright|(?:npm|yarn|pnpm|bun)(?: run)? (?:test|lint)"
    r"|go (?:test|vet)|cargo (?:test|clippy|nextest)|mvnw?|gradlew?|rspec|rake|rubocop|dotnet test|swift test"
    r"|xcodebuild"
    r"|phpunit|mypy|pyright|ruff|flake8|pylint|eslint|tsc|biome|golangci-lint|staticcheck|make (?:test|check|lint)"
    r"|ctest)\b"
)
"""Commands that run tests or checks."""

_NEVER_FAILS = r"(?:\|\| *(?:true\b|:|exit 0\b|echo\b)|; *(?:true|exit 0) *[\"']?,?$|--exit-zero\b|--passWithNoTests\b)"


@dataclass(frozen=True)
class Kind:
    """Marks of one kind: the files in which they count, and patterns with what to say of them."""

    rule: Rule
    applies: Callable[[str], bool]
    says: str
    patterns: tuple[tuple[re.Pattern[str], str], ...]


def _marks(*pairs: tuple[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern, re.M), name) for pattern, name in pairs)


def _in_tests(path: str) -> bool:
    return bool(languages.is_test_file(path) or languages.has_tests(path))


def _in_hooks(path: str) -> bool:
    return bool(languages.language(path)) and (languages.is_test_file(path) or bool(_HOOK_FILE.search(path)))


def _in_code(path: str) -> bool:
    """Code that is not there to test."""
    return bool(languages.language(path)) and not languages.is_test_file(path) and not _SETTINGS_CODE.search(path)


def _in_all_but_prose(path: str) -> bool:
    return not _PROSE.search(path)


def _in_scripts(path: str) -> bool:
    return bool(_SCRIPT.search(path))


def _in_test_scripts(path: str) -> bool:
    return bool(TEST_SCRIPT.search(path))


KINDS = (
    Kind(Rule.SKIPPED, _in_tests, "skipped or singled out: {mark}", _marks(
        (r"\bpytest\.(?:mark\.)?(?:skip|xfail|importorskip)|\bpytestmark\b.{0,60}\bskip", "pytest's skip or xfail"),
        (r"\bunittest\.(?:skip|expectedFailure)|@(?:skip|skipIf|skipUnless|expectedFailure)\b", "unittest's skip"),
        (r"\.skipTest\(|\b__test__ *= *False\b|raise (?:unittest\.)?SkipTest\b", "unittest's skip"),
        (r"\b(?:it|test|describe|suite|context|specify)(?:\.\w+)?\.(?:skip\w*|todo|only|fixme|failing|fails)\b",
         "a skip or only"),
        (r"(?:^[ \t]{0,80}|[;{] ?)(?:xit|xtest|xdescribe|xcontext|xspecify|fdescribe|fit|fcontext)\b *[('\"]",
         "a skip or only"),
        (r"\{[^{}\n]{0,80}\b(?:skip|todo|only): *(?:true|['\"])", "a skip, todo or only"),
        (r"\b[tbm]\.Skip(?:f|Now)?\(|//go:build (?:ignore|never)|\btesting\.Short\(\)", "Go's skip"),
        (r"#\[ignore\b|#\[cfg\(any\(\)\)\]|#\[cfg_attr\([^\n]{0,80}\bignore\b", "Rust's ignore"),
        (r"@(?:Disabled|Ignore)\w*|\bassume(?:True|False|That)\(|\bassumingThat\(", "JUnit's Disabled or assumption"),
        (r"\[(?:\w+, ?){0,3}(?:Ignore|Explicit)\b|\bSkip *= *\"|\bAssert\.(?:Ignore|Inconclusive|Pass)\(",
         "an Ignore or Skip"),
        (r"\bXCTSkip|\.disabled\(|\bwithKnownIssue\b|\bXCTExpectFailure\b", "XCTest's skip"),
        (r"^[ \t]{0,80}(?:skip|pending)\b(?:[ \t]{0,80}$|[ (]*['\"])|, *(?:skip"
         r"|pending): *(?:true|['\"])", "RSpec's skip"),
        (r"\bmarkTest(?:Skipped|Incomplete)\b", "PHPUnit's skip"),
    )),
    Kind(Rule.WEAKENED, _in_tests, "failures are swallowed: {mark}", _marks(
        (r"\bexcept(?: *\(?(?:AssertionError|Exception|BaseException)[^\n:]{0,80})?:\s{0,80}(?:pass\b|return\b"
         r"|continue\b|\.\.\.)",
         "an except that goes on"),
        (r"\bsuppress\((?:AssertionError|Exception|BaseException)", "suppress()"),
        (r"\bcatch *(?:\([^()\n]{0,80}\))? *\{\s{0,80}\}|\.catch\(\(?\w{0,40}\)? *=> *(?:\{ *\}|null|undefined)\)",
         "an empty catch"),
        (r"\brescue nil\b|\brescue\b[^\n]{0,80}\n\s{0,80}(?:nil\s{0,80})?end\b", "an empty rescue"),
        (r"\b_ = recover\(\)|defer func\(\) *\{ *recover\(\)|\bcatch_unwind\b", "a recover"),
    )),
    Kind(Rule.HOOK, _in_hooks, "the test run is interfered with: {mark}", _marks(
        (r"\bdef pytest_(?:collection_modifyitems|runtest_\w+|pyfunc_call|ignore_collect|itemcollected|deselected"
         r"|sessionfinish|report_teststatus|exception_interact|collect_file|unconfigure)\b", "a hook of pytest"),
        (r"\bcollect_ignore(?:_glob)?\b|\bexitstatus *= *0|\.outcome *= *['\"]passed"
         r"|\bforce_result\(", "forced results"),
        (r"\b(?:sys\.|os\.|process\.)_?exit\((?:0|code=0)?\)|\bos\.Exit\(0\)|\bExitCode::SUCCESS\b|\bSystem\.exit\(0\)",
         "an exit with success"),
        (r"\b(?:global|globalThis|window)\.(?:it|test|expect|describe|assert) *=(?!=)", "a framework's word replaced"),
        (r"\b(?:TestCase|TestReport|Assert|Assertion)\.\w+ *=(?!=)|\bbuiltins\.\w+ *=(?!=)",
         "a framework's word replaced"),
        (r"\bfilter_run_excluding\b|\bdef __eq__\([^\n]{0,80}:\s{0,80}return True\b", "an exclusion or false equality"),
    )),
    Kind(Rule.SPECIAL_CASE, _in_code, "code asks whether it is being tested: {mark}", _marks(
        (r"['\"](?:pytest|unittest|nose|_pytest)['\"] (?:not )?in (?:sys\.)?modules\b|\bPYTEST_\w+"
         r"|\b_called_from_test\b",
         "a test runner of Python"),
        (r"\b(?:environ(?:\.get)?|getenv|Getenv|env::var|ENV|get_env|GetEnvironmentVariable)[\[(]{1,2} *['\"](?:CI"
         r"|GITHUB_ACTIONS|TESTING|TEST)['\"]",
         "the environment of CI"),
        (r"\bprocess\.env\.(?:CI|GITHUB_ACTIONS|JEST_WORKER_ID|VITEST|TEST)\b|\bprocess\.env\[['\"]CI"
         r"|\bimport\.meta\.vitest\b",
         "the environment of CI"),
        (r"\bNODE_ENV *={2,3} *['\"]test['\"]|\bRails\.env\.test\?|\bRACK_ENV\b[^\n]{0,20}test", "a test environment"),
        (r"\btesting\.Testing\(\)|\bflag\.Lookup\(\"test\.|HasSuffix\(os\.Args\[0\], *\"\.test\"", "Go's test binary"),
        (r"\bcfg!\(test\)|\bXCTestConfigurationFilePath\b|NSClassFromString\(\"XCTest", "a test build"),
        (r"[\"'](?:org\.junit|xunit|nunit)[\w.]*[\"']", "a test framework by its name"),
        (r"\bdef __eq__\([^\n]{0,80}:\s{0,80}return True\b", "an equality that is always true"),
    )),
    Kind(Rule.CHECKS_OFF, _in_all_but_prose, "a check is switched off: {mark}", _marks(
        (r"# *(?:noqa|ruff: *noqa|flake8: *noqa)\b", "noqa"),
        (r"# *type: *ignore\b|# *mypy: *\w|# *pyright: *(?:ignore|basic)"
         r"|@(?:typing\.)?no_type_check\b", "type: ignore"),
        (r"# *pylint: *(?:disable|skip-file)|# *nosec\b|# *pragma: *no *(?:cover|branch)",
         "pylint, bandit or coverage"),
        (r"\b(?:eslint|tslint|oxlint|stylelint)-disable|\bbiome-ignore\b|\bdeno-lint-ignore",
         "eslint-disable or the like"),
        (r"@ts-(?:ignore|nocheck|expect-error)\b|@flow(?:FixMe)\b", "ts-ignore or the like"),
        (r"\b(?:istanbul|c8|v8) ignore\b", "coverage off"),
        (r"// *nolint\b|#nosec\b|//lint:ignore\b", "nolint"),
        (r"#!?\[(?:allow|expect)\(|#\[coverage\(off\)", "Rust's allow"),
        (r"@(?:file:)?(?:SuppressWarnings|Suppress|SuppressLint|SuppressFBWarnings)\b|\bNOSONAR\b", "SuppressWarnings"),
        (r"\brubocop: *(?:disable|todo)\b|\bswiftlint: *disable\b|\bktlint-disable\b"
         r"|\bshellcheck disable=", "a linter's disable"),
        (r"#pragma warning disable|\[(?:assembly: *)?(?:\w+\.)*SuppressMessage\b|\bNOLINT"
         r"|\bclang-format off", "a warning off"),
        (r"\bphpcs: *ignore|@phpstan-ignore|@psalm-suppress|\b:nocov:", "a check of PHP or Ruby off"),
    )),
    Kind(Rule.COMMAND, _in_scripts, "a command of the checks cannot fail: {mark}", _marks(
        (RUNS + r"[^\n]{0,300}?" + _NEVER_FAILS, "its failure is ignored"),
        (r"\bcontinue-on-error: *true|\ballow_failure: *true", "its failure is ignored"),
    )),
    Kind(Rule.COMMAND, _in_test_scripts, "a script of the checks cannot fail: {mark}", _marks(
        (_NEVER_FAILS + r"|^[ \t]{0,80}exit 0\b|^[ \t]{0,80}set \+e\b|\btrap ['\"]?exit 0", "failures are ignored"),
    )),
)  # fmt: skip


def inspect(change: Change, watch: Watch) -> Iterator[Finding]:
    """The first new mark of each kind in each file."""
    files = list(change.compared)
    for kind in KINDS:
        concerned = [file for file in files if kind.applies(file.path)]
        moved = Counter(line.strip() for file in concerned for line in file.removed)
        for file in concerned:
            if found := _fresh(kind, file, moved):
                number, mark = found
                detail = f"{kind.says.format(mark=mark)} in added line {number}"
                yield note(kind.rule, shown(file, watch), detail)


def _fresh(kind: Kind, file: FileChange, moved: Counter[str]) -> tuple[int, str] | None:
    """Line and name of the first mark that the file did not have, and that no other gave away."""
    marked = _found(kind, file.added)
    if len(marked) <= len(_found(kind, file.removed)):
        return None
    fresh = []
    for number, mark in sorted(marked.items()):
        line = file.added[number - 1].strip()
        if moved[line] > 0:
            moved[line] -= 1
        else:
            fresh.append((number, mark))
    return fresh[0] if fresh else None


def _found(kind: Kind, lines: tuple[str, ...]) -> dict[int, str]:
    """Marked lines, counted from 1, each with the name of its mark."""
    text = "\n".join(line[:MAX_LINE] for line in lines)
    starts = [(match.start(), name) for pattern, name in kind.patterns for match in pattern.finditer(text)]
    found: dict[int, str] = {}
    line, at = 1, 0
    for start, name in sorted(starts):
        if start > at:
            line, at = line + text.count("\n", at, start), start
        found.setdefault(line, name)
    return found
