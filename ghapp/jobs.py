"""What a worker is asked to do: the edge between RQ and the use cases.

Everything that can go wrong ends here: a person's error is told on the thread, a passing one is tried again, a defect
is logged once and told in one honest comment, and an attempt that was overtaken ends without a word.
"""

import functools
import logging
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from ghapp import bootstrap
from ghapp.core import messages
from ghapp.core.errors import StoreDown, Superseded, TransientError, UserError
from ghapp.core.ports import Store
from ghapp.flow.execute import Execute
from ghapp.flow.intake import Intake
from ghapp.flow.reconcile import Reconcile
from ghapp.records import records
from ghapp.settings import Settings, from_environment

RENEWALS_A_LEASE = 15
"""Many, so that a run that was stopped leaves its worker within seconds."""

log = logging.getLogger(__name__)


class AskedToEnd(BaseException):
    """SIGTERM came in the middle of a job. No `except Exception` on the way may take it for a failure of its own."""


@functools.cache
def settings() -> Settings:
    """The settings of this worker, read once."""
    return from_environment(os.environ)


@functools.lru_cache(maxsize=1)
def desk(chosen: Settings) -> Intake:
    """What drains inboxes; a process that drains several keeps the tokens that GitHub gave it."""
    return bootstrap.intake(chosen)


def intake(inbox: str) -> None:
    """Drain one inbox."""
    mine = desk(settings())
    try:
        with _interruptible():
            mine.drain(inbox)
    except AskedToEnd:
        log.info("inbox %s is left to the next worker", inbox)
    except TransientError as error:
        log.warning("inbox %s waits for a later tick: %s", inbox, error)
        with suppress(StoreDown):
            mine.put_off(inbox, error)
    except UserError as error:
        log.warning("inbox %s: %s", inbox, error)
        mine.give_up(inbox, str(error))
    except Exception:
        log.exception("a defect while draining %s", inbox)
        mine.give_up(inbox, messages.defect())
        raise


def execute(run_id: str, epoch: int) -> None:
    """Make one attempt at a run, under its lease."""
    work = bootstrap.execute(settings())
    worker = f"{os.getpid()}-{secrets.token_hex(4)}"
    try:
        with _interruptible(), _renewing(work.store, run_id, epoch, worker):
            work.attempt(run_id, epoch, worker)
    except AskedToEnd:
        _hand_back(work, run_id, epoch)
    except Superseded:
        log.info("attempt %s of run %s was overtaken", epoch, run_id)
    except TransientError as error:  # not even that could be recorded; its lease runs out, and a tick takes it back
        log.warning("attempt %s of run %s is left to the next tick: %s", epoch, run_id, error)
    except Exception:
        log.exception("a defect in attempt %s of run %s", epoch, run_id)
        work.fail(run_id, epoch, messages.defect())
        raise


@functools.lru_cache(maxsize=1)
def _clock(chosen: Settings) -> Reconcile:
    return bootstrap.reconcile(chosen)


def tick(*, sweep: bool) -> None:
    """One round of the clock; with `sweep`, GitHub is asked too. What fails is tried again at the next."""
    round_ = _clock(settings())
    _try(round_.tick)
    if sweep:
        _try(round_.sweep)
        _try(lambda: bootstrap.sweep_builds(settings(), records(settings())))  # which needs no GitHub


def _try(part: Callable[[], object]) -> None:
    """A part of a round, which holds up no other."""
    try:
        part()
    except (TransientError, UserError) as error:
        log.warning("this tick of the clock ended early: %s", error)
    except Exception:
        log.exception("a defect in a tick of the clock")


def _hand_back(work: Execute, run_id: str, epoch: int) -> None:
    """Give the run to the next worker at once; if that fails, its lease runs out."""
    try:
        work.hand_back(run_id, epoch, "its worker was asked to end")
    except (Superseded, TransientError) as error:
        log.warning("run %s could not be handed back: %s", run_id, error)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Raise AskedToEnd in the body at the first SIGTERM; none disturbs what is done after that."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise AskedToEnd

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


@contextmanager
def _renewing(store: Store, run_id: str, epoch: int, worker: str) -> Iterator[None]:
    """Keep the lease while the body runs, and raise Superseded in the body when it is lost."""
    over = threading.Event()

    def overtaken(_signal: int, _frame: FrameType | None) -> None:
        # An attempt that has learnt it from the store already is cleaning up, and must get to the end of that.
        if not isinstance(sys.exception(), Superseded):
            raise Superseded(run_id)

    def renew() -> None:
        while not over.wait(settings().lease_seconds / RENEWALS_A_LEASE):
            try:
                store.renew(run_id, epoch, worker)
            except StoreDown:
                log.warning("the lease of run %s could not be renewed", run_id)
            except Superseded:
                if not over.is_set():
                    os.kill(os.getpid(), signal.SIGUSR1)
                return

    before = signal.signal(signal.SIGUSR1, overtaken)
    keeper = threading.Thread(target=renew, name="lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()
        signal.signal(signal.SIGUSR1, before)
