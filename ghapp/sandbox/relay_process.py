"""The model relay in a process of its own: what a call costs is charged although its worker dies meanwhile.

The worker starts `honk relay` for each attempt and speaks with it in lines over its standard streams: in goes the
order and, at the end, the word `close`; out comes where it listens, and how it ended. Input that ends without that word
means that the worker is dead: then nobody new is served, and what is underway is read to its end and charged.
"""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter

from ghapp.core.errors import StoreDown, Superseded, TransientError, UserError
from ghapp.core.ports import BudgetSpent, ModelAccess
from ghapp.core.run import Run
from ghapp.sandbox.relay import ModelRelay

_CLOSE = b"close\n"
_ORPHAN_SECONDS = 600.0  # as long as the relay waits for a model that says nothing

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Order:
    """What a relay is started for."""

    run: Run
    model: str


@dataclass(frozen=True)
class Answer:
    """Where the relay listens, or how it ended: well, or by a failure of this kind, in these words."""

    socket: str = ""
    failure: str = ""
    message: str = ""
    retry_after: float | None = None


_ORDER = TypeAdapter(Order)
_ANSWER = TypeAdapter(Answer)


class RelayProcess:
    """Opens a relay for each attempt (`ports.Relay`).

    `command` is the one that calls `serve`; `environ` is its whole environment, the model's key included.
    """

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self._command, self._environ = tuple(command), dict(environ)

    @contextmanager
    def open(self, run: Run, model: str) -> Iterator[ModelAccess]:
        """Listen for one attempt; its time counts from here. What is underway at the end is cut.

        Raises what the relay's process failed with, at the start or at the end: UserError, TransientError, Superseded.
        TransientError when it said nothing.
        """
        # A session of its own: what is meant for the worker's group, or falls on it, does not reach the relay.
        with subprocess.Popen(
            self._command, env=self._environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        ) as child:
            spent: BudgetSpent | None = None
            try:
                _tell(child, _ORDER.dump_json(Order(run, model)) + b"\n")
                yield ModelAccess(Path(_hear(child).socket), model)
            except BudgetSpent as ending:
                spent = ending
            finally:
                _tell(child, _CLOSE, last=True)
            _hear(child)  # first: when it has failed, it is the account that has ended the work
            if spent is not None:
                raise spent


def serve(make: Callable[[], ModelRelay], orders: IO[bytes], answers: IO[bytes]) -> None:
    """Be the other side: make a relay, read an order, listen, and stay until the orders end.

    `answers` is unbuffered. What is raised of the failures that `open` names is logged, and told to the worker if there
    is one.
    """
    try:
        relay = make()
        if order := orders.readline():
            _listen(relay, _ORDER.validate_json(order), orders, answers)
            _answer(answers, Answer())
    except (UserError, TransientError, Superseded) as error:
        log.warning("the relay failed: %s: %s", type(error).__name__, error)
        _answer(answers, _failure(error))


def _listen(relay: ModelRelay, order: Order, orders: IO[bytes], answers: IO[bytes]) -> None:
    with relay.listen(order.run, order.model) as (access, stop):
        _answer(answers, Answer(socket=str(access.socket)))
        if orders.read() != _CLOSE:
            log.warning("the worker of run %s is gone; what it asked of the model is read to its end", order.run.id)
            stop(_ORPHAN_SECONDS)


def _tell(child: subprocess.Popen[bytes], line: bytes, *, last: bool = False) -> None:
    """Write to the child. When it has ended already, what it said tells why."""
    assert child.stdin is not None
    with suppress(BrokenPipeError):
        child.stdin.write(line)
        child.stdin.close() if last else child.stdin.flush()


def _hear(child: subprocess.Popen[bytes]) -> Answer:
    """The child's next line. Raises what it failed with."""
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        raise TransientError(f"the model's relay ended without a word (exit status {child.wait()})")
    answer = _ANSWER.validate_json(line)
    match answer.failure:
        case "":
            return answer
        case Superseded.__name__:
            raise Superseded(answer.message)
        case UserError.__name__:
            raise UserError(answer.message)
        case StoreDown.__name__:
            raise StoreDown(answer.message, answer.retry_after)
        case _:
            raise TransientError(answer.message, answer.retry_after)


def _answer(answers: IO[bytes], answer: Answer) -> None:
    with suppress(BrokenPipeError):  # nobody is there to hear it
        answers.write(_ANSWER.dump_json(answer) + b"\n")


def _failure(error: UserError | TransientError | Superseded) -> Answer:
    kind = next(kind for kind in (StoreDown, TransientError, UserError, Superseded) if isinstance(error, kind))
    retry_after = error.retry_after if isinstance(error, TransientError) else None
    return Answer(failure=kind.__name__, message=str(error), retry_after=retry_after)
