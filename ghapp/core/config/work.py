"""How the work is done: labels, checks, the budget, the judge, and further tools."""

from typing import Literal

from pydantic import Field, field_validator

from ghapp.core import budget
from ghapp.core.config.values import Model, Name, Text

EngineName = Literal["messages", "claude-code"]
JudgeMode = Literal["off", "advise", "block"]


class Label(Model):
    """What an issue's label asks for."""

    kind: Literal["fix", "plan"] = Field("fix", description="What is done with the issue: `fix` it, or `plan` only.")
    model: Text | None = Field(None, description="The model for these issues; without it, that of the repository.")
    judge_model: Text | None = Field(None, description="The judge's model for these; without it, that of `judge`.")
    engine: EngineName | None = Field(None, description="The agent for these; without it, that of the repository.")
    instructions: Text | None = Field(None, description="Text that is added to what the agent is told.")


class Verifier(Model):
    """One check of the repository's own."""

    name: Name = Field(description="How people call the check; each name once.")
    run: Text = Field(description="A shell command, run at the root; it passes when it exits with 0.")


class Budget(Model):
    """What one run may use. The server may have a lower cap."""

    dollars: float = Field(5.0, gt=0, le=1_000, description="Money for the model, at list prices.")
    cap: float = Field(
        25.0, gt=0, le=10_000, description="Dollars to which `/honk budget` may raise it; maintainers may go beyond."
    )
    minutes: int = Field(30, ge=1, le=1_440, description="Time that a run works; time in a queue is not counted.")
    turns: int = Field(80, ge=1, le=10_000, description="Calls of the model.")
    tokens: int = Field(20_000_000, ge=1_000, le=10**9, description="Tokens in and out, cached ones included.")
    repairs: int = Field(
        3, ge=0, le=20, description="How often the agent is sent back because a check is red or the gate says no."
    )

    @property
    def cap_micros(self) -> int:
        """The cap in micro-dollars."""
        return round(self.cap * budget.MICROS)

    def as_limits(self) -> budget.Budget:
        """The same in the units of a run: micro-dollars and seconds."""
        micros = round(self.dollars * budget.MICROS)
        return budget.Budget(micros=micros, seconds=self.minutes * 60, turns=self.turns, tokens=self.tokens)


class Judge(Model):
    """The second model, which sees only the request and the change."""

    mode: JudgeMode | None = Field(
        None, description="`off`, `advise` or `block`; without it, what the server is set to."
    )
    model: Text | None = Field(None, description="The model that judges; without it, the one the server is set to.")

    @field_validator("mode", mode="before")
    @classmethod
    def _off_is_a_word(cls, mode: object) -> object:
        """YAML reads `off` as false."""
        return "off" if mode is False else mode


class Server(Model):
    """One further MCP server."""

    command: tuple[Text, ...] = Field(
        strict=False, min_length=1, description="The program and its arguments; it runs inside the sandbox."
    )
