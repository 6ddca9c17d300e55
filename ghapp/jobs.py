"""What a worker is asked to do: the edge between RQ and the use cases.

Everything that can go wrong ends here: a person's error is told on the thread, a passing one is tried again, a defect
is logged once and told in one honest comment, and an attempt that was overtaken ends without a word.
"""

import functools
import logging
import os
import secrets
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ghapp import bootstrap
from ghapp.core import messages
from ghapp.core.errors import StoreDown, Superseded, TransientError, UserError
from ghapp.core.ports import Store
from ghapp.settings import Settings, from_environment

RENEW_SECONDS = 2.0
"""Far below the lease, so that a run that was stopped leaves its worker at once."""

log = logging.getLogger(__name__)


@functools.cache
def settings() -> Settings:
    """The settings of this worker, read once."""
    return from_environment(os.environ)


def intake(inbox: str) -> None:
    """Drain one inbox."""
    desk = bootstrap.intake(settings())
    try:
        desk.drain(inbox)
    except TransientError as error:
        log.warning("inbox %s waits for the next tick: %s", inbox, error)
    except UserError as error:
        log.warning("inbox %s: %s", inbox, error)
        desk.give_up(inbox, str(error))
    except Exception:
        log.exception("a defect while draining %s", inbox)
        desk.give_up(inbox, messages.defect())
        raise


def execute(run_id: str, epoch: int) -> None:
    """Make one attempt at a run, under its lease."""
    work = bootstrap.execute(settings())
    worker = f"{os.getpid()}-{secrets.token_hex(4)}"
    try:
        with _renewing(work.store, run_id, epoch, worker):
            work.attempt(run_id, epoch, worker)
    except Superseded:
        log.info("attempt %s of run %s was overtaken", epoch, run_id)
    except Exception:
        log.exception("a defect in attempt %s of run %s", epoch, run_id)
        work.fail(run_id, epoch, messages.defect())
        raise


def tick(*, sweep: bool) -> None:
    """One round of the clock; with `sweep`, GitHub is asked too. What fails is tried again at the next."""
    round_ = bootstrap.reconcile(settings())
    try:
        round_.tick()
        if sweep:
            round_.sweep()
    except (TransientError, UserError) as error:
        log.warning("this tick of the clock ended early: %s", error)
    except Exception:
        log.exception("a defect in a tick of the clock")


@contextmanager
def _renewing(store: Store, run_id: str, epoch: int, worker: str) -> Iterator[None]:
    """Keep the lease while the body runs, and raise Superseded in the body when it is lost."""
    over = threading.Event()

    def overtaken(_signal: int, _frame: FrameType | None) -> None:
        raise Superseded(run_id)

    def renew() -> None:
        while not over.wait(RENEW_SECONDS):
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
