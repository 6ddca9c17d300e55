"""One HTTP exchange on a stream, the server's side: protocol by h11, bytes by asyncio.

One request to a connection: callers sit on this machine, where a new connection costs nothing, and a relay that closes
has no idle ones to wait for.
"""

from __future__ import annotations

import asyncio

import h11

from ghapp.sandbox.relay_rules import Headers, Refused

_PIECE = 64 * 1024


class Exchange:
    """Reads one request and writes one answer. A caller that went away is noted in `gone`, not raised."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._http = h11.Connection(h11.SERVER)
        self.gone = False
        self.begun = False

    async def request(self, limit: int) -> tuple[h11.Request, bytes]:
        """Head and body. Raises Refused when the body is longer than `limit` bytes or the request is not HTTP."""
        try:
            head = await self._next()
            body = bytearray()
            while isinstance(data := await self._next(), h11.Data):
                body += data.data
                if len(body) > limit:
                    raise Refused(413, "request_too_large", f"a request has at most {limit} bytes")
        except h11.RemoteProtocolError:
            raise Refused(400, "invalid_request_error", "this is not HTTP") from None
        if not isinstance(head, h11.Request):
            raise Refused(400, "invalid_request_error", "the connection ended before a request")
        return head, bytes(body)

    async def begin(self, status: int, headers: Headers) -> None:
        """Send the head of an answer whose body comes in pieces."""
        self.begun = True
        await self._send(h11.Response(status_code=status, headers=[*headers, (b"connection", b"close")]))

    async def send(self, piece: bytes) -> None:
        """Send a piece of the body."""
        await self._send(h11.Data(data=piece))

    async def end(self) -> None:
        """Send the mark that the answer is complete; an answer without it counts as cut."""
        await self._send(h11.EndOfMessage())

    async def refuse(self, refused: Refused) -> None:
        """Send the relay's own answer."""
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        body = refused.body()
        length = (b"content-length", str(len(body)).encode())
        await self.begin(refused.status, [(b"content-type", b"application/json"), length, *refused.headers])
        await self.send(body)
        await self.end()

    async def _next(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(await self._reader.read(_PIECE))
        return event

    async def _send(self, event: h11.Event) -> None:
        if self.gone:
            return
        data = self._http.send(event)
        try:
            self._writer.write(data or b"")
            await self._writer.drain()
        except OSError:
            self.gone = True
