"""What is wrong with the file, in words."""

import difflib
import re
from typing import get_args

from pydantic import BaseModel, ValidationError

from ghapp.core.config.values import PATH

_WORDS = {
    "missing": "must be given",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "string_type": "must be text; put it in quotes",
    "invalid_key": "must be text; put it in quotes",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "string_pattern_mismatch": "must not be blank",
}


def sentences(error: ValidationError, root: type[BaseModel]) -> str:
    """The first three problems that a file of this form has."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    first = "; ".join(_problem(root, problem["type"], problem["loc"], problem["msg"]) for problem in problems[:3])
    more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""
    return f"`{PATH}`: {first}{more}."


def _problem(root: type[BaseModel], kind: str, place: tuple[int | str, ...], message: str) -> str:
    where = ".".join(shown(part) for part in place)
    if kind == "extra_forbidden":
        return f"unknown key `{where}` ({_known(root, place)})"
    return f"`{where}` {_WORDS.get(kind) or message.removeprefix('Input ')}"


def _known(root: type[BaseModel], place: tuple[int | str, ...]) -> str:
    """Which key of the same place looks like the unknown one, or else all that are known there."""
    names = list(_model_at(root, place[:-1]).model_fields)
    close = difflib.get_close_matches(str(place[-1])[:50], names, n=1, cutoff=0.7)
    return f"did you mean `{close[0]}`?" if close else f"known are {', '.join(names)}"


def _model_at(root: type[BaseModel], place: tuple[int | str, ...]) -> type[BaseModel]:
    """The model of the mapping there; numbers and names that people chose lead into what holds them."""
    here = root
    for part in place:
        field = here.model_fields.get(str(part))
        here = next(iter(_models(field.annotation)), here) if field else here
    return here


def _models(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def shown(part: object) -> str:
    """A key as it can stand between backticks."""
    return re.sub(r"[`\x00-\x1f\x7f-\x9f\ud800-\udfff]", " ", str(part))[:50]
