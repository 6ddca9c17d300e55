"""How languages write comments, tests and assertions: tables of patterns, each linear in the line that it reads.

Nothing here understands a language. It knows the words that test frameworks use, and counts them on both sides of a
change in the same way, so that what it mistakes it mistakes twice.
"""

import re
from dataclasses import dataclass

_DOUBLE = r'"(?:[^"\\\n]++|\\[\s\S])*+(?:"|\\?(?=\n|\Z))'
_SINGLE = r"'(?:[^'\\\n]++|\\[\s\S])*+(?:'|\\?(?=\n|\Z))"
_TRIPLE = r'"""[\s\S]*?(?:"""|\Z)' + r"|'''[\s\S]*?(?:'''|\Z)"
_BACK = r"`(?:[^`\\]++|\\[\s\S])*+(?:`|\\?\Z)"
_SLASHES = r"//[^\n]*"
_BLOCK = r"/\*[\s\S]*?(?:\*/|\Z)"
_HASH = r"#[^\n]*"
_JS_PATTERN = r"(?<=[(,=:!&|?]) ?/(?![*/])(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.){0,80}+\])++/"

_C_LIKE = f"{_SLASHES}|{_BLOCK}|{_TRIPLE}|{_DOUBLE}"
_CONTROL = r"(?!(?:if|for|foreach|while|switch|catch|return|new|else|try|using|lock|throw|await|do|case|when)\b)"
_METHOD = rf"{_CONTROL}[^()=;.]+[ \t](?P<name>\w+|`[^`]*`)[ \t]*\("


_NEVER = re.compile(r"(?!)")


@dataclass(frozen=True)
class Language:
    """One language, or a few that are alike.

    `quiet` matches comments and strings. `test` and `function` match the start of a line, after its indentation; so
    does `above`, what is written over a test. With `marked`, a function is a test when `marked` is found above it.
    `group` begins a class or suite. `collected` is found in the paths that the usual runners look into; with
    `everywhere`, tests may stand in any file. Where a language `nests`, a function within another is part of that.
    """

    suffixes: tuple[str, ...]
    quiet: re.Pattern[str]
    function: re.Pattern[str]
    test: re.Pattern[str] | None = None
    marked: re.Pattern[str] | None = None
    above: re.Pattern[str] = _NEVER
    group: re.Pattern[str] = re.compile(r"class\b")
    collected: re.Pattern[str] = re.compile("")
    everywhere: bool = False
    nests: bool = True


