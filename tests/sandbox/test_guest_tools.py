"""The file tools, called as an engine calls them."""

import json
from collections.abc import Callable

import pytest

from ghapp.sandbox.workspace import JailedWorkspace
from tests.sandbox.origins import Shell

Call = Callable[..., str]
pytestmark = pytest.mark.parametrize("sandbox", ["copy"], indirect=True)


@pytest.fixture
def call(workspace: JailedWorkspace) -> Call:
    """Use a tool; its text, or its error after `error: `."""

    def use(tool: str, **arguments: object) -> str:
        order = json.dumps({"tool": tool, **arguments}).encode()
        answer = json.loads(workspace.run(["python3", "-I", "/honk/tools.py"], stdin=order).output)
        return str(answer["text"]) if "text" in answer else f"error: {answer['error']}"

    return use


def test_a_file_is_read_with_its_line_numbers(call: Call, shell: Shell) -> None:
    """From a line on, so many lines, and it is said how many are left."""
    shell("seq 1 5 > five")
    assert call("read", path="five", offset=2, limit=2) == "     2\t2\n     3\t3\n[2 more lines; go on with offset 4]"
    assert call("read", path="/workspace/five", offset=5) == "     5\t5"
    assert call("read", path="five", offset=9) == "error: /workspace/five has only 5 lines."
    assert call("read", path="docs") == "notes.txt"


def test_long_files_are_cut(call: Call, shell: Shell) -> None:
    """Lines, the number of lines and the whole text have their limits."""
    shell("head -c 9000 /dev/zero | tr '\\0' x > wide; seq 1 5000 > long; : > empty; yes 'é€😀' | head -9000 > odd")
    assert len(call("read", path="wide")) < 2100
    assert call("read", path="long").endswith("  2000\t2000\n[3000 more lines; go on with offset 2001]")
    assert call("read", path="empty") == "[the file is empty]"
    assert "     1\té€😀\n" in call("read", path="odd")


def test_an_edit_needs_one_place(call: Call, shell: Shell) -> None:
    """None and several are errors that say so; `all` means it."""
    shell("printf 'a\\nb\\na\\n' > f")
    assert "occurs 2 times" in call("edit", path="f", old="a", new="c")
    assert "does not occur" in call("edit", path="f", old="x", new="c")
    assert "another one" in call("edit", path="f", old="", new="c")
    assert call("edit", path="f", old="b\n", new="B\n") == "Replaced 1 place in /workspace/f."
    assert call("edit", path="f", old="a", new="c", all=True) == "Replaced 2 places in /workspace/f."
    assert shell("cat f").output == "c\nB\nc\n"


def test_an_edit_keeps_what_it_does_not_touch(call: Call, shell: Shell) -> None:
    """Line ends of the other kind, bytes that are no text, and the mode."""
    shell("printf '#!/bin/sh\\r\\none\\r\\ntwo\\377\\r\\n' > f; chmod +x f")
    assert call("edit", path="f", old="#!/bin/sh\none\n", new="#!/bin/sh\n1\n").startswith("Replaced 1")
    assert shell("od -An -c f | tr -d ' \\n'; test -x f").output == "#!/bin/sh\\r\\n1\\r\\ntwo377\\r\\n"


def test_a_file_is_written_with_its_folders(call: Call, shell: Shell) -> None:
    """New or again."""
    assert call("write", path="a/b/c.txt", content="one\n") == "Wrote 4 bytes to /workspace/a/b/c.txt."
    assert call("write", path="a/b/c.txt", content="é\n") == "Wrote 3 bytes to /workspace/a/b/c.txt."
    assert shell("cat a/b/c.txt").output == "é\n"


def test_what_cannot_be_done_is_said(call: Call, shell: Shell) -> None:
    """Missing files, folders, pipes, wrong arguments: a sentence each, and never a wait."""
    shell("mkfifo pipe")
    assert call("read", path="none") == "error: /workspace/none: No such file or directory"
    assert call("write", path="docs", content="") == "error: /workspace/docs is not a plain file."
    assert call("read", path="pipe") == "error: /workspace/pipe is not a plain file."
    assert call("write", path="pipe", content="x") == "error: /workspace/pipe is not a plain file."
    assert call("write", path="/usr/x", content="") == "error: /usr/x: Read-only file system"
    assert call("edit", path="app.py", old="x").startswith("error: The arguments are not right: KeyError('new')")
    assert call("read", path="app.py", offset="x").startswith("error: The arguments are not right")
    assert call("fly", path="app.py") == "error: There is no tool 'fly'."
