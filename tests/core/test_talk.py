"""What the sentences of GitHub say in a talk: words that count there, as the desk reads them."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ghapp.core import messages
from ghapp.core.commands import Command, Verb, parse
from ghapp.flow.desk import as_said
from tests.core.chat_cases import NOW, SIGHTS, STAGES

ANSWERS = Path(__file__).parent / "snapshots" / "answers.txt"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("say `/honk merge` again.", "say `merge` again."),
        ("`/honk stop` does, too.", "`stop` does, too."),
        ("`/honk budget +5`, or `/honk fix do without …`", "`@honk budget +5`, or `@honk fix do without …`"),
        ("`/honk` or `/honk fix …`", "`@honk` or `@honk fix …`"),
        ("`/honk link` links another one.", "`/honk link` links another one."),
        ("<!-- honk:deploy:r1-7 -->\n⏳ pending", "⏳ pending"),
        ("`<!-- theirs -->` stays", "`<!-- theirs -->` stays"),
        ("the box `merge` and /honk merge", "the box `merge` and /honk merge"),
    ],
)
def test_a_talk_names_what_one_says_there(written: str, said: str) -> None:
    """I read `merge` where GitHub reads `/honk merge`; what Slack knows as a command of its own stays one."""
    assert messages.in_talk(written) == said


def test_what_an_answer_has_me_say_is_understood() -> None:
    """Each command that our answers name at GitHub comes to the same when I say in the talk what I read there."""
    text = ANSWERS.read_text(encoding="utf-8")
    at_github = re.findall(r"`(/honk [^`\n]+)`", text)
    in_slack = re.findall(r"`(/honk [^`\n]+|@honk [^`\n]+|[a-z]+)`", messages.in_talk(text))
    commands = {word for word in in_slack if word in set(Verb) or word.startswith("@honk ")}
    assert {"stop", "@honk budget +5"} <= commands
    assert not [word for word in in_slack if word.startswith("/honk")]
    heard = {parse(as_said(word.removeprefix("@honk "), addressed=word.startswith("@honk "))) for word in commands}
    assert {found for one in at_github if isinstance(found := parse(one), Command)} <= heard


def test_why_it_ended_says_what_to_do_in_the_talk() -> None:
    """The repository was empty: the end's message, and the one that is edited, have me say `retry`."""
    run = replace(STAGES["failed"], reason="Push a first commit, then say `/honk retry`.")
    cards = [messages.chat_progress(run, SIGHTS, NOW), *(card for _, card in messages.milestones(run, SIGHTS))]
    assert [card.text.endswith("then say `retry`.") for card in cards[:1] + cards[-1:]] == [True, True]
