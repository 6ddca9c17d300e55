"""The data folder, made at the door; and the playground's in it: of one process at a time, and empty at its start."""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ghapp.core.errors import UserError
from ghapp.settings import Settings


def ready(settings: Settings) -> Path:
    """The data folder as an absolute path, made if need be. Raises UserError when it cannot be made or written to."""
    data = settings.data.absolute()
    try:
        data.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=data):
            return data
    except OSError as error:
        raise UserError(f"HONK_DATA: {data} is no folder that can be written to: {error.strerror}") from error


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
