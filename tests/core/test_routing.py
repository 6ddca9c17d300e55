"""Where a wish belongs by plain rules: what is certain, what is asked, and texts that were written to mislead."""

import re
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghapp.core.events import Repository
from ghapp.core.routing import MAX_TITLE, MOST_CHOICES, Route, Wish, kind_of, route, title_of

APP = Repository(1, "octo/mobile-app", 3)
SHOP = Repository(2, "octo/web-shop", 3)
DEMO = Repository(3, "octo/demo", 3)
TOOL = Repository(4, "acme/backend2", 4)
ALL = (APP, SHOP, DEMO, TOOL)
NONE: Mapping[int, Sequence[str]] = {}


def at(text: str, channel: str = "", used: tuple[int, ...] = ()) -> Route:
    """Where it belongs, of all four."""
    return route(Wish(text, channel, used), ALL, NONE)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("octo/demo: the button is grey", DEMO),
        ("OCTO/Demo, please", DEMO),
        ("mend octo/demo.", DEMO),
        ("mend (octo/demo)", DEMO),
        ("see octo/demo#12 and octo/demo@v2", DEMO),
        ("git clone octo/demo.git", DEMO),
        ("see octo/demo.git.", DEMO),
        ("https://github.com/octo/demo", DEMO),
        ("It is in https://github.com/octo/demo, see there", DEMO),
        ("It is in https://github.com/octo/demo!", DEMO),
        ("https://github.com/octo/demo.git", DEMO),
        ("https://github.com/octo/demo/issues/12#issuecomment-5", DEMO),
        ("https://github.com/octo/demo?tab=readme", DEMO),
        ("HTTPS://GITHUB.COM/octo/demo", DEMO),
        ("http://127.0.0.1:8080/octo/demo/pull/3", DEMO),
        ("the mobile-app is slow", APP),
        ("Mobile-App: slow", APP),
        ("“web-shop” shows no prices.", SHOP),
        ("backend2 answers 500", TOOL),
    ],
)
def test_what_the_text_names_is_certain(text: str, meant: Repository) -> None:
    """By its full name, by the address of a page, or by a name that is no word of the language."""
    assert at(text) == Route(meant)


@pytest.mark.parametrize("host", ["github.com", "ghe.example.com", "ada:pw@github.com", "github.com@evil.example"])
def test_an_address_counts_by_the_name_in_it_on_any_host(host: str) -> None:
    """Who writes one can as well write the name; it leads nowhere but to a repository that they may use."""
    assert at(f"see https://{host}/octo/demo/issues/1") == Route(DEMO)
    assert at(f"see https://{host}/evil/demo/issues/1").repository is None


@pytest.mark.parametrize(
    "text",
    [
        "the demo is broken",
        "Demo: broken",
        "xocto/demo",
        "éocto/demo",
        "octo/demoé",
        "octo/demo_2",
        "octo/demo-2",
        "octo/demo2",
        "octo/demo.py",
        "octo/demo/src",
        "feat/octo/demo",
        "./octo/demo",
        "octo//demo",
        "оcto/demo",  # with a Cyrillic o
        "octo／demo",
        "octo/" + "demo" * 30,
        "https://octo/demo",
        "https://github.com/octo",
        "https://github.com/x?octo/demo",
        "https://github.com/#octo/demo",
        "https://github.com/octo/demoé",
        "https://web-shop.example/",
        "see src/web-shop/main.py",
        "the web-shop.css of web-shops and old-web-shop",
    ],
)
def test_what_only_looks_like_a_name_is_none(text: str) -> None:
    """A short plain word, a name that is glued to something, a path, a host, a query: the person is asked."""
    found = at(text)
    assert found.repository is None
    assert set(found.choices) == set(ALL)


@pytest.mark.parametrize(
    ("text", "channel", "choices"),
    [
        ("move octo/demo into https://github.com/octo/web-shop", "", (DEMO, SHOP)),
        ("the mobile-app should look like the web-shop", "", (APP, SHOP)),
        ("the mobile-app is slow", "web-shop", (APP, SHOP)),
    ],
)
def test_where_two_are_named_they_are_the_choices(text: str, channel: str, choices: tuple[Repository, ...]) -> None:
    """Two names, or a name and a channel that means another, are no reason to pick one."""
    assert at(text, channel) == Route(None, choices)


