"""One WebSocket over TCP, of either side, frame by frame: also what no well-behaved library would send.

The rules of RFC 6455 come from the sans-I/O core of `websockets`; this module owns the TCP connection, so
that it can write raw bytes, leave out the close frame, or reset the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Opcode
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

__all__ = ["NO_CLOSE_FRAME", "Ended", "Received", "Wire"]

NO_CLOSE_FRAME = 1006
"""What RFC 6455 (7.1.5) calls a connection that ended without a close frame."""


@dataclass(frozen=True)
class Received:
    """A whole message, a ping or a pong: `kind` is "text", "binary", "ping" or "pong"."""

    kind: str
    data: bytes

    def __str__(self) -> str:
        shown = self.data[:200].decode(errors="backslashreplace")
        return f"{self.kind} frame {shown!r}" + (
            f" … ({len(self.data)} bytes)" if len(self.data) > 200 else ""
        )


@dataclass(frozen=True)
class Ended:
    """The end of the connection: the code and reason of the peer's close frame, 1006 when none came, 1005
    when it held no code. `fault` says what the peer did wrong on the level of WebSocket, if it did.
    """

    code: int
    reason: str = ""
    fault: str | None = None

    def __str__(self) -> str:
        how = "no close frame" if self.code == NO_CLOSE_FRAME else f"close frame {self.code} {self.reason!r}"
        return f"the end of the connection ({how})" + (f": {self.fault}" if self.fault else "")


class Wire:
    """An open WebSocket. Call `run` as a task: it reads until the end and fills `received`."""

    def __init__(
        self,
        protocol: ServerProtocol | ClientProtocol,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        request: Request | None = None,
    ) -> None:
        self.protocol = protocol
        self.request = request
        self.received: asyncio.Queue[Received | Ended] = asyncio.Queue()
        self.ended: Ended | None = None
        self._reading = asyncio.Event()
        self._reading.set()
        self._reader = reader
        self._writer = writer
        self._kind: str | None = None
        self._parts: list[bytes] = []

    @property
    def compressed(self) -> bool:
        """Whether permessage-deflate (RFC 7692) was agreed on."""
        return bool(self.protocol.extensions)

    async def run(self) -> None:
        """Read until the connection ends; the last thing in `received` is an `Ended`."""
        try:
            self._take_events()
            while await self._reading.wait() and (data := await self._reader.read(65536)):
                self.protocol.receive_data(data)
                self._take_events()
                await self._flush()
            self.protocol.receive_eof()
        except OSError:
            self.protocol.receive_eof()
        finally:
            self._take_events()
            self._writer.close()
            rcvd = self.protocol.close_rcvd
            fault = self.protocol.parser_exc
            said = f"{type(fault).__name__}: {fault}" if fault and not isinstance(fault, EOFError) else None
            self.ended = Ended(rcvd.code, rcvd.reason, said) if rcvd else Ended(NO_CLOSE_FRAME, "", said)
            self.received.put_nowait(self.ended)

    async def send(self, data: bytes, *, text: bool = True, fragments: int = 1) -> None:
        """Send one message, whole or in so many fragments. `data` need not be UTF-8, whatever `text` says."""
        size = -(-len(data) // fragments) or 1
        pieces = [data[place : place + size] for place in range(0, len(data), size)] or [b""]
        pieces += [b""] * (fragments - len(pieces))
        with contextlib.suppress(InvalidState):  # the peer has closed: what it observed is judged, not this
            for place, piece in enumerate(pieces):
                final = place == len(pieces) - 1
                if place:
                    self.protocol.send_continuation(piece, final)
                elif text:
                    self.protocol.send_text(piece, final)
                else:
                    self.protocol.send_binary(piece, final)
                await self._flush()

    async def ping(self, data: bytes) -> None:
        """Send a ping."""
        with contextlib.suppress(InvalidState):
            self.protocol.send_ping(data)
            await self._flush()

    async def close(self, code: int | None = 1000, reason: str = "") -> None:
        """Send a close frame, with a code or without one; `run` sees the rest of the handshake."""
        with contextlib.suppress(InvalidState):
            self.protocol.send_close(code, reason)
            await self._flush()

    async def raw(self, data: bytes) -> None:
        """Write bytes as they are, frame or not."""
        with contextlib.suppress(ConnectionError):
            self._writer.write(data)
            await self._writer.drain()

    def stall(self) -> None:
        """Read nothing more, and let the system keep little."""
        self._reading.clear()
        tcp = self._writer.get_extra_info("socket")
        if tcp is not None:
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)

    def catch_up(self) -> None:
        """Read on."""
        self._reading.set()

    def drop(self, *, reset: bool) -> None:
        """End the connection without a close frame: by a TCP reset, as a lost peer does, or by an orderly end
        of TCP, as a server does that forgets the close frame.
        """
        tcp = self._writer.get_extra_info("socket")
        if reset and tcp is not None:
            with contextlib.suppress(OSError):
                tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._writer.transport.abort()
        else:
            self._writer.close()

    async def receive(self, seconds: float) -> Received | Ended:
        """The next text or binary message, or the end (again and again, once it came). TimeoutError when
        nothing comes.
        """
        if self.ended is not None and self.received.empty():
            return self.ended
        async with asyncio.timeout(seconds):
            while True:
                event = await self.received.get()
                if isinstance(event, Ended) or event.kind in ("text", "binary"):
                    return event

    def _take_events(self) -> None:
        for event in self.protocol.events_received():
            if isinstance(event, (Request, Response)):
                continue
            match event.opcode:
                case Opcode.TEXT | Opcode.BINARY:
                    self._kind = "text" if event.opcode is Opcode.TEXT else "binary"
                    self._parts = [bytes(event.data)]
                case Opcode.CONT:
                    self._parts.append(bytes(event.data))
                case Opcode.PING | Opcode.PONG:
                    kind = "ping" if event.opcode is Opcode.PING else "pong"
                    self.received.put_nowait(Received(kind, bytes(event.data)))
                    continue
                case _:
                    continue
            if event.fin and self._kind:
                self.received.put_nowait(Received(self._kind, b"".join(self._parts)))
                self._parts = []

    async def _flush(self) -> None:
        await flush(self.protocol.data_to_send(), self._writer)


async def flush(chunks: Sequence[bytes], writer: asyncio.StreamWriter) -> None:
    """Write what a sans-I/O protocol wants to send; an empty chunk says that TCP is to be ended."""
    with contextlib.suppress(OSError, RuntimeError):  # the peer is gone, which `run` finds out
        for data in chunks:
            if data:
                writer.write(data)
            elif writer.can_write_eof():
                writer.write_eof()
        await writer.drain()


def is_open(wire: Wire) -> bool:
    """Whether a message could still be sent."""
    return wire.protocol.state is State.OPEN
