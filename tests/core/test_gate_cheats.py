"""Ways to make a check green without doing the work: each is found by the rule that is meant for it."""

import pytest

from ghapp.core.gate import Rule, Severity
from tests.core.gate_sides import Sides, findings

PY = """
    import shop

    def test_total():
        assert shop.total([1, 2]) == 3
        assert shop.total([]) == 0

    def test_tax():
        cart = shop.Cart()
        assert cart.tax() == 7
    """
JS = """
    describe('cart', () => {
      it('adds', () => {
        const cart = new Cart();
        expect(cart.add(2)).toBe(2);
        expect(cart.items).toEqual([2]);
      });
      it('takes away', () => {
        expect(new Cart().drop(1)).toBe(0);
      });
    });
    """
GO = """
    package shop

    func TestTotal(t *testing.T) {
    \tif got := Total(1, 2); got != 3 {
    \t\tt.Errorf("got %d", got)
    \t}
    }

    func TestTax(t *testing.T) {
    \trequire.Equal(t, 7, Tax(1))
    }
    """
RUST = """
    pub fn total(a: i32, b: i32) -> i32 { a + b }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn adds() {
            assert_eq!(total(1, 2), 3);
        }

        #[tokio::test]
        async fn takes_away() {
            assert!(total(1, -1) == 0);
        }
    }
    """
JAVA = """
    class CartTest {
        @Test
        void adds() {
            assertEquals(3, cart.total());
            assertThat(cart.items()).hasSize(2);
        }

        @Test
        @DisplayName("tax")
        public void tax() {
            assertEquals(7, cart.tax());
        }
    }
    """
KOTLIN = """
    class CartTest {
        @Test
        fun `adds two things`() {
            assertEquals(3, cart.total())
        }
    }
    """
RUBY = """
    RSpec.describe Cart do
      it "adds" do
        expect(cart.total).to eq(3)
      end

      it "taxes" do
        expect(cart.tax).to eq(7)
      end
    end
    """
MINITEST = """
    class CartTest < Minitest::Test
      def test_total
        assert_equal 3, cart.total
      end
    end
    """
CSHARP = """
    public class CartTests
    {
        [Fact]
        public void Adds()
        {
            Assert.Equal(3, cart.Total());
        }

        [Theory]
        [InlineData(1)]
        [InlineData(2)]
        public async Task Taxes(int rate)
        {
            Assert.Equal(rate, cart.Tax(rate));
        }
    }
    """
SWIFT = """
    final class CartTests: XCTestCase {
        func testTotal() {
            XCTAssertEqual(cart.total, 3)
        }
    }
    """
ROWS = """
    @pytest.mark.parametrize(
        ("a", "b"),
        [
            (1, 2),
            (2, 3),
            (3, 4),
        ],
    )
    def test_next(a, b):
        assert after(a) == b
    """


def edited(path: str, text: str, *pairs: tuple[str, str]) -> Sides:
    """One file in which words are replaced."""
    after = text
    for old, new in pairs:
        assert old in after, old
        after = after.replace(old, new)
    return {path: (text, after)}


