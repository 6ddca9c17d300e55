"""Two threads for one conversation: the SDK's in a thread beside, everything else in the thread that started it.

A signal raises Superseded or KeyboardInterrupt in the main thread, wherever that is. Inside asyncio it would end one
task or callback, or be logged and lost; so asyncio has a thread of its own, and the main thread waits for errands: it
calls the host and runs the checks, and what a signal or a call raises there ends the work at once.
https://docs.python.org/3/library/signal.html#signals-and-threads
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from ghapp.core.errors import TransientError

T = TypeVar("T")


class Errands:
    """Calls that one thread has for the other, done in order."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Callable[[], object] | None] = SimpleQueue()

    def send(self, call: Callable[[], object]) -> None:
        """Have it called, and go on."""
        self._queue.put(call)

    async def ask(self, call: Callable[[], T]) -> T:
        """Have it called, and wait for what it returns. When it raises, that ends the work, and nothing returns."""
        answer: Future[T] = Future()
        self.send(lambda: answer.set_result(call()) if answer.set_running_or_notify_cancel() else None)
        return await asyncio.wrap_future(answer)

    def run_until(self, done: Future[T], silence: float = 60) -> None:
        """Do errands until `done`, however that ended.

        Raises what an errand raises, and TransientError when there was none for `silence` seconds.
        """
        done.add_done_callback(lambda _: self._queue.put(None))
        with suppress(Empty):
            while (errand := self._queue.get(timeout=silence)) is not None:
                errand()
            return
        raise TransientError("nothing was heard of the agent's program for too long")


@contextmanager
def beside(work: Coroutine[Any, Any, T]) -> Iterator[Future[T]]:
    """Run a coroutine in a thread of its own while the block lasts; at its end it is cancelled and waited for."""
    begun: Future[Callable[[], object]] = Future()

    async def cancellable(loop: _Loop) -> T:
        task = asyncio.current_task()
        assert task is not None
        begun.set_result(partial(loop.call_soon_threadsafe, task.cancel))
        try:
            return await work
        finally:
            await loop.let_go()

    def run() -> T:
        loop = _Loop()
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            return runner.run(cancellable(loop))

    with ThreadPoolExecutor(1, thread_name_prefix="honk-agent") as pool:
        try:
            yield pool.submit(run)
        finally:
            begun.add_done_callback(_cancel)


class _Loop(asyncio.SelectorEventLoop):
    """Knows the programs that it started: the SDK leaves their pipes to the garbage collector, which comes too late."""

    def __init__(self) -> None:
        super().__init__()
        self._started: list[asyncio.BaseTransport] = []

    async def subprocess_exec(self, *args: Any, **options: Any) -> Any:
        started = await super().subprocess_exec(*args, **options)
        self._started.append(started[0])
        return started

    async def let_go(self) -> None:
        """Close the pipes, and end what is still at their other end."""
        for transport in self._started:
            transport.close()
        for _ in range(3):  # each pipe says that it is closed, then the program does
            await asyncio.sleep(0)


def _cancel(begun: Future[Callable[[], object]]) -> None:
    with suppress(RuntimeError):  # its loop is closed: it has ended by itself
        begun.result()()
