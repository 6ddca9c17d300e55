"""Reading model scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from ghapp.playground.script import ScriptError, load_scripts, read_script

COMPLAINTS = {
    "f.yml: key when_: unknown key": "{name: a, when_: x, turns: [{say: Hi}]}",
    "f.yml: turn 2: key not_show: unknown key": "{name: a, turns: [{say: Hi}, {say: Hi, not_show: [x]}]}",
    "f.yml: turn 1: key fail.wait: unknown key": "{name: a, turns: [{say: Hi, fail: {cut: true, wait: 1}}]}",
    "f.yml: turn 1: key fail: give exactly one of": "{name: a, turns: [{say: Hi, fail: {cut: true, status: 500}}]}",
    "f.yml: turn 1: key fail: retry_after goes with": "{name: a, turns: [{say: x, fail: {cut: on, retry_after: 1}}]}",
    "f.yml: turn 1: give say, tools": "{name: a, turns: [{shown: [x]}]}",
    "f.yml: turn 1: key tools.0: a tool call is one": "{name: a, turns: [{tools: [{read: {}, bash: {}}]}]}",
    "f.yml: turn 1: key tools.0.input: Input should": "{name: a, turns: [{tools: [{read: a.py}]}]}",
    "f.yml: turn 1: key stop: Input should": "{name: a, turns: [{say: Hi, stop: never}]}",
    "f.yml: turn 1: stop: tool_use needs tools": "{name: a, turns: [{say: Hi, stop: tool_use}]}",
    "f.yml: turn 1: key shown: Input should": "{name: a, turns: [{say: Hi, shown: text}]}",
    "f.yml: key turns": "{name: a, turns: []}",
    "f.yml: line 1: key name is given twice": "{name: a, name: b, turns: [{say: Hi}]}",
    "f.yml: not YAML": "{name: a",
    "f.yml: a script is a mapping": "[]",
}


@pytest.mark.parametrize("complaint", COMPLAINTS)
def test_a_mistake_is_named_with_file_turn_and_key(complaint: str) -> None:
    """Each mistake in a script is refused by a sentence that leads to it."""
    with pytest.raises(ScriptError) as caught:
        read_script(COMPLAINTS[complaint], "f.yml")
    assert str(caught.value).startswith(complaint)


def test_stop_reason_follows_from_the_content() -> None:
    """Without a written stop reason a turn with tools stops for them, another one ends."""
    script = read_script("{name: a, turns: [{tools: [{verify: {}}]}, {say: Hi}, {stop: refusal}]}", "f.yml")
    assert [turn.stop_reason for turn in script.turns] == ["tool_use", "end_turn", "refusal"]


def test_a_folder_needs_scripts_with_names_of_their_own(tmp_path: Path) -> None:
    """An empty folder and a doubled name are refused."""
    with pytest.raises(ScriptError, match="no scripts"):
        load_scripts(tmp_path)
    for name in ("one.yml", "two.yml"):
        (tmp_path / name).write_text("{name: same, turns: [{say: Hi}]}")
    with pytest.raises(ScriptError, match="two scripts are named same"):
        load_scripts(tmp_path)
