"""Ways to make checks ask less than they did, and files that others must hear of: each is found by its rule."""

import pytest

from ghapp.core.gate import Rule, Severity
from tests.core.gate_sides import Sides, findings

CHEATS: dict[str, tuple[Rule, Sides]] = {
    "noqa": (Rule.CHECKS_OFF, {"shop.py": ("import os\n", "import os  # noqa: F401\n")}),
    "type: ignore": (Rule.CHECKS_OFF, {"shop.py": ("", "x: int = 'a'  # type: ignore[assignment]\n")}),
    "pylint": (Rule.CHECKS_OFF, {"shop.py": ("", "# pylint: disable=all\n")}),
    "no cover": (Rule.CHECKS_OFF, {"shop.py": ("", "def f():  # pragma: no cover\n    ...\n")}),
    "eslint": (Rule.CHECKS_OFF, {"a.ts": ("", "/* eslint-disable */\n")}),
    "ts-ignore": (Rule.CHECKS_OFF, {"a.ts": ("", "// @ts-ignore\nlet a: number = 'b';\n")}),
    "ts-nocheck": (Rule.CHECKS_OFF, {"a.tsx": ("", "// @ts-nocheck\n")}),
    "nolint": (Rule.CHECKS_OFF, {"a.go": ("", "x() //nolint:errcheck\n")}),
    "allow": (Rule.CHECKS_OFF, {"src/a.rs": ("", "#![allow(warnings)]\n")}),
    "SuppressWarnings": (Rule.CHECKS_OFF, {"A.java": ("", '@SuppressWarnings("unchecked")\n')}),
    "rubocop": (Rule.CHECKS_OFF, {"a.rb": ("", "x # rubocop:disable Metrics\n")}),
    "ruff ignores more": (
        Rule.CHECKS_LOOSENED,
        {
            "pyproject.toml": (
                '[tool.ruff.lint]\nignore = [\n  "E1",\n]\n',
                '[tool.ruff.lint]\nignore = [\n  "E1",\n  "F401",\n]\n',
            )
        },
    ),
    "ruff selects less": (Rule.CHECKS_LOOSENED, {"ruff.toml": ('select = ["E", "F", "S"]\n', 'select = ["E"]\n')}),
    "flake8 ignores more": (
        Rule.CHECKS_LOOSENED,
        {".flake8": ("[flake8]\nextend-ignore = E1\n", "[flake8]\nextend-ignore = E1, E2\n")},
    ),
    "mypy is not strict": (
        Rule.CHECKS_LOOSENED,
        {"pyproject.toml": ("[tool.mypy]\nstrict = true\n", "[tool.mypy]\nstrict = false\n")},
    ),
    "mypy ignores errors": (Rule.CHECKS_LOOSENED, {"mypy.ini": ("[mypy]\n", "[mypy]\nignore_errors = True\n")}),
    "coverage may be less": (
        Rule.CHECKS_LOOSENED,
        {".coveragerc": ("[report]\nfail_under = 90\n", "[report]\nfail_under = 50\n")},
    ),
    "coverage by an option": (
        Rule.CHECKS_LOOSENED,
        {"tox.ini": ("[pytest]\naddopts = --cov-fail-under=90\n", "[pytest]\naddopts = --cov-fail-under=10\n")},
    ),
    "pytest leaves tests out": (
        Rule.CHECKS_LOOSENED,
        {"pytest.ini": ("[pytest]\naddopts = -q\n", "[pytest]\naddopts = -q --deselect tests/test_a.py\n")},
    ),
    "jest's threshold": (
        Rule.CHECKS_LOOSENED,
        {
            "jest.config.js": (
                "module.exports = { coverageThreshold: { global: { lines: 80 } } }\n",
                "module.exports = { coverageThreshold: { global: { lines: 8 } } }\n",
            )
        },
    ),
    "eslint's rule": (
        Rule.CHECKS_LOOSENED,
        {".eslintrc.json": ('{"rules": {"no-undef": "error"}}\n', '{"rules": {"no-undef": "off"}}\n')},
    ),
    "tsconfig": (
        Rule.CHECKS_LOOSENED,
        {
            "tsconfig.json": (
                '{"compilerOptions": {\n  "strict": true\n}}\n',
                '{"compilerOptions": {\n  "strict": false\n}}\n',
            )
        },
    ),
    "cargo's lints": (
        Rule.CHECKS_LOOSENED,
        {"Cargo.toml": ('[lints.rust]\nunsafe_code = "forbid"\n', '[lints.rust]\nunsafe_code = "allow"\n')},
    ),
    "the settings go": (Rule.CHECKS_LOOSENED, {"mypy.ini": ("[mypy]\nstrict = True\n", None)}),
    "requirements": (Rule.VERSION, {"requirements.txt": ("requests==2.31.0\n", "requests==2.3.0\n")}),
    "pyproject": (
        Rule.VERSION,
        {
            "pyproject.toml": (
                'dependencies = [\n  "flask[async]>=3.1",\n]\n',
                'dependencies = [\n  "flask[async]>=2.0",\n]\n',
            )
        },
    ),
    "python itself": (
        Rule.VERSION,
        {"pyproject.toml": ('requires-python = ">=3.11"\n', 'requires-python = ">=3.8"\n')},
    ),
    "package.json": (
        Rule.VERSION,
        {
            "package.json": (
                '{"dependencies": {\n  "react": "^18.2.0"\n}}\n',
                '{"dependencies": {\n  "react": "^16.0.0"\n}}\n',
            )
        },
    ),
    "go.mod": (Rule.VERSION, {"go.mod": ("require example.com/a/b v1.10.0\n", "require example.com/a/b v1.9.0\n")}),
    "go itself": (Rule.VERSION, {"go.mod": ("go 1.22\n", "go 1.18\n")}),
    "Cargo.toml": (
        Rule.VERSION,
        {
            "Cargo.toml": (
                'serde = { version = "1.0.200", features = ["derive"] }\n',
                'serde = { version = "0.9", features = ["derive"] }\n',
            )
        },
    ),
    "gemfile": (Rule.VERSION, {"Gemfile": ('gem "rails", "~> 7.1"\n', 'gem "rails", "~> 6.0"\n')}),
    "gradle": (
        Rule.VERSION,
        {"build.gradle": ('implementation("org.a:b:2.1.0")\n', 'implementation("org.a:b:1.0.0")\n')},
    ),
    "csproj": (
        Rule.VERSION,
        {
            "a.csproj": (
                '<PackageReference Include="A.B" Version="2.1.0" />\n',
                '<PackageReference Include="A.B" Version="1.1.0" />\n',
            )
        },
    ),
    "|| true": (Rule.COMMAND, {"scripts/run_tests.sh": ("pytest -q\n", "pytest -q || true\n")}),
    "exit 0": (Rule.COMMAND, {"check.sh": ("grep -q 42 answer.txt\n", "grep -q 42 answer.txt\nexit 0\n")}),
    "a check's lines": (Rule.COMMAND, {"check.sh": ("grep -q 42 answer.txt\n", "true\n")}),
    "a test script": (
        Rule.COMMAND,
        {"package.json": ('{"scripts": {\n  "test": "jest --ci"\n}}\n', '{"scripts": {\n  "test": "echo ok"\n}}\n')},
    ),
    "a Makefile's target": (Rule.COMMAND, {"Makefile": ("test: build\n\tpytest -q\n", "test: build\n\t@echo ok\n")}),
    "a failure is ignored in a Makefile": (Rule.COMMAND, {"Makefile": ("it:\n\tmypy .\n", "it:\n\tmypy . || true\n")}),
    "owners": (Rule.OWNERS, {".github/CODEOWNERS": ("* @ann\n", "")}),
    "agents": (Rule.AGENT_FILE, {"src/AGENTS.md": ("Run the tests.\n", "Do not run the tests.\n")}),
    "claude": (Rule.AGENT_FILE, {".claude/settings.json": (None, "{}\n")}),
    "cursor": (Rule.AGENT_FILE, {".cursor/rules/a.mdc": (None, "x\n")}),
    "copilot": (Rule.AGENT_FILE, {".github/copilot-instructions.md": (None, "x\n")}),
    "mcp": (Rule.AGENT_FILE, {".mcp.json": (None, "{}\n")}),
    "a lock file": (Rule.LOCK_FILE, {"web/package-lock.json": ("{}\n", "{ }\n")}),
    "a snapshot": (
        Rule.SNAPSHOT,
        {"src/__snapshots__/cart.test.ts.snap": ("exports[`a`] = `7`;\n", "exports[`a`] = `0`;\n")},
    ),
    "ci": (Rule.WORKFLOW, {".github/workflows/ci.yml": ("on: push\n", "on: []\n")}),
}


@pytest.mark.parametrize(("rule", "sides"), CHEATS.values(), ids=CHEATS.keys())
def test_a_loosened_check_is_found(rule: Rule, sides: Sides) -> None:
    """By the rule that is meant for it, in a file of the change, in printable words."""
    found = findings(sides)
    assert rule in {finding.rule for finding in found}, found
    for finding in found:
        assert finding.path in sides
        assert finding.severity is (Severity.PAUSE if finding.rule is Rule.WORKFLOW else Severity.NOTE)
        assert finding.detail.isprintable()