def test_a_full_name_counts_more_than_a_word_and_a_channel() -> None:
    """It is how one says it so that nobody has to ask."""
    assert at("octo/demo: look like the mobile-app", "web-shop", (4,)) == Route(DEMO)


@pytest.mark.parametrize("text", ["mend octo/secret", "https://github.com/octo/secret", "octo/demo and octo/secret"])
def test_a_repository_that_cannot_be_had_is_no_other_one(text: str) -> None:
    """Who names one of the same owner on which they have no role, or we are not installed, is asked: also of one."""
    assert at(text).repository is None
    assert route(Wish(text, "demo", (3,)), [DEMO], {3: ["*"]}) == Route(None, (DEMO,))


@pytest.mark.parametrize("text", ["either/or", "see https://example.com/a/b", "and/or octo", ""])
def test_where_there_is_only_one_it_is_that(text: str) -> None:
    """What looks like the name of somebody else's repository does not matter."""
    assert route(Wish(text), [DEMO], NONE) == Route(DEMO)


@pytest.mark.parametrize(
    ("channel", "channels", "meant"),
    [
        ("mobile", {1: ["mobile"]}, APP),
        ("MOBILE", {1: ["Mobile"]}, APP),
        ("app-ios", {1: ["app-*"]}, APP),
        ("web-shop", {1: ["web-*"]}, APP),  # what the config says counts before the channel's name
        ("web_shop", {}, SHOP),
        ("webshop", {}, SHOP),
        ("demo", {}, DEMO),
        ("general", {}, None),
        ("mobile", {1: ["mobile"], 2: ["mob*"]}, None),
        ("", {1: ["*"]}, None),  # a direct message is no channel
        ("日本語", {}, None),
        ("x", {1: ["[", "[!", "*" * 50 + "y"]}, None),
    ],
)
def test_a_channel_says_what_is_meant_in_it(
    channel: str, channels: Mapping[int, Sequence[str]], meant: Repository | None
) -> None:
    """By the pattern of a config, or by its name; where it means two, one is asked."""
    assert route(Wish("the button is grey", channel), ALL, channels).repository == meant


def test_a_name_of_signs_only_is_no_channel() -> None:
    """Nothing is left of either when they are compared, which does not make them the same."""
    odd = Repository(9, "octo/_-_", 3)
    assert route(Wish("mend it", "日本語"), [odd, DEMO], NONE).repository is None


def test_what_was_used_before_decides_last_and_orders_the_choices() -> None:
    """The only one of before is certain; of several, the one that was used most stands first."""
    assert at("mend it", used=(2,)) == Route(SHOP)
    assert at("mend it", "demo", used=(2,)) == Route(DEMO)
    assert at("mend it", used=(2, 4)) == Route(None, (SHOP, TOOL, DEMO, APP))
    assert at("mend it", used=(77,)) == Route(None, (TOOL, DEMO, APP, SHOP))


def test_nobody_is_asked_about_nothing() -> None:
    """Where there is no repository there is no choice."""
    assert route(Wish("octo/demo"), [], NONE) == Route(None)


def test_no_more_is_offered_than_fits_a_phone() -> None:
    """Five of fifty, those that were used before among them."""
    many = [Repository(number, f"octo/r{number:02}", 3) for number in range(50)]
    found = route(Wish("mend it", used=(41, 7)), many, NONE)
    assert [one.id for one in found.choices] == [41, 7, 0, 1, 2]
    assert len(found.choices) == MOST_CHOICES


PIECES = st.sampled_from(
    ["octo/demo", "octo/", "/", "https://", "http://[", "https://[::1", "https://\u2100.com/a/b", "@", ":", ".", "-",
     "#", "mobile-app", "web-shop", " ", "\n", "?", "é", "\u202e", "\u0301", "\x00", "why", "plan", "(", "[", "*"]
)  # fmt: skip
TEXT = st.text() | st.lists(PIECES, max_size=30).map("".join)


