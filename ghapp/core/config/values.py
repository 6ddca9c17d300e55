"""What the models of the file are made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ghapp.core.errors import UserError

PATH = ".github/honk.yml"

Text = Annotated[str, Field(min_length=1, max_length=10_000, pattern=r"\S")]
Name = Annotated[Text, Field(max_length=100)]


class ConfigError(UserError):
    """The file is not understood; the message names the place and what is wrong there."""


class Model(BaseModel):
    """A mapping of the file: what it does not know is refused, and nothing is converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def same_label(one: str | None, other: str | None) -> bool:
    """Whether GitHub takes these for one label, as it does `Honk` and `honk`. None is no label."""
    return one is not None and other is not None and one.casefold() == other.casefold()
