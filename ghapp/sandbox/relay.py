"""The model relay: stands on the host between an engine and the Messages API, behind a Unix socket.

The engine's side has no key and no network: it has the socket. The relay puts the key in, lets through only what
`relay_rules` lists, counts what each call used and refuses calls once the budget is spent (402, with the header
`honk-budget: spent`, or `time`). One event loop in a thread of its own serves one attempt, so that closing the relay
can cut whatever is underway.

Operators' proxies work by the usual variables (HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE).
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path

import httpx2

from ghapp.core.budget import price_of
from ghapp.core.errors import UserError
from ghapp.core.ports import Account, BudgetSpent, ModelAccess
from ghapp.core.run import Run
from ghapp.locks import held_if_free
from ghapp.sandbox import relay_rules
from ghapp.sandbox.folders import owned, remove
from ghapp.sandbox.relay_http import Exchange
from ghapp.sandbox.relay_meter import Meter, Purse
from ghapp.sandbox.relay_rules import Call, Headers, Refused

_MAX_CALLERS = 16  # connections at a time: the sandbox must not use up the worker's file descriptors
_PREFIX = "honk-relay-"
_MAX_SOCKET_PATH = 107  # bytes; sun_path of unix(7)
# A model may think for minutes before the first byte; ten are what the SDK grants a call as well.
_TIMEOUT = httpx2.Timeout(600, connect=30)

Stop = Callable[[float], object]
"""Lets no new call in, and cuts what is underway after so many seconds."""


class ModelRelay:
    """Opens a relay for each attempt.

    `upstream` is the base address of the Messages API, without `/v1`; `account_of` gives the account of a run.
    """

    def __init__(
        self,
        upstream: str,
        key: str,
        account_of: Callable[[Run], Account],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._upstream, self._key, self._account_of, self._clock = upstream.rstrip("/"), key, account_of, clock

    @contextmanager
    def open(self, run: Run, model: str) -> Iterator[ModelAccess]:
        """Listen for one attempt; its time counts from here. What is underway at the end is cut.

        The account is charged in the relay's thread once for each call that was answered, when it ends, however it
        ends. What that raises is raised here at the end. Raises UserError when the socket's path would be too long.
        """
        with self.listen(run, model) as (access, _):
            yield access

    @contextmanager
    def listen(self, run: Run, model: str) -> Iterator[tuple[ModelAccess, Stop]]:
        """As `open`, and a way to end that gives what is underway some seconds to end by itself."""
        temporary = Path(tempfile.gettempdir())  # a data folder's path may be too long for a socket
        _sweep(temporary)
        with owned(temporary, _PREFIX) as folder:
            path = _socket_path(folder)
            session = _Session(
                self._upstream, self._key, model, Purse(run.budget, run.usage, self._account_of(run), self._clock)
            )
            with ThreadPoolExecutor(1, thread_name_prefix="honk-relay") as pool:
                ready: Future[None] = Future()
                stopped: Future[float] = Future()
                done = pool.submit(lambda: asyncio.run(session.listen(path, ready, stopped)))
                done.add_done_callback(lambda ended: _tell_failure(ended, ready))
                try:
                    ready.result()
                    yield ModelAccess(path, model), partial(_stop, stopped)
                except BudgetSpent:
                    if session.failure is None:  # else it is the account that has ended the work
                        raise
                finally:
                    # Also when a signal ends the wait for `ready`: leaving the pool waits for its thread.
                    _stop(stopped, 0)
                    done.result()
            if session.failure is not None:
                raise session.failure


class _Session:
    """Answers the callers of one attempt."""

    def __init__(self, upstream: str, key: str, model: str, purse: Purse) -> None:
        self._upstream, self._key, self._model, self._purse = upstream, key, model, purse
        self._callers: set[asyncio.Task[None]] = set()

    @property
    def failure(self) -> BaseException | None:
        """What the account raised, if it did."""
        return self._purse.failure

    async def listen(self, path: Path, ready: Future[None], stopped: Future[float]) -> None:
        """Serve until `stopped` tells how many seconds are left to what is underway; then cut it."""
        loop = asyncio.get_running_loop()
        # A redirect is not followed: it would carry the key to another address.
        async with httpx2.AsyncClient(timeout=_TIMEOUT, follow_redirects=False) as provider:

            def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                caller = loop.create_task(self._meet(provider, reader, writer))
                self._callers.add(caller)
                caller.add_done_callback(self._callers.discard)

            server = await asyncio.start_unix_server(welcome, path)
            ready.set_result(None)
            seconds = await asyncio.wrap_future(stopped)
            server.close()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._purse.close()
            for caller in self._callers:
                caller.cancel()
            await asyncio.gather(*self._callers, return_exceptions=True)

    async def _meet(
        self, provider: httpx2.AsyncClient, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        exchange = Exchange(reader, writer)
        try:
            if len(self._callers) > _MAX_CALLERS:
                raise Refused(429, "rate_limit_error", "too many calls at a time", [(b"retry-after", b"1")])
            head, body = await exchange.request(relay_rules.MAX_BODY)
            call = relay_rules.check(head.method, head.target, body, self._model)
            await self._serve(provider, exchange, call, relay_rules.upward(head.headers, self._key))
        except Refused as refused:
            await exchange.refuse(refused)
        except OSError:
            pass  # the caller went away before its request was complete
        finally:
            writer.close()

    async def _serve(self, provider: httpx2.AsyncClient, exchange: Exchange, call: Call, headers: Headers) -> None:
        request = provider.build_request("POST", self._upstream + call.target, headers=headers, content=call.body)
        meter = Meter()
        if call.worst is not None:
            await self._purse.admit(call.worst)
        try:
            complete = await _forward(provider, exchange, request, meter)
        finally:
            # Before the caller knows the end, so that its next call meets a purse that is up to date.
            if call.worst is not None:
                self._purse.settle(call.worst, meter.usage(price_of(self._model)))
        if complete:
            await exchange.end()


async def _forward(provider: httpx2.AsyncClient, exchange: Exchange, request: httpx2.Request, meter: Meter) -> bool:
    """Pass the answer on as it comes, all but its end mark; whether it is complete. Raises Refused when there is none.

    When the caller goes away the rest is read without a reader: what was begun is charged, and hanging up must not be
    a way to spend what nobody counts.
    """
    try:
        response = await provider.send(request, stream=True)
    except httpx2.TransportError as error:
        raise Refused(502, "api_error", f"the model cannot be reached ({type(error).__name__})") from None
    try:
        if response.has_redirect_location:
            raise Refused(502, "api_error", "the model's address answers with a redirect")
        if response.is_success:
            meter.begin(streamed=response.headers.get("content-type", "").startswith("text/event-stream"))
        await exchange.begin(response.status_code, relay_rules.downward(response.headers))
        async for piece in response.aiter_raw():
            meter.feed(piece)
            await exchange.send(piece)
    except httpx2.TransportError:
        return False  # cut on the way: the caller is to see an answer without its end
    finally:
        await response.aclose()
    return True


def _sweep(temporary: Path) -> None:
    """Remove the folders of our user's relays whose process was killed."""
    for folder in temporary.glob(f"{_PREFIX}*"):
        with suppress(FileNotFoundError):
            ours = folder.lstat().st_uid == os.getuid()
            with held_if_free(folder) if ours else nullcontext(False) as free:
                if free:
                    remove(folder)


def _socket_path(folder: Path) -> Path:
    path = folder / "model"
    if len(os.fsencode(path)) > _MAX_SOCKET_PATH:
        raise UserError(f"The folder for temporary files has too long a name for a socket: {folder}. Set TMPDIR.")
    return path


def _stop(stopped: Future[float], seconds: float) -> None:
    """Only the first word counts."""
    if not stopped.done():
        stopped.set_result(seconds)


def _tell_failure(ended: Future[None], ready: Future[None]) -> None:
    """Pass on why there is nothing to be ready for."""
    error = ended.exception()
    if error is not None and not ready.done():
        ready.set_exception(error)
