"""The load generator: a lean WebSocket client that counts frames, the same for every peer.

It exists so that the client is not what is measured: a full WebSocket library spends more on a message than
the faster servers do. It reads only what servers send here (unmasked, unfragmented, uncompressed), and fails
on the rest.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
import uuid
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FINAL, MASKED = 0x80, 0x80
ASKED = b'"text_input"'
COMPLETED = b'"workflow_completed"'
ERROR = b'"error"'


class UnexpectedFrame(Exception):
    """The server sent something that this client does not read, or ended too early."""


class Conversation(asyncio.Protocol):
    """One conversation over one socket.

    `texts` counts the text frames, `last` is the newest one, `arrived` the time of its arrival
    (`time.perf_counter`, seconds), `first` the time of the first one's.
    """

    def __init__(self) -> None:
        self.texts = 0
        self.last = b""
        self.arrived = 0.0
        self.first = 0.0
        self._buffer = bytearray()
        self._upgraded = False
        self._closed = False
        self._fault: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    # --- what asyncio calls ---------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one only by its methods

    def data_received(self, data: bytes) -> None:
        """Count the complete frames, then wake whoever waits."""
        self._buffer += data
        if not self._upgraded:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            if not self._buffer.startswith(b"HTTP/1.1 101"):
                self._fail(UnexpectedFrame(bytes(self._buffer[:end]).decode("latin-1")))
                return
            del self._buffer[: end + 4]
            self._upgraded = True
        self._read_frames()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio names it)
        """Remember it: FastAgency ends every conversation so, without a close frame."""
        self._closed = True
        self._wake()

    # --- what the measures call -------------------------------------------------

    async def upgraded(self) -> None:
        """Wait for the end of the handshake."""
        while not self._upgraded:
            await self._changed()

    async def asked(self) -> None:
        """Wait until the newest message is a question."""
        while ASKED not in self.last:
            await self._changed()

    async def spoken(self) -> None:
        """Wait for the first message."""
        while not self.texts:
            await self._changed()

    async def finished(self) -> None:
        """Wait for the end. Raises UnexpectedFrame when `workflow_completed` was not the last message."""
        while not self._closed:
            await self._changed()
        if self._fault is not None:
            raise self._fault
        if COMPLETED not in self.last:
            raise UnexpectedFrame(f"the conversation ended after {self.texts} messages with {self.last!r}")

    def send_text(self, text: str) -> None:
        """Send one short text frame (masked with zeros: allowed, and it costs nothing)."""
        assert self._transport is not None
        payload = text.encode()
        if len(payload) < 126:
            head = bytes([FINAL | TEXT, MASKED | len(payload)])
        else:
            head = bytes([FINAL | TEXT, MASKED | 126]) + len(payload).to_bytes(2, "big")
        self._transport.write(head + bytes(4) + payload)

    def answer(self, text: str) -> None:
        """Answer the open question."""
        self.last = b""
        self.send_text(text)

    def abandon(self) -> None:
        """Drop the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    # --- inside -------------------------------------------------------------------

    def _read_frames(self) -> None:
        buffer, at, end = self._buffer, 0, len(self._buffer)
        newest: tuple[int, int] | None = None
        while end - at >= 2:
            length, start = buffer[at + 1], at + 2
            if length == 126:
                length, start = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 4
            elif length > 126:
                self._fail(UnexpectedFrame("a frame that is masked or longer than 64 KiB"))
                return
            if end < start + length:
                break
            opcode = buffer[at]
            at = start + length
            if opcode == FINAL | TEXT:
                if not self.texts:
                    self.first = time.perf_counter()
                self.texts += 1
                newest = (start, at)
            elif opcode in (FINAL | CLOSE, FINAL | PING):
                assert self._transport is not None
                reply = FINAL | (PONG if opcode == FINAL | PING else CLOSE)
                self._transport.write(bytes([reply, MASKED | length]) + bytes(4) + buffer[start:at])
            else:
                self._fail(UnexpectedFrame(f"a frame with the first byte {opcode:#x}"))
                return
        if newest is not None:
            self.last = bytes(buffer[newest[0] : newest[1]])
            self.arrived = time.perf_counter()
            if ERROR in self.last:
                self._fail(UnexpectedFrame(self.last.decode()))
        del buffer[:at]

    async def _changed(self) -> None:
        if self._fault is not None:
            raise self._fault
        if self._closed:
            raise UnexpectedFrame(f"the connection ended after {self.texts} messages with {self.last!r}")
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, fault: Exception) -> None:
        self._fault = fault
        self._wake()


async def start(url: str, workflow: str, params: Mapping[str, Any]) -> Conversation:
    """Open a socket to the server at `url` and start the named workflow, without the REST call before it."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    _, conversation = await asyncio.get_running_loop().create_connection(
        Conversation, parts.hostname, parts.port
    )
    assert conversation._transport is not None
    conversation._transport.write(
        (
            f"GET /fastagency/ws HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {b64encode(os.urandom(16)).decode()}\r\n\r\n"
        ).encode()
    )
    await conversation.upgraded()
    first = {"user_id": None, "workflow_uuid": str(uuid.uuid4()), "name": workflow, "params": params}
    conversation.send_text(json.dumps(first))
    return conversation