@given(TEXT, TEXT, st.lists(st.integers(0, 6), unique=True).map(tuple), st.lists(TEXT, max_size=3))
def test_no_text_does_harm(text: str, channel: str, used: tuple[int, ...], patterns: list[str]) -> None:
    """Whatever is written where, it raises nothing, and what is found is of the candidates: one, or up to five."""
    found = route(Wish(text, channel, used), ALL, {1: patterns})
    assert (found.repository is None) != (not found.choices)
    assert {*found.choices, *filter(None, [found.repository])} <= set(ALL)
    assert len(set(found.choices)) == len(found.choices) <= MOST_CHOICES
    assert kind_of(text) in ("fix", "plan", "ask")
    title = title_of(text)
    assert len(title) <= MAX_TITLE
    assert len(title.splitlines()) <= 1
    assert not re.search("[\x00-\x1f\u200b\u202e]", title)


@pytest.mark.parametrize(
    "piece",
    ["a", "a/", "a-", "octo/demo ", "https://", "https://a/b/c ", "? ", "why ", ".", "[", "*", "\n", "é", "hi "],
)
def test_a_long_text_is_read_at_once(piece: str) -> None:
    """A megabyte of anything is no work: only what a message can hold is looked at."""
    text = "why " + piece * (1_000_000 // len(piece))
    assert kind_of(text) in ("fix", "ask")
    assert len(title_of(text)) <= MAX_TITLE
    assert at(text).choices or piece == "octo/demo "


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Can you make the button blue?", "fix"),
        ("Could we have a dark mode?", "fix"),
        ("Make the button blue", "fix"),
        ("The button is grey. Why?", "fix"),
        ("Why is it slow? Make it fast.", "fix"),
        ("What about a dark mode?", "fix"),
        ("How about a dark mode?", "fix"),
        ("Why don't we cache this?", "fix"),
        ("Why not cache this?", "fix"),
        ("However it is done?", "fix"),
        ("Explain the error to the user", "fix"),
        ("Plants are green", "fix"),
        ("A plan page shows the wrong price", "fix"),
        ("", "fix"),
        ("Why is it slow?", "ask"),
        ("why is it slow?\n", "ask"),
        ("Hi Honk, why is it slow?", "ask"),
        ("What's this?\nAnd that?", "ask"),
        ("Is the cache used, or not?", "ask"),
        ("Explain how the retry works", "ask"),
        ("Can you tell me where prices are rounded", "ask"),
        ("plan the move to Python 3.13", "plan"),
        ("Plan: a dark mode", "plan"),
        ("Please make a plan for a dark mode", "plan"),
        ("Could you please draft a short plan for it?", "plan"),
        ("Can you plan a dark mode?", "plan"),
        ("Hello there! Plan a dark mode", "plan"),
    ],
)
def test_the_kind_is_read_from_how_it_begins_and_ends(text: str, kind: str) -> None:
    """A polite wish in the form of a question is a wish."""
    assert kind_of(text) == kind


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("The button is grey. It was blue.", "The button is grey."),
        ("  The   button\tis grey\nIt was blue", "The button is grey"),
        ("Hi! The login is broken", "The login is broken"),
        ("hello world prints twice", "hello world prints twice"),
        ("Hello,\n\nthe login is broken", "the login is broken"),
        ("```\nTraceback: x\n```", "Traceback: x"),
        ("\u202egnp.exe", "gnp.exe"),
        ("v1.2 is slow", "v1.2 is slow"),
        ("word " * 40, ("word " * 15).strip() + "…"),
        ("x" * 200, "x" * 79 + "…"),
        ("…!?", ""),
        ("", ""),
    ],
)
def test_a_title_is_the_first_thing_that_is_said(text: str, title: str) -> None:
    """One line of at most 80 characters, without a greeting and what cannot be seen."""
    assert title_of(text) == title
