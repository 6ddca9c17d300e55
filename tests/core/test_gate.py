"""What may leave the sandbox."""

import sys
from dataclasses import replace
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghapp.core import paths
from ghapp.core.gate import (
    EXECUTABLE,
    FILE,
    LINK,
    MAX_FINDINGS,
    SUBMODULE,
    Change,
    FileChange,
    Finding,
    Limits,
    Rule,
    Severity,
    inspect,
)

LIMITS = Limits()


def added(path: str, *lines: str, mode: str = FILE) -> FileChange:
    return FileChange(path, "A", new_mode=mode, size=sum(map(len, lines)), after="".join(f"{line}\n" for line in lines))


def link(path: str, target: str | None) -> FileChange:
    return FileChange(path, "A", new_mode=LINK, link_target=target)


def deleted(path: str, *lines: str, mode: str = FILE) -> FileChange:
    return FileChange(path, "D", old_mode=mode, before="".join(f"{line}\n" for line in lines))


def look(*files: FileChange, limits: Limits = LIMITS, secrets: tuple[str, ...] = ()) -> tuple[Finding, ...]:
    return inspect(Change(files), limits, secrets)


def rules(*files: FileChange, limits: Limits = LIMITS) -> list[Rule]:
    return [finding.rule for finding in look(*files, limits=limits)]


def test_an_ordinary_change_passes() -> None:
    """Files, executables, links within the tree, moves and deletions are nothing to speak of."""
    assert not look(
        added("src/a.py", "x = 1"),
        FileChange("src/b.py", "M", FILE, EXECUTABLE, 10, after="#!/bin/sh\n"),
        added("dir with blanks/é漢.txt", "token = None"),
        added(".gitignore", "*.pyc"),
        added(".github/dependabot.yml", "version: 2"),
        added("docs/git.md"),
        link("latest", "releases/v2"),
        link("a/b/link", "../../README.md"),
        link("a/link", "./c"),
        deleted("old.py"),
    )


@pytest.mark.parametrize(
    "change",
    [
        Change((), descends=False),
        Change((), merges=1),
        Change((added("a"),), commits=0),
    ],
)
def test_work_must_be_one_line_from_the_base(change: Change) -> None:
    """Merges, strange roots and histories without the base do not leave."""
    findings = inspect(change, LIMITS)
    assert [finding.rule for finding in findings] == [Rule.DESCENT]
    assert findings[0].severity is Severity.BLOCK


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        "a/.git/hooks/x",
        ".GIT/config",
        ".Git",
        "git~1/config",
        "GIT~2",
        ".git./config",
        ".git /config",
        ".git . ./config",
        ".git::$INDEX_ALLOCATION/config",
        ".git:x",
        ".g\u200cit/config",
        "\ufeff.git/config",
        ".gi\u202et",
        "a\\.git\\config",
        "../x",
        "a/../x",
        "a/./x",
        ".. /x",
        "...",
        "a\\..\\x",
        "/etc/passwd",
        "\\x",
        "C:/x",
        "c:x",
        "",
        "a//b",
        "a/",
        "a\nb",
        "a\tb",
        "a\x1b[2Jb",
        "a\x7f",
        "a\x85b",
        "a\u2028b",
        "a\u202eb",
        "x" * 300,
        "a/" * 3000 + "b",
    ],
)
def test_paths_that_do_not_leave(path: str) -> None:
    """No name that some file system takes for `.git`, none that leaves the tree, none that a terminal obeys."""
    findings = look(added(path))
    assert Rule.PATH in {finding.rule for finding in findings}
    assert all(finding.path.isprintable() and len(finding.path) <= 1300 for finding in findings)


@pytest.mark.parametrize("path", ["digit/a", ".github", "git", "legit/x", ".gitattributes", "a.git", "git~x", ".git_x"])
def test_names_that_only_look_like_git(path: str) -> None:
    """`.git` is a whole name."""
    assert Rule.PATH not in rules(added(path))


@pytest.mark.parametrize("mode", ["040000", "100664", "000000", "060000", ""])
def test_only_files_and_links_leave(mode: str) -> None:
    """No other modes than git's three."""
    assert rules(added("a", mode=mode)) == [Rule.MODE]


