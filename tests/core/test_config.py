"""`.github/honk.yml`: everything has a default, and nothing is ignored in silence."""

import json
from pathlib import Path
from typing import get_args

import jsonschema_rs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from ghapp.core import budget
from ghapp.core.config import (
    MAX_BYTES,
    Autofix,
    Ci,
    Config,
    ConfigError,
    Environment,
    Judge,
    Label,
    Merge,
    schema,
)
from ghapp.core.errors import UserError
from ghapp.core.evidence import Check

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("text", [None, "", b"", "# nothing yet\n", "---\n", "{}", "version: 1", "\ufeff".encode()])
def test_an_empty_file_is_fine(text: str | bytes | None) -> None:
    """Everything has a default."""
    assert Config.parse(text) == Config()


def test_the_defaults() -> None:
    """Two labels, detected checks, and the budget of a run."""
    config = Config()
    assert config.labels == {"honk": Label(kind="fix"), "honk:plan": Label(kind="plan")}
    assert (config.setup, config.verify, config.protect, config.checks) == (None, None, (), ())
    assert (config.engine, config.model) == (None, None)
    assert config.budget.as_limits() == budget.Budget()


def test_a_full_file() -> None:
    """Each key does what the documentation says of it."""
    config = Config.parse(
        "version: 1\nlabels: {bug: {kind: plan, model: m, instructions: 'be brief'}}\nsetup: [make deps]\n"
        "verify: [{name: tests, run: make test}]\nprotect: ['migrations/**']\nengine: claude-code\nmodel: m2\n"
        "budget: {dollars: 0.1, minutes: 2, turns: 3, tokens: 4000}\npull_request: {draft: true}\n"
    )
    assert config.labels["bug"] == Label(kind="plan", model="m", instructions="be brief")
    assert config.labels["honk"] == Label()
    assert (config.setup, config.protect) == (("make deps",), ("migrations/**",))
    assert config.checks == (Check("tests", "make test"),)
    assert (config.engine, config.model) == ("claude-code", "m2")
    assert config.budget.as_limits() == budget.Budget(micros=100_000, seconds=120, turns=3, tokens=4000)


def test_a_second_model_and_further_tools() -> None:
    """Judge, MCP servers, hosts and what becomes of a red change can be said; `off` is a word."""
    config = Config.parse(
        "judge: {mode: off, model: m}\nmcp: {a-b: {command: [x, --stdio]}}\negress: [packages.example.org]\n"
        "pull_request: {red: none}\nbudget: {cap: 7.5, repairs: 0}\n"
    )
    assert config.judge == Judge(mode="off", model="m")
    assert config.tools == {"a-b": ("x", "--stdio")}
    assert config.egress == ("packages.example.org",)
    assert (config.pull_request.red, config.budget.cap_micros, config.budget.repairs) == ("none", 7_500_000, 0)
    assert (Config().egress, Config().tools, Config().budget.repairs) == (None, {}, 3)


def test_what_becomes_of_the_work() -> None:
    """How CI, reviews, merges and deployments are gone about can be said; commits may be GitHub's."""
    config = Config.parse(
        "ci: {settle: 5, rounds: 0, autofix: [{check: 'lint / *', run: make format}]}\nreviews: {settle: 0}\n"
        "merge: {role: maintain, method: rebase, auto: true, means: deployed, watch: 0}\n"
        "deploy: {staging: {role: write}, eu/1: {workflow: release.yml, inputs: {commit: '{sha}'}}}\n"
        "pull_request: {commits: verified}"
    )
    assert config.ci == Ci(settle=5, rounds=0, autofix=(Autofix(check="lint / *", run="make format"),))
    assert config.reviews.settle == 0
    assert config.merge == Merge(role="maintain", method="rebase", auto=True, means="deployed", watch=0)
    assert config.deploy["staging"] == Environment(role="write")
    assert config.deploy["eu/1"] == Environment(workflow="release.yml", inputs={"commit": "{sha}"})
    assert config.pull_request.commits == "verified"


def test_without_a_word_on_it_the_careful_way_is_taken() -> None:
    """Two rounds of repair; nobody below write merges, nobody below maintain deploys; a push stops a merge."""
    config = Config()
    assert (config.ci.settle, config.ci.rounds, config.ci.autofix, config.reviews.settle) == (20, 2, (), 60)
    assert (config.merge.role, config.merge.method, config.merge.auto) == ("write", None, False)
    assert (config.merge.means, config.merge.watch) == ("merged", 30)
    assert (config.deploy, Environment().role, config.pull_request.commits) == ({}, "maintain", "plain")


