"""The scripted server that a client meets: three routes on a free port, doing what the case at hand says.

It knows nothing of the protocol but its paths. Requests are recorded as they came, replies are what the case
laid ready, and each WebSocket is handed over as a `Wire`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from .wire import Wire, flush

__all__ = ["DISCOVERY", "INITIATE", "SOCKET", "Reply", "Rest", "Stage"]

DISCOVERY, INITIATE, SOCKET = "/fastagency/discovery", "/fastagency/initiate_workflow", "/fastagency/ws"
_MAX_BODY = 8 * 1024 * 1024


@dataclass(frozen=True)
class Rest:
    """One HTTP request as it came: `headers` by lower-case name."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What to answer. `dropped`: end the connection instead of answering."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    dropped: bool = False

    @classmethod
    def of(cls, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
        """A reply with `value` as JSON."""
        return cls(
            status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})}
        )


class Stage:
    """A server for one case; use it as an async context manager. `url` is "http://127.0.0.1:PORT" + prefix.

    `rest` is called with each request of the two REST routes and returns the reply. `handshake` None accepts
    the WebSocket, otherwise it is refused with that reply; `refusals` are for one opening each.
    `compression` agrees to permessage-deflate, `subprotocol` to that one where it is offered.
    """

    def __init__(self, rest: Callable[[Rest], Awaitable[Reply]], prefix: str = "") -> None:
        self.requests: list[Rest] = []
        self.sockets: asyncio.Queue[Wire] = asyncio.Queue()
        self.opened: list[Wire] = []
        self.handshake: Reply | None = None
        self.refusals: deque[Reply] = deque()
        self.compression = False
        self.subprotocol: str | None = None
        self.faults: list[str] = []
        self.prefix = prefix
        self._rest = rest
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.url = ""
        self.port = 0

    async def __aenter__(self) -> Stage:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=64)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}{self.prefix}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def abort(self) -> None:
        """Drop every WebSocket: whatever the client still waits for comes to an end."""
        for wire in self.opened:
            if wire.ended is None:
                wire.drop(reset=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._one_request(reader, writer):
                pass
        except asyncio.CancelledError:
            return  # the stage is being taken down
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return  # the client went away between two requests, which it may
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _one_request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ", 2)
        pairs = (line.partition(":") for line in lines[1:] if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        if headers.get("upgrade", "").lower() == "websocket":
            await self._upgrade(head, Rest(method, path, headers, b""), reader, writer)
            return False
        body = await _body(headers, reader)
        request = Rest(method, path, headers, body)
        self.requests.append(request)
        reply = await self._rest(request)
        if reply.dropped:
            return False
        await _write(reply, writer)
        return headers.get("connection", "").lower() != "close"

    async def _upgrade(
        self, head: bytes, request: Rest, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.requests.append(request)
        refusal = self.refusals.popleft() if self.refusals else self.handshake
        if refusal is not None:
            if not refusal.dropped:
                await _write(refusal, writer, last=True)
            return
        extensions = [ServerPerMessageDeflateFactory()] if self.compression else None

        def select(_: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
            return next((it for it in offered if it == self.subprotocol), None)

        protocol = ServerProtocol(extensions=extensions, select_subprotocol=select, max_size=None)
        protocol.receive_data(head)
        (asked,) = protocol.events_received()
        protocol.send_response(protocol.accept(asked))  # type: ignore[arg-type]
        await flush(protocol.data_to_send(), writer)
        if protocol.handshake_exc is not None:
            self.faults.append(f"the client's WebSocket handshake is wrong: {protocol.handshake_exc}")
            return
        wire = Wire(protocol, reader, writer)
        self.opened.append(wire)
        self.sockets.put_nowait(wire)
        await wire.run()


async def _body(headers: dict[str, str], reader: asyncio.StreamReader) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        parts = []
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readuntil(b"\r\n")
        return b"".join(parts)
    length = int(headers.get("content-length", "0"))
    return await reader.readexactly(min(length, _MAX_BODY))


async def _write(reply: Reply, writer: asyncio.StreamWriter, *, last: bool = False) -> None:
    try:
        phrase = HTTPStatus(reply.status).phrase
    except ValueError:
        phrase = "Unknown"
    headers = {"Content-Length": str(len(reply.body)), **reply.headers}
    if last:
        headers["Connection"] = "close"
    head = f"HTTP/1.1 {reply.status} {phrase}\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    with contextlib.suppress(ConnectionError):
        writer.write(head.encode("latin-1") + b"\r\n" + reply.body)
        await writer.drain()
