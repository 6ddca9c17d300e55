"""Ways to make tests green without doing the work: each is found by the rule that is meant for it."""

import pytest

from ghapp.core.gate import Rule, Severity
from tests.core.gate_sides import Sides, findings
from tests.core.gate_suites import CSHARP, GO, JAVA, JS, KOTLIN, MINITEST, PY, ROWS, RUBY, RUST, SWIFT, edited

CHEATS: dict[str, tuple[Rule, Sides]] = {
    "python: the file goes": (Rule.TESTS, {"tests/test_shop.py": (PY, None)}),
    "python: one test goes": (
        Rule.TESTS,
        edited(
            "tests/test_shop.py",
            PY,
            ("    def test_tax():\n        cart = shop.Cart()\n        assert cart.tax() == 7\n", ""),
        ),
    ),
    "python: the failing test makes room for an easy one": (
        Rule.TESTS,
        edited(
            "test_shop.py",
            PY,
            (
                "    def test_tax():\n        cart = shop.Cart()\n        assert cart.tax() == 7\n",
                "    def test_version():\n        assert shop.NAME == 'shop'\n",
            ),
        ),
    ),
    "python: a name that no runner collects": (
        Rule.TESTS,
        edited("tests/test_shop.py", PY, ("def test_tax", "def _test_tax")),
    ),
    "python: a file that no runner collects": (
        Rule.TESTS,
        {"tests/test_shop.py": (PY, None), "tests/old_shop.py": (None, PY)},
    ),
    "python: rows of a table go": (Rule.TESTS, edited("tests/test_n.py", ROWS, ("            (3, 4),\n", ""))),
    "python: commented out": (
        Rule.TESTS,
        edited(
            "tests/test_shop.py",
            PY,
            ("def test_tax", "# def test_tax"),
            ("    cart =", "#   cart ="),
            ("assert cart.", "# assert cart."),
        ),
    ),
    "python: within a string": (
        Rule.TESTS,
        edited("tests/test_shop.py", PY, ("    def test_tax", '    """\n    def test_tax'), ("== 7", '== 7\n    """')),
    ),
    "python: an assertion goes": (
        Rule.ASSERTIONS,
        edited("tests/test_shop.py", PY, ("    assert shop.total([]) == 0\n", "")),
    ),
    "python: assertions that add up, elsewhere": (
        Rule.EMPTIED,
        edited(
            "tests/test_shop.py",
            PY,
            ("assert cart.tax() == 7", "cart.tax()"),
            ("== 0\n", "== 0\n        assert shop.NAME == 's'\n"),
        ),
    ),
    "python: nothing is asserted": (Rule.EMPTIED, edited("tests/test_shop.py", PY, ("assert cart.tax() == 7", "pass"))),
    "python: assert True": (Rule.EMPTIED, edited("tests/test_shop.py", PY, ("assert cart.tax() == 7", "assert True"))),
    "python: or True": (Rule.EMPTIED, edited("tests/test_shop.py", PY, ("== 7", "== 7 or True"))),
    "python: back before the assertion": (
        Rule.EMPTIED,
        edited("tests/test_shop.py", PY, ("cart = shop", "return\n        cart = shop")),
    ),
    "python: never reached": (
        Rule.EMPTIED,
        edited("tests/test_shop.py", PY, ("assert cart.tax", "if False:\n            assert cart.tax")),
    ),
    "python: a helper that asks nothing": (
        Rule.EMPTIED,
        edited(
            "tests/test_shop.py",
            PY,
            ("assert cart.tax() == 7", "check(cart.tax(), 7)\n\n    def check(a, b):\n        pass"),
        ),
    ),
    "python: anything will do": (
        Rule.WEAKENED,
        edited("tests/test_shop.py", PY, ("cart.tax() == 7", "cart.tax() is not None")),
    ),
    "python: any exception will do": (
        Rule.WEAKENED,
        {
            "tests/test_a.py": (
                "def test_a():\n    with pytest.raises(KeyError):\n        a()\n",
                "def test_a():\n    with pytest.raises(Exception):\n        a()\n",
            )
        },
    ),
    "python: unittest asks less": (
        Rule.WEAKENED,
        {
            "tests/test_a.py": (
                "class T(TestCase):\n    def test_a(self):\n        self.assertEqual(a(), 3)\n",
                "class T(TestCase):\n    def test_a(self):\n        self.assertTrue(a())\n",
            )
        },
    ),
    "python: failures are swallowed": (
        Rule.WEAKENED,
        edited(
            "tests/test_shop.py",
            PY,
            (
                "    assert cart.tax() == 7",
                "    try:\n            assert cart.tax() == 7\n        except AssertionError:\n            pass",
            ),
        ),
    ),
    "python: skipped": (
        Rule.SKIPPED,
        edited("tests/test_shop.py", PY, ("def test_tax", "@pytest.mark.skip\n    def test_tax")),
    ),
    "python: expected to fail": (
        Rule.SKIPPED,
        edited("tests/test_shop.py", PY, ("def test_tax", "@pytest.mark.xfail(strict=False)\n    def test_tax")),
    ),
    "python: a hook that skips": (
        Rule.HOOK,
        {
            "conftest.py": (
                None,
                "def pytest_collection_modifyitems(items):\n    items[:] = [i for i in items if 'tax' not in i.name]\n",
            )
        },
    ),
    "python: a hook that passes": (
        Rule.HOOK,
        {
            "tests/conftest.py": (
                "import pytest\n",
                "import pytest\n\ndef pytest_runtest_makereport(item, call):\n    ...\n",
            )
        },
    ),
    "python: an exit": (Rule.HOOK, {"tests/test_a.py": ("", "import os\nos._exit(0)\n")}),
    "python: code knows pytest": (
        Rule.SPECIAL_CASE,
        {"shop.py": ("", "import sys\nif 'pytest' in sys.modules:\n    TAX = 7\n")},
    ),
    "python: code knows the running test": (
        Rule.SPECIAL_CASE,
        {"shop.py": ("", "if os.environ.get('PYTEST_CURRENT_TEST'):\n    x = 7\n")},
    ),
    "python: code knows CI": (Rule.SPECIAL_CASE, {"src/shop.py": ("", "TAX = 7 if os.getenv('CI') else 0\n")}),
    "python: equal to all": (
        Rule.SPECIAL_CASE,
        {"shop.py": ("", "class Cart:\n    def __eq__(self, other):\n        return True\n")},
    ),
    "js: a test goes": (
        Rule.TESTS,
        edited(
            "src/cart.test.ts",
            JS,
            ("  it('takes away', () => {\n        expect(new Cart().drop(1)).toBe(0);\n      });\n", ""),
        ),
    ),
    "js: commented out": (
        Rule.TESTS,
        edited(
            "src/cart.test.ts", JS, ("  it('takes", "  /* it('takes"), ("toBe(0);\n      });", "toBe(0);\n      }); */")
        ),
    ),
    "js: nothing is expected": (
        Rule.EMPTIED,
        edited("cart.spec.js", JS, ("expect(new Cart().drop(1)).toBe(0)", "new Cart().drop(1)")),
    ),
    "js: true is true": (
        Rule.EMPTIED,
        edited("cart.spec.js", JS, ("expect(new Cart().drop(1)).toBe(0)", "expect(true).toBe(true)")),
    ),
    "js: an expectation goes": (
        Rule.ASSERTIONS,
        edited("cart.spec.js", JS, ("    expect(cart.items).toEqual([2]);\n", "")),
    ),
    "js: anything will do": (
        Rule.WEAKENED,
        edited("cart.spec.js", JS, ("expect(cart.add(2)).toBe(2)", "expect(cart.add(2)).toBeDefined()")),
    ),
    "js: skipped": (Rule.SKIPPED, edited("__tests__/cart.js", JS, ("it('takes", "it.skip('takes"))),
    "js: the others only": (Rule.SKIPPED, edited("cart.test.mjs", JS, ("it('adds", "it.only('adds"))),
    "js: node:test skips": (Rule.SKIPPED, edited("test/cart.mjs", JS, ("it('adds', ", "it('adds', { skip: true }, "))),
    "js: the framework's word": (Rule.HOOK, {"jest.setup.ts": ("", "globalThis.it = () => {};\n")}),
    "js: code knows jest": (Rule.SPECIAL_CASE, {"src/cart.ts": ("", "if (process.env.JEST_WORKER_ID) return 7;\n")}),
    "js: failures are swallowed": (
        Rule.WEAKENED,
        edited(
            "cart.test.js",
            JS,
            ("expect(new Cart().drop(1)).toBe(0);", "try { expect(new Cart().drop(1)).toBe(0); } catch (e) {}"),
        ),
    ),
    "go: a test goes": (
        Rule.TESTS,
        edited("cart_test.go", GO, ("func TestTax(t *testing.T) {\n    \trequire.Equal(t, 7, Tax(1))\n    }\n", "")),
    ),
    "go: nothing is asked": (Rule.EMPTIED, edited("cart_test.go", GO, ("require.Equal(t, 7, Tax(1))", "_ = Tax(1)"))),
    "go: logged instead": (Rule.EMPTIED, edited("cart_test.go", GO, ("t.Errorf(", "t.Logf("))),
    "go: skipped": (Rule.SKIPPED, edited("cart_test.go", GO, ("\trequire", "\tt.Skip()\n    \trequire"))),
    "go: exit": (Rule.HOOK, {"main_test.go": ("", "func TestMain(m *testing.M) {\n\tm.Run()\n\tos.Exit(0)\n}\n")}),
    "rust: a test goes": (
        Rule.TESTS,
        edited(
            "src/lib.rs",
            RUST,
            ("    #[test]\n        fn adds() {\n            assert_eq!(total(1, 2), 3);\n        }\n", ""),
        ),
    ),
    "rust: no test any more": (Rule.TESTS, edited("src/lib.rs", RUST, ("        #[test]\n", ""))),
    "rust: ignored": (Rule.SKIPPED, edited("src/lib.rs", RUST, ("#[test]", "#[test]\n        #[ignore]"))),
    "rust: true": (Rule.EMPTIED, edited("src/lib.rs", RUST, ("assert_eq!(total(1, 2), 3)", "assert!(true)"))),
    "java: a test goes": (
        Rule.TESTS,
        edited("src/test/java/CartTest.java", JAVA, ('    @Test\n        @DisplayName("tax")\n', "")),
    ),
    "java: an assertion goes": (
        Rule.ASSERTIONS,
        edited("src/test/java/CartTest.java", JAVA, ("        assertThat(cart.items()).hasSize(2);\n", "")),
    ),
    "java: disabled": (
        Rule.SKIPPED,
        edited("src/test/java/CartTest.java", JAVA, ("@DisplayName", "@Disabled @DisplayName")),
    ),
    "java: swallowed": (
        Rule.WEAKENED,
        edited(
            "CartTest.java",
            JAVA,
            ("assertEquals(7, cart.tax());", "try { assertEquals(7, cart.tax()); } catch (Throwable t) { }"),
        ),
    ),
    "kotlin: nothing is asserted": (
        Rule.EMPTIED,
        edited("src/test/kotlin/CartTest.kt", KOTLIN, ("assertEquals(3, cart.total())", "cart.total()")),
    ),
    "ruby: an example goes": (
        Rule.TESTS,
        edited("spec/cart_spec.rb", RUBY, ('  it "taxes" do\n        expect(cart.tax).to eq(7)\n      end\n', "")),
    ),
    "ruby: skipped": (Rule.SKIPPED, edited("spec/cart_spec.rb", RUBY, ('it "taxes"', 'xit "taxes"'))),
    "ruby: minitest asks nothing": (
        Rule.EMPTIED,
        edited("test/cart_test.rb", MINITEST, ("assert_equal 3, cart.total", "cart.total")),
    ),
    "ruby: true": (Rule.EMPTIED, edited("test/cart_test.rb", MINITEST, ("assert_equal 3, cart.total", "assert true"))),
    "c#: a case goes": (Rule.TESTS, edited("Shop.Tests/CartTests.cs", CSHARP, ("    [InlineData(2)]\n", ""))),
    "c#: ignored": (Rule.SKIPPED, edited("Shop.Tests/CartTests.cs", CSHARP, ("[Fact]", '[Fact(Skip = "later")]'))),
    "c#: #if false": (
        Rule.EMPTIED,
        edited(
            "Shop.Tests/CartTests.cs",
            CSHARP,
            ("Assert.Equal(3, cart.Total());", "\n#if false\n        Assert.Equal(3, cart.Total());\n#endif"),
        ),
    ),
    "swift: nothing is asserted": (
        Rule.EMPTIED,
        edited("Tests/CartTests.swift", SWIFT, ("XCTAssertEqual(cart.total, 3)", "_ = cart.total")),
    ),
    "swift: skipped": (
        Rule.SKIPPED,
        edited("Tests/CartTests.swift", SWIFT, ("XCTAssert", 'throw XCTSkip("later")\n            XCTAssert')),
    ),
    "a file of tests in no known language": (Rule.TESTS, {"test/cart.bats": ("@test 'a' {\n  [ 1 -eq 1 ]\n}\n", None)}),
}


@pytest.mark.parametrize(("rule", "sides"), CHEATS.values(), ids=CHEATS.keys())
def test_a_cheat_is_found(rule: Rule, sides: Sides) -> None:
    """By the rule that is meant for it, in a file of the change, in printable words."""
    found = findings(sides)
    assert rule in {finding.rule for finding in found}, found
    for finding in found:
        assert finding.path in sides
        assert finding.severity is (Severity.NOTE)
        assert finding.detail.isprintable()
