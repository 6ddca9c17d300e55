"""How a command that stays up is asked to end."""

import signal
import threading
from types import FrameType


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
