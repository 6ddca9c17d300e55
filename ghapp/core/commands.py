"""The /honk grammar: from the body of a comment to the one thing it asks for.

A command is a line of its own in plain text (see plain_lines): up to three blanks, `/honk`, and the end of the line or
a blank and the rest. Its first word is the verb; the rest of the line, and nothing of the other lines, is the argument.
Letter case is ignored for A to Z only. Rules that the words alone do not tell:

- A bare `/honk` is `fix`. Several words of which the first is no verb are `fix` with that text. A single word that is
  no verb is refused, with the verb it looks like.
- A verb may be followed at once by one of `: , . !` (`/honk fix: the typo`).
- `stop` anywhere wins, and understands a few words of courtesy (`/honk stop now, please`).
- One comment asks for one thing. The same command twice is one; two different ones are refused, so that nobody
  has to guess which was taken.
"""

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ghapp.core.budget import MICROS
from ghapp.core.plain_lines import plain_lines


class Verb(StrEnum):
    """The first word of a command."""

    FIX = "fix"
    PLAN = "plan"
    ASK = "ask"
    REVIEW = "review"
    STOP = "stop"
    RETRY = "retry"
    STATUS = "status"
    MERGE = "merge"
    DEPLOY = "deploy"
    REVERT = "revert"
    UPDATE = "update"
    BUILD = "build"
    BUDGET = "budget"
    ALLOW = "allow"
    WHY = "why"
    HELP = "help"


ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
"""The form of a name that `deploy` understands."""

REVOKE = "revoke"
"""What `build` understands."""


class Reason(StrEnum):
    """Why a command line was refused."""

    UNKNOWN = "unknown"
    ARGUMENT = "argument"
    MISSING = "missing"
    SEVERAL = "several"


@dataclass(frozen=True)
class Command:
    """What a comment asks for.

    `argument` is free text for fix, plan, ask and review; `+N` or `+N.NN` dollars for budget; a name for deploy; a
    verb or nothing for help; `revoke` or nothing for build; and empty for all others. It is the person's text: nothing
    in it is safe to show as it is.
    """

    verb: Verb
    argument: str = ""


@dataclass(frozen=True)
class Refusal:
    """A command line that is not understood.

    `text` is a sentence for the person, plain and without Markdown. `suggestion` is what to write after `/honk` to be
    understood; it may carry the person's own text, made safe to stand between backticks.
    """

    reason: Reason
    text: str
    suggestion: str | None = None


def parse(body: str) -> Command | Refusal | None:
    """What the body of a comment asks for; None when it has no command. Never raises, whatever the body is."""
    found = list(dict.fromkeys(_read(line) for line in plain_lines(body, _COMMAND)))
    stop = Command(Verb.STOP)
    if stop in found:
        return stop
    if len(found) > 1:
        return Refusal(Reason.SEVERAL, "One comment, one command: this one has several, so none of them was taken.")
    return found[0] if found else None


