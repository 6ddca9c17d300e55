"""Which checks a repository declares, and what they need: pure over the files of one commit.

What the set-up fetches is kept in `/env`, because the checks run later, without network and with another HOME; so
the commands of one toolchain name the same folders in both places.
"""

import re

from ghapp.core.evidence import Check
from ghapp.verify import node, python
from ghapp.verify.repository import Tree

_GO = "GOMODCACHE=/env/go/mod GOCACHE=/env/go/cache GOFLAGS=-modcacherw"
_CARGO = "CARGO_HOME=/env/cargo CARGO_TARGET_DIR=/env/target RUST_BACKTRACE=0"
_MAVEN = "-B -ntp -Dmaven.repo.local=/env/m2"
_GRADLE = "GRADLE_USER_HOME=/env/gradle"
_MAKE_TEST = re.compile(r"^test\s*:(?!=)", re.MULTILINE)


def checks(tree: Tree) -> tuple[Check, ...]:
    """Each toolchain's own tests; `make test` when there is nothing more specific."""
    found = (*python.checks(tree), *node.checks(tree), *_other_checks(tree))
    return found or _make_checks(tree)


def setup(tree: Tree) -> tuple[str, ...]:
    """The commands that fetch and install what the checks need, in order."""
    return (*python.setup(tree), *node.setup(tree), *_other_setup(tree))


def _other_checks(tree: Tree) -> tuple[Check, ...]:
    found = []
    if "go.mod" in tree:
        found.append(Check("go test", f"{_GO} GOPROXY=off go test ./..."))
    if "Cargo.toml" in tree:
        found.append(Check("cargo test", f"{_CARGO} cargo test --offline --no-fail-fast"))
    if "pom.xml" in tree:
        found.append(Check("mvn test", f"{_maven(tree)} {_MAVEN} -o test"))
    if _is_gradle(tree):
        found.append(Check("gradle test", f"{_GRADLE} {_gradle(tree)} --no-daemon --offline test"))
    return tuple(found)


def _other_setup(tree: Tree) -> tuple[str, ...]:
    found = []
    if "go.mod" in tree:
        found.append(f"{_GO} go mod download")
    if "Cargo.toml" in tree:
        found.append(f"{_CARGO} cargo fetch")
    if "pom.xml" in tree:
        # go-offline leaves out what surefire chooses only when it sees the tests; a run of no test fetches that.
        nothing = "-Dtest=NoTestHasThisName -Dsurefire.failIfNoSpecifiedTests=false -DfailIfNoTests=false"
        found += [f"{_maven(tree)} {_MAVEN} dependency:go-offline", f"{_maven(tree)} {_MAVEN} {nothing} test"]
    if _is_gradle(tree):
        found.append(f"{_GRADLE} {_gradle(tree)} --no-daemon testClasses")
    return tuple(found)


def _maven(tree: Tree) -> str:
    return "sh ./mvnw" if "mvnw" in tree else "mvn"


def _is_gradle(tree: Tree) -> bool:
    return tree.first("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts") is not None


def _gradle(tree: Tree) -> str:
    return "sh ./gradlew" if "gradlew" in tree else "gradle"


def _make_checks(tree: Tree) -> tuple[Check, ...]:
    makefile = tree.first("GNUmakefile", "makefile", "Makefile")
    has_test = makefile is not None and _MAKE_TEST.search(tree.text(makefile))
    return (Check("make test", "make test"),) if has_test else ()
