"""A lean WebSocket client that reads frames, so that the client is not what is measured.

A full WebSocket library spends more on a message than a fast server does. This one reads only what servers of
the protocol send (unmasked, unfragmented, uncompressed text), and fails on the rest.
"""

from __future__ import annotations

import asyncio
import os
from abc import abstractmethod
from base64 import b64encode
from collections.abc import Mapping
from typing import Final, cast

from .errors import LoadFailed

__all__ = ["WebSocket"]

_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_FINAL, _MASKED = 0x80, 0x80
_UNMASKED: Final = bytes(4)  # a mask of zeros: allowed, and it costs nothing


class WebSocket(asyncio.Protocol):
    """One socket. `texts` counts the text frames, `code` is the server's close code, None without one."""

    def __init__(self) -> None:
        self.texts = 0
        self.code: int | None = None
        self.closed = False
        self.response = b""
        """The head of the server's response to the handshake."""
        self._buffer = bytearray()
        self._fault: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    # --- for the dialects

    @abstractmethod
    def _received(self, buffer: bytearray, spans: list[tuple[int, int]]) -> None:
        """Text frames have come; each span is where one stands in `buffer`."""

    @abstractmethod
    def _lost(self) -> Exception:
        """What to raise for a socket that was closed too early."""

    # --- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one only by its methods

    def data_received(self, data: bytes) -> None:
        """Read the complete frames, then wake whoever waits."""
        self._buffer += data
        if not self.response:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self.response = bytes(self._buffer[:end])
            del self._buffer[: end + 4]
            if not self.response.startswith(b"HTTP/1.1 101"):
                status = self.response.partition(b"\r\n")[0].decode("latin-1")
                self._fail(LoadFailed(f"the server refused the socket: {status}"))
                return
        self._read_frames()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio names it)
        """Remember it: FastAgency ends every conversation so, without a close frame."""
        self.closed = True
        self._wake()

    # --- what the measures call

    def shake_hands(self, host: str, path: str, headers: Mapping[str, str]) -> None:
        """Ask for a WebSocket at `path`."""
        assert self._transport is not None
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {b64encode(os.urandom(16)).decode()}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        self._transport.write("\r\n".join([*lines, "", ""]).encode("latin-1"))

    async def upgraded(self) -> None:
        """Wait for the end of the handshake. Raises LoadFailed when the server refused it."""
        while not self.response or self._fault is not None:
            await self._changed()

    def send_text(self, text: str) -> None:
        """Send one text frame."""
        assert self._transport is not None
        payload = text.encode()
        if len(payload) < 126:
            head = bytes([_FINAL | _TEXT, _MASKED | len(payload)])
        elif len(payload) < 1 << 16:
            head = bytes([_FINAL | _TEXT, _MASKED | 126]) + len(payload).to_bytes(2, "big")
        else:
            head = bytes([_FINAL | _TEXT, _MASKED | 127]) + len(payload).to_bytes(8, "big")
        self._transport.write(head + _UNMASKED + payload)

    def abandon(self) -> None:
        """Drop the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    # --- inside

    def _read_frames(self) -> None:
        buffer, at, end = self._buffer, 0, len(self._buffer)
        spans: list[tuple[int, int]] = []
        while end - at >= 2:
            length, start = buffer[at + 1], at + 2
            if length == 126:
                length, start = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 4
            elif length == 127:
                length, start = int.from_bytes(buffer[at + 2 : at + 10], "big"), at + 10
            elif length > 127:
                self._fail(LoadFailed("the server sent a masked frame"))
                return
            if end < start + length:
                break
            opcode = buffer[at]
            at = start + length
            if opcode == _FINAL | _TEXT:
                spans.append((start, at))
            elif opcode in (_FINAL | _CLOSE, _FINAL | _PING):
                assert self._transport is not None
                if opcode == _FINAL | _CLOSE and length >= 2:
                    self.code = int.from_bytes(buffer[start : start + 2], "big")
                reply = _FINAL | (_PONG if opcode == _FINAL | _PING else _CLOSE)
                self._transport.write(bytes([reply, _MASKED | length]) + _UNMASKED + buffer[start:at])
            elif opcode != _FINAL | _PONG:
                self._fail(LoadFailed(f"the server sent a frame with the first byte {opcode:#x}"))
                return
        if spans:
            self.texts += len(spans)
            self._received(buffer, spans)
        del buffer[:at]

    async def _changed(self) -> None:
        if self._fault is not None:
            raise self._fault
        if self.closed:
            raise self._lost()
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, fault: Exception) -> None:
        self._fault = fault
        self.abandon()
        self._wake()