def added_micros(argument: str) -> int:
    """The amount of a budget command in micro-dollars. Raises ValueError when `argument` is not `+N` or `+N.NN`."""
    if not _DOLLARS.fullmatch(argument):
        raise ValueError(f"not an amount of dollars: {argument!r}")
    whole, _, cents = argument.removeprefix("+").partition(".")
    return (int(whole) * 100 + int(cents.ljust(2, "0"))) * (MICROS // 100)


_VERBS = frozenset(verb.value for verb in Verb)
_COMMAND = re.compile(r" {0,3}/(?=[Hh][Oo][Nn][Kk](?:[ \t]|\Z))")
_CODE_OR_HIDDEN = re.compile(r"(`[^`]*`)|<!--.*?(?:-->|\Z)", re.DOTALL)
_COURTESY = re.compile(r"(?:(?:now|please|it|this|everything|all|thanks|immediately)[,.!]*[ \t]*)+", re.ASCII | re.I)
_DOLLARS = re.compile(r"\+[0-9]{1,4}(?:\.[0-9]{1,2})?")
_PLAIN_WORD = re.compile(r"[A-Za-z0-9-]{1,20}")
_MEANT = {
    "abort": Verb.STOP,
    "again": Verb.RETRY,
    "approve": Verb.ALLOW,
    "cancel": Verb.STOP,
    "kill": Verb.STOP,
    "land": Verb.MERGE,
    "preview": Verb.BUILD,
    "rebase": Verb.UPDATE,
    "rerun": Verb.RETRY,
    "rollback": Verb.REVERT,
    "ship": Verb.MERGE,
    "undo": Verb.REVERT,
}


def _read(line: str) -> Command | Refusal:
    """One command line, its `/honk` included. What a comment in the line hides from the reader is left out."""
    rest = _CODE_OR_HIDDEN.sub(r"\1", line.lstrip(" ")[len("/honk") :]).strip(" \t")
    if not rest:
        return Command(Verb.FIX)
    word, argument = [*re.split(r"[ \t]+", rest, maxsplit=1), ""][:2]
    verb = _verb(word)
    if verb is not None:
        return _UNDERSTANDS.get(verb, _nothing)(verb, argument)
    return Command(Verb.FIX, rest) if argument else _unknown(word)


def _verb(word: str) -> Verb | None:
    # isascii comes first: lower() turns the Kelvin sign into k.
    name = word.lower() if word.isascii() else ""
    name = name[:-1] if name.endswith((":", ",", ".", "!")) else name
    return Verb(name) if name in _VERBS else None


def _unknown(word: str) -> Refusal:
    name = word[:20].lower()
    close = difflib.get_close_matches(name, list(Verb), n=1, cutoff=0.6)
    meant = _MEANT.get(name) or (close[0] if close else None)
    shown = f"“{word}”" if _PLAIN_WORD.fullmatch(word) else "that word"
    return Refusal(Reason.UNKNOWN, f"I do not know {shown}.", meant)


def _text(verb: Verb, argument: str) -> Command | Refusal:
    return Command(verb, argument)


def _question(verb: Verb, argument: str) -> Command | Refusal:
    if not argument:
        return Refusal(Reason.MISSING, f"“{verb}” needs a question after it.", f"{verb} how does this work?")
    return Command(verb, argument)


def _nothing(verb: Verb, argument: str) -> Command | Refusal:
    """Words after a verb that takes none are often an instruction (`/honk update the docs`): say how to give it."""
    if not argument:
        return Command(verb)
    instead = Verb.ASK if verb is Verb.WHY else Verb.FIX
    text = f"“{verb}” takes nothing after it, so nothing was done."
    return Refusal(Reason.ARGUMENT, text, _shown(f"{instead} {verb} {argument}"))


def _stop(verb: Verb, argument: str) -> Command | Refusal:
    if not argument or _COURTESY.fullmatch(argument):
        return Command(verb)
    text = "“stop” takes nothing after it, so nothing was stopped."
    return Refusal(Reason.ARGUMENT, text, verb)


def _budget(verb: Verb, argument: str) -> Command | Refusal:
    amount = argument.replace("$", "", 1)
    if _DOLLARS.fullmatch(amount) and added_micros(amount):
        return Command(verb, amount)
    reason = Reason.ARGUMENT if argument else Reason.MISSING
    text = "“budget” takes the dollars to add: a plus sign and an amount below 10000."
    return Refusal(reason, text, "budget +5")


def _environment(verb: Verb, argument: str) -> Command | Refusal:
    if ENVIRONMENT.fullmatch(argument):
        return Command(verb, argument)
    reason = Reason.ARGUMENT if argument else Reason.MISSING
    return Refusal(reason, "“deploy” takes the name of one environment.", "deploy staging")


def _build(verb: Verb, argument: str) -> Command | Refusal:
    if argument.isascii() and argument.lower() == REVOKE:
        return Command(verb, REVOKE)
    return _nothing(verb, argument)


def _help(verb: Verb, argument: str) -> Command | Refusal:
    topic = _verb(argument)
    if not argument or topic:
        return Command(verb, topic or "")
    return Refusal(Reason.ARGUMENT, "“help” takes one command, or nothing.", "help")


def _shown(line: str) -> str:
    """A line that can stand between backticks: without backticks and control characters, and short."""
    return re.sub(r"[`\x00-\x1f\x7f]+", " ", line)[:200].rstrip()


_UNDERSTANDS: dict[Verb, Callable[[Verb, str], Command | Refusal]] = {
    Verb.FIX: _text,
    Verb.PLAN: _text,
    Verb.REVIEW: _text,
    Verb.ASK: _question,
    Verb.STOP: _stop,
    Verb.BUDGET: _budget,
    Verb.DEPLOY: _environment,
    Verb.BUILD: _build,
    Verb.HELP: _help,
}
"""How each verb reads its argument; verbs that are not here take none."""
