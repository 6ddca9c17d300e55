"""The playground's data folder: of one process at a time, and empty at its start."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ghapp.core.errors import UserError


@contextmanager
def emptied(data: Path) -> Iterator[Path]:
    """`data`, emptied, and ours alone until the block is left. Raises UserError when another process has it."""
    data.mkdir(parents=True, exist_ok=True)
    lock = data.with_name(f"{data.name}.lock")
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"another Honk uses {data}; end it, or set HONK_DATA to another folder") from error
        shutil.rmtree(data)
        data.mkdir()
        yield data