@pytest.mark.parametrize(
    "file",
    [
        added("vendor/x", mode=SUBMODULE),
        deleted("vendor/x", mode=SUBMODULE),
        added(".gitmodules"),
        deleted(".gitmodules"),
        added(".GitModules"),
        added("gitmod~1"),
        added("GI7EBA~1"),
        added(".gitmodules ."),
    ],
)
def test_no_submodules(file: FileChange) -> None:
    """Neither a submodule nor the list of them, under whatever name, comes, changes or goes."""
    assert Rule.SUBMODULE in rules(file)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("a", "/etc/passwd"),
        ("a", "\\x"),
        ("a", "C:\\x"),
        ("a", ".."),
        ("a", "../x"),
        ("a/b", "../../x"),
        ("a/b", "./../../x"),
        ("a/b", "..\\..\\x"),
        ("a/b", "c/../../../x"),
        ("a/b", "c/.."),
        ("a", ".git/config"),
        ("a/b", "../.GIT/config"),
        ("a", "git~1"),
        ("a", ""),
        ("a", None),
    ],
)
def test_links_stay_in_the_tree(path: str, target: str | None) -> None:
    """A link leads to a place in the tree that its text alone tells, and not into `.git`."""
    assert rules(link(path, target)) == [Rule.LINK]


def test_a_link_does_not_take_the_place_of_a_folder() -> None:
    """What is written to the folder later would go elsewhere."""
    assert rules(deleted("lib/a.py"), link("lib", "src"), deleted("lib-b/x")) == [Rule.LINK]
    assert rules(deleted("lib-b/x"), link("lib", "src"), FileChange("one", "T", FILE, LINK, link_target="two")) == []


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml",
        ".GitHub/Workflows/ci.yml",
        ".github/workflows",
        ".github/actions/x/action.yml",
        ".circleci/config.yml",
        ".gitlab-ci.yml",
        "Jenkinsfile",
        "azure-pipelines.yml",
    ],
)
def test_workflows_wait_for_a_word(path: str) -> None:
    """Neither written nor deleted without a word, in any spelling; of the whole folder no word is enough."""
    expected = Severity.BLOCK if path == ".github/workflows" else Severity.PAUSE
    for file in (added(path), deleted(path)):
        (finding,) = look(file)
        assert (finding.rule, finding.severity) == (Rule.WORKFLOW, expected)
        assert expected is Severity.BLOCK or "someone with the role maintain must allow it" in finding.detail


def test_honk_asks_before_it_writes_its_own_rules() -> None:
    """It takes the role *maintain*, and counts only once it is merged; the folder that it is in is not replaced."""
    for file in (added(".github/honk.yml", "protect: []"), deleted(".github/HONK.yml")):
        assert [(f.rule, f.severity) for f in look(file)] == [(Rule.CONFIG, Severity.PAUSE)]
    assert [(f.rule, f.severity) for f in look(link(".github", "elsewhere"))] == [(Rule.CONFIG, Severity.BLOCK)]


def test_what_a_person_allowed_is_noted() -> None:
    """That path and no other, and only what waits for a word."""
    ours, theirs = ".github/workflows/ci.yml", ".github/workflows/ci2.yml"
    limits = Limits(allowed=(ours, ".git/config"), protect=("*.yml",))
    found = {(f.rule, f.path): f for f in look(added(ours), added(theirs), added(".git/config"), limits=limits)}
    assert found[Rule.WORKFLOW, ours].severity is Severity.NOTE
    assert found[Rule.PROTECTED, ours].severity is Severity.NOTE
    assert found[Rule.PROTECTED, ours].detail == "protected by *.yml; allowed by a person"
    assert found[Rule.WORKFLOW, theirs].severity is Severity.PAUSE
    assert found[Rule.PATH, ".git/config"].severity is Severity.BLOCK


