"""Honest changes, many with an edit of tests: the gate has nothing to say of them, or says it without reproach."""

import pytest

from ghapp.core.gate import Rule
from tests.core.gate_sides import Sides, findings
from tests.core.gate_suites import CSHARP, GO, JAVA, JS, PY, ROWS, RUBY, RUST, edited

THREE = """
    def test_add():
        assert add(1, 2) == 3

    def test_add_zero():
        assert add(0, 0) == 0

    def test_add_negative():
        assert add(-1, -2) == -3
    """
TABLE = """
    import pytest

    @pytest.mark.parametrize(("a", "b", "total"), [(1, 2, 3), (0, 0, 0), (-1, -2, -3)])
    def test_add(a, b, total):
        assert add(a, b) == total
    """
GO_THREE = """
    func TestAdd(t *testing.T) {
    \tif Add(1, 2) != 3 {
    \t\tt.Error("add")
    \t}
    }

    func TestAddZero(t *testing.T) {
    \tif Add(0, 0) != 0 {
    \t\tt.Error("add")
    \t}
    }
    """
GO_TABLE = """
    func TestAdd(t *testing.T) {
    \ttests := []struct {
    \t\tname       string
    \t\ta, b, want int
    \t}{
    \t\t{"some", 1, 2, 3},
    \t\t{"zero", 0, 0, 0},
    \t}
    \tfor _, tt := range tests {
    \t\tt.Run(tt.name, func(t *testing.T) {
    \t\t\tif Add(tt.a, tt.b) != tt.want {
    \t\t\t\tt.Error("add")
    \t\t\t}
    \t\t})
    \t}
    }
    """
JS_TWO = """
    it('adds', () => { expect(add(1, 2)).toBe(3); });
    it('adds nothing', () => { expect(add(0, 0)).toBe(0); });
    """
JS_TABLE = """
    it.each([
      [1, 2, 3],
      [0, 0, 0],
    ])('adds %i and %i', (a, b, sum) => {
      expect(add(a, b)).toBe(sum);
    });
    """
BOTH = """
    def test_cart():
        cart = make_cart("apple", 3)
        assert cart.total() == 3
        assert cart.count == 1
        receipt = cart.pay("card")
        assert receipt.paid
        assert receipt.method == "card"
    """
SPLIT_ONE = """
    def test_cart_total():
        cart = make_cart("apple", 3)
        assert cart.total() == 3
        assert cart.count == 1
    """
SPLIT_TWO = """
    def test_cart_pay():
        cart = make_cart("apple", 3)
        receipt = cart.pay("card")
        assert receipt.paid
        assert receipt.method == "card"
    """
REPEATED = """
    def test_apple():
        item = parse("apple 3")
        assert item.name == "apple"
        assert item.price == 3

    def test_pear():
        item = parse("pear 4")
        assert item.name == "pear"
        assert item.price == 4
    """
HELPED = """
    def same(item, name, price):
        assert item.name == name
        assert item.price == price

    def test_apple():
        same(parse("apple 3"), "apple", 3)

    def test_pear():
        same(parse("pear 4"), "pear", 4)
    """
UNITTEST = """
    class TotalTest(unittest.TestCase):
        def setUp(self):
            self.cart = Cart()

        def test_total(self):
            self.assertEqual(self.cart.total(), 0)

        def test_raises(self):
            with self.assertRaises(KeyError):
                self.cart.drop("x")
    """
PYTEST = """
    @pytest.fixture
    def cart():
        return Cart()

    def test_total(cart):
        assert cart.total() == 0

    def test_raises(cart):
        with pytest.raises(KeyError):
            cart.drop("x")
    """

