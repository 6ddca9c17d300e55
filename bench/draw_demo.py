"""Draws a recording of `make demo` as docs/demo.svg: runs it, or reads what it printed from a file.

    python bench/draw_demo.py [FILE]

The picture names no font and no host from outside, so that it looks the same offline.
"""

import io
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parent.parent
WIDTH = 128
_FONT_FACE = re.compile(r"@font-face\s*\{.*?\}\s*", re.DOTALL)
_FONT = re.compile(r"Fira Code, ?monospace|Fira Code")
_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
_DIFF_LINES = 14


def record() -> str:
    """What `make demo` prints, with its colours."""
    script = ["script", "--quiet", "--return", "--command", "make demo", "/dev/null"]
    done = subprocess.run(script, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    return done.stdout.replace("\r\n", "\n").replace(str(ROOT), "~/honk")


def shortened(recording: str) -> str:
    """The recording with the diff cut after its first lines, so that the picture fits a page."""
    lines = recording.splitlines()
    start = next(number for number, line in enumerate(lines) if "diff --git" in line)
    end = next(number for number, line in enumerate(lines) if line.startswith("check "))
    return "\n".join([*lines[: start + _DIFF_LINES], "  ⋮", "", *lines[end:]])


def draw(recording: str) -> str:
    """The recording as SVG."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(f"$ make demo\n{shortened(recording)}"))
    picture = console.export_svg(title="make demo")
    return _FONT.sub("monospace", _COMMENT.sub("", _FONT_FACE.sub("", picture)))


def main() -> None:
    """Write docs/demo.svg."""
    recording = Path(sys.argv[1]).read_text(encoding="utf-8") if len(sys.argv) > 1 else record()
    (ROOT / "docs" / "demo.svg").write_text(draw(recording), encoding="utf-8")


if __name__ == "__main__":
    main()
