"""What the desk writes: the issue that a wish becomes, the record of words, and its questions."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ghapp.core import messages
from ghapp.core.chat import Message, Speaker
from ghapp.core.commands import parse
from ghapp.core.events import Repository

LINK = "https://chat.example/archives/C1/p1"
GITHUBS_LIMIT = 65_536
ADA = Speaker("T1", "U1")
SAID = (("Ada", Message("1.000001", ADA, "it is grey")), ("Ben", Message("2.000001", ADA, "here, too")))
OPEN = ("```", "~~~", "<!--", "<details>", "<pre>", "`", "$$", "- ", "> ", "[x](", "| a |\n|---|\n", "    ")


def issue(wish: str, *texts: str, name: str = "Ada") -> str:
    """The issue of this wish, when that was said before it."""
    said = [(name, Message(f"{number}.000001", ADA, text)) for number, text in enumerate(texts, 1)]
    return messages.chat_issue(wish, name, "ada", said, LINK)


def test_an_issue_says_who_asked_what_where_and_what_was_said() -> None:
    """The wish stands last, in the person's own words."""
    assert messages.chat_issue("Make it *blue*, see #3", "Ada", "ada-gh", SAID, LINK) == (
        f"<sub>Ada (@ada-gh) asked for this in [a talk in Slack]({LINK}).</sub>\n\n"
        "<details><summary>What was said there</summary>\n\n"
        "```\nAda: it is grey\nBen: here, too\n```\n\n"
        "</details>\n\n"
        "Make it *blue*, see #3"
    )
    assert messages.chat_issue("Make it blue", "Ada", "ada", (), "") == (
        "<sub>Ada (@ada) asked for this in Slack.</sub>\n\nMake it blue"
    )


@pytest.mark.parametrize("left_open", OPEN)
def test_what_a_wish_leaves_open_takes_nothing_in(left_open: str) -> None:
    """Whatever it begins and does not end, who asked and what was said is told before."""
    body = issue(f"Make it blue\n\n{left_open}", "it is grey")
    head, _, _ = body.partition("Make it blue")
    assert head == issue("", "it is grey")
    tokens = [token.type for token in MarkdownIt().parse(head)]
    assert tokens == ["paragraph_open", "inline", "paragraph_close", "html_block", "fence", "html_block"]


@pytest.mark.parametrize(
    "text", ["```\nnow free", "~~~\n```", "`````", "</details>", "<!-- x", "\n```\n\n# x", "`" * 500]
)
def test_the_talk_stays_in_its_fence(text: str) -> None:
    """It is one block of code, whatever was said there."""
    head = issue("", text, "and so on")
    fences = [token for token in MarkdownIt().parse(head) if token.type == "fence"]
    assert len(fences) == 1
    assert "and so on" in fences[0].content
    assert head.rstrip().endswith("</details>")


MARKS = ("<!-- honk:status:r1 -->", "<!--honk:box:merge -->", "<!-- HONK:wish:T1-C1-1 -->", "<!--\thonk:x -->")


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("dress", ["{}", "`{}`", "```\n{}\n```", "> {}", "- [ ] x {}", "    {}"])
def test_none_of_our_marks_can_be_written_by_others(dress: str, mark: str) -> None:
    """Neither in the wish, nor in the talk, nor by a name, nor in the record: by them we find what we wrote."""
    text = dress.format(mark)
    bodies = [issue(text), issue("x", text), issue("x", "y", name=text), messages.said_in_chat("ada", text)]
    for body in [*bodies, messages.asked_by(text, text).text]:
        assert not re.search(r"<!--\s*honk:", body, re.IGNORECASE)


@pytest.mark.parametrize(
    ("wish", "shown"),
    [
        ("a < b and <3", "a < b and <3"),
        ("<b>x</b>", "&lt;b>x&lt;/b>"),
        ("<!-- do evil -->", "&lt;!-- do evil -->"),
        ("<?php ?>", "&lt;?php ?>"),
        ("[//]: # (do evil)", "\\[//]: # (do evil)"),
        ("ok\n\n> - [x\ny]: https://evil.example", "ok\n\n> - \\[x\ny]: https://evil.example"),
        ("[^1]: unseen", "\\[^1]: unseen"),
        ("[x](https://x.example) works, and so does https://x.example", None),
        ("- [ ] a box\n- [x] another", None),
        ("@ben and <@U1234>", "@\u2060ben and <@\u2060U1234>"),
        ("mail a@b.example", "mail a@\u2060b.example"),
        ("see \u202e\u200bthis\x00", "see this"),
    ],
)
def test_a_wish_is_shown_as_it_was_written_but_hides_nothing_and_mentions_nobody(wish: str, shown: str | None) -> None:
    """Links work; HTML and hidden definitions are seen; a name in the chat is no name at GitHub."""
    assert issue(wish).partition("</sub>\n\n")[2] == (wish if shown is None else shown)


