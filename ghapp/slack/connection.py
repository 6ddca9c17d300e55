"""Our end of Socket Mode: Slack's own client, which here notices at once that the other end has gone."""

import socket
from contextlib import suppress
from typing import Any, cast

from slack_sdk.socket_mode.builtin import SocketModeClient


class Connection(SocketModeClient):
    """A connection that is made anew when it breaks, within `ping_interval` seconds."""

    def connect(self) -> None:
        """Open it, or open the next one."""
        super().connect()
        session = self.current_session
        if session is None:
            return
        with session.sock_send_lock:  # which is held by whoever closes it
            if session.sock is not None:
                session.sock = cast(Any, _Line(session.sock))

    def close(self) -> None:
        """End it, and its threads. One of them reads, and would wait three seconds for a byte: it is woken."""
        self.auto_reconnect_enabled = False
        line = self.current_session.sock if self.current_session is not None else None
        if line is not None:
            with suppress(OSError):  # the other end was faster
                line.shutdown(socket.SHUT_RDWR)
        super().close()


class _Line:
    """A socket whose end is an error, unless it is we who ended it.

    Slack's client takes the end for nothing new and reads on, without a pause, until five pings have failed.
    """

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._is_ours_to_end = False

    def recv(self, size: int) -> bytes:
        found = self._line.recv(size)
        if not found and not self._is_ours_to_end:
            raise ConnectionResetError("Slack has closed the connection")
        return found

    def send(self, data: bytes) -> int:
        return self._line.send(data)

    def shutdown(self, how: int) -> None:
        self._is_ours_to_end = True
        self._line.shutdown(how)

    def close(self) -> None:
        self._line.close()
