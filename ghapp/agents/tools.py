"""The tools that the model is offered: their names, what they take, and how the SDK's tool runner reaches them.

Which of them a task has is in `kinds.py`, what they do in `desk.py`. Input comes from the model and is checked here;
what does not fit is answered with what is wrong, so that the model can do better.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from anthropic.lib.tools import BetaBuiltinFunctionTool, ToolError
from anthropic.types.beta import BetaToolParam
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

MAX_BASH_SECONDS = 600


def _plain(text: str) -> str:
    """Text that can be an argument of a program and can be stored."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("must not contain NUL characters or halves of surrogate pairs")
    return text


Text = Annotated[str, AfterValidator(_plain)]
Path = Annotated[Text, Field(min_length=1, max_length=4096)]


class Input(BaseModel):
    """What a tool takes. Unknown keys are refused: a misspelt one would otherwise be ignored in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Read(Input):
    path: Path = Field(description="relative to the repository's root, or absolute")
    offset: int = Field(default=1, ge=1, description="first line, counted from 1")
    limit: int = Field(default=2000, ge=1, le=10_000, description="how many lines at most")


class Edit(Input):
    path: Path
    old: Text = Field(min_length=1, description="the exact text to replace; unique in the file unless `all` is true")
    new: Text = Field(description="the text to put in its place")
    all: bool = Field(default=False, description="replace every occurrence")


class Write(Input):
    path: Path
    content: Text


class Bash(Input):
    command: Text = Field(min_length=1, max_length=100_000)
    timeout: int = Field(default=120, ge=1, le=MAX_BASH_SECONDS, description="seconds")


class Verify(Input):
    pass


@dataclass(frozen=True)
class Offer:
    """A tool as it is offered: its name, what it takes, and what the model is told of it."""

    name: str
    taken: type[Input]
    description: str

    @property
    def schema(self) -> dict[str, Any]:
        """What it takes, as a JSON Schema."""
        return {"properties": {}, **self.taken.model_json_schema()}

    def parse(self, given: object) -> Input:
        """The model's input as the tool's type. Raises ToolError that says what does not fit."""
        try:
            return self.taken.model_validate(given)
        except ValidationError as error:
            faults = [f"{'.'.join(map(str, item['loc'])) or 'input'}: {item['msg']}" for item in error.errors()]
            raise ToolError(f"The input of {self.name} does not fit: " + "; ".join(faults)) from None


READ = Offer("read", Read, "Read a text file, with line numbers, or list a directory.")
EDIT = Offer("edit", Edit, "Replace an exact piece of text in a file.")
WRITE = Offer("write", Write, "Create a file or replace all that is in it. Missing directories are made.")
BASH = Offer("bash", Bash, "Run a command with bash at the repository's root; you get its exit code and output.")
VERIFY = Offer("verify", Verify, "Run the repository's own checks on your work.")


class Interrupted(BaseException):
    """Carries an exception of ours out of a tool.

    The tool runner turns every Exception of a tool into a text for the model, but that a sandbox is gone, or a defect
    of ours, must end the work.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


class DeskTool(BetaBuiltinFunctionTool):
    """One tool as the SDK's tool runner wants it. `use` gets the tool and its input, as the model wrote it."""

    def __init__(self, offer: Offer, use: Callable[[Offer, object], str]) -> None:
        self._offer, self._use = offer, use

    def to_dict(self) -> BetaToolParam:
        """The definition that is sent to the model."""
        offer = self._offer
        return {"name": offer.name, "description": offer.description, "input_schema": offer.schema}

    def call(self, input: object) -> str:
        """Run it. Raises ToolError for the model, Interrupted for everything else."""
        try:
            return self._use(self._offer, input)
        except ToolError:
            raise
        except Exception as error:
            raise Interrupted(error) from error