SILENT: dict[str, Sides] = {
    "another value is expected, as asked": edited("tests/test_shop.py", PY, ("== 7", "== 8")),
    "another behaviour is expected": edited(
        "tests/test_shop.py", PY, ("assert cart.tax() == 7", "with pytest.raises(ValueError):\n            cart.tax()")
    ),
    "js: another value is expected": edited("cart.test.ts", JS, ("toBe(2)", "toBe(3)"), ("[2]", "[2, 1]")),
    "java: another value is expected": edited("CartTest.java", JAVA, ("(7, ", "(8, ")),
    "a test gets another name": edited("tests/test_shop.py", PY, ("def test_tax", "def test_tax_of_an_empty_cart")),
    "js: a test gets another name": edited("cart.test.ts", JS, ("'takes away'", "'drops'")),
    "ruby: an example gets another name": edited("spec/cart_spec.rb", RUBY, ('"taxes"', '"adds the tax"')),
    "c#: a test gets another name": edited("CartTests.cs", CSHARP, ("Adds()", "AddsUp()")),
    "a file is moved": {"tests/test_shop.py": (PY, None), "tests/unit/test_shop.py": (None, PY)},
    "go: a file is moved": {"cart_test.go": (GO, None), "cart/total_test.go": (None, GO)},
    "js to ts": {"cart.test.js": (JS, None), "cart.test.ts": (None, JS)},
    "a file is split in two": {
        "tests/test_all.py": (BOTH + PY, None),
        "tests/test_cart.py": (None, BOTH),
        "tests/test_shop.py": (None, PY),
    },
    "a test is split in two": {"tests/test_cart.py": (BOTH, SPLIT_ONE + SPLIT_TWO)},
    "a test is split over two files": {
        "tests/test_cart.py": (BOTH, SPLIT_ONE),
        "tests/test_pay.py": (None, SPLIT_TWO),
    },
    "two tests become one": {"tests/test_cart.py": (SPLIT_ONE + SPLIT_TWO, BOTH)},
    "a table replaces three tests": {"tests/test_add.py": (THREE, TABLE)},
    "three tests replace a table": {"tests/test_add.py": (TABLE, THREE)},
    "go: a table replaces two tests": {"add_test.go": (GO_THREE, GO_TABLE)},
    "js: a table replaces two tests": {"add.test.js": (JS_TWO, JS_TABLE)},
    "a row is added": edited("tests/test_n.py", ROWS, ("(3, 4),\n", "(3, 4),\n            (4, 5),\n")),
    "assertions go into a helper": {"tests/test_parse.py": (REPEATED, HELPED)},
    "assertions come out of a helper": {"tests/test_parse.py": (HELPED, REPEATED)},
    "a helper goes into a file of its own": {
        "tests/test_parse.py": (
            HELPED,
            "from tests.same import same\n" + HELPED.split("    def test_apple")[1].join(["def test_apple", ""]),
        ),
        "tests/same.py": (None, HELPED.split("    def test_apple")[0]),
    },
    "unittest becomes pytest": {"tests/test_cart.py": (UNITTEST, PYTEST)},
    "new tests": {"tests/test_new.py": (None, PY), "cart_test.go": (None, GO), "src/lib.rs": (None, RUST)},
    "tests are added": edited(
        "src/lib.rs",
        RUST,
        ("    #[test]\n", "    #[test]\n        fn more() { assert_eq!(total(0, 0), 0); }\n\n        #[test]\n"),
    ),
    "a test is formatted anew": edited(
        "cart.test.ts",
        JS,
        (
            "expect(cart.items).toEqual([2]);",
            "expect(\n          cart.items\n        ).toEqual([\n          2,\n        ]);",
        ),
    ),
    "python is formatted anew": edited(
        "tests/test_shop.py",
        PY,
        ("assert cart.tax() == 7", "assert (\n            cart.tax()\n            == 7\n        )"),
    ),
    "the setting up changes": edited(
        "tests/test_shop.py", PY, ("cart = shop.Cart()", "cart = shop.Cart(currency='EUR')")
    ),
    "comments in tests": edited(
        "tests/test_shop.py", PY, ("def test_tax():\n", 'def test_tax():\n        # it\'s a "rule" of """tax"""\n')
    ),
    "a skip is taken away": {
        "tests/test_a.py": (
            "@pytest.mark.skip\ndef test_a():\n    assert a() == 1\n",
            "def test_a():\n    assert a() == 1\n",
        )
    },
    "a skip is moved": {
        "tests/test_a.py": ("@pytest.mark.skip\ndef test_a():\n    assert a() == 1\n", None),
        "tests/test_b.py": (None, "@pytest.mark.skip\ndef test_a():\n    assert a() == 1\n"),
    },
    "code with noqa is moved": {
        "a.py": ("import os  # noqa: F401\nx = 1\n", "x = 1\n"),
        "b.py": (None, "import os  # noqa: F401\n"),
    },
    "a line with noqa is edited": {"a.py": ("f(1)  # noqa: S101\n", "f(2)  # noqa: S101\n")},
    "noqa is taken away": {"a.py": ("import os  # noqa\n", "")},
    "prose about noqa": {"docs/style.md": (None, "Write `# noqa` and `@ts-ignore` rarely.\n")},
    "versions rise": {"requirements.txt": ("requests==2.9.1\nflask==3.0\n", "requests==2.31\nflask==3.0.1\n")},
    "a dependency is added and one goes": {"requirements.txt": ("attrs==23.1\n", "requests==2.31\n")},
    "a dependency moves": {"requirements.txt": ("attrs==23.1\n", ""), "requirements-dev.txt": ("", "attrs==23.2\n")},
    "a cap is added": {
        "pyproject.toml": ('dependencies = [\n  "a>=2.3",\n]\n', 'dependencies = [\n  "a>=2.3,<3",\n]\n')
    },
    "stricter": {
        "pyproject.toml": (
            "[tool.mypy]\nstrict = false\n[tool.ruff.lint]\nselect = ['E']\nignore = ['E1', 'E2']\n"
            "[tool.coverage.report]\nfail_under = 80\n",
            "[tool.mypy]\nstrict = true\n[tool.ruff.lint]\nselect = ['E', 'F']\nignore = ['E1']\n"
            "[tool.coverage.report]\nfail_under = 90\n",
        )
    },
    "stricter types": {
        "tsconfig.json": (
            '{"compilerOptions": {"strict": false}}\n',
            '{"compilerOptions": {"strict": true, "noImplicitAny": true}}\n',
        )
    },
    "settings move to another file": {
        ".flake8": ("[flake8]\nignore = E1\nmax-complexity = 8\n", None),
        "setup.cfg": ("[metadata]\nname = a\n", "[metadata]\nname = a\n[flake8]\nignore = E1\nmax-complexity = 8\n"),
    },
    "a dependency in pyproject": {
        "pyproject.toml": (
            '[project]\ndependencies = ["a"]\n[tool.mypy]\nstrict = true\n',
            '[project]\ndependencies = ["a", "b"]\n[tool.mypy]\nstrict = true\n',
        )
    },
    "a script is added": {
        "package.json": (
            '{"scripts": {\n  "test": "jest"\n}}\n',
            '{"scripts": {\n  "test": "jest",\n  "test:e2e": "playwright test"\n}}\n',
        )
    },
    "another target changes": {
        "Makefile": ("build:\n\tcc a.c\ntest:\n\tctest\n", "build:\n\tcc -O2 a.c\ntest:\n\tctest\n")
    },
    "|| true where nothing is tested": {"scripts/deploy.sh": ("rm x\n", "rm x || true\n")},
    "a helper of tests goes": {"tests/helpers.py": ("def make():\n    return 1\n", None)},
    "a word that is also a mark": {
        "tests/test_a.py": ("def test_a():\n    assert a() == 1\n", "def test_a():\n    assert 'not fit' in a()\n")
    },
    "a model is fitted": {
        "tests/test_ml.py": (
            "def test_a():\n    assert score() > 1\n",
            "def test_a():\n    model.fit(x)\n    assert score() > 1\n",
        )
    },
    "an API of ours is named like an assertion": {
        "src/check.py": ("def check(x):\n    assert x\n    assert x > 1\n", "def check(x):\n    assert x\n")
    },
    "code about tests": {"src/ci.py": ("", "def is_ci(name: str) -> bool:\n    return name == 'CI'\n")},
    "jest in CI": {"jest.config.js": ("module.exports = {}\n", "module.exports = { bail: !!process.env.CI }\n")},
    "a fixture": {
        "tests/conftest.py": ("import pytest\n", "import pytest\n\n@pytest.fixture\ndef cart():\n    return Cart()\n")
    },
    "a new snapshot": {"src/__snapshots__/a.snap": (None, "x\n")},
}


