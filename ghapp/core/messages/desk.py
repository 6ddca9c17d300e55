"""What the desk says in the chat: who one is, which repository is meant, and what of it is kept on GitHub."""

import re
from collections.abc import Sequence

from ghapp.core.chat import Button, Card, Message
from ghapp.core.disarm import code_block, seen
from ghapp.core.events import Repository
from ghapp.core.messages.screen import MAX_LABEL, cut, line, quoted_lines, screen
from ghapp.core.messages.words import coded

_MAX_CONTEXT, _MAX_SAID = 40, 20_000
"""Of the talk that goes into an issue: messages, and characters of these and of the wish."""
_MAX_RECORD = 8_192

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_DEFINITION = re.compile(r"^((?:[ \t>]|[-+*][ \t]|\d+[.)][ \t])*)\[(?=(?:\\.|[^\[\]\\]){1,999}\]:)", re.MULTILINE)
"""What GitHub does not show of a text: HTML, and what only says where a link leads."""
_TICKS = re.compile("`{9,}")
"""A fence is longer than what is in it: forty thousand of these would make it too long for GitHub."""
_SOMEBODY = re.compile(r"@(?=\w)")


def link_first(address: str) -> Card:
    """To who is nobody at GitHub yet."""
    text = "Before I can do that, tell me who you are at GitHub. I look up what you may do there, each time anew."
    return Card(text, (Button("link", "Link my GitHub account", url=address, style="primary"),))


def members_only() -> Card:
    """To a guest who spoke to us."""
    return Card("Only full members of this workspace can have me work.")


def unlinked() -> Card:
    """They asked to be forgotten."""
    return Card("Done: I do not know any more who you are at GitHub.")


def gone_at_github() -> str:
    """Their account was deleted, or cannot be seen."""
    return "GitHub does not know your account any more. `/honk link` links another one."


def nowhere() -> Card:
    """The App is installed nowhere, or they have no role there."""
    return Card("There is no repository that I am installed on and that you have the role *triage* or more on.")


def chat_help() -> Card:
    """What one can say."""
    return Card(
        "Tell me what to fix or build, in your words: mention me, write to me, say `/honk …`, or choose *Ask Honk* on "
        "somebody's message. I open an issue, work on it, and tell how it goes here. What you write in that thread "
        "reaches me; 🛑 stops me. `/honk link` and `/honk unlink` say who you are at GitHub."
    )


def in_its_talk() -> Card:
    """A word about a run, said where no run is talked about."""
    return Card("Say that in the thread of what it is about. Here, tell me what to fix or build.")


def which_repository(choices: Sequence[Repository], kind: str, wish: str) -> Card:
    """The one question. `wish` names the message that it is about."""
    buttons = [Button("choose", _label(one.full_name), f"{one.id} {kind} {wish}") for one in choices]
    return Card("Which repository is this about?", (*buttons, Button("cancel", "None, leave it", wish)))


def chosen(repository: Repository) -> Card:
    """The question, answered."""
    return Card(f"It is about {coded(repository.full_name)}.")


def _label(name: str) -> str:
    """A repository on a button: the end of a long name tells it from others."""
    return name if len(name) <= MAX_LABEL else f"…{name[1 - MAX_LABEL :]}"


def left_alone() -> Card:
    """The question, answered with no."""
    return Card("Left alone.")


def no_such_wish() -> Card:
    """A button of a question that nobody remembers."""
    return Card("I do not remember what this was about. Say it again, please.")


def asked_by(name: str, text: str) -> Card:
    """The first message of a talk that began with `/honk`, which nobody else sees."""
    return Card(f"{line(name, 100)} asks:\n\n{quoted_lines(screen(text))}")


def later() -> str:
    """Not yet."""
    return "Not yet, then. Later, say `merge` here, or `fix` to go on with a plan."


def no_say() -> Card:
    """Not yet, pressed by somebody without a role."""
    return Card("It stays as it is: that takes the role *triage* or more on the repository, and you have no such role.")


def no_question() -> Card:
    """Not yet, to a question that is answered, or that a newer one has taken the place of."""
    return Card("This question is over already; nothing was changed.")


def chat_issue(wish: str, name: str, login: str, said: Sequence[tuple[str, Message]], link: str) -> str:
    """The body of the issue that a wish becomes, with the talk that it came from: names, and messages of members.

    The wish is of somebody who may write to the repository: its links work, and no markup in it hides anything. Names
    in it are the chat's, so it mentions nobody. It stands last, for what it leaves open would take in what follows.
    """
    where = f"[a talk in Slack]({link})" if link else "Slack"
    talk = "\n".join(f"{_bare(who)}: {_under(message.text)}" for who, message in said[-_MAX_CONTEXT:])
    parts = [f"<sub>{line(name, 100)} (@{login}) asked for this in {where}.</sub>"]
    if talk:
        context = code_block(_TICKS.sub("````````", seen(talk))[-_MAX_SAID:])
        parts.append(f"<details><summary>What was said there</summary>\n\n{context}\n\n</details>")
    return "\n\n".join([*parts, _shown(wish)])


def said_in_chat(login: str, text: str) -> str:
    """What a person said in the chat, for the record."""
    return f"@{login} says in Slack:\n\n{quoted_lines(cut(text, _MAX_RECORD))}"


def _shown(wish: str) -> str:
    text = _DEFINITION.sub(r"\1\\[", _TAG.sub("&lt;", seen(wish)))
    return cut(_SOMEBODY.sub("@\u2060", text), _MAX_SAID)


def _bare(name: str) -> str:
    return " ".join(name[:100].split())


def _under(text: str) -> str:
    """A message whose lines are not taken for those of somebody else."""
    return "\n  ".join(text.splitlines())