@pytest.mark.parametrize(("label", "model"), [("Docs", "small"), ("honk", "big"), ("bug", "big"), (None, "big")])
def test_a_label_may_bring_a_judge(label: str | None, model: str) -> None:
    """The label that started the run names the judge's model; for all others it is the repository's."""
    config = Config.parse("judge: {mode: block, model: big}\nlabels: {docs: {judge_model: small, engine: messages}}")
    assert config.judge_for(label) == Judge(mode="block", model=model)


def test_no_checks_and_no_setup_can_be_said() -> None:
    """An empty list is an answer, and not the same as saying nothing."""
    config = Config.parse("setup: []\nverify: []")
    assert (config.setup, config.verify) == ((), ())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("lables: {}", "unknown key `lables` (did you mean `labels`?)"),
        ("labels: {a: {kid: fix}}", "unknown key `labels.a.kid` (did you mean `kind`?)"),
        ("budget: {euros: 2}", "unknown key `budget.euros` (known are dollars, cap, minutes, turns, tokens, repairs)"),
        ("verify: [{name: a, rum: b}]", "`verify.0.run` must be given"),
        ("verify: [{name: a, run: b}, {name: a, run: c}]", "`verify` must have each name only once"),
        ("setup: make", "`setup` must be a list"),
        ("setup: [1]", "`setup.0` must be text"),
        ("setup: ['']", "`setup.0` must not be empty"),
        ("protect: [' ']", "`protect.0` must not be blank"),
        ("version: 2", "`version` should be 1"),
        ("version: '1'", "`version` should be 1"),
        ("engine: other", "`engine` should be 'messages' or 'claude-code'"),
        ("labels: {a: {kind: merge}}", "`labels.a.kind` should be 'fix' or 'plan'"),
        ("budget: {dollars: -1}", "`budget.dollars` should be greater than 0"),
        ("budget: {dollars: .inf}", "`budget.dollars` should be a finite number"),
        ("budget: {minutes: 1.5}", "`budget.minutes` should be a valid integer"),
        ("budget: lots", "`budget` must be a mapping"),
        ("judge: {mode: yes}", "`judge.mode` should be 'off', 'advise' or 'block'"),
        ("judge: {mode: no, modell: x}", "unknown key `judge.modell` (did you mean `model`?)"),
        ("egress: [https://packages.example.org]", "`egress` must have names of hosts only"),
        ("egress: ['packages.example.org:80']", "`egress` must have names of hosts only"),
        ("egress: [10.0.0.1]", "`egress` must have names of hosts only"),
        ("egress: ['*.example.org']", "`egress` must have names of hosts only"),
        ("mcp: {a_b: {command: [x]}}", "`mcp` must have names of a-z, 0-9 and `-`"),
        ("mcp: {honk: {command: [x]}}", "`mcp` must have names of a-z, 0-9 and `-`, and not `honk`"),
        ("mcp: {a: {command: []}}", "`mcp.a.command` must not be empty"),
        ("mcp: {a: {command: x --stdio}}", "`mcp.a.command` must be a list"),
        ("mcp: {a: {url: x}}", "unknown key `mcp.a.url` (known are command)"),
        ("pull_request: {red: maybe}", "`pull_request.red` should be 'draft' or 'none'"),
        ("budget: {repairs: -1}", "`budget.repairs` should be greater than or equal to 0"),
        ("pull_request: {draft: false}", "`pull_request.draft` should be True"),
        ("pull_request: {commits: signed}", "`pull_request.commits` should be 'plain' or 'verified'"),
        ("ci: {settel: 3}", "unknown key `ci.settel` (did you mean `settle`?)"),
        ("ci: {settle: -1}", "`ci.settle` should be greater than or equal to 0"),
        ("ci: {rounds: 11}", "`ci.rounds` should be less than or equal to 10"),
        ("ci: {autofix: [{check: a}]}", "`ci.autofix.0.run` must be given"),
        ("ci: {autofix: [{chekc: a, run: b}]}", "unknown key `ci.autofix.0.chekc` (did you mean `check`?)"),
        ("ci: {autofix: {check: a, run: b}}", "`ci.autofix` must be a list"),
        ("reviews: {wait: 3}", "unknown key `reviews.wait` (known are settle)"),
        ("merge: {role: read}", "`merge.role` should be 'triage', 'write', 'maintain' or 'admin'"),
        ("merge: {method: fast}", "`merge.method` should be 'merge', 'squash' or 'rebase'"),
        ("merge: {auto: 1}", "`merge.auto` should be a valid boolean"),
        ("merge: {means: live}", "`merge.means` should be 'merged', 'deployed' or 'released'"),
        ("merge: {watch: 2000}", "`merge.watch` should be less than or equal to 1440"),
        ("deploy: {staging: {rol: write}}", "unknown key `deploy.staging.rol` (did you mean `role`?)"),
        ("deploy: {staging: {role: none}}", "`deploy.staging.role` should be 'triage', 'write', 'maintain' or 'admin'"),
        ("deploy: {staging: {inputs: {a: b}}}", "`deploy.staging` must name a `workflow` to have `inputs`"),
        ("deploy: {staging: {workflow: a.yml, inputs: {a: 1}}}", "`deploy.staging.inputs.a` must be text"),
        ("deploy: {git hub: {}}", "`deploy` must have names of letters, digits,"),
        ("deploy: {staging: }", "`deploy.staging` must be a mapping"),
        ("yes: 1", "must be text; put it in quotes"),
        ("[1, 2]", "must be a mapping of keys to values"),
        ("just words", "must be a mapping of keys to values"),
        ("model: a\nmodel: b", "the key `model` is there twice"),
        ("budget: {turns: 1, turns: 2}", "the key `turns` is there twice"),
        ("a: &x {b: 1}\nc: *x", "uses an alias (`*x`)"),
        ("model: !!python/object/apply:os.system ['true']", "uses a tag"),
        ("model: !secret x", "uses a tag"),
        ("a: b: c", "line 1 is not valid YAML"),
        ("version: 1\n---\nversion: 1", "not valid YAML"),
        ("model: 0b_", "is not valid YAML"),
        ("model: " + "9" * 5000, "is not valid YAML"),
        ('model: "\\Uffffffff"', "is not valid YAML: a number in it is too large"),
        ("version: " + "1:" * 200 + "1.0", "is not valid YAML: a number in it is too large"),
        ("? [a]\n: 1", "is not valid YAML"),
        ("\x00", "is not valid YAML"),
        ('model: "a\\0"', r"`model` has the character `\x00`"),
        ('setup: [ok, "make\\rtest"]', r"`setup.1` has the character `\r`"),
        ('mcp: {a: {command: [x, "\\e[0m"]}}', r"`mcp.a.command.1` has the character `\x1b`"),
        ('deploy: {a: {workflow: b, inputs: {c: "\\x9f"}}}', r"`deploy.a.inputs.c` has the character `\x9f`"),
        ('verify: [{name: a, run: "\\ud800"}]', r"`verify.0.run` has the character `\ud800`"),
        ('labels: {"a\\0b": {}}', r"`labels.a b` has the character `\x00`"),
        ("[" * 30_000, "is nested more than 16 deep"),
        ("#" * (MAX_BYTES + 1), "is larger than 64 KiB"),
        (b"model: \xff", "is not UTF-8"),
    ],
)
def test_what_is_not_understood_is_refused(text: str | bytes, says: str) -> None:
    """The sentence names the file, the key and what is wrong with it, and is told to the person."""
    with pytest.raises(ConfigError) as refused:
        Config.parse(text)
    assert says in str(refused.value)
    assert "`.github/honk.yml`" in str(refused.value)
    assert isinstance(refused.value, UserError)


