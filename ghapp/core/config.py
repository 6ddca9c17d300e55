"""`.github/honk.yml`: what a repository asks of Honk, read from its default branch only.

Everything has a default, and an empty file is fine. What is not understood is refused with a sentence that names it:
a setting with a typo must not be a setting that was silently not made. docs/configuration.md describes each key, and
docs/honk.schema.json is `schema()`, for editors.
"""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from ghapp.core import budget
from ghapp.core.errors import UserError
from ghapp.core.evidence import Check

PATH = ".github/honk.yml"
MAX_BYTES = 65_536
MAX_DEPTH = 16

LATER = frozenset({"builds", "slack"})
"""Keys of the plan that mean nothing yet. Refused rather than ignored: someone who writes one relies on it."""


class ConfigError(UserError):
    """The file is not understood; the message names the place and what is wrong there."""


EngineName = Literal["messages", "claude-code"]
JudgeMode = Literal["off", "advise", "block"]
Text = Annotated[str, Field(min_length=1, max_length=10_000, pattern=r"\S")]


def same_label(one: str | None, other: str | None) -> bool:
    """Whether GitHub takes these for one label, as it does `Honk` and `honk`. None is no label."""
    return one is not None and other is not None and one.casefold() == other.casefold()


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Label(_Model):
    """What an issue's label asks for."""

    kind: Literal["fix", "plan"] = Field("fix", description="What is done with the issue: `fix` it, or `plan` only.")
    model: Text | None = Field(None, description="The model for these issues; without it, that of the repository.")
    judge_model: Text | None = Field(None, description="The judge's model for these; without it, that of `judge`.")
    engine: EngineName | None = Field(None, description="The agent for these; without it, that of the repository.")
    instructions: Text | None = Field(None, description="Text that is added to what the agent is told.")


class Verifier(_Model):
    """One check of the repository's own."""

    name: Annotated[Text, Field(max_length=100)] = Field(description="How people call the check; each name once.")
    run: Text = Field(description="A shell command, run at the root; it passes when it exits with 0.")


class Budget(_Model):
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


class PullRequest(_Model):
    """The pull requests that Honk opens."""

    draft: Literal[True] = Field(True, description="Opened as a draft until CI is green; `true` is all there is yet.")
    red: Literal["draft", "none"] = Field(
        "draft", description="What a change becomes whose checks stay red: a `draft`, or `none` and a branch only."
    )
    commits: Literal["plain", "verified"] = Field(
        "plain", description="`verified` has GitHub make and sign the commits; where it does not, they are plain."
    )


class Autofix(_Model):
    """A check that a command mends, without a model."""

    check: Annotated[Text, Field(max_length=100)] = Field(description="The check's name at CI; `*` is any text.")
    run: Text = Field(description="A shell command, run at the root in the sandbox; what it changes is the repair.")


class Ci(_Model):
    """How CI is followed."""

    settle: int = Field(20, ge=0, le=3_600, description="Seconds without news after which the checks count as settled.")
    rounds: int = Field(2, ge=0, le=10, description="How often the agent is sent back because CI is red.")
    autofix: tuple[Autofix, ...] = Field(
        (), strict=False, description="Checks that a command mends, such as a formatter's."
    )


class Reviews(_Model):
    """How reviews are answered."""

    settle: int = Field(60, ge=0, le=3_600, description="Seconds without another comment that end a burst of them.")


Role = Literal["triage", "write", "maintain", "admin"]


class Merge(_Model):
    """What `/honk merge` does, and who may say it."""

    role: Role = Field("write", description="The least role of who may say it.")
    method: Literal["merge", "squash", "rebase"] | None = Field(
        None, description="How it is merged; without it, `squash` where that is allowed, else `merge`, else `rebase`."
    )
    auto: bool = Field(
        False,
        description="Hand a merge that waits to GitHub's auto-merge, which a later push does not stop.",
    )
    means: Literal["merged", "deployed", "released"] = Field(
        "merged", description="What a merge comes to here: `merged` only, `deployed` by itself, or in the next release."
    )
    watch: int = Field(30, ge=0, le=1_440, description="Minutes for which the base branch is watched after a merge.")


class Environment(_Model):
    """Where `/honk deploy NAME` deploys to."""

    role: Role = Field("maintain", description="The least role of who may say it.")
    workflow: Annotated[Text, Field(max_length=255)] | None = Field(
        None, description="The file of the workflow that deploys; without it, a GitHub deployment is asked for."
    )
    inputs: Mapping[Text, str] = Field({}, description="Inputs of the workflow; `{sha}` stands for the commit.")


class Judge(_Model):
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


class Server(_Model):
    """One further MCP server."""

    command: tuple[Text, ...] = Field(
        strict=False, min_length=1, description="The program and its arguments; it runs inside the sandbox."
    )


_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*")
_NAME = re.compile("[a-z0-9][a-z0-9-]*")
RESERVED = frozenset({"honk"})
"""Names of MCP servers that are Honk's own."""

_LABELS = {"honk": Label(), "honk:plan": Label(kind="plan")}


