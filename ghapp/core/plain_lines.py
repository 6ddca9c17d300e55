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
from collections.abc import Iterator
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, table
from markdown_it.token import Token

LIMIT = 65_536
"""Characters of a comment that are looked at; GitHub itself allows no more."""

_NESTING = 50
_BRACKETS = 4_000  # markdown-it takes over two seconds for a comment made of `![`; what comes after these is hidden
_FIRST_MARK = 0xF0000  # plane 15, private use: room for more lines than LIMIT has characters
_UNSAFE = re.compile(r"[\x00\ud800-\udfff]")
_NOT_ASCII = re.compile(r"[^\x01-\x7f]")

_FOOTNOTE = re.compile(r"\[\^[^\]\s]+\]:")
_ONE_COLUMN = re.compile(r"(?=.*[|:])\|?[ \t]*:?-+:?[ \t]*\|?[ \t]*\Z")

_MARKUP = re.compile(r"<!--|<(/?)([A-Za-z][A-Za-z0-9-]*)", re.ASCII)
_REST_OF_TAG = re.compile(r"""(?:[^"'>]|"[^"]*"|'[^']*')*+>""")
_CONTAINERS = frozenset(
    re.findall(
        r"\w+",
        "blockquote center code dd del details div dl dt h1 h2 h3 h4 h5 h6 kbd ol picture pre q s samp script"
        " strike style svg table template textarea title tt ul var",
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
    return [lines[number] for number in _seen("\n".join(copy))]


def _marked(line: str, number: int, at: int | None) -> str:
    """One line of the copy; its character before `at` is replaced by the mark that carries the line's number."""
    line = _NOT_ASCII.sub("\ufffd", line)
    return line if at is None else f"{line[: at - 1]}{chr(_FIRST_MARK + number)}{line[at:]}"


def _marked_line(text: str) -> int | None:
    """The number of the line that the mark at the start of `text` carries."""
    return ord(text[0]) - _FIRST_MARK if text and ord(text[0]) >= _FIRST_MARK else None


def _seen(copy: str) -> Iterator[int]:
    markdown = _parser()
    env: dict[str, object] = {}
    html = _Html()
    brackets = 0
    for token, following in pairwise(markdown.parse(copy, env)):
        if token.type == "html_block":
            html.feed(token.content, nested=token.level > 0)
        elif token.type == "paragraph_open" and token.level == 0 and _matters(following.content):
            brackets += following.content.count("[")
            if brackets > _BRACKETS:
                return
            children: list[Token] = []
            markdown.inline.parse(following.content, markdown, env, children)
            yield from _seen_in(children, html)


def _matters(content: str) -> bool:
    return "<" in content or max(content, default="") >= chr(_FIRST_MARK)


def _seen_in(tokens: list[Token], html: "_Html") -> Iterator[int]:
    """The marks that stand at the start of a text of their own, outside links, emphasis, code and HTML.

    An unclosed `<!--` hides the rest of its paragraph, `$$ … $$` is a formula.
    """
    dollars = sum(token.content.count("$$") for token in tokens if token.type == "text")
    passed = 0
    for token in tokens:
        if token.type == "html_inline":
            html.feed(token.content)
        elif token.type == "text":
            number = _marked_line(token.content)
            in_formula = passed % 2 == 1 and passed < dollars
            if number is not None and token.level == 0 and not in_formula and not html.hides:
                yield number
            if "<!--" in token.content:
                return
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
            elif rest := _REST_OF_TAG.match(html, match.end()):
                position = rest.end()
                if not nested:
                    self._count(match[2].lower(), closing=bool(match[1]))
            else:
                self._in_tag = True

    def _after_comment(self, html: str, position: int) -> int:
        end = html.find("-->", position)
        self._in_comment = end < 0
        return end + 3

    def _count(self, name: str, *, closing: bool) -> None:
        if name in _CONTAINERS:
            self._open[name] = max(0, self._open[name] + (-1 if closing else 1))


def _parser() -> MarkdownIt:
    """CommonMark with GitHub's additions, blocks only: inline text is parsed where it matters."""
    markdown = MarkdownIt("commonmark", {"maxNesting": _NESTING, "strikethrough_single_tilde": True})
    markdown.enable("strikethrough")
    markdown.disable("inline")
    markdown.block.ruler.before("code", "set_aside", _set_aside, {"alt": ["paragraph", "reference"]})
    # A definition with an address that we would not link is a definition all the same.
    markdown.validateLink = lambda url: True  # type: ignore[method-assign]
    markdown.normalizeLink = lambda url: url  # type: ignore[method-assign]
    return markdown


def _set_aside(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A block rule that takes away what GitHub shows as a table or a footnote, down to the next block."""
    if state.is_code_block(start) or not (_is_footnote(state, start) or _is_table(state, start, end)):
        return False
    if not silent:
        interrupts = state.md.block.ruler.getRules("paragraph")
        line = start + 1
        while line < end and not state.isEmpty(line) and not any(rule(state, line, end, True) for rule in interrupts):
            line += 1
        state.line = line
    return True


def _is_footnote(state: StateBlock, number: int) -> bool:
    return _FOOTNOTE.match(state.src, state.bMarks[number] + state.tShift[number], state.eMarks[number]) is not None


def _is_table(state: StateBlock, start: int, end: int) -> bool:
    """Whether a table begins here. markdown-it wants a `|` in its head; GitHub does not when there is one column."""
    following = start + 1
    if following >= end or state.isEmpty(start) or state.is_code_block(following):
        return False
    begin = state.bMarks[following] + state.tShift[following]
    if state.src[begin : begin + 1] not in ("|", ":", "-"):
        return False
    if "|" in state.src[state.bMarks[start] : state.eMarks[start]]:
        return table(state, start, end, True)
    return _ONE_COLUMN.match(state.src, begin, state.eMarks[following]) is not None
