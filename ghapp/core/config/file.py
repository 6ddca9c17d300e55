"""The file as a whole, and its schema."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from ghapp.core.commands import ENVIRONMENT
from ghapp.core.config.pulls import Build, Ci, Environment, Merge, PullRequest, Reviews, Slack
from ghapp.core.config.reading import load
from ghapp.core.config.sentences import sentences
from ghapp.core.config.values import PATH, ConfigError, Model, Name, Text, same_label
from ghapp.core.config.work import Budget, EngineName, Judge, Label, Server, Verifier
from ghapp.core.evidence import Check

_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*")
_NAME = re.compile("[a-z0-9][a-z0-9-]*")
_RESERVED = frozenset({"honk"})
"""Names of MCP servers that are Honk's own."""

_Named = TypeVar("_Named", Verifier, Build)

_LABELS = {"honk": Label(), "honk:plan": Label(kind="plan")}


class Config(Model):
    """The file as a whole."""

    version: Literal[1] = Field(1, description="The version of this format.")
    labels: Mapping[Annotated[Text, Field(max_length=50)], Label] = Field(
        _LABELS, description="Labels that start a run; they are added to `honk` and `honk:plan`."
    )
    setup: tuple[Text, ...] | None = Field(
        None, strict=False, description="Shell commands that prepare the environment; without it, what is detected."
    )
    verify: tuple[Verifier, ...] | None = Field(
        None, strict=False, description="The checks that prove a change; without it, those that are detected."
    )
    protect: tuple[Text, ...] = Field(
        (),
        strict=False,
        description="Patterns of paths whose change waits for a maintainer's word, such as `migrations/**`.",
    )
    egress: tuple[Annotated[Text, Field(max_length=253)], ...] | None = Field(
        None, strict=False, description="Hosts that `setup` may reach, of those the server allows; without it, all."
    )
    engine: EngineName | None = Field(
        None, description="The coding agent; without it, the one that the server is set to."
    )
    model: Text | None = Field(None, description="The model; without it, the one that the server is set to.")
    judge: Judge = Field(Judge(), description="The second model, which sees only the request and the change.")
    mcp: Mapping[Annotated[Text, Field(max_length=32)], Server] = Field(
        {}, description="Further MCP servers for the agent, by name; the server's operator must allow each."
    )
    budget: Budget = Field(Budget(), description="What one run may use.")
    pull_request: PullRequest = Field(PullRequest(), description="The pull requests that Honk opens.")
    ci: Ci = Field(Ci(), description="How CI is followed.")
    reviews: Reviews = Field(Reviews(), description="How reviews are answered.")
    merge: Merge = Field(Merge(), description="What `/honk merge` does, and who may say it.")
    deploy: Mapping[Name, Environment] = Field({}, description="Environments for `/honk deploy NAME`, by name.")
    builds: tuple[Build, ...] = Field(
        (), strict=False, max_length=8, description="What a person can install or open, of each commit of ours."
    )
    slack: Slack = Field(Slack(), description="What is said in Slack.")

    @field_validator("labels")
    @classmethod
    def _add_to_the_defaults(cls, labels: Mapping[str, Label]) -> Mapping[str, Label]:
        return {**_LABELS, **labels}

    @field_validator("verify", "builds")
    @classmethod
    def _each_name_once(cls, found: tuple[_Named, ...] | None) -> tuple[_Named, ...] | None:
        names = [one.name for one in found or ()]
        if len(names) != len(set(names)):
            raise PydanticCustomError("twice", "must have each name only once")
        return found

    @field_validator("egress")
    @classmethod
    def _hosts(cls, egress: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if any(not _HOST.fullmatch(host) for host in egress or ()):
            raise PydanticCustomError("host", "must have names of hosts only, like `packages.example.org`")
        return egress

    @field_validator("mcp")
    @classmethod
    def _names(cls, mcp: Mapping[str, Server]) -> Mapping[str, Server]:
        if any(not _NAME.fullmatch(name) or name in _RESERVED for name in mcp):
            raise PydanticCustomError("name", "must have names of a-z, 0-9 and `-`, and not `honk`")
        return mcp

    @field_validator("deploy")
    @classmethod
    def _can_be_said(cls, deploy: Mapping[str, Environment]) -> Mapping[str, Environment]:
        if any(not ENVIRONMENT.fullmatch(name) for name in deploy):
            raise PydanticCustomError("environment", "must have names of letters, digits, `.`, `_`, `-` and `/`")
        return deploy

    def rule(self, label: str | None) -> Label | None:
        """What a label asks for, in whatever letter case; None for one that means nothing here."""
        return next((rule for name, rule in self.labels.items() if same_label(name, label)), None)

    def judge_for(self, label: str | None) -> Judge:
        """The judge of a run that this label started (None: a command did)."""
        rule = self.rule(label)
        if rule is None or rule.judge_model is None:
            return self.judge
        return self.judge.model_copy(update={"model": rule.judge_model})

    @property
    def tools(self) -> dict[str, tuple[str, ...]]:
        """The commands of `mcp`, by name."""
        return {name: server.command for name, server in self.mcp.items()}

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks of `verify`; empty when they are to be detected, too."""
        return tuple(Check(verifier.name, verifier.run) for verifier in self.verify or ())

    @classmethod
    @lru_cache(maxsize=64)  # read at every look at a pull request, and hardly ever another
    def parse(cls, text: str | bytes | None) -> Self:
        """The config that the file's content asks for; the defaults for None. Raises ConfigError."""
        data = load(text or "")
        if data is None:
            return cls()
        if not isinstance(data, dict):
            raise ConfigError(f"`{PATH}` must be a mapping of keys to values, like `version: 1`.")
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise ConfigError(sentences(error, cls)) from None


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Config.model_json_schema(),
        "title": "Configuration of Honk in a repository",
    }