class Config(_Model):
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
    deploy: Mapping[Annotated[Text, Field(max_length=100)], Environment] = Field(
        {}, description="Environments for `/honk deploy NAME`, by name."
    )

    @field_validator("labels")
    @classmethod
    def _add_to_the_defaults(cls, labels: Mapping[str, Label]) -> Mapping[str, Label]:
        return {**_LABELS, **labels}

    @field_validator("verify")
    @classmethod
    def _each_name_once(cls, verify: tuple[Verifier, ...] | None) -> tuple[Verifier, ...] | None:
        names = [verifier.name for verifier in verify or ()]
        if len(names) != len(set(names)):
            raise PydanticCustomError("twice", "must have each name only once")
        return verify

    @field_validator("egress")
    @classmethod
    def _hosts(cls, egress: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if any(not _HOST.fullmatch(host) for host in egress or ()):
            raise PydanticCustomError("host", "must have names of hosts only, like `packages.example.org`")
        return egress

    @field_validator("mcp")
    @classmethod
    def _names(cls, mcp: Mapping[str, Server]) -> Mapping[str, Server]:
        if any(not _NAME.fullmatch(name) or name in RESERVED for name in mcp):
            raise PydanticCustomError("name", "must have names of a-z, 0-9 and `-`, and not `honk`")
        return mcp

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
    def parse(cls, text: str | bytes | None) -> Self:
        """The config that the file's content asks for; the defaults for None. Raises ConfigError."""
        data = _load(text or "")
        if data is None:
            return cls()
        if not isinstance(data, dict):
            raise ConfigError(f"`{PATH}` must be a mapping of keys to values, like `version: 1`.")
        if later := sorted(LATER & data.keys()):
            raise ConfigError(f"`{PATH}`: the key `{later[0]}` is not available in this version of Honk.")
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise ConfigError(_sentences(error)) from None


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Config.model_json_schema(),
        "title": "Configuration of Honk in a repository",
    }


# --- YAML -----------------------------------------------------------------------------------------------------------


class _Loader(yaml.SafeLoader):
    """YAML without surprises: a key counts once, and a date stays the text it is."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way to say which plain values mean something
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith("timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if twice := [key for key, count in Counter(keys).items() if count > 1]:
            raise ConfigError(f"`{PATH}`: the key `{_shown(twice[0])}` is there twice.")
        return super().construct_mapping(node, deep)


def _load(text: str | bytes) -> object:
    """The content as plain values. Size, depth and aliases are bounded before anything is built from it."""
    if len(text) > MAX_BYTES:
        raise ConfigError(f"`{PATH}` is larger than {MAX_BYTES // 1024} KiB.")
    try:
        content = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        _check_events(yaml.parse(content, Loader=yaml.SafeLoader))
        return yaml.load(content, Loader=_Loader)  # noqa: S506 - a SafeLoader that takes less
    except UnicodeDecodeError:
        raise ConfigError(f"`{PATH}` is not UTF-8.") from None
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"`{PATH}`{line} is not valid YAML: {error.problem}.") from None
    except (yaml.YAMLError, ValueError):  # ValueError: numbers that look like numbers and are none
        raise ConfigError(f"`{PATH}` is not valid YAML.") from None


def _check_events(events: Iterable[yaml.Event]) -> None:
    depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ConfigError(f"`{PATH}` is nested more than {MAX_DEPTH} deep.")
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError(f"`{PATH}` uses an alias (`*{_shown(event.anchor)}`); write the value out.")
        if getattr(event, "tag", None):
            raise ConfigError(f"`{PATH}` uses a tag (`!`); only plain values are understood.")


# --- what is wrong, in words ----------------------------------------------------------------------------------------

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
_MODELS: Mapping[str, type[BaseModel]] = {
    "labels": Label,
    "verify": Verifier,
    "judge": Judge,
    "mcp": Server,
    "budget": Budget,
    "pull_request": PullRequest,
    "ci": Ci,
    "reviews": Reviews,
    "merge": Merge,
    "deploy": Environment,
}


def _sentences(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    shown = "; ".join(_problem(problem["type"], problem["loc"], problem["msg"]) for problem in problems[:3])
    more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""
    return f"`{PATH}`: {shown}{more}."


def _problem(kind: str, place: tuple[int | str, ...], message: str) -> str:
    shown = ".".join(_shown(part) for part in place)
    if kind == "extra_forbidden":
        return f"unknown key `{shown}` ({_known(place)})"
    return f"`{shown}` {_WORDS.get(kind) or message.removeprefix('Input ')}"


def _known(place: tuple[int | str, ...]) -> str:
    """Which key of the same place looks like the unknown one, or else all that are known there."""
    model = _MODELS.get(str(place[0]), Config) if len(place) > 1 else Config
    names = list(model.model_fields)
    close = difflib.get_close_matches(str(place[-1])[:50], names, n=1, cutoff=0.7)
    return f"did you mean `{close[0]}`?" if close else f"known are {', '.join(names)}"


def _shown(part: object) -> str:
    """A key as it can stand between backticks."""
    return re.sub(r"[`\x00-\x1f\x7f]", " ", str(part))[:50]
