"""The /honk grammar: what is a command, and what only looks like one."""

import sys
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghapp.core.commands import Command, Reason, Refusal, Verb, added_micros, parse

FIX = Command(Verb.FIX)
STOP = Command(Verb.STOP)


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ("/honk", FIX),
        ("/honk ", FIX),
        ("   /honk\t", FIX),
        ("/honk fix", FIX),
        ("/HONK FIX", FIX),
        ("/Honk fix the Typo", Command(Verb.FIX, "the Typo")),
        ("/honk fix: the typo", Command(Verb.FIX, "the typo")),
        ("/honk make the retry delay configurable", Command(Verb.FIX, "make the retry delay configurable")),
        ("/honk\tfix \t a `tab`  ", Command(Verb.FIX, "a `tab`")),
        ("Thanks!\n/honk plan\nmore text", Command(Verb.PLAN)),
        ("Thanks!\r\n\r\n/honk plan the move\r\n", Command(Verb.PLAN, "the move")),
        ("/honk ask what is *this*?", Command(Verb.ASK, "what is *this*?")),
        ("/honk review mind the locks", Command(Verb.REVIEW, "mind the locks")),
        ("/honk retry", Command(Verb.RETRY)),
        ("/honk status", Command(Verb.STATUS)),
        ("/honk merge", Command(Verb.MERGE)),
        ("/honk why", Command(Verb.WHY)),
        ("/honk allow", Command(Verb.ALLOW)),
        ("/honk update", Command(Verb.UPDATE)),
        ("/honk revert", Command(Verb.REVERT)),
        ("/honk build", Command(Verb.BUILD)),
        ("/honk build Revoke", Command(Verb.BUILD, "revoke")),
        ("/honk deploy staging-eu/1", Command(Verb.DEPLOY, "staging-eu/1")),
        ("/honk budget +5", Command(Verb.BUDGET, "+5")),
        ("/honk budget +$2.50", Command(Verb.BUDGET, "+2.50")),
        ("/honk help", Command(Verb.HELP)),
        ("/honk help Budget", Command(Verb.HELP, "budget")),
        ("/honk stop", STOP),
        ("/honk stop now, please!", STOP),
        ("/honk STOP!", STOP),
        ("/honk fix the typo\n/honk stop", STOP),
        ("/honk stop\n\n/honk frobnicate\n\n/honk merge", STOP),
        ("/honk merge\n\n/honk merge", Command(Verb.MERGE)),
        ("/honk\n/honk fix", FIX),
        ("/honk fix é ü 漢", Command(Verb.FIX, "é ü 漢")),
        ("/honk fix a\x00b\ud800", Command(Verb.FIX, "a\ufffdb\ufffd")),
        ("/honk fix this <!-- and that -->", Command(Verb.FIX, "this")),
        ("/honk fix `<!--` in the lexer", Command(Verb.FIX, "`<!--` in the lexer")),
    ],
)
def test_a_command_is_read(body: str, command: Command) -> None:
    """Each body asks for exactly this."""
    assert parse(body) == command


