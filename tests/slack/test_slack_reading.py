"""What a person wrote, as plain text."""

import pytest

from ghapp.slack import reading

US = "U0HONK"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("see <https://a.example/x>", "see https://a.example/x"),
        ("see <https://a.example/x|the page>", "see the page (https://a.example/x)"),
        ("see <https://a.example|a.example>", "see https://a.example"),
        ("<https://evil.example|https://bank.example>", "https://bank.example (https://evil.example)"),
        ("<mailto:ana@a.example|ana@a.example>", "ana@a.example"),
        ("in <#C01|general> and <#C02>", "in #general and #C02"),
        ("<!here> <!channel> <!subteam^S01|@team>", "@here @channel @team"),
        ("<!date^1392734382^{date}|18 February>", "18 February"),
        ("ask <@U0BEN|ben>", "ask <@U0BEN>"),
        ("&amp;lt;", "&lt;"),
        ("  <> < >  ", "<> < >"),
    ],
)
def test_markup_reads_as_people_see_it(written: str, read: str) -> None:
    """Links show where they lead, channels and groups their names; mentions of others stay for who knows names."""
    assert reading.plain(written) == read


def test_names_can_stand_for_mentions() -> None:
    """Whoever knows the people says what to call them."""
    assert reading.plain("<@U0BEN> and <@U0ANA|ana>", lambda user: f"[{user}]") == "[U0BEN] and [U0ANA]"


@pytest.mark.parametrize(
    ("written", "speaks"),
    [
        (f"<@{US}> mend it", True),
        (f"please <@{US}|honk> mend it", True),
        ("<@U0BEN> mend it", False),
        (f"he wrote `<@{US}> mend it`", False),
        (f"```\n<@{US}> mend it\n```", False),
        (f"&gt; <@{US}> mend it\nis this done?", False),
        (f"&gt; quoted\n<@{US}> mend it", True),
        (f"&gt;&gt;&gt; quoted\n<@{US}> mend it", False),
        (f"`code` <@{US}> `code`", True),
        (f"the ``` button is off, <@{US}>", True),
        (f"&lt;@{US}&gt; mend it", False),
    ],
)
def test_a_mention_in_code_or_in_a_quote_is_none(written: str, speaks: bool) -> None:
    """Only what a person says themselves, in plain text, speaks to us."""
    assert reading.mentions(written, US) is speaks


@pytest.mark.parametrize(
    ("written", "left"),
    [
        (f"<@{US}> mend it", "mend it"),
        (f"please <@{US}> mend it", "please mend it"),
        (f"mend it <@{US}>", "mend it"),
        (f"<@{US}>", ""),
        (f"<@{US}> why `<@{US}>`?", f"why `<@{US}>`?"),
    ],
)
def test_our_own_name_is_taken_out(written: str, left: str) -> None:
    """What is left is the wish; code stays as it is."""
    assert reading.without(written, US) == left


@pytest.mark.parametrize("piece", ["<", "`", "```", "&gt;", " ", "<@", f"<@{US}", "<a|", "\n>", "``` `"])
def test_long_texts_are_read_in_no_time(piece: str) -> None:
    """Forty thousand characters, Slack's most, of what could make a pattern look again and again, and nothing hangs."""
    text = piece * (40_000 // len(piece))
    assert isinstance(reading.plain(reading.without(text, US)), str)
    assert reading.mentions(text, US) is False