def test_a_refusal_can_always_be_written() -> None:
    """A key may hold half a character, which no text that we send can."""
    assert "the key `a ` is there twice" in str(_read('"a\\ud800": 1\n"a\\ud800": 2'))


def test_tabs_and_lines_are_text() -> None:
    """A command may have several lines, whichever way the file ends its own."""
    assert Config.parse("setup:\r\n- |\r\n  a\tb\r\n  c\r\n").setup == ("a\tb\nc\n",)


def test_a_date_is_the_text_it_is() -> None:
    """YAML would make another value of it."""
    assert Config.parse("model: 2026-11-22").model == "2026-11-22"


KEYS = st.sampled_from([*Config.model_fields, *Label.model_fields, "dollars", "name", "run"]) | st.text(max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_mapping_is_read_or_refused(data: dict[str, object]) -> None:
    """There is no third way."""
    read = _read(yaml.safe_dump(data, allow_unicode=True))
    if isinstance(read, Config):
        assert set(data) <= set(Config.model_fields)
        assert read.labels.keys() >= {"honk", "honk:plan"}


@given(st.text(max_size=40) | st.binary(max_size=40))
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    """Whatever the file holds, the answer is a config or a sentence about it."""
    read = _read(text)
    assert isinstance(read, Config) or read.startswith("`.github/honk.yml`")


_NUMBERS = ["1:" * 200, "9" * 400, "0x", "0b_", "e+999", ".inf", ".nan", "2024-13-45"]
_WORDS = ["!!int ", "%YAML ", "---\n", "<<", "=", '"\\ud800"', '"\\0"', '"\\Uffffffff"', "\x85", "yes", "model: "]
_PIECES = st.sampled_from([*"0123_:.-+!&*|>?,#'\"[]{} \n", *_NUMBERS, *_WORDS])
ODD = st.lists(_PIECES, min_size=1, max_size=3).map("".join)


@given(ODD, st.sampled_from(["{}", "model: {}", "version: {}", "budget: {{dollars: {}}}", "? {}\n: 1"]))
def test_any_odd_value_is_read_or_refused(odd: str, form: str) -> None:
    """What YAML makes numbers, dates, tags and characters of, and then cannot."""
    read = _read(form.format(odd))
    assert isinstance(read, Config) or read.startswith("`.github/honk.yml`")


def _read(text: str | bytes) -> Config | str:
    try:
        return Config.parse(text)
    except ConfigError as refused:
        return str(refused)


def test_the_schema_is_the_models() -> None:
    """docs/honk.schema.json is `json.dumps(schema(), indent=2)` and a line end."""
    assert (DOCS / "honk.schema.json").read_text() == json.dumps(schema(), indent=2) + "\n"


def test_the_schema_accepts_what_we_accept() -> None:
    """The example of the documentation and an empty mapping are valid, a typo is not."""
    validator = jsonschema_rs.validator_for(schema())
    assert validator.is_valid(yaml.safe_load(_example()))
    assert validator.is_valid({})
    assert not validator.is_valid({"lables": {}})


def test_the_example_of_the_documentation_is_understood() -> None:
    """What people copy works."""
    assert Config.parse(_example()).checks == (Check("tests", ".venv/bin/pytest -q"),)


def test_every_key_is_documented() -> None:
    """docs/configuration.md has a row for each key: its default, and the sentence of its field."""
    text = (DOCS / "configuration.md").read_text()
    missing = [row for row in _rows(Config) if row not in text]
    assert missing == []


def test_every_example_of_the_documentation_is_understood() -> None:
    """Those of the sections, too."""
    examples = [part.split("```")[0] for part in (DOCS / "configuration.md").read_text().split("```yaml\n")[1:]]
    assert len(examples) > 3
    assert all(Config.parse(example) != Config() for example in examples)


def _example() -> str:
    return (DOCS / "configuration.md").read_text().split("```yaml\n")[1].split("```")[0]


def _rows(model: type[BaseModel], prefix: str = "") -> list[str]:
    rows = []
    for name, field in model.model_fields.items():
        inner = next((part for part in _parts(field.annotation) if issubclass(part, BaseModel)), None)
        default = _default(field.default) if not field.is_required() else "required"
        rows.append(f"| `{prefix}{name}` | {default} | {field.description} |")
        step = {
            "labels": ".NAME",
            "mcp": ".NAME",
            "deploy": ".NAME",
            "verify": "[]",
            "autofix": "[]",
            "builds": "[]",
        }.get(name, "")
        rows += _rows(inner, f"{prefix}{name}{step}.") if inner else []
    return rows


def _parts(annotation: object) -> list[type]:
    found = [annotation] if isinstance(annotation, type) else []
    return found + [part for argument in get_args(annotation) for part in _parts(argument)]


def _default(value: object) -> str:
    match value:
        case None:
            return ""
        case BaseModel():
            return "as below"
        case dict():
            return ", ".join(f"`{name}`" for name in value)
        case tuple():
            return "none"
        case _:
            return f"`{json.dumps(value)}`"


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("test [3.11]", "test [3.11]", True),
        ("test*", "test [3.11]", True),
        ("lint?", "lints", False),
        ("l", "lint", False),
    ],
)
def test_only_the_star_means_something_in_an_autofix(pattern: str, name: str, fits: bool) -> None:
    """Brackets and question marks stand in names of checks as they are."""
    config = Config.parse(f"ci: {{autofix: [{{check: '{pattern}', run: fmt}}]}}")
    assert config.ci.autofix[0].fits(name) is fits
