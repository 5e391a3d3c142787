"""Servers that are wrong in one way each: `python tests/conformance/servers/ours.py --canary NAME`.

Each stands between the socket and this project's server, as ASGI middleware, and spoils one thing.
`canaries.yaml` lists the cases that each must fail.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

__all__ = ["SERVER_CANARIES"]

Event = dict[str, Any]
Send = Callable[[Event], Awaitable[None]]
Receive = Callable[[], Awaitable[Event]]


class _Over(Exception):
    """Leaves the application without a word."""


class Honest:
    """Changes nothing; the others override one method."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        """Serve one connection."""

        async def hear() -> Event:
            return self.heard(await receive())

        async def say(event: Event) -> None:
            for it in self.said(event):
                await send(it)

        try:
            await self.app(self.scope(scope), hear, say)
        except _Over:
            return

    def scope(self, scope: Event) -> Event:
        """What the application is told of the connection."""
        return scope

    def heard(self, event: Event) -> Event:
        """What the application hears."""
        return event

    def said(self, event: Event) -> list[Event]:
        """What the client gets."""
        if event["type"] == "websocket.send" and event.get("text"):
            messages = self.message(json.loads(event["text"]))
            return [{**event, "text": json.dumps(it, ensure_ascii=False)} for it in messages]
        return [event]

    def message(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        """What becomes of a message."""
        return [message]


class SendsNoCloseFrame(Honest):
    def said(self, event: Event) -> list[Event]:
        if event["type"] == "websocket.close":
            raise _Over
        return super().said(event)


class ClosesWithOneCode(Honest):
    def said(self, event: Event) -> list[Event]:
        return [{**event, "code": 1000}] if event["type"] == "websocket.close" else super().said(event)


class AnswersEverythingWith200(Honest):
    def said(self, event: Event) -> list[Event]:
        return [{**event, "status": 200}] if event["type"] == "http.response.start" else super().said(event)


class SaysNoRetryAfter(Honest):
    def said(self, event: Event) -> list[Event]:
        if event["type"] == "http.response.start":
            headers = [it for it in event["headers"] if it[0].lower() != b"retry-after"]
            return [{**event, "headers": headers}]
        return super().said(event)


class HasOneSlash(Honest):
    def scope(self, scope: Event) -> Event:
        return {**scope, "path": "/elsewhere"} if scope.get("path", "").startswith("//") else scope


class TakesBinaryFrames(Honest):
    def heard(self, event: Event) -> Event:
        if event["type"] == "websocket.receive" and event.get("bytes") is not None:
            return {"type": "websocket.receive", "text": event["bytes"].decode(errors="replace")}
        return event


class TrimsAnswers(Honest):
    def heard(self, event: Event) -> Event:
        if event["type"] == "websocket.receive" and event.get("text"):
            return {**event, "text": event["text"].strip()}
        return event


class TellsNoErrors(Honest):
    def message(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        return [] if message["type"] == "error" else [message]


class SaysNoStart(Honest):
    def message(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        return [] if message["type"] == "workflow_started" else [message]


class SaysNoEnd(Honest):
    def message(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        return [] if message["type"] == "workflow_completed" else [message]


class SaysItTwice(Honest):
    def message(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        return [message, message] if message["type"] == "text_message" else [message]


class WritesDashes(Honest):
    def message(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        uuid = message["workflow_uuid"]
        dashed = f"{uuid[:8]}-{uuid[8:12]}-{uuid[12:16]}-{uuid[16:20]}-{uuid[20:]}"
        return [{**message, "workflow_uuid": dashed}]


class AddsAField(Honest):
    def message(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        return [{**message, "seq": 1}]


class LeavesOutDefaults(Honest):
    def message(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        return [{key: it for key, it in message.items() if key != "auto_reply"}]


class ForgetsTheResult(Honest):
    def message(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        if message["type"] == "workflow_completed":
            message["content"]["result"] = None
        return [message]


class ForgetsParams(Honest):
    def message(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        if message["type"] == "workflow_started":
            message["content"]["params"] = {}
        return [message]


class ForgetsTheSender(Honest):
    def message(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        return [{**message, "sender": "Somebody"}]


SERVER_CANARIES: dict[str, type[Honest]] = {it.__name__: it for it in Honest.__subclasses__()}
"""Every canary by its name."""
