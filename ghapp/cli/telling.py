"""How the terminal shows what happens: one line each, with the time since the start."""

import time

import click

_COLOURS = {"step": "green", "check": "cyan", "ci": "cyan", "tool": "blue", "note": "yellow", "github": "magenta"}
_SHOWN = frozenset({"step", "check", "ci", "tool", "note", "say", "github"})
_WIDTH = 110


def printable(text: str) -> str:
    """Text of others for a terminal, which obeys control characters."""
    return "".join(character if character.isprintable() or character == "\n" else "·" for character in text)


_DIFF = {"+": "green", "-": "red", "@": "cyan"}


def coloured(line: str) -> str:
    """A line of a unified diff as terminals usually show it."""
    return click.style(line, fg=_DIFF.get(line[:1]))


class Teller:
    """Prints lines with the seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def __call__(self, kind: str, text: str) -> None:
        """Print the first line of what happened; results and diffs are for the run's page."""
        if kind not in _SHOWN:
            return
        first = printable(text.strip().splitlines()[0] if text.strip() else "")
        line = first if len(first) <= _WIDTH else first[: _WIDTH - 1] + "…"
        seconds = f"{time.monotonic() - self._start:7.1f} s"
        click.echo(f"{click.style(seconds, dim=True)}  {click.style(f'{kind:<6}', fg=_COLOURS.get(kind))} {line}")