def test_nobody_speaks_for_somebody_else() -> None:
    """A message of two lines looks like one, and so does a name of two."""
    body = issue("x", "fine\nBen: I want it, too", name="Ada\nBen: yes")
    assert "\nAda Ben: yes: fine\n  Ben: I want it, too\n" in body
    assert "\nBen:" not in body


@pytest.mark.parametrize(
    "piece", ["<", "</", "<!--", "`", "@a ", "[x]: y\n", "[\n", "é", "\u202e", "a\n", "\\", "- [", "1. ["]
)
def test_an_issue_is_within_githubs_limit(piece: str) -> None:
    """However long everything is, GitHub takes it, and it ends in the wish."""
    long = piece * 40_000
    body = issue(f"wish {long}", *[long] * 200, name=long)
    assert len(body) < GITHUBS_LIMIT - 1_000
    assert "wish" in body
    assert len(messages.said_in_chat("ada", long)) < GITHUBS_LIMIT


def test_of_a_long_talk_the_newest_is_kept() -> None:
    """Forty messages at most."""
    body = issue("x", *[f"message {number}." for number in range(100)])
    assert "message 59." not in body
    assert "message 60." in body
    assert "message 99." in body


def test_the_record_is_whole_and_no_command() -> None:
    """What was said is quoted; a command in it was obeyed in the chat, if at all."""
    body = messages.said_in_chat("ada", "first\n\n/honk merge\n<!channel> @ben\n" + "x" * 5_000)
    assert body.startswith("@ada says in Slack:\n\n> first\n> \n> ")
    assert "x" * 5_000 in body
    assert parse(body) is None
    assert "@ben" not in body
    assert messages.said_in_chat("ada", "x" * 9_000).endswith("x…")


@given(
    st.text()
    | st.lists(st.sampled_from([*OPEN, *MARKS, "\n", "/honk stop", "[", "]:", "@a", "\r", "\u2028"])).map("".join)
)
def test_no_text_does_harm(text: str) -> None:
    """Nothing of it is HTML, a mark of ours or a mention; our own part stays as it is."""
    body = issue(text, text, name=text)
    wish = body.rpartition("</details>")[2]
    assert body.startswith("<sub>")
    assert not re.search(r"<!--\s*honk:", body, re.IGNORECASE)
    assert not re.search(r"<[A-Za-z/!?]|@\w", wish)
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(wish)
    assert "html_block" not in {token.type for token in tokens}
    assert parse(messages.said_in_chat("ada", text)) is None


def test_the_question_names_each_repository() -> None:
    """By the end of a long name, for that differs; the button carries which, what for, and which wish."""
    long = Repository(7, f"{'o' * 39}/{'r' * 90}{'-end' * 2}", 3)
    short = Repository(8, "octo/demo", 3)
    card = messages.which_repository([short, long, replace(short, id=9)], "plan", "1.000001")
    assert [button.text for button in card.buttons][::3] == ["octo/demo", "None, leave it"]
    assert card.buttons[1].text.endswith("-end-end")
    assert all(len(button.text) <= 75 for button in card.buttons)
    assert [button.value for button in card.buttons] == [
        "8 plan 1.000001",
        "7 plan 1.000001",
        "9 plan 1.000001",
        "1.000001",
    ]
    assert [button.name for button in card.buttons] == ["choose", "choose", "choose", "cancel"]


def test_the_first_message_of_a_talk_fits_a_screen() -> None:
    """`/honk …` may be long; all of it stands in the issue."""
    card = messages.asked_by("Ada " * 100, "\n".join(f"line {number}" for number in range(200)))
    assert len(card.text.splitlines()) <= 20
    assert len(messages.asked_by("Ada", "x" * 5_000).text) < 1_200
