"""The operator's `.env`: changed line by line, all at once, and readable by nobody else."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values, set_key

from ghapp.core.errors import UserError


def differences(path: Path, values: Mapping[str, str]) -> dict[str, str]:
    """What writing these values would do: `new`, `changed` or `emptied` for each that is not there already."""
    there = dotenv_values(path, interpolate=False)
    words = {}
    for name, value in values.items():
        old = there.get(name) or ""
        if old != value:
            words[name] = "emptied" if not value else "changed" if old else "new"
    return words


def write(path: Path, values: Mapping[str, str]) -> None:
    """Set these values and keep all other lines; a crash leaves the file as it was, or as it will be.

    The values must need no quotes, which not every reader of such files takes off. Raises UserError when the file
    cannot be written.
    """
    path = path.resolve()  # a link stays one
    try:
        descriptor, new = tempfile.mkstemp(dir=path.parent, prefix=".env-")  # 0600 from the start
        os.close(descriptor)
        try:
            if path.exists():
                Path(new).write_bytes(path.read_bytes())
            for name, value in values.items():
                set_key(new, name, value, quote_mode="never")
            Path(new).replace(path)
        finally:
            Path(new).unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from error
