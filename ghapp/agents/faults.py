"""What an error of the model's service means for the work: ask again, or end it with a word for the person.

https://docs.claude.com/en/api/errors
"""

from __future__ import annotations

import anthropic

from ghapp.core.errors import TransientError, UserError
from ghapp.core.ports import BudgetSpent, NoProgress, OutOfTime

_PATIENCE = 120.0  # seconds; who is told to wait longer gives the worker back
TOO_LONG = "the conversation has become longer than the model can take"
_TOO_LONG = ("prompt is too long", "exceed context limit")


class BrokenReplyError(Exception):
    """A reply that began and is not whole; the message says how, and it can be asked for again."""


def ending(error: Exception) -> Exception | None:
    """What the work ends with because of `error`, or None when it is worth asking again."""
    if not isinstance(error, anthropic.APIStatusError):
        return None
    said = (error.api_message or "no reason given")[:300]
    # The status of an error inside a stream is 200; its type tells.
    status = _STREAMED.get(str(error.type), 400) if error.status_code == 200 else error.status_code
    if status == 402 and (limit := error.response.headers.get("honk-budget")):
        return OutOfTime(said) if limit == "time" else BudgetSpent(said)
    return meaning(status, said) or _later(error)


def meaning(status: int, said: str) -> Exception | None:
    """What the work ends with because the service answered so, or None when it is worth asking again later."""
    match status:
        case 413:
            return NoProgress(TOO_LONG)
        case 400 if any(words in said for words in _TOO_LONG):
            return NoProgress(TOO_LONG)
        case 401:
            return UserError(
                "The model's service does not accept the key it is given. The operator has to set another."
            )
        case 402 | 403 | 404:
            return UserError(f"The model's service refuses ({status}): {said} The operator has to look at it.")
        case 408 | 409 | 429:
            return None
        case _ if status >= 500:
            return None
    return UserError(f"The model's service does not understand the request ({status}): {said}")


def wait_before(error: Exception, tries: int) -> float:
    """Seconds to wait after the given number of tries: what the service asks for, or 1, 2, 4, … up to 16."""
    asked = _retry_after(error)
    return asked if asked is not None else float(min(2 ** (tries - 1), 16))


_STREAMED = {"rate_limit_error": 429, "api_error": 500, "timeout_error": 504, "overloaded_error": 529}


def _later(error: anthropic.APIStatusError) -> TransientError | None:
    asked = _retry_after(error)
    if asked is not None and asked > _PATIENCE:
        return TransientError(f"the model's service asks us to come back in {asked:g} s", asked)
    return None


def _retry_after(error: Exception) -> float | None:
    """Seconds that the service asks to wait. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after (not the date)"""
    if not isinstance(error, anthropic.APIStatusError):
        return None
    try:
        seconds = float(error.response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