@pytest.mark.parametrize(
    ("body", "reason", "suggestion"),
    [
        ("/honk mrege", Reason.UNKNOWN, "merge"),
        ("/honk cancel", Reason.UNKNOWN, "stop"),
        ("/honk frobnicate", Reason.UNKNOWN, None),
        ("/honk @everyone", Reason.UNKNOWN, None),
        ("/honk \u017ftop", Reason.UNKNOWN, "stop"),
        ("/honk as\u212a", Reason.UNKNOWN, "ask"),
        ("/honk " + "x" * 70_000, Reason.UNKNOWN, None),
        ("/honk ask", Reason.MISSING, "ask how does this work?"),
        ("/honk merge the two loaders", Reason.ARGUMENT, "fix merge the two loaders"),
        ("/honk why is `x` here", Reason.ARGUMENT, "ask why is  x  here"),
        ("/honk stop using tabs", Reason.ARGUMENT, "stop"),
        ("/honk budget", Reason.MISSING, "budget +5"),
        ("/honk budget 5", Reason.ARGUMENT, "budget +5"),
        ("/honk budget +5.123", Reason.ARGUMENT, "budget +5"),
        ("/honk budget +0.00", Reason.ARGUMENT, "budget +5"),
        ("/honk budget +٥", Reason.ARGUMENT, "budget +5"),
        ("/honk deploy", Reason.MISSING, "deploy staging"),
        ("/honk deploy a b", Reason.ARGUMENT, "deploy staging"),
        ("/honk help me", Reason.ARGUMENT, "help"),
        ("/honk fix a\n/honk fix b", Reason.SEVERAL, None),
        ("/honk mrege\n\n/honk retry", Reason.SEVERAL, None),
    ],
)
def test_what_is_not_understood_is_refused(body: str, reason: Reason, suggestion: str | None) -> None:
    """Nothing is guessed: the person hears why, and what they may have meant."""
    refusal = parse(body)
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.suggestion) == (reason, suggestion)
    assert not set("`@<") & set(refusal.text)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "please /honk fix",
        "/honkfix",
        "/honk-fix",
        "/honk:fix",
        "/honk\u00a0fix",
        "/honk\u2003fix",
        "/hon\u212a fix",  # the Kelvin sign
        "\ufeff/honk fix",
        "\u200b/honk",
        "\\/honk fix",
        "&#47;honk fix",
        "**/honk** fix",
        "//honk",
    ],
)
def test_other_words_are_no_command(body: str) -> None:
    """Only the six ASCII characters at the start of a line, followed by a blank or its end, begin a command."""
    assert parse(body) is None


