"""The tools that the model is offered: their names, what they take, and how the SDK's tool runner reaches them.

What the tools do is in `desk.py`. Input comes from the model and is checked here; what does not fit is answered with
what is wrong, so that the model can do better.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from anthropic.lib.tools import BetaBuiltinFunctionTool, ToolError
from anthropic.types.beta import BetaToolParam
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

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


class ReportInput(Input):
    outcome: Literal["done", "no_change", "needs_person"]
    summary: Text = Field(min_length=1, max_length=10_000, description="what you changed and why, for a reviewer")
    assumptions: tuple[Text, ...] = Field(default=(), max_length=30, description="readings that you chose")
    test_plan: Text = Field(default="", max_length=10_000, description="how a person can see for themselves")
    reason: Text = Field(default="", max_length=10_000, description="needed unless the outcome is done")

    @model_validator(mode="after")
    def _says_why(self) -> ReportInput:
        if self.outcome != "done" and not self.reason.strip():
            raise ValueError(f"the outcome {self.outcome} needs a reason")
        return self


DESCRIPTIONS: dict[str, tuple[type[Input], str]] = {
    "read": (Read, "Read a text file, with line numbers, or list a directory."),
    "edit": (Edit, "Replace an exact piece of text in a file."),
    "write": (Write, "Create a file or replace all that is in it. Missing directories are made."),
    "bash": (Bash, "Run a command with bash at the repository's root; you get its exit code and output."),
    "verify": (Verify, "Run the repository's own checks on your work."),
    "report": (ReportInput, "End the work with your report."),
}


class Interrupted(BaseException):
    """Carries an exception of ours out of a tool.

    The tool runner turns every Exception of a tool into a text for the model, but that a sandbox is gone, or a defect
    of ours, must end the work.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


class DeskTool(BetaBuiltinFunctionTool):
    """One tool as the SDK's tool runner wants it. `use` gets the tool's name and its input, as the model wrote it."""

    def __init__(self, name: str, use: Callable[[str, object], str]) -> None:
        self._name, self._use = name, use

    def to_dict(self) -> BetaToolParam:
        """The definition that is sent to the model."""
        taken, description = DESCRIPTIONS[self._name]
        schema = taken.model_json_schema()
        schema.setdefault("properties", {})
        return {"name": self._name, "description": description, "input_schema": schema}

    def call(self, input: object) -> str:
        """Run it. Raises ToolError for the model, Interrupted for everything else."""
        try:
            return self._use(self._name, input)
        except ToolError:
            raise
        except Exception as error:
            raise Interrupted(error) from error


def parse(name: str, given: object) -> Input:
    """The model's input as the tool's type. Raises ToolError that says what does not fit."""
    try:
        return DESCRIPTIONS[name][0].model_validate(given)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, item['loc'])) or 'input'}: {item['msg']}" for item in error.errors()]
        raise ToolError(f"The input of {name} does not fit: " + "; ".join(faults)) from None