CHEATS: dict[str, tuple[Rule, Sides]] = {
    "python: the file goes": (Rule.TESTS, {"tests/test_shop.py": (PY, None)}),
    "python: one test goes": (
        Rule.TESTS,
        edited("tests/test_shop.py", PY, ("    def test_tax():\n        cart = shop.Cart()\n        assert cart.tax() == 7\n", "")),
    ),
    "python: the failing test makes room for an easy one": (
        Rule.TESTS,
        edited("test_shop.py", PY, ("    def test_tax():\n        cart = shop.Cart()\n        assert cart.tax() == 7\n",
                                    "    def test_version():\n        assert shop.NAME == 'shop'\n")),
    ),
    "python: a name that no runner collects": (Rule.TESTS, edited("tests/test_shop.py", PY, ("def test_tax", "def _test_tax"))),
    "python: a file that no runner collects": (
        Rule.TESTS, {"tests/test_shop.py": (PY, None), "tests/old_shop.py": (None, PY)},
    ),
    "python: rows of a table go": (Rule.TESTS, edited("tests/test_n.py", ROWS, ("            (3, 4),\n", ""))),
    "python: commented out": (
        Rule.TESTS,
        edited("tests/test_shop.py", PY, ("def test_tax", "# def test_tax"), ("    cart =", "#   cart ="), ("assert cart.", "# assert cart.")),
    ),
    "python: within a string": (Rule.TESTS, edited("tests/test_shop.py", PY, ("    def test_tax", '    """\n    def test_tax'), ("== 7", '== 7\n    """'))),
    "python: an assertion goes": (Rule.ASSERTIONS, edited("tests/test_shop.py", PY, ("    assert shop.total([]) == 0\n", ""))),
    "python: assertions that add up, elsewhere": (
        Rule.EMPTIED,
        edited("tests/test_shop.py", PY, ("assert cart.tax() == 7", "cart.tax()"), ("== 0\n", "== 0\n        assert shop.NAME == 's'\n")),
    ),
    "python: nothing is asserted": (Rule.EMPTIED, edited("tests/test_shop.py", PY, ("assert cart.tax() == 7", "pass"))),
    "python: assert True": (Rule.EMPTIED, edited("tests/test_shop.py", PY, ("assert cart.tax() == 7", "assert True"))),
    "python: or True": (Rule.EMPTIED, edited("tests/test_shop.py", PY, ("== 7", "== 7 or True"))),
    "python: back before the assertion": (Rule.EMPTIED, edited("tests/test_shop.py", PY, ("cart = shop", "return\n        cart = shop"))),
    "python: never reached": (Rule.EMPTIED, edited("tests/test_shop.py", PY, ("assert cart.tax", "if False:\n            assert cart.tax"))),
    "python: a helper that asks nothing": (
        Rule.EMPTIED,
        edited("tests/test_shop.py", PY, ("assert cart.tax() == 7", "check(cart.tax(), 7)\n\n    def check(a, b):\n        pass")),
    ),
    "python: anything will do": (Rule.WEAKENED, edited("tests/test_shop.py", PY, ("cart.tax() == 7", "cart.tax() is not None"))),
    "python: any exception will do": (
        Rule.WEAKENED,
        {"tests/test_a.py": ("def test_a():\n    with pytest.raises(KeyError):\n        a()\n",
                             "def test_a():\n    with pytest.raises(Exception):\n        a()\n")},
    ),
    "python: unittest asks less": (
        Rule.WEAKENED,
        {"tests/test_a.py": ("class T(TestCase):\n    def test_a(self):\n        self.assertEqual(a(), 3)\n",
                             "class T(TestCase):\n    def test_a(self):\n        self.assertTrue(a())\n")},
    ),
    "python: failures are swallowed": (
        Rule.WEAKENED,
        edited("tests/test_shop.py", PY, ("    assert cart.tax() == 7", "    try:\n            assert cart.tax() == 7\n        except AssertionError:\n            pass")),
    ),
    "python: skipped": (Rule.SKIPPED, edited("tests/test_shop.py", PY, ("def test_tax", "@pytest.mark.skip\n    def test_tax"))),
    "python: expected to fail": (Rule.SKIPPED, edited("tests/test_shop.py", PY, ("def test_tax", "@pytest.mark.xfail(strict=False)\n    def test_tax"))),
    "python: a hook that skips": (
        Rule.HOOK,
        {"conftest.py": (None, "def pytest_collection_modifyitems(items):\n    items[:] = [i for i in items if 'tax' not in i.name]\n")},
    ),
    "python: a hook that passes": (
        Rule.HOOK, {"tests/conftest.py": ("import pytest\n", "import pytest\n\ndef pytest_runtest_makereport(item, call):\n    ...\n")},
    ),
    "python: an exit": (Rule.HOOK, {"tests/test_a.py": ("", "import os\nos._exit(0)\n")}),
    "python: code knows pytest": (Rule.SPECIAL_CASE, {"shop.py": ("", "import sys\nif 'pytest' in sys.modules:\n    TAX = 7\n")}),
    "python: code knows the running test": (Rule.SPECIAL_CASE, {"shop.py": ("", "if os.environ.get('PYTEST_CURRENT_TEST'):\n    x = 7\n")}),
    "python: code knows CI": (Rule.SPECIAL_CASE, {"src/shop.py": ("", "TAX = 7 if os.getenv('CI') else 0\n")}),
    "python: equal to all": (Rule.SPECIAL_CASE, {"shop.py": ("", "class Cart:\n    def __eq__(self, other):\n        return True\n")}),
    "js: a test goes": (Rule.TESTS, edited("src/cart.test.ts", JS, ("  it('takes away', () => {\n        expect(new Cart().drop(1)).toBe(0);\n      });\n", ""))),
    "js: commented out": (Rule.TESTS, edited("src/cart.test.ts", JS, ("  it('takes", "  /* it('takes"), ("toBe(0);\n      });", "toBe(0);\n      }); */"))),
    "js: nothing is expected": (Rule.EMPTIED, edited("cart.spec.js", JS, ("expect(new Cart().drop(1)).toBe(0)", "new Cart().drop(1)"))),
    "js: true is true": (Rule.EMPTIED, edited("cart.spec.js", JS, ("expect(new Cart().drop(1)).toBe(0)", "expect(true).toBe(true)"))),
    "js: an expectation goes": (Rule.ASSERTIONS, edited("cart.spec.js", JS, ("    expect(cart.items).toEqual([2]);\n", ""))),
    "js: anything will do": (Rule.WEAKENED, edited("cart.spec.js", JS, ("expect(cart.add(2)).toBe(2)", "expect(cart.add(2)).toBeDefined()"))),
    "js: skipped": (Rule.SKIPPED, edited("__tests__/cart.js", JS, ("it('takes", "it.skip('takes"))),
    "js: the others only": (Rule.SKIPPED, edited("cart.test.mjs", JS, ("it('adds", "it.only('adds"))),
    "js: node:test skips": (Rule.SKIPPED, edited("test/cart.mjs", JS, ("it('adds', ", "it('adds', { skip: true }, "))),
    "js: the framework's word": (Rule.HOOK, {"jest.setup.ts": ("", "globalThis.it = () => {};\n")}),
    "js: code knows jest": (Rule.SPECIAL_CASE, {"src/cart.ts": ("", "if (process.env.JEST_WORKER_ID) return 7;\n")}),
    "js: failures are swallowed": (Rule.WEAKENED, edited("cart.test.js", JS, ("expect(new Cart().drop(1)).toBe(0);", "try { expect(new Cart().drop(1)).toBe(0); } catch (e) {}"))),
    "go: a test goes": (Rule.TESTS, edited("cart_test.go", GO, ("func TestTax(t *testing.T) {\n    \trequire.Equal(t, 7, Tax(1))\n    }\n", ""))),
    "go: nothing is asked": (Rule.EMPTIED, edited("cart_test.go", GO, ("require.Equal(t, 7, Tax(1))", "_ = Tax(1)"))),
    "go: logged instead": (Rule.EMPTIED, edited("cart_test.go", GO, ("t.Errorf(", "t.Logf("))),
    "go: skipped": (Rule.SKIPPED, edited("cart_test.go", GO, ("\trequire", "\tt.Skip()\n    \trequire"))),
    "go: exit": (Rule.HOOK, {"main_test.go": ("", "func TestMain(m *testing.M) {\n\tm.Run()\n\tos.Exit(0)\n}\n")}),
    "rust: a test goes": (Rule.TESTS, edited("src/lib.rs", RUST, ("    #[test]\n        fn adds() {\n            assert_eq!(total(1, 2), 3);\n        }\n", ""))),
    "rust: no test any more": (Rule.TESTS, edited("src/lib.rs", RUST, ("        #[test]\n", ""))),
    "rust: ignored": (Rule.SKIPPED, edited("src/lib.rs", RUST, ("#[test]", "#[test]\n        #[ignore]"))),
    "rust: true": (Rule.EMPTIED, edited("src/lib.rs", RUST, ("assert_eq!(total(1, 2), 3)", "assert!(true)"))),
    "java: a test goes": (Rule.TESTS, edited("src/test/java/CartTest.java", JAVA, ('    @Test\n        @DisplayName("tax")\n', ""))),
    "java: an assertion goes": (Rule.ASSERTIONS, edited("src/test/java/CartTest.java", JAVA, ("        assertThat(cart.items()).hasSize(2);\n", ""))),
    "java: disabled": (Rule.SKIPPED, edited("src/test/java/CartTest.java", JAVA, ("@DisplayName", "@Disabled @DisplayName"))),
    "java: swallowed": (Rule.WEAKENED, edited("CartTest.java", JAVA, ("assertEquals(7, cart.tax());", "try { assertEquals(7, cart.tax()); } catch (Throwable t) { }"))),
    "kotlin: nothing is asserted": (Rule.EMPTIED, edited("src/test/kotlin/CartTest.kt", KOTLIN, ("assertEquals(3, cart.total())", "cart.total()"))),
    "ruby: an example goes": (Rule.TESTS, edited("spec/cart_spec.rb", RUBY, ('  it "taxes" do\n        expect(cart.tax).to eq(7)\n      end\n', ""))),
    "ruby: skipped": (Rule.SKIPPED, edited("spec/cart_spec.rb", RUBY, ('it "taxes"', 'xit "taxes"'))),
    "ruby: minitest asks nothing": (Rule.EMPTIED, edited("test/cart_test.rb", MINITEST, ("assert_equal 3, cart.total", "cart.total"))),
    "ruby: true": (Rule.EMPTIED, edited("test/cart_test.rb", MINITEST, ("assert_equal 3, cart.total", "assert true"))),
    "c#: a case goes": (Rule.TESTS, edited("Shop.Tests/CartTests.cs", CSHARP, ("    [InlineData(2)]\n", ""))),
    "c#: ignored": (Rule.SKIPPED, edited("Shop.Tests/CartTests.cs", CSHARP, ("[Fact]", '[Fact(Skip = "later")]'))),
    "c#: #if false": (Rule.EMPTIED, edited("Shop.Tests/CartTests.cs", CSHARP, ("Assert.Equal(3, cart.Total());", "\n#if false\n        Assert.Equal(3, cart.Total());\n#endif"))),
    "swift: nothing is asserted": (Rule.EMPTIED, edited("Tests/CartTests.swift", SWIFT, ("XCTAssertEqual(cart.total, 3)", "_ = cart.total"))),
    "swift: skipped": (Rule.SKIPPED, edited("Tests/CartTests.swift", SWIFT, ("XCTAssert", 'throw XCTSkip("later")\n            XCTAssert'))),
    "a file of tests in no known language": (Rule.TESTS, {"test/cart.bats": ("@test 'a' {\n  [ 1 -eq 1 ]\n}\n", None)}),
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
    "ruff ignores more": (Rule.CHECKS_LOOSENED, {"pyproject.toml": ('[tool.ruff.lint]\nignore = [\n  "E1",\n]\n', '[tool.ruff.lint]\nignore = [\n  "E1",\n  "F401",\n]\n')}),
    "ruff selects less": (Rule.CHECKS_LOOSENED, {"ruff.toml": ('select = ["E", "F", "S"]\n', 'select = ["E"]\n')}),
    "flake8 ignores more": (Rule.CHECKS_LOOSENED, {".flake8": ("[flake8]\nextend-ignore = E1\n", "[flake8]\nextend-ignore = E1, E2\n")}),
    "mypy is not strict": (Rule.CHECKS_LOOSENED, {"pyproject.toml": ("[tool.mypy]\nstrict = true\n", "[tool.mypy]\nstrict = false\n")}),
    "mypy ignores errors": (Rule.CHECKS_LOOSENED, {"mypy.ini": ("[mypy]\n", "[mypy]\nignore_errors = True\n")}),
    "coverage may be less": (Rule.CHECKS_LOOSENED, {".coveragerc": ("[report]\nfail_under = 90\n", "[report]\nfail_under = 50\n")}),
    "coverage by an option": (Rule.CHECKS_LOOSENED, {"tox.ini": ("[pytest]\naddopts = --cov-fail-under=90\n", "[pytest]\naddopts = --cov-fail-under=10\n")}),
    "pytest leaves tests out": (Rule.CHECKS_LOOSENED, {"pytest.ini": ("[pytest]\naddopts = -q\n", "[pytest]\naddopts = -q --deselect tests/test_a.py\n")}),
    "jest's threshold": (Rule.CHECKS_LOOSENED, {"jest.config.js": ("module.exports = { coverageThreshold: { global: { lines: 80 } } }\n", "module.exports = { coverageThreshold: { global: { lines: 8 } } }\n")}),
    "eslint's rule": (Rule.CHECKS_LOOSENED, {".eslintrc.json": ('{"rules": {"no-undef": "error"}}\n', '{"rules": {"no-undef": "off"}}\n')}),
    "tsconfig": (Rule.CHECKS_LOOSENED, {"tsconfig.json": ('{"compilerOptions": {\n  "strict": true\n}}\n', '{"compilerOptions": {\n  "strict": false\n}}\n')}),
    "cargo's lints": (Rule.CHECKS_LOOSENED, {"Cargo.toml": ('[lints.rust]\nunsafe_code = "forbid"\n', '[lints.rust]\nunsafe_code = "allow"\n')}),
    "the settings go": (Rule.CHECKS_LOOSENED, {"mypy.ini": ("[mypy]\nstrict = True\n", None)}),
    "requirements": (Rule.VERSION, {"requirements.txt": ("requests==2.31.0\n", "requests==2.3.0\n")}),
    "pyproject": (Rule.VERSION, {"pyproject.toml": ('dependencies = [\n  "flask[async]>=3.1",\n]\n', 'dependencies = [\n  "flask[async]>=2.0",\n]\n')}),
    "python itself": (Rule.VERSION, {"pyproject.toml": ('requires-python = ">=3.11"\n', 'requires-python = ">=3.8"\n')}),
    "package.json": (Rule.VERSION, {"package.json": ('{"dependencies": {\n  "react": "^18.2.0"\n}}\n', '{"dependencies": {\n  "react": "^16.0.0"\n}}\n')}),
    "go.mod": (Rule.VERSION, {"go.mod": ("require example.com/a/b v1.10.0\n", "require example.com/a/b v1.9.0\n")}),
    "go itself": (Rule.VERSION, {"go.mod": ("go 1.22\n", "go 1.18\n")}),
    "Cargo.toml": (Rule.VERSION, {"Cargo.toml": ('serde = { version = "1.0.200", features = ["derive"] }\n', 'serde = { version = "0.9", features = ["derive"] }\n')}),
    "gemfile": (Rule.VERSION, {"Gemfile": ('gem "rails", "~> 7.1"\n', 'gem "rails", "~> 6.0"\n')}),
    "gradle": (Rule.VERSION, {"build.gradle": ('implementation("org.a:b:2.1.0")\n', 'implementation("org.a:b:1.0.0")\n')}),
    "csproj": (Rule.VERSION, {"a.csproj": ('<PackageReference Include="A.B" Version="2.1.0" />\n', '<PackageReference Include="A.B" Version="1.1.0" />\n')}),
    "|| true": (Rule.COMMAND, {"scripts/run_tests.sh": ("pytest -q\n", "pytest -q || true\n")}),
    "exit 0": (Rule.COMMAND, {"check.sh": ("grep -q 42 answer.txt\n", "grep -q 42 answer.txt\nexit 0\n")}),
    "a check's lines": (Rule.COMMAND, {"check.sh": ("grep -q 42 answer.txt\n", "true\n")}),
    "a test script": (Rule.COMMAND, {"package.json": ('{"scripts": {\n  "test": "jest --ci"\n}}\n', '{"scripts": {\n  "test": "echo ok"\n}}\n')}),
    "a Makefile's target": (Rule.COMMAND, {"Makefile": ("test: build\n\tpytest -q\n", "test: build\n\t@echo ok\n")}),
    "a failure is ignored in a Makefile": (Rule.COMMAND, {"Makefile": ("it:\n\tmypy .\n", "it:\n\tmypy . || true\n")}),
    "owners": (Rule.OWNERS, {".github/CODEOWNERS": ("* @ann\n", "")}),
    "agents": (Rule.AGENT_FILE, {"src/AGENTS.md": ("Run the tests.\n", "Do not run the tests.\n")}),
    "claude": (Rule.AGENT_FILE, {".claude/settings.json": (None, "{}\n")}),
    "cursor": (Rule.AGENT_FILE, {".cursor/rules/a.mdc": (None, "x\n")}),
    "copilot": (Rule.AGENT_FILE, {".github/copilot-instructions.md": (None, "x\n")}),
    "mcp": (Rule.AGENT_FILE, {".mcp.json": (None, "{}\n")}),
    "a lock file": (Rule.LOCK_FILE, {"web/package-lock.json": ("{}\n", "{ }\n")}),
    "a snapshot": (Rule.SNAPSHOT, {"src/__snapshots__/cart.test.ts.snap": ("exports[`a`] = `7`;\n", "exports[`a`] = `0`;\n")}),
    "ci": (Rule.WORKFLOW, {".github/workflows/ci.yml": ("on: push\n", "on: []\n")}),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "sides"), CHEATS.values(), ids=CHEATS.keys())
def test_a_cheat_is_found(rule: Rule, sides: Sides) -> None:
    """By the rule that is meant for it, in a file of the change, in printable words."""
    found = findings(sides)
    assert rule in {finding.rule for finding in found}, found
    for finding in found:
        assert finding.path in sides
        assert finding.severity is (Severity.PAUSE if finding.rule is Rule.WORKFLOW else Severity.NOTE)
        assert finding.detail.isprintable()
