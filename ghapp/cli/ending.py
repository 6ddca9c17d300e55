"""How a command that stays up is asked to end."""

import signal
import threading
from types import FrameType


def asked_to_end() -> threading.Event:
    """An event that SIGTERM and SIGINT set. To be called on the main thread."""
    over = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        over.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return over
