"""Runs inside the sandbox: runs a command while passing what connects to a port of this loopback on to a socket.

    forward.py PORT SOCKET COMMAND...

Package clients speak to proxies by TCP only, and the sandbox has no network but its loopback. Nothing is decided
here: the other end of the socket, which is outside, does that.
"""

import asyncio
import sys

_CHUNK = 64 * 2**10
_BY_SIGNAL = 128


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until their end, and the end too."""
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()
    writer.write_eof()


async def join(socket: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one connection."""
    try:
        other_reader, other_writer = await asyncio.open_unix_connection(socket)
    except OSError:
        writer.close()
        return
    up = asyncio.create_task(pump(reader, other_writer))
    try:
        # What the other end closes is closed; a client that has said all may still listen.
        await pump(other_reader, writer)
    except (OSError, asyncio.CancelledError):
        pass  # one side went away, or the command has ended and all of it is over
    finally:
        up.cancel()
        await asyncio.gather(up, return_exceptions=True)
        other_writer.close()
        writer.close()


async def run(port: int, socket: str, command: list[str]) -> int:
    """The command's exit code, as a shell says it."""
    server = await asyncio.start_server(lambda reader, writer: join(socket, reader, writer), "127.0.0.1", port)
    async with server:
        process = await asyncio.create_subprocess_exec(*command)
        code = await process.wait()
    return code if code >= 0 else _BY_SIGNAL - code


if __name__ == "__main__":
    code = asyncio.run(run(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
    sys.exit(code)
