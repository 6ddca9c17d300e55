"""Which lines of a comment that begin with a certain word a reader sees as plain text.

A comment is read as GitHub renders it: CommonMark with tables, strikethrough and footnotes, and HTML passed through.
markdown-it does the block and inline structure. What it reads in another way than GitHub, and what HTML hides from
the reader, is added here; in doubt a line counts as hidden.

The structure is found in a copy of the text that is pure ASCII but for one private-use character in place of the
first character of each line asked for. A line is plain when its mark comes out of the parser at the start of a
text token outside every other construct. So no arithmetic on positions, and no Unicode rule of case or white space,
can make a line appear.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock, table
from markdown_it.token import Token

LIMIT = 65_536
"""Characters of a comment that are looked at; GitHub itself allows no more."""

_NESTING = 50
_QUOTED = 100_000  # lines times levels of quotes: markdown-it reads every line once more at each level, 5 µs a time
_BRACKETS = 4_000  # markdown-it takes over two seconds for a comment made of `![`; what comes after these is hidden
_ENCLOSING = frozenset({"bullet_list_open", "ordered_list_open", "blockquote_open"})
_FIRST_MARK = 0xF0000  # plane 15, private use: room for more lines than LIMIT has characters
_UNSAFE = re.compile(r"[\x00\ud800-\udfff]")
_NOT_ASCII = re.compile(r"[^\x01-\x7f]")
_MARKERS = re.compile(r"[\s>*+.)\d-]*")  # of quotes and lists, before the text of a line

_FOOTNOTE = re.compile(r"\[\^[^\]\s]+\]:")
_COLUMNS = re.compile(r"(?!-[ \t])(?=[^|:]*[|:])(?=[^-]*-)[-|: \t]+\Z")
_ONE_COLUMN = re.compile(r"(?!-[ \t])(?=[^|:]*[|:])\|?[ \t]*:?-+:?[ \t]*\|?[ \t]*\Z")

_MARKUP = re.compile(r"<!--|<(/?)([A-Za-z][A-Za-z0-9-]*)|<[!?]|</(?!>)")
_REST_OF_TAG = re.compile(r"""(?:[^"'>]|"[^"]*"|'[^']*')*+>""")
_REST_OF_ODDITY = re.compile(r"[^>]*+>")  # `<!x`, `<?x` and `</ x` are comments to a browser, up to the first `>`
_CONTAINERS = frozenset(
    re.findall(
        r"\w+",
        "a b blockquote center code dd del details div dl dt em h1 h2 h3 h4 h5 h6 i ins kbd ol picture pre q s samp"
        " script strike strong style sub sup svg table template textarea title tt u ul var",
    )
)


def plain_lines(body: str, start: re.Pattern[str]) -> list[str]:
    """The lines matched by `start` that stand as plain text at the top level of `body`, in order.

    Lines end at LF or CRLF. `start` is matched at the beginning of a line and must end in its first character that is
    not a blank. NULs and lone surrogates come back as U+FFFD.
    """
    lines = _UNSAFE.sub("\ufffd", body[:LIMIT]).replace("\r\n", "\n").split("\n")
    asked = {number: match.end() for number, line in enumerate(lines) if (match := start.match(line))}
    if not asked:
        return []
    copy = [_marked(line, number, asked.get(number)) for number, line in enumerate(lines)]
    if len(copy) * _levels(copy) > _QUOTED:
        return []
    return [lines[number] for number in _seen("\n".join(copy))]


def _marked(line: str, number: int, at: int | None) -> str:
    """One line of the copy; its character before `at` is replaced by the mark that carries the line's number."""
    line = _NOT_ASCII.sub("\ufffd", line)
    return line if at is None else f"{line[: at - 1]}{chr(_FIRST_MARK + number)}{line[at:]}"


def _levels(copy: list[str]) -> int:
    """How deep quotes may stand in quotes: the first line of the deepest has a `>` for each before its text."""
    return min(_NESTING, max(match[0].count(">") for line in copy if (match := _MARKERS.match(line))))


def _marked_line(text: str) -> int | None:
    """The number of the line that the mark at the start of `text` carries."""
    return ord(text[0]) - _FIRST_MARK if text and ord(text[0]) >= _FIRST_MARK else None


def _seen(copy: str) -> Iterator[int]:
    markdown = _parser()
    env: dict[str, Any] = {}
    html = _Html()
    brackets = 0
    blocks = markdown.parse(copy, env)
    lazy = _lazy(blocks, env)
    for token, following in pairwise(blocks):
        if token.type == "html_block":
            html.feed(token.content, nested=token.level > 0)
        elif _is_plain_paragraph(token, lazy) and _matters(following.content):
            brackets += following.content.count("[")
            if brackets > _BRACKETS:
                return
            children: list[Token] = []
            markdown.inline.parse(following.content, markdown, env, children)
            yield from _seen_in(children, html)


def _is_plain_paragraph(token: Token, lazy: set[int]) -> bool:
    return token.type == "paragraph_open" and token.level == 0 and token.map is not None and token.map[0] not in lazy


def _lazy(blocks: list[Token], env: Mapping[str, Any]) -> set[int]:
    """First lines of paragraphs that GitHub goes on with inside the list or quote right above, unlike markdown-it.

    It ends a list or quote at a definition, or at a line that is indented as code; to GitHub both are text of the
    paragraph before, which needs no mark to go on.
    """
    references = [*env.get("references", {}).values(), *env.get("duplicate_refs", ())]
    definitions = dict(reference["map"] for reference in references)
    code = {token.map[0]: token.map[1] for token in blocks if token.type == "code_block" and token.map}
    ends = set(definitions.values())
    lazy = set()
    for token in blocks:
        if token.type in _ENCLOSING and token.level == 0 and token.map:
            line = token.map[1]
            inside = line in ends or line in code
            while (further := definitions.get(line) or code.get(line)) is not None:
                line = further
            if inside:
                lazy.add(line)
    return lazy


def _matters(content: str) -> bool:
    return "<" in content or max(content, default="") >= chr(_FIRST_MARK)


def _seen_in(tokens: list[Token], html: "_Html") -> Iterator[int]:
    """The marks that stand at the start of a text of their own, outside links, emphasis, code and HTML.

    An unclosed `<!--` hides the rest of its paragraph, `$$ … $$` is a formula.
    """
    dollars = sum(token.content.count("$$") for token in tokens if token.type == "text")
    passed = 0
    in_comment = False
    for token in tokens:
        if token.type == "html_inline":
            html.feed(token.content)
        elif token.type == "text":
            number = _marked_line(token.content)
            in_formula = passed % 2 == 1 and passed < dollars
            if number is not None and token.level == 0 and not (in_formula or in_comment or html.hides):
                yield number
            in_comment = in_comment or "<!--" in token.content
            passed += token.content.count("$$")


class _Html:
    """Follows the HTML of a comment, which CommonMark passes on in pieces, to know what it encloses."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._in_comment = False
        self._in_tag = False

    @property
    def hides(self) -> bool:
        """Whether text that comes now stands inside an element, a comment, or a tag that was never closed."""
        return self._in_comment or self._in_tag or any(self._open.values())

    def feed(self, html: str, *, nested: bool = False) -> None:
        """Read on. Elements opened in a list or quote (`nested`) end with it; comments and torn tags do not."""
        position = 0
        if self._in_comment:
            position = self._after_comment(html, 0)
        while not self._in_tag and not self._in_comment and (match := _MARKUP.search(html, position)):
            if match[0] == "<!--":
                position = self._after_comment(html, match.start() + 2)  # `<!-->` is a whole comment
            elif rest := (_REST_OF_TAG if match[2] else _REST_OF_ODDITY).match(html, match.end()):
                position = rest.end()
                if not nested:
                    self._count(match[2], closing=bool(match[1]))
            else:
                self._in_tag = True

    def _after_comment(self, html: str, position: int) -> int:
        end = html.find("-->", position)
        self._in_comment = end < 0
        return end + 3

    def _count(self, name: str | None, *, closing: bool) -> None:
        name = (name or "").lower()
        if name in _CONTAINERS:
            self._open[name] = max(0, self._open[name] + (-1 if closing else 1))


def _parser() -> MarkdownIt:
    """CommonMark with GitHub's additions, blocks only: inline text is parsed where it matters."""
    markdown = MarkdownIt("commonmark", {"maxNesting": _NESTING, "strikethrough_single_tilde": True})
    markdown.enable("strikethrough")
    markdown.disable("inline")
    interrupts: RuleOptionsType = {"alt": ["paragraph", "reference"]}
    markdown.block.ruler.before("reference", "footnote", _footnote, interrupts)
    markdown.block.ruler.before("lheading", "any_table", _table, interrupts)
    markdown.block.ruler.before("reference", "table_under_label", _table_under_label)
    # A definition with an address that we would not link is a definition all the same.
    markdown.validateLink = lambda url: True  # type: ignore[method-assign]
    markdown.normalizeLink = lambda url: url  # type: ignore[method-assign]
    return markdown


def _footnote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A block rule that takes away footnotes."""
    begin = state.bMarks[start] + state.tShift[start]
    if state.is_code_block(start) or not _FOOTNOTE.match(state.src, begin, state.eMarks[start]):
        return False
    if not silent:
        _set_aside(state, start, end)
        while (line := state.skipEmptyLines(state.line)) < end and state.is_code_block(line):
            _set_aside(state, line, end)  # a further paragraph, or code, of the note
    return True


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A block rule that takes away tables.

    The lines that GitHub takes for one and markdown-it does not: a head without `|` over a single column, and a head
    that is indented as the last line of a paragraph may be.
    """
    in_paragraph = silent or (state.tokens and state.tokens[-1].type == "paragraph_close")
    if in_paragraph and _is_delimiter(state, start) and not state.isEmpty(start - 1) and state.is_code_block(start - 1):
        return silent or _set_aside(state, start, end)
    if state.is_code_block(start) or start + 1 >= end or not _is_delimiter(state, start + 1):
        return False
    has_bar = "|" in state.src[state.bMarks[start] : state.eMarks[start]]
    if not (table(state, start, end, True) if has_bar else _is_delimiter(state, start + 1, _ONE_COLUMN)):
        return False
    return silent or _set_aside(state, start, end)


def _table_under_label(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A block rule for a table with `[a]:` as its head, before that is read as a definition."""
    return state.src.startswith("[", state.bMarks[start] + state.tShift[start]) and _table(state, start, end, silent)


def _is_delimiter(state: StateBlock, number: int, pattern: re.Pattern[str] = _COLUMNS) -> bool:
    """Whether this is the line under a table's head. Without `|` or `:` it makes a heading or a rule instead."""
    begin = state.bMarks[number] + state.tShift[number]
    return (
        state.src[begin : begin + 1] in ("|", ":", "-")
        and not state.is_code_block(number)
        and pattern.match(state.src, begin, state.eMarks[number]) is not None
    )


def _set_aside(state: StateBlock, start: int, end: int) -> bool:
    """Take the lines down to the next block."""
    interrupts = state.md.block.ruler.getRules("paragraph")
    line = start + 1
    while line < end and not state.isEmpty(line) and not any(rule(state, line, end, True) for rule in interrupts):
        line += 1
    state.line = line
    return True
