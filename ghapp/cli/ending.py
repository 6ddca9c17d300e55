"""How a command that stays up is asked to end."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from ghapp.core.errors import UserError
from ghapp.playground.packages import PackageError
from ghapp.playground.script import ScriptError


def asked_to_end() -> threading.Event:
    """An event that SIGTERM and SIGINT set. To be called on the main thread."""
    over = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        # Not here: the main thread, which is interrupted, may hold the event's lock, and would wait for itself.
        threading.Thread(target=over.set).start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return over


class Over(BaseException):
    """A signal asked us to end; what is open closes on the way out."""


def end_at_signals() -> None:
    """From now on the first SIGTERM or SIGINT raises Over on the main thread, and later ones do not disturb the end."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise Over

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)


@contextmanager
def ending_well(name: str) -> Iterator[None]:
    """A demo that comes to its end, or says in one line why not, and exits with 1."""
    end_at_signals()
    try:
        yield
    except (PackageError, ScriptError, UserError) as error:
        click.echo(f"{name}: {error}", err=True)
        sys.exit(1)
    except Over:
        click.echo(f"{name}: it was asked to end before it was done; everything has ended", err=True)
        sys.exit(1)