@pytest.mark.parametrize("path", [".github/workflows/\udce9.yml", ".github/workflows/" + "x" * 200])
def test_what_cannot_be_shown_cannot_be_allowed(path: str) -> None:
    """Two paths may look alike once they are printable, or cut; neither waits for a word that could mean both."""
    (finding,) = look(added(path), limits=Limits(allowed=(paths.shown(path),)))
    assert (finding.rule, finding.severity) == (Rule.WORKFLOW, Severity.BLOCK)


def test_a_link_is_not_allowed_in_place_of_a_workflow() -> None:
    """What is behind it may change without a question."""
    ours = ".github/workflows/ci.yml"
    (finding,) = look(link(ours, "../../ci.yml"), limits=Limits(allowed=(ours,)))
    assert (finding.rule, finding.severity) == (Rule.WORKFLOW, Severity.BLOCK)


@pytest.mark.parametrize(
    ("pattern", "path", "protected"),
    [
        ("migrations/**", "migrations/0001.py", True),
        ("migrations/**", "app/migrations/0001.py", False),
        ("migrations/", "app/migrations/0001.py", True),
        ("migrations", "migrations", True),
        ("/migrations", "app/migrations/x", False),
        ("**/migrations/*.py", "a/b/migrations/0001.py", True),
        ("**/migrations/*.py", "migrations/0001.py", True),
        ("*.lock", "a/poetry.lock", True),
        ("*.lock", "a/poetry.lock.md", False),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/b/a.py", False),
        ("src/?.py", "SRC/A.PY", True),
        ("a/**/b/**/c", "a/x/b/y/z/c", True),
        ("a/**/b/**/c", "a/x/y/z/c", False),
        ("LICENSE", "LICENSE ", True),
        ("[", "a", False),
        ("/", "a", False),
    ],
)
def test_protected_paths(pattern: str, path: str, protected: bool) -> None:
    """Patterns mean what docs/configuration.md says, for changes and for deletions."""
    limits = Limits(protect=(pattern,))
    assert (Rule.PROTECTED in rules(added(path), limits=limits)) is protected
    assert (Rule.PROTECTED in rules(deleted(path), limits=limits)) is protected


def test_sizes() -> None:
    """One file, all files and their number have a limit; what is deleted weighs nothing."""
    limits = Limits(files=2, file_bytes=10, total_bytes=15)
    ten = FileChange("a", "A", new_mode=FILE, size=10)
    assert look(ten, FileChange("b", "D", FILE, size=99), limits=limits) == ()
    assert [f.path for f in look(FileChange("a", "M", FILE, FILE, 11), limits=limits)] == ["a"]
    assert rules(ten, FileChange("b", "A", new_mode=FILE, size=6), limits=limits) == [Rule.SIZE]
    assert rules(deleted("a"), deleted("b"), deleted("c"), limits=limits) == [Rule.SIZE]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("tests/test_a.py", "@pytest.mark.skip(reason='flaky')"),
        ("tests/test_a.py", "    @pytest.mark.xfail"),
        ("src/pkg/test_a.py", "pytest.skip('later')"),
        ("tests/a.py", "@unittest.skipIf(True, '')"),
        ("a.test.ts", "it.only('works', () => {"),
        ("src/__tests__/a.js", "xdescribe('works', () => {"),
        ("a_test.go", "t.Skip()"),
        ("tests/a.rs", "#[ignore]"),
        ("src/ATest.java", "@Disabled"),
    ],
)
def test_skipped_tests_are_noted(path: str, line: str) -> None:
    """The reviewer hears of it; the change may leave."""
    findings = look(added(path, "ok", line, line))
    assert [(f.rule, f.severity) for f in findings] == [(Rule.SKIPPED, Severity.NOTE)]
    assert "added line 2" in findings[0].detail


def test_deleted_tests_and_binary_files_are_noted() -> None:
    """What nobody can read in the diff is said."""
    findings = look(
        deleted("tests/test_a.py", "def test_a(): ..."), FileChange("a.png", "A", new_mode=FILE, after=None)
    )
    assert [(f.rule, f.severity) for f in findings] == [(Rule.BINARY, Severity.NOTE), (Rule.TESTS, Severity.NOTE)]
    assert look(added("src/skip.py", "pytest.skip('x')")) == ()


