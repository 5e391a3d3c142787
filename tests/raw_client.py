"""Clients for tests that hold nothing of our SDK.

`RawConversation` speaks WebSocket through the `websockets` library; `RawSocket` writes the frames of RFC
6455 byte by byte, for what no library would send.
"""

from __future__ import annotations

import base64
import inspect
import json
import os
import socket
import struct
import uuid
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

__all__ = ["RawConversation", "RawSocket"]

_SAFETY_SECONDS = 20.0  # ends a test that would hang otherwise
_ASKING = ("text_input", "multiple_choice")


class RawConversation:
    """One WebSocket to a server, opened at once. A context manager; leaving it closes the socket.

    `url`      the server's, "http://127.0.0.1:PORT".
    `path`     of the WebSocket.
    `options`  for `websockets.sync.client.connect`: `additional_headers`, `origin`, `subprotocols`, …
    """

    def __init__(self, url: str, path: str = "/fastagency/ws", **options: Any) -> None:
        known = inspect.signature(connect).parameters
        if "proxy" in known:  # since websockets 15
            options.setdefault("proxy", None)
        if "ping_interval" in known:  # likewise; before that it sends none
            options.setdefault("ping_interval", None)
        options.setdefault("max_size", None)
        self.messages: list[dict[str, Any]] = []
        """Every message received, oldest first."""
        self._stack = ExitStack()  # websockets 17 opens a connection only as a context manager
        self._socket = self._stack.enter_context(
            connect(url.replace("http", "ws", 1) + path, open_timeout=_SAFETY_SECONDS, **options)
        )

    @classmethod
    def open(cls, url: str, path: str = "/fastagency/ws", **options: Any) -> Self:
        """The same as calling the class."""
        return cls(url, path, **options)

    def start(self, name: str, params: dict[str, Any] | None = None, workflow_uuid: str | None = None) -> str:
        """Send a first frame that is right, and return the conversation's uuid (dashed, unless one was
        given).
        """
        workflow_uuid = workflow_uuid or str(uuid.uuid4())
        frame = {"user_id": None, "workflow_uuid": workflow_uuid, "name": name, "params": params or {}}
        self.send_text(json.dumps(frame))
        return workflow_uuid

    def send_text(self, text: str) -> None:
        """Send one text frame. Raises websockets' ConnectionClosed when the socket is closed."""
        self._socket.send(text)

    def send_bytes(self, data: bytes) -> None:
        """Send one binary frame. Raises websockets' ConnectionClosed when the socket is closed."""
        self._socket.send(data)

    def receive(self, timeout: float = _SAFETY_SECONDS) -> dict[str, Any]:
        """The next message. Raises ConnectionClosed at the end, and TimeoutError when nothing comes
        (seconds).
        """
        frame = self._socket.recv(timeout)
        assert isinstance(frame, str), f"a binary frame: {frame!r}"
        message = json.loads(frame)
        assert isinstance(message, dict), f"not an object: {frame}"
        self.messages.append(message)
        return message

    def receive_until(self, *types: str, timeout: float = _SAFETY_SECONDS) -> list[dict[str, Any]]:
        """All messages up to and with the first of one of the types; without types: up to the next
        question.
        """
        wanted = types or _ASKING
        received = [self.receive(timeout)]
        while received[-1].get("type") not in wanted:
            received.append(self.receive(timeout))
        return received

    def expect_close(self, timeout: float = _SAFETY_SECONDS) -> tuple[int, str]:
        """Wait for the end: (close code, reason), code 1006 when no close frame came.

        Raises AssertionError when a message comes instead.
        """
        try:
            message = self.receive(timeout)
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd is not None else (1006, "")
        raise AssertionError(f"a message instead of the end: {message}")

    def drain(self, timeout: float = _SAFETY_SECONDS) -> tuple[list[dict[str, Any]], tuple[int, str]]:
        """Everything that still comes: (messages, (close code, reason))."""
        received: list[dict[str, Any]] = []
        while True:
            try:
                received.append(self.receive(timeout))
            except ConnectionClosed:
                return received, self.expect_close(timeout)

    def close(self, code: int = 1000) -> None:
        """Close the socket with a closing handshake."""
        self._socket.close(code)
        self._stack.close()

    def drop(self) -> None:
        """Break the connection without a close frame, as a lost network does."""
        self.reset()
        self._socket.recv_events_thread.join(_SAFETY_SECONDS)

    def reset(self) -> None:
        """The same without waiting; a connection that has ended already stays as it is."""
        with suppress(OSError):
            _reset(self._socket.socket)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class RawSocket:
    """A TCP connection that has made the WebSocket handshake; from there on every frame is written by hand.

    A context manager; leaving it closes the TCP connection. `headers` go into the handshake.
    `receive_buffer` is how many bytes the kernel keeps while nobody reads (None: megabytes).
    """

    TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 0x1, 0x2, 0x8, 0x9, 0xA, 0x0

    def __init__(
        self,
        url: str,
        path: str = "/fastagency/ws",
        headers: dict[str, str] | None = None,
        receive_buffer: int | None = None,
    ) -> None:
        address = urlsplit(url)
        self._tcp = socket.socket()
        self._tcp.settimeout(_SAFETY_SECONDS)
        if receive_buffer is not None:  # before the connection: its window is made from it
            self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._tcp.connect((address.hostname, address.port))
        self._buffer = b""
        lines = {
            "Host": address.netloc,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            **(headers or {}),
        }
        request = f"GET {path} HTTP/1.1\r\n" + "".join(
            f"{name}: {value}\r\n" for name, value in lines.items()
        )
        self._tcp.sendall(request.encode("latin-1") + b"\r\n")
        while b"\r\n\r\n" not in self._buffer:
            self._fill()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        self.status = int(head.split(b" ", 2)[1])
        """Of the handshake: 101 when the socket is open."""

    def send_frame(
        self,
        payload: bytes,
        opcode: int = TEXT,
        *,
        final: bool = True,
        masked: bool = True,
        reserved: int = 0,
    ) -> None:
        """Write one frame: `opcode` of RFC 6455, `final` False for a fragment, `reserved` the three RSV
        bits.
        """
        head = bytes([(0x80 if final else 0) | (reserved << 4) | opcode])
        bit = 0x80 if masked else 0
        if len(payload) < 126:
            head += bytes([bit | len(payload)])
        elif len(payload) < 65536:
            head += bytes([bit | 126]) + struct.pack("!H", len(payload))
        else:
            head += bytes([bit | 127]) + struct.pack("!Q", len(payload))
        if masked:
            key = os.urandom(4)
            length = len(payload)
            pad = (key * (length // 4 + 1))[:length]
            mixed = int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")
            payload = key + mixed.to_bytes(length, "big")
        self._tcp.sendall(head + payload)

    def send_bytes_raw(self, data: bytes) -> None:
        """Write bytes as they are, frame or not."""
        self._tcp.sendall(data)

    def start(self, name: str, params: dict[str, Any] | None = None, workflow_uuid: str | None = None) -> str:
        """Send a first frame that is right, and return the conversation's uuid."""
        workflow_uuid = workflow_uuid or str(uuid.uuid4())
        frame = {"user_id": None, "workflow_uuid": workflow_uuid, "name": name, "params": params or {}}
        self.send_frame(json.dumps(frame).encode())
        return workflow_uuid

    def receive_frame(self) -> tuple[int, bytes]:
        """The next frame: (opcode, payload). Raises ConnectionError when the connection ends instead."""
        first, second = self._take(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", self._take(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self._take(8))
        return first & 0x0F, self._take(length)

    def receive(self) -> dict[str, Any]:
        """The next text frame as a message; pings and pongs are passed over."""
        opcode, payload = self.receive_frame()
        while opcode in (self.PING, self.PONG):
            opcode, payload = self.receive_frame()
        assert opcode == self.TEXT, f"frame with opcode {opcode}: {payload!r}"
        message = json.loads(payload)
        assert isinstance(message, dict), f"not an object: {payload!r}"
        return message

    def expect_close(self) -> tuple[int, str]:
        """Wait for the close frame and return (code, reason); messages before it are passed over.

        Code 1005: a close frame without a code. 1006: the connection ended without a close frame.
        """
        try:
            while True:
                opcode, payload = self.receive_frame()
                if opcode == self.CLOSE:
                    return (
                        (struct.unpack("!H", payload[:2])[0], payload[2:].decode()) if payload else (1005, "")
                    )
        except ConnectionError:
            return 1006, ""

    def half_close(self) -> None:
        """Say that nothing more will be written, and stay readable."""
        self._tcp.shutdown(socket.SHUT_WR)

    def drop(self) -> None:
        """Break the connection with a reset, without a close frame."""
        _reset(self._tcp)
        self._tcp.close()

    def close(self) -> None:
        """Close the TCP connection, without a close frame."""
        self._tcp.close()

    def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._fill()
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def _fill(self) -> None:
        data = self._tcp.recv(65536)
        if not data:
            raise ConnectionError("the connection ended")
        self._buffer += data

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _reset(tcp: socket.socket) -> None:
    # A linger of zero seconds turns the close into a reset: the server's kernel sees the connection break.
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    tcp.shutdown(socket.SHUT_RD)