LANGUAGES = (
    Language(
        suffixes=(".py", ".pyi"),
        quiet=re.compile(f"{_HASH}|{_TRIPLE}|{_DOUBLE}|{_SINGLE}"),
        above=re.compile("@"),
        test=re.compile(r"(?:async )?def (?P<name>test\w*)"),
        function=re.compile(r"(?:async )?def (?P<name>\w+)"),
        collected=re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test|tests?)\.py$"),
    ),
    Language(
        suffixes=(".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte"),
        quiet=re.compile(f"{_SLASHES}|{_BLOCK}|{_JS_PATTERN}|{_DOUBLE}|{_SINGLE}|{_BACK}"),
        test=re.compile(
            r"(?:await )?(?:it|test|specify|fit|xit|xtest|xspecify|Deno\.test|t\.test)"
            r"(?:\.(?!describe|before|after|use|step|extend|setTimeout)\w+)*\s*[(`]"
        ),
        function=re.compile(
            r"(?:export )?(?:default )?(?:(?:async )?function\*? ?(?P<name>\w+)"
            r"|(?:const|let|var) (?P<name2>\w+) = (?:async )?(?:function|\([^()]*\) *(?::[^=]*)?=>|\w+ =>))"
        ),
        group=re.compile(r"(?:x|f)?(?:describe|suite|context)\b|test\.describe\b|(?:export )?(?:default )?class\b"),
        collected=re.compile(r"[._-](?:test|spec)s?\.\w+$|(?:^|/)(?:__tests__|tests?|specs?|e2e|cypress)/"),
    ),
    Language(
        suffixes=(".go",),
        nests=False,
        quiet=re.compile(f"{_SLASHES}|{_BLOCK}|{_DOUBLE}|{_BACK}"),
        test=re.compile(r"func (?:\([^()]*\) )?(?P<name>(?:Test|Fuzz|Example)(?!Main\b)\w*)\("),
        function=re.compile(r"func (?:\([^()]*\) )?(?P<name>\w+)"),
        collected=re.compile(r"_test\.go$"),
    ),
    Language(
        suffixes=(".rs",),
        quiet=re.compile(rf"{_SLASHES}|{_BLOCK}|r#\"[\s\S]*?(?:\"#|\Z)|{_DOUBLE}"),
        above=re.compile(r"#\["),
        marked=re.compile(r"#\[(?:[\w:]+::)?(?:test|rstest|test_case|quickcheck)\b"),
        function=re.compile(r"(?:pub(?:\([^()]*\))? )?(?:async )?(?:unsafe )?fn (?P<name>\w+)"),
        group=re.compile(r"(?:pub )?(?:mod|impl)\b"),
        everywhere=True,
    ),
    Language(
        suffixes=(".java", ".kt", ".kts", ".scala", ".groovy"),
        nests=False,
        quiet=re.compile(_C_LIKE),
        above=re.compile("@"),
        marked=re.compile(r"@(?:\w+\.)*(?:Test|ParameterizedTest|RepeatedTest|TestFactory|Property)\b"),
        test=re.compile(r"(?:it|should|test|describe|context)\(\s*\""),
        function=re.compile(rf"(?:[\w ]*\bfun (?P<name2>\w+|`[^`]*`)\s*\(|{_METHOD})"),
        group=re.compile(r"(?:@\w+ )*(?:[a-z]+ )*(?:class|interface|object|enum)\b"),
    ),
    Language(
        suffixes=(".rb",),
        nests=False,
        quiet=re.compile(rf"{_HASH}|^=begin[\s\S]*?(?:^=end|\Z)|{_DOUBLE}|{_SINGLE}", re.M),
        test=re.compile(r"(?:it|specify|example|scenario|test|xit|fit|xspecify|pending)\b|def (?P<name>test_\w+[?!]?)"),
        function=re.compile(r"def (?:self\.)?(?P<name>\w+[?!]?)"),
        group=re.compile(r"(?:class|module|(?:RSpec\.)?(?:x|f)?(?:describe|context|feature))\b"),
        collected=re.compile(r"(?:_spec|_test)\.rb$|(?:^|/)test_[^/]*\.rb$"),
    ),
    Language(
        suffixes=(".cs", ".fs", ".vb"),
        quiet=re.compile(_C_LIKE),
        above=re.compile(r"\["),
        marked=re.compile(
            r"\[[^\]]*\b(?:Test|Fact|Theory|TestMethod|DataTestMethod|TestCase|TestCaseSource|Property)\b"
        ),
        function=re.compile(_METHOD),
        group=re.compile(r"(?:[a-z]+ )*(?:class|namespace|struct|record|interface)\b"),
    ),
    Language(
        suffixes=(".swift",),
        quiet=re.compile(_C_LIKE),
        above=re.compile("@"),
        marked=re.compile(r"@Test\b"),
        test=re.compile(r"(?:[a-z]+ )*func (?P<name>test\w*)\("),
        function=re.compile(r"(?:@\w+ )*(?:[a-z]+ )*func (?P<name>\w+|`[^`]*`)"),
        group=re.compile(r"(?:@\w+ )*(?:[a-z]+ )*(?:class|struct|extension|enum)\b"),
    ),
    Language(
        suffixes=(".php",),
        nests=False,
        quiet=re.compile(f"{_SLASHES}|{_BLOCK}|{_DOUBLE}|{_SINGLE}"),
        above=re.compile(r"#\["),
        marked=re.compile(r"#\[Test\b"),
        test=re.compile(r"(?:(?:public|final) )*function (?P<name>test\w*)|(?:it|test)\("),
        function=re.compile(r"(?:[a-z]+ )*function (?P<name>\w+)"),
        group=re.compile(r"(?:[a-z]+ )*class\b"),
    ),
)

_BY_SUFFIX = {suffix: language for language in LANGUAGES for suffix in language.suffixes}

TEST_FILE = re.compile(
    r"(?:^|/)(?:[^/]*[._-])?(?:tests?|specs?|__tests__|e2e|cypress)/"
    r"|(?:^|/)(?:test_[^/]*|conftest|tests?)\.py$"
    r"|[._-](?:test|spec)s?\.\w{1,6}$",
    re.I,
)
_TEST_CLASS = re.compile(r"(?:Tests?|Spec|IT)\.(?:java|kt|kts|cs|fs|vb|scala|groovy|swift|php)$|Tests/")


def language(path: str) -> Language | None:
    """The language that a file's suffix tells."""
    return _BY_SUFFIX.get(path[path.rfind(".") :].lower()) if "." in path else None


def is_test_file(path: str) -> bool:
    """Whether people would look for tests in this file, by its path."""
    return bool(TEST_FILE.search(path) or _TEST_CLASS.search(path))


def has_tests(path: str) -> Language | None:
    """The language, if tests are counted in this file."""
    found = language(path)
    return found if found and (found.everywhere or is_test_file(path)) else None


# --- what assertions look like, whatever the language ---------------------------------------------------------------