def test_what_blocks_comes_first_then_what_waits() -> None:
    """A thousand notes hide neither a block nor a question."""
    notes = [deleted(f"tests/test_{number}.py", f"def test_{number}(): ...") for number in range(400)]
    findings = look(*notes, added("Jenkinsfile"), added(".git/config"))
    assert len(findings) == MAX_FINDINGS
    assert [f.severity for f in findings[:3]] == [Severity.BLOCK, Severity.PAUSE, Severity.NOTE]


def test_no_question_is_left_out_unless_the_change_is_blocked() -> None:
    """As many protected paths as are listed wait for a person; with one more, the change does not leave at all."""
    protected = Limits(protect=("infra/**",))
    files = [added(f"infra/{number}.tf") for number in range(MAX_FINDINGS + 1)]
    asked = look(*files[:-1], limits=protected)
    assert {finding.path for finding in asked if finding.severity is Severity.PAUSE} == {f.path for f in files[:-1]}
    too_many = look(*files, limits=protected)
    assert (too_many[0].severity, too_many[0].rule) == (Severity.BLOCK, Rule.SIZE)
    assert f"more than {MAX_FINDINGS} protected paths" in too_many[0].detail
    assert len(too_many) == MAX_FINDINGS
    let_through = replace(protected, allowed=(files[0].path,))
    assert {finding.severity for finding in look(*files, limits=let_through)} == {Severity.PAUSE}


def test_paths_are_shown_printable() -> None:
    """Control characters and bytes that are not UTF-8 appear as what they are."""
    raw = b"a\xff\n\xe2\x80\xae".decode("utf-8", "surrogateescape")
    assert paths.shown(raw) == "a\\xff\\x0a\\u202e"
    assert rules(added(b"caf\xe9.txt".decode("utf-8", "surrogateescape"))) == []


PATHS = st.text(max_size=12) | st.binary(max_size=12).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
PIECES = st.sampled_from(
    [".git", "..", ".", "", "a", ".github", "workflows", "git~1", ".gitmodules", "tests", "/", "\\"]
)
TEXTS = st.none() | st.lists(PATHS, max_size=3).map("\n".join)
FILES = st.builds(
    FileChange,
    path=PATHS | st.lists(PIECES, max_size=5).map("/".join),
    status=st.sampled_from("AMDT"),
    old_mode=st.sampled_from(["000000", FILE, SUBMODULE]),
    new_mode=st.sampled_from([FILE, LINK, SUBMODULE, "040000"]),
    size=st.integers(0, 2**24),
    link_target=st.none() | PATHS | st.lists(PIECES, max_size=5).map("/".join),
    before=TEXTS,
    after=TEXTS,
)


@given(st.lists(FILES, max_size=4), st.lists(PATHS, max_size=2))
@settings(deadline=None)
def test_any_change_is_judged(files: list[FileChange], protect: list[str]) -> None:
    """Whatever bytes a tree holds, there is an answer that can be stored and shown."""
    findings = look(*files, limits=Limits(protect=tuple(protect)))
    for finding in findings:
        (finding.path + finding.detail).encode()
        assert (finding.path + finding.detail).isprintable()


@given(st.lists(PIECES, min_size=1, max_size=6).map("/".join), st.lists(PIECES, max_size=6).map("/".join))
def test_no_link_leaves_the_tree(path: str, target: str) -> None:
    """What passes resolves to a place below the root, step by step, if every name is a folder."""
    if paths.trouble(path) or paths.link_trouble(path, target):
        return
    place = path.split("/")[:-1]
    for name in target.replace("\\", "/").split("/"):
        if name == "..":
            assert place
            place.pop()
        elif name not in ("", "."):
            place.append(name)
    assert ".git" not in place


def test_hostile_paths_cost_linear_work() -> None:
    """A pattern with many `**` against a deep path goes back to the last of them only."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        assert not paths.matches("/".join(["**", "a"] * 20) + "/b", "a/" * 400 + "c")
    finally:
        sys.setprofile(None)
    assert calls < 100_000