@pytest.mark.parametrize("separator", ["\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_only_lf_and_crlf_end_a_line(separator: str) -> None:
    """Other separators neither begin a command's line nor end it."""
    assert parse(f"hello{separator}/honk fix") is None
    assert parse(f"/honk{separator}fix") is None
    assert parse(f"/honk ask why{separator}so") == Command(Verb.ASK, f"why{separator}so")


HIDDEN = {
    "fenced code": "```\n{}\n```",
    "unclosed fence": "```sh\n{}",
    "tilde fence": "~~~\n{}\n\n~~~",
    "fence in a fence": "````\n```\n{}\n```\n````",
    "indented code": "    {}",
    "tab-indented code": "\t{}",
    "code span over lines": "see `this\n{}\n` there",
    "quote": "> {}",
    "lazy quote": "> quoted\n{}",
    "nested quote": "> > {}",
    "alert": "> [!NOTE]\n> {}",
    "bullet": "- {}",
    "lazy bullet": "- item\n{}",
    "loose bullet": "- item\n\n  {}",
    "number": "1. {}",
    "task": "- [ ] {}",
    "heading": "# {}",
    "heading with =": "{}\n===",
    "heading with -": "text\n{}\n---",
    "table head": "{} | b\n--- | ---",
    "table head after text": "text\n{} | b\n--- | ---",
    "table row": "| a | b |\n|---|---|\n{}",
    "one column without a bar": "{}\n|-|",
    "row of one column": "a\n:-\n{}",
    "row under an indented head": "text\n\ta | b\n--|--\n{}",
    "row under a label": "[a]:\n|-|\n{}",
    "heading over a lone bar": "{}\n|===\n---",
    "lazy after a definition in a quote": "> [a]: /b\n{}",
    "lazy after a definition in a bullet": "- [a]: /b\n[c]: /d\n{}",
    "lazy after indented text": "*    1. a\n    ---\n{}",
    "further paragraph of a footnote": "[^1]: a\n\n    b\n{}",
    "torn tag in a quote": "> <?\n\n{}",
    "open tag after an unclosed comment": "a <!-- <details>\n\n{}",
    "script": "<script>\n|-|\n\n{}",
    "bold in HTML": "a <b>\n{}</b>",
    "comment": "<!--\n{}\n-->",
    "unclosed comment": "<!--\n{}",
    "unclosed comment after blank lines": "<!-- a\n\nb\n\n{}",
    "comment in a paragraph": "text <!--\n{}\n--> text",
    "unclosed comment in a paragraph": "text <!-- a\n{}",
    "comment opened in a block": "<div> <!--\n\n{}",
    "html block": "<div>\n{}\n</div>",
    "pre": "<pre>\n\n{}\n\n</pre>",
    "unclosed script": "<script>\n\n{}",
    "details": "<details>\n\n{}\n\n</details>",
    "upper-case details": "<DETAILS open>\n\n{}\n\n</DETAILS>",
    "html quote": "<blockquote>\n\n{}\n\n</blockquote>",
    "html table": "<table><tr><td>\n\n{}\n\n</td></tr></table>",
    "inline details": "text <details>\n{}\n</details>",
    "attribute over lines": "text <a title='\n{}\n'>b</a>",
    "attribute over blank lines": '<div title="\n\n{}\n\n">',
    "processing": "<?php\n\n{}\n?>",
    "cdata": "<![CDATA[\n\n{}\n]]>",
    "footnote": "[^1]: {}",
    "lazy footnote": "[^1]: a note\n{}",
    "footnote after text": "text\n[^1]: a note of words\n{}",
    "title of a definition": "[a]: /b '\n{}\n'",
    "title of a definition that is no link": "[a]: javascript:b '\n{}\n'",
    "link text": "[text\n{}](/b)",
    "link title": "[text](/b '\n{}\n')",
    "image text": "![text\n{}](/b)",
    "struck out": "~~text\n{}~~",
    "struck out with one": "~text\n{}~",
    "emphasis": "*text\n{}*",
    "strong": "**text\n{}**",
    "formula": "$$\n{}\n$$",
    "four blanks in a paragraph": "text\n    {}",
}


@pytest.mark.parametrize("command", ["/honk fix it", "/honk stop", "/honk"])
@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN.keys())
def test_what_a_reader_does_not_see_as_a_line_is_none(hidden: str, command: str) -> None:
    """No construct of Markdown or HTML smuggles a command, with either line ending, and with text around it."""
    body = hidden.format(command)
    assert parse(body) is None
    assert parse(f"hello\n\n{body}\n") is None
    assert parse(body.replace("\n", "\r\n")) is None


def test_a_destination_is_no_command() -> None:
    """A link definition may have its address on the next line."""
    assert parse("[a]:\n/honk") is None


@pytest.mark.parametrize(
    "body",
    [
        "```\ncode\n```\n{}",
        "> quote\n\n{}",
        "- item\n\n{}",
        "- a\n- b\n\n\n {}",
        "# heading\n{}",
        "{}\n# heading",
        "{}\n- item",
        "{}\n***",
        "---\n{}",
        "<!-- a note -->\n\n{}",
        "<details><summary>log</summary>\n\ntext\n\n</details>\n\n{}",
        "<br>\n\n{}",
        "a List<String> of <T>\n\n{}",
        "<p align=center>hello\n\n{}",
        "> <details>\n> a quoted beginning\n\n{}",
        "[a]: /b\n{}",
        "[^1]: a note\n\n{}",
        "| a |\n|---|\n| b |\n\n{}",
        "two  \n{}",
        "two\\\n{}",
        "**bold**\n{}\n*italics*",
        "`code`\n{}",
        "it costs $$ and\n{}",
        "a | b\n{}",
        "    code\n|\n{}",
        "    code\n--|--\n{}",
        "- a\n\n***\n{}",
        "> # a heading\n{}",
        "- a\n  ```\n  code\n  ```\n{}",
        "~~~ a `b`\n~~~\n{}",
        "&nbsp;\n{}",
        "1986\\. a year\n{}",
        "text <!-- aside -->\n{}",
    ],
)
def test_what_a_reader_sees_is_a_command(body: str) -> None:
    """Other constructs before or after a command do not take it away."""
    assert parse(body.format("/honk stop")) == STOP


def test_a_body_is_cut_first() -> None:
    """Only the first 65,536 characters count."""
    assert parse("a\n\n" * 30_000 + "/honk") is None
    assert parse("a" * 65_531 + "\n/honk") is None
    assert parse("a" * 65_530 + "\n\n/honk") is None
    assert parse("a" * 65_529 + "\n/honk stop") == FIX  # what is left of it


SYNTAX = ["/honk", "/honk stop", "\n", "\r\n", "\r", "```", "> ", "- ", "1. ", "    ", "\t", "<!--", "-->", "<div>"]
SYNTAX += [
    "</div>",
    "`",
    "*",
    "_",
    "[",
    "](",
    ")",
    "|",
    "|-|",
    "---",
    "===",
    "[a]: ",
    "[^1]: ",
    "$$",
    "~~~",
    "\0",
    "\ud800",
]
FRAGMENTS = st.sampled_from(SYNTAX)


@given(st.lists(FRAGMENTS | st.text(max_size=4), max_size=40).map("".join))
@settings(max_examples=400, deadline=None)
def test_no_body_raises(body: str) -> None:
    """Whatever is written, there is an answer, and text in it can be stored as UTF-8."""
    said = parse(body)
    if isinstance(said, Command):
        said.argument.encode()
    if isinstance(said, Refusal):
        (said.text + (said.suggestion or "")).encode()


@given(st.lists(FRAGMENTS | st.text(max_size=4), max_size=30).map("".join), st.sampled_from("`~"))
@settings(max_examples=200, deadline=None)
def test_nothing_in_a_fence_is_a_command(body: str, character: str) -> None:
    """A fence longer than any in its text keeps it."""
    fence = character * (len(body) + 3)
    assert parse(f"{fence}\n{body}\n{fence}\n") is None


@given(st.lists(FRAGMENTS | st.text(max_size=4), max_size=30).map("".join))
@settings(max_examples=200, deadline=None)
def test_nothing_in_a_quote_is_a_command(body: str) -> None:
    """A quote with its mark before every line keeps its text."""
    lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert parse("\n".join(f"> {line}" for line in lines)) is None


@given(st.text(alphabet="abc é漢*_", max_size=30).map(str.strip), st.sampled_from(["\n", "\r\n"]))
@settings(deadline=None)
def test_plain_text_around_keeps_the_command(text: str, newline: str) -> None:
    """Ordinary paragraphs before and after do not matter."""
    assert parse(newline.join(["hello", "", "/honk ask " + text + "?", "", "bye"])) == Command(Verb.ASK, text + "?")


HOSTILE = [">", "> ", "*", "_*", "[", "![", "[\n", "[a](", "`", "<!--", "<![CDATA[", "<a x='", "|a", "-|-\n", "> - "]
HOSTILE += ["a\n", "/honk fix\n", "\r", "\0", "$$", "[a]: b\n", "[^1]: a\n", "<b>", "* a\n * b\n", "a\n|-|\n", "`a``b"]


@pytest.mark.parametrize("filling", HOSTILE)
def test_no_body_takes_long(filling: str) -> None:
    """Four times the text is about four times the work, counted in calls because seconds depend on the machine."""
    assert _calls(filling, 16_000) < 6 * _calls(filling, 4_000)


def test_a_deep_quote_over_many_lines_is_not_followed() -> None:
    """Every level would read all lines once more, so what is said beside it is not seen; an ordinary thread is."""
    assert parse(f"/honk\n\n{'>' * 50}a\n" + "~\n" * 32_000) is None
    assert parse(f"/honk\n\n{'> - ' * 50}a\n" + "~\n" * 32_000) is None
    assert parse(f"/honk\n\n{'> ' * 8}a\n" + "and so on\n" * 6_000) == FIX
    assert parse("/honk\n\n" + "~\n" * 32_000) == FIX


def _calls(filling: str, length: int) -> int:
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    body = ("/honk ask\n" + filling * length)[:length] + "\n/honk stop"
    sys.setprofile(count)
    try:
        parse(body)
    finally:
        sys.setprofile(None)
    return calls


@given(st.text(max_size=12))
def test_amounts_are_exact_or_refused(text: str) -> None:
    """An amount is read to the cent or not at all."""
    assert added_micros("+12.5") == 12_500_000
    assert added_micros("+0.01") == 10_000
    if not text.startswith("+"):
        with pytest.raises(ValueError, match="dollars"):
            added_micros(text)
