"""How the terminal shows what happens: one line each, with the time since the start."""

import time

import click

_COLOURS = {
    "step": "green",
    "check": "cyan",
    "ci": "cyan",
    "tool": "blue",
    "note": "yellow",
    "github": "magenta",
    "phone": "bright_white",
    "time": "yellow",
}
_SHOWN = frozenset({*_COLOURS, "say"})
_WIDTH = 110
_INDENT = 18
"""The columns before the text of a line."""


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
        seconds = f"{time.monotonic() - self._start:7.1f} s"
        line = _cut(text.strip().splitlines()[0] if text.strip() else "")
        click.echo(f"{click.style(seconds, dim=True)}  {click.style(f'{kind:<6}', fg=_COLOURS.get(kind))} {line}")

    def page(self, kind: str, text: str) -> None:
        """Print all of it, its first line as above and the rest below a rule at its side."""
        first, *rest = text.strip().splitlines()
        self(kind, first)
        for line in rest:
            click.echo(f"{' ' * _INDENT}{click.style('│', dim=True)} {_cut(line)}")


def _cut(line: str) -> str:
    shown = printable(line)
    return shown if len(shown) <= _WIDTH else shown[: _WIDTH - 1] + "…"