@pytest.mark.parametrize("sides", SILENT.values(), ids=SILENT.keys())
def test_an_honest_change_is_not_reproached(sides: Sides) -> None:
    """No finding at all."""
    assert findings(sides) == ()


def test_a_lock_file_that_follows_its_manifest() -> None:
    """It is named, without reproach."""
    manifest = ('{"dependencies": {\n  "a": "1.0.0"\n}}\n', '{"dependencies": {\n  "a": "1.1.0"\n}}\n')
    (finding,) = findings({"web/package.json": manifest, "web/package-lock.json": ("1\n", "2\n")})
    assert (finding.rule, finding.detail) == (Rule.LOCK_FILE, "a lock file is changed together with what it follows")
    (finding,) = findings({"package.json": manifest, "web/package-lock.json": ("1\n", "2\n")})
    assert finding.detail == "a lock file is changed, and nothing that it follows"


def test_numbers_are_told() -> None:
    """What was there and what is: a person judges."""
    (finding,) = findings(edited("tests/test_shop.py", PY, ("    assert shop.total([]) == 0\n", "")))
    assert finding.detail == "asserts less: `test_total`; 2 assertions before, 1 now"
    (finding,) = findings({"tests/test_shop.py": (PY, None)})
    assert finding.detail == "gone: `test_total`, `test_tax`; 2 tests before, 0 now"
    (finding,) = findings(edited("tests/test_n.py", ROWS, ("            (3, 4),\n", "")))
    assert finding.detail == "fewer cases: `test_next` has 2, and had 3 before"
    (finding,) = findings({".coveragerc": ("[report]\nfail_under = 90\n", "[report]\nfail_under = 50\n")})
    assert finding.detail == "`fail_under` was 90, and is 50 now"
    (finding,) = findings({"requirements.txt": ("requests==2.31.0\n", "requests==2.3.0\n")})
    assert finding.detail == "`requests` was 2.31.0, and is 2.3.0 now"