ASSERTION = re.compile(
    r"(?P<call>(?<![.\w@])(?:expect|verify|check|ensure|refute|must|XCTAssert|XCTFail|XCTUnwrap)(?:[_A-Z]\w*)?(?=\s*[({!<])"
    r"|#expect\b|#require\b)"
    r"|(?P<bare>\bassert\w*+(?=[^\w:]|$)|\brefute\w*+)"  # Python's statement, Ruby's calls, Rust's macros, all the rest
    r"|\bpytest\.(?:raises|warns|fail|deprecated_call)\(|\b(?:self|Assert|this)\.(?:fail|Fail)\w*\("
    r"|\bt\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\("
    r"|\b(?:require|is|qt|g|Assert|CollectionAssert|StringAssert|t)\.(?!Run\b|Helper\b|Parallel\b|Log|Skip"
    r"|Cleanup\b|TempDir\b|Setenv\b|Name\b|Error|Fatal|Fail)"
    r"[A-Z]\w*\("
    r"|\.should(?:Be|Equal|Throw|Contain|Match|Have|Not)?\w*\b|\.Should\(|\bshould(?:Be|Equal|Throw|Contain)\w*\b"
    r"|(?<=\.)(?:must|wont)_\w+|\bprop_assert\w*!|#\[should_panic|\bfail\(|\[ExpectedException"
)
EXACT = re.compile(
    r"==|!=|<>|\bis (?!not None)\w|\bin\b|[Ee]quals?\b|[Ee]qual(?=[A-Z_(!])|\b(?:toBe|eq|eql|be|contain_exactly)\b\(?"
    r"|toEqual|toStrictEqual|toHaveLength|toThrow|toMatchObject|[Cc]alledWith|called_\w*with|called_once|_eq\b"
    r"|_eq!|_ne!"
    r"|assertIs\b|assertIsNone|AreEqual|AreSame|isEqualTo|isSameAs|shouldBe\b|[Ss]ame\b|Error\b|matches!|Nil\b|toBeNull"
    r"|(?:raises|[Tt]hrows\w*)\W*(?!Exception\b|BaseException\b|Throwable\b)\w"
)
TRIVIAL = re.compile(
    r"\bassert[ (]+(?:True|true|1|not False|not None|\"\s*\"|(?P<one>\w{1,60}) (?:==|is) (?P=one))\)?\s*(?:,|$)"
    r"|\bassert\w*[!.]*\w*\(\s*(?:t, )?(?:true|True|1|(?P<two>\w{1,60}),\s*(?P=two))\s*[,)]"
    r"|\bassertFalse\(\s*(?:false|False)\s*[,)]|\b(?:require|Assert|assert)\.(?:True|IsTrue|ok)\(\s*(?:t, )?true\s*[,)]"
    r"|\b(?:expect|assertThat)\(\s*(?P<three>\w{1,60})\s*\)(?:\.|\s*)(?:toBe|toEqual|toStrictEqual|to eq|to be"
    r"|to\.equal|to\.be|isEqualTo)"
    r"[\s(.]*(?P=three)\b"
    r"|\b(?:Assert|XCTAssert|require|assert)\w*\.?\w*[Ee]qual\w*\(\s*(?:t, )?(?P<four>\w{1,60}),\s*(?P=four)\s*[,)]"
    r"|\bassert_(?:eq|ne)!\(\s*(?P<five>\w{1,60}),\s*(?P=five)\s*[,)]"
    r"|\b(?:XCTAssertTrue|XCTAssert)\(\s*true"
    r"|\bassert\(true|\bexpect\(\s*true\s*\)\.to(?:BeTruthy|\.be\.ok)|\bassert_(?:not_)?\w* true, true"
)
MASKED = re.compile(r"\bor (?:True|1)\b|\|\| *(?:true|1)\b|\bor true\b")
"""What makes the assertion on its line true, whatever else is asked."""
DEAD = re.compile(
    r"(?:if|while) *\(?(?:False|false|0|nil)\)? *[:{]|if false\b|#if (?:0|false)\b|if\(false\)|unless true\b"
)
"""What begins a piece of code that never runs; it goes on as far as lines are indented deeper."""
LEAVES = re.compile(r"(?:return(?: None| nil| undefined)?;?|(?:sys\.|process\.|os\.)?_?exit\([^()]*\);?)$")
CASES = re.compile(
    r"\bparametrize\(|\bparameterized(?:\.expand)?\(|\.each\(|@(?:Csv|Value)Source\("
    r"|:?= *(?:\[\]|map\[\w+\])struct *|@MethodSource|\bwithData\("
)
"""What opens the rows of a table of cases."""
CASE = re.compile(r"#\[(?:case|test_case)\b|\[(?:InlineData|TestCase|DataRow)\b|@with_data|@TestCase\b")
"""One case each, written above the test."""
