"""How Claude Code is started: its variables, its options, and why each is there.

The repository is the attacker's, so nothing of it configures the program: no settings, hooks, MCP servers, memory files
or mentions of paths are taken from it. tests/agents/test_claude_code_traps.py holds the pinned version to that.
https://code.claude.com/docs/en/settings#environment-variables
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from claude_agent_sdk import ClaudeAgentOptions, McpServerConfig, SessionStore
from claude_agent_sdk.types import McpStdioServerConfig

from ghapp.agents.claude_memory import CONFIG, Memory
from ghapp.agents.kinds import is_change
from ghapp.agents.prompt import system_prompt
from ghapp.core.ports import MODEL_SOCKET

BUILT_IN = ("Read", "Edit", "Write", "Bash", "Grep", "Glob")
"""No tool that needs the network, asks a person, or starts other agents."""

_CHANGING = ("Edit", "Write")

SERVER = "honk"
"""The name of our own MCP server."""

_MAX_LINE = 64 * 2**20  # bytes of one message of the program, which may hold a large file's text
_HOUR = str(3600 * 1000)  # milliseconds

# One model has a price here, so the relay serves one, whatever it is asked for.
_MODELS = (
    *("ANTHROPIC_MODEL", "ANTHROPIC_SMALL_FAST_MODEL", "CLAUDE_CODE_SUBAGENT_MODEL"),
    *(f"ANTHROPIC_DEFAULT_{family}_MODEL" for family in ("HAIKU", "SONNET", "OPUS")),
)
_FIXED = {
    "ANTHROPIC_UNIX_SOCKET": MODEL_SOCKET,
    "ANTHROPIC_BASE_URL": "http://relay",
    "ANTHROPIC_API_KEY": "relay",  # it asks for one; the relay puts in the real one
    "CLAUDE_CONFIG_DIR": CONFIG,
    "CLAUDE_CODE_ENTRYPOINT": "sdk-py",
    # Titles, telemetry, updates and quota checks would be calls that nobody asked for.
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    # What every gateway of the Messages API takes; and words of people stay in messages of the user, not the system.
    "CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS": "1",
    "CLAUDE_CODE_MODEL_CAPABILITIES": "-mid_conv_system",
    "CLAUDE_CODE_ATTRIBUTION_HEADER": "0",
    # A busy service is left alone soon: the job comes back to it. A refusal is the person's to read.
    "CLAUDE_CODE_MAX_RETRIES": "2",
    "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK": "1",
    "CLAUDE_CODE_DISABLE_REFUSAL_RETRY": "1",
    # The prompt has the base branch's advice; what lies in the workspace may be the agent's own.
    "CLAUDE_CODE_DISABLE_CLAUDE_MDS": "1",
    "CLAUDE_CODE_DISABLE_AUTO_MEMORY": "1",
    "CLAUDE_CODE_DISABLE_BUNDLED_SKILLS": "1",
    "CLAUDE_CODE_DISABLE_GIT_INSTRUCTIONS": "1",
    # A command is waited for: what ran on would work on files that are verified or collected meanwhile.
    "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",
    "CLAUDE_CODE_DISABLE_FILE_CHECKPOINTING": "1",
    "MCP_TOOL_TIMEOUT": _HOUR,  # checks take their time
    "BASH_MAX_TIMEOUT_MS": str(600 * 1000),
}
_SETTINGS = {"attribution": {"commit": "", "pr": ""}}  # the host makes the commit, and says whose work it is


def built_in(kind: str) -> tuple[str, ...]:
    """The program's own tools for work of this kind; none that changes files where no change is wanted."""
    return tuple(name for name in BUILT_IN if is_change(kind) or name not in _CHANGING)


def variables(model: str) -> dict[str, str]:
    """The program's environment inside, beside the sandbox's own."""
    return {**_FIXED, **dict.fromkeys(_MODELS, model)}


def options(
    script: Path,
    model: str,
    *,
    kind: str = "fix",
    resume: str | None,
    memory: Memory,
    servers: Mapping[str, McpServerConfig],
    hooks: dict[Any, Any],
    stderr: Callable[[str], None],
) -> ClaudeAgentOptions:
    """The SDK's options for a program that `script` starts, and for work of this kind."""
    return ClaudeAgentOptions(
        cli_path=script,
        model=model,
        system_prompt=system_prompt("claude-code", kind),
        tools=list(built_in(kind)),
        mcp_servers=dict(servers),
        strict_mcp_config=True,
        setting_sources=[],
        settings=json.dumps(_SETTINGS),
        verbatim_prompts=True,
        permission_mode="bypassPermissions",
        hooks=hooks,
        resume=resume,
        session_store=cast(SessionStore, memory),  # of its verbs, only two have to be there
        session_store_flush="eager",
        env={"CLAUDE_CONFIG_DIR": CONFIG},  # tells the SDK where the program's own files are, by the sandbox's paths
        max_buffer_size=_MAX_LINE,
        stderr=stderr,
    )


def stdio(command: Sequence[str]) -> McpStdioServerConfig:
    """A server of the MCP that is started inside, and spoken to over its standard streams."""
    return {"type": "stdio", "command": command[0], "args": list(command[1:])}
