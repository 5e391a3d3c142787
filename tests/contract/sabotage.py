"""Servers that are wrong in exactly one way: middlewares that spoil what a right one sends."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from wiretap import App, Event, Receive, Send

__all__ = ["Spoil", "on_rest", "on_socket"]

Spoil = Callable[[Event, Send], Awaitable[None]]
"""Gets one ASGI event that the server sends, and sends on what it makes of it."""


def on_socket(app: App, make: Callable[[], Spoil]) -> App:
    """Spoil what `app` sends over WebSockets; `make` is called for each socket."""

    async def spoiled(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await app(scope, receive, send)
            return
        spoil = make()
        await app(scope, receive, lambda event: spoil(event, send))

    return spoiled


def on_rest(
    app: App,
    *,
    path: str,
    when: int = 200,
    body: Callable[[Any], Any] | None = None,
    status: int | None = None,
    headers: list[tuple[bytes, bytes]] | None = None,
) -> App:
    """Spoil the responses of `app` on one path that have the status `when`.

    `body` changes the decoded body, `status` and `headers` replace the response's.
    """

    async def spoiled(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != path:
            await app(scope, receive, send)
            return
        start: Event = {}
        content = b""

        async def collect(event: Event) -> None:
            nonlocal content
            if event["type"] == "http.response.start":
                start.update(event)
                return
            content += event.get("body", b"")
            if event.get("more_body", False):
                return
            if start["status"] == when:
                if body is not None:
                    content = json.dumps(body(json.loads(content))).encode()
                length = (b"content-length", str(len(content)).encode())
                kept = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
                start["headers"] = [*(kept if headers is None else headers), length]
                start["status"] = status or when
            await send(start)
            await send({"type": "http.response.body", "body": content})

        await app(scope, receive, collect)

    return spoiled
