"""One HTTP request, or the opening of one WebSocket, by hand: paths go out as they are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from .wire import Wire, flush

__all__ = ["Answer", "Unreachable", "open_socket", "request"]

_SECONDS = 20.0
"""A bound of waits, not an expectation."""


class Unreachable(Exception):
    """The server does not listen, or ended the connection instead of answering."""


@dataclass(frozen=True)
class Answer:
    """A response: `headers` by lower-case name."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        return json.loads(self.body)


async def request(url: str, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
    """Send one request on a connection of its own. Raises Unreachable."""
    address = urlsplit(url)
    lines = {"Host": address.netloc, "Connection": "close", **headers}
    if body is not None:
        lines["Content-Length"] = str(len(body))
    head = f"{method} {address.path.rstrip('/')}{path} HTTP/1.1\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    try:
        async with asyncio.timeout(_SECONDS):
            reader, writer = await asyncio.open_connection(address.hostname, address.port or 80)
            try:
                writer.write(head.encode("latin-1") + b"\r\n" + (body or b""))
                return await _answer(reader)
            finally:
                writer.close()
    except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
        raise Unreachable(f"{method} {path}: {error or type(error).__name__}") from error


async def open_socket(
    url: str,
    path: str,
    headers: Mapping[str, str],
    *,
    compression: bool = False,
    subprotocols: Sequence[str] = (),
) -> Wire | Answer:
    """Open a WebSocket: the open one, or the answer that refused it. Raises Unreachable."""
    address = urlsplit(url)
    target = f"{address.path.rstrip('/')}{path}"
    uri = parse_uri(f"ws://{address.netloc}{target}")
    extensions = [ClientPerMessageDeflateFactory()] if compression else None
    protocol = ClientProtocol(
        uri,
        extensions=extensions,
        subprotocols=[Subprotocol(it) for it in subprotocols] or None,
        max_size=None,
    )
    opening = protocol.connect()
    for name, value in headers.items():
        opening.headers[name] = value
    try:
        async with asyncio.timeout(_SECONDS):
            reader, writer = await asyncio.open_connection(address.hostname, address.port or 80)
            try:
                protocol.send_request(opening)
                await flush(protocol.data_to_send(), writer)
                head = await reader.readuntil(b"\r\n\r\n")
                if not head.startswith(b"HTTP/1.1 101"):
                    answer = await _answer(reader, head)
                    writer.close()
                    return answer
            except BaseException:
                writer.close()
                raise
    except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
        raise Unreachable(f"the opening of the WebSocket: {error or type(error).__name__}") from error
    protocol.receive_data(head)
    if protocol.handshake_exc is not None:
        writer.close()
        raise Unreachable(f"the server's WebSocket handshake is wrong: {protocol.handshake_exc}")
    return Wire(protocol, reader, writer)


async def _answer(reader: asyncio.StreamReader, head: bytes | None = None) -> Answer:
    head = head or await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
    elif "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    else:
        body = await reader.read()
    return Answer(int(lines[0].split(" ", 2)[1]), headers, body)
