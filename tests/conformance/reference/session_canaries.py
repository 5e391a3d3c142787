"""Servers of `fastagency.v1` that are wrong in one way each, all in one process:
`python tests/conformance/servers/ours.py --session-canaries` serves each under its name as a path.

Each stands between its sockets and this project's server, as ASGI middleware, and spoils one thing.
`canaries.yaml` lists the cases that each must fail.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

__all__ = ["SESSION_CANARIES", "ByName"]

Event = dict[str, Any]
Message = dict[str, Any]
Send = Callable[[Event], Awaitable[None]]
Receive = Callable[[], Awaitable[Event]]
Shared = dict[str, Any]

_DIALECT = "fastagency.v1"


class ByName:
    """Every canary under its name: `/LeavesGaps/fastagency/ws`."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._shared: dict[str, Shared] = {name: {} for name in SESSION_CANARIES}

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        _, name, path = scope["path"].split("/", 2)
        tap = SESSION_CANARIES[name](self._shared[name])
        raw = scope["raw_path"].removeprefix(f"/{name}".encode())
        await tap.serve(self._app, {**scope, "path": f"/{path}", "raw_path": raw}, receive, send)


class Faithful:
    """One connection of a canary that changes nothing; the others override one method. `shared` is the same
    for all connections of a canary."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.send: Send
        self.replaying = False
        self.uuid = ""

    async def serve(self, app: Any, scope: Event, receive: Receive, send: Send) -> None:
        """Serve the connection with an application."""
        self.send = send
        dialect = scope["type"] == "websocket" and _DIALECT in scope["subprotocols"]

        waiting: deque[Event] = deque()

        async def hear() -> Event:
            while not waiting:
                waiting.extend(self.heard(await receive()))
            return waiting.popleft()

        async def say(event: Event) -> None:
            for it in await self.said(event):
                await send(it)

        await app(self.scope(scope), hear if dialect else receive, say if dialect else self.answering(send))

    def scope(self, scope: Event) -> Event:
        """What the application is told of the connection."""
        return scope

    def answering(self, send: Send) -> Send:
        """How a response is sent."""
        return send

    def heard(self, event: Event) -> list[Event]:
        """What the application hears."""
        if event["type"] != "websocket.receive" or not event.get("text"):
            return [event]
        try:
            frame = json.loads(event["text"])
        except ValueError:
            return [event]
        if not isinstance(frame, dict):
            return [event]
        self.uuid = self.uuid or str(frame.get("workflow_uuid", "")).replace("-", "")
        return [{**event, "text": json.dumps(self.frame(frame))}]

    def frame(self, frame: Message) -> Message:
        """What becomes of a frame of the client."""
        return frame

    async def said(self, event: Event) -> list[Event]:
        """What the client gets."""
        if event["type"] != "websocket.send":
            return [event]
        message = json.loads(event["text"])
        if message["type"] == "session_ready":
            self.replaying = message["mode"] != "fresh"
        spoiled = self.message(message)
        if message["type"] == "replay_completed":
            self.replaying = False
        return [{**event, "text": json.dumps(it, ensure_ascii=False)} for it in spoiled]

    def message(self, message: Message) -> list[Message]:
        """What becomes of a message."""
        return [message]


class EchoesNoSubprotocol(Faithful):
    async def said(self, event: Event) -> list[Event]:
        if event["type"] == "websocket.accept":
            return [{**event, "subprotocol": None}]
        return [event]


class TellsNoToken(Faithful):
    def answering(self, send: Send) -> Send:
        held: list[Event] = []

        async def say(event: Event) -> None:
            held.append(event)
            if event["type"] == "http.response.start" or event.get("more_body"):
                return
            body = b"".join(it.get("body", b"") for it in held[1:])
            if b'"resume_token"' in body:
                body = json.dumps({**json.loads(body), "resume_token": None}).encode()
            headers = [it for it in held[0]["headers"] if it[0].lower() != b"content-length"]
            await send({**held[0], "headers": [*headers, (b"content-length", str(len(body)).encode())]})
            await send({"type": "http.response.body", "body": body})

        return say


class ClosesWith4000(Faithful):
    async def said(self, event: Event) -> list[Event]:
        refused = event["type"] == "websocket.close" and event["code"] != 1000
        return [{**event, "code": 4000}] if refused else await super().said(event)


class CountsFromZero(Faithful):
    def message(self, message: Message) -> list[Message]:
        return [{**message, "seq": message["seq"] - 1} if "seq" in message else message]


class LeavesGaps(Faithful):
    def message(self, message: Message) -> list[Message]:
        return [] if message["type"] == "text_message" else [message]


class TellsLocalTime(Faithful):
    def message(self, message: Message) -> list[Message]:
        if "timestamp" in message:
            message["timestamp"] = message["timestamp"].replace("Z", "+02:00")
        return [message]


class ChangesTheReplay(Faithful):
    def message(self, message: Message) -> list[Message]:
        return [{**message, "sender": "Ghost"} if self.replaying and "sender" in message else message]


class ReplaysTooMuch(Faithful):
    def frame(self, frame: Message) -> Message:
        return {**frame, "after_seq": frame["after_seq"] - 1} if "after_seq" in frame else frame


class TrustsEveryEpoch(Faithful):
    def frame(self, frame: Message) -> Message:
        return {**frame, "epoch": self.shared.get(self.uuid, frame["epoch"])} if "epoch" in frame else frame

    def message(self, message: Message) -> list[Message]:
        if message["type"] == "session_ready":
            self.shared[message["workflow_uuid"]] = message["epoch"]
        return [message]


class SaysNoReplayCompleted(Faithful):
    def message(self, message: Message) -> list[Message]:
        return [] if message["type"] == "replay_completed" else [message]


class TalksInsideTheReplay(Faithful):
    def message(self, message: Message) -> list[Message]:
        if message["type"] != "session_ready" or not self.replaying:
            return [message]
        envelope: Message = {"sender": None, "recipient": None, "auto_reply": False, "content": {}}
        chatter = {"type": "keep_alive", "workflow_uuid": self.uuid, "uuid": "0" * 32, **envelope}
        return [message, chatter]


class TakesEveryToken(Faithful):
    def frame(self, frame: Message) -> Message:
        if "resume_token" in frame and self.uuid in self.shared:
            return {**frame, "resume_token": self.shared[self.uuid]}
        return frame

    def message(self, message: Message) -> list[Message]:
        if message["type"] == "session_ready":
            self.shared[message["workflow_uuid"]] = message["resume_token"]
        return [message]


class LeaksTheToken(TakesEveryToken):
    def frame(self, frame: Message) -> Message:
        return frame

    def message(self, message: Message) -> list[Message]:
        super().message(message)
        token = self.shared.get(self.uuid)
        return [{**message, "sender": token} if message["type"] == "text_message" else message]


class ForgetsAnswerIds(Faithful):
    def frame(self, frame: Message) -> Message:
        if frame.get("type") != "answer":
            return frame
        used = self.shared.setdefault(f"{self.uuid} {frame.get('answer_id')}", [])
        used.append(frame)
        return frame if len(used) == 1 else {**frame, "answer_id": f"again {len(used)}"}


class RepeatsVerdictsToAll(Faithful):
    async def said(self, event: Event) -> list[Event]:
        said = await super().said(event)
        held = self.shared.setdefault(self.uuid, {})
        held.setdefault("sockets", set()).add(self.send)
        for it in said:
            if "answer_accepted" not in it.get("text", ""):
                continue
            key = self.send, json.loads(it["text"])["seq"]
            if key in held.setdefault("verdicts", set()):
                for send in held["sockets"] - {self.send}:
                    await send(it)
            held["verdicts"].add(key)
        return said


class RejectsForOneReason(Faithful):
    def message(self, message: Message) -> list[Message]:
        if message["type"] == "answer_rejected":
            message["reason"] = "question_closed"
        return [message]


class TellsPasswords(Faithful):
    def frame(self, frame: Message) -> Message:
        if frame.get("type") == "answer":
            self.shared[self.uuid] = frame.get("value")
        return frame

    def message(self, message: Message) -> list[Message]:
        if message["type"] == "answer_accepted" and message["answer_id"] is not None:
            message["value"] = message["value"] if message["value"] is not None else self.shared[self.uuid]
        return [message]


class SaysNoOutcome(Faithful):
    def message(self, message: Message) -> list[Message]:
        if message["type"] == "workflow_completed":
            message["content"]["outcome"] = None
        return [message]


class AlwaysCompletes(Faithful):
    def message(self, message: Message) -> list[Message]:
        if message["type"] == "workflow_completed":
            message["content"]["outcome"] = "completed"
        return [message]


class TellsNoCode(Faithful):
    def message(self, message: Message) -> list[Message]:
        if message["type"] == "error":
            message["content"]["code"] = None
        return [message]


class TellsNoExpiry(Faithful):
    def message(self, message: Message) -> list[Message]:
        if "content" in message:
            message["content"].pop("expires_at", None)
        return [message]


class TellsGuesses(Faithful):
    def message(self, message: Message) -> list[Message]:
        if message["type"] == "session_ready":
            self.shared[self.uuid] = True
        if message["type"] == "error" and self.uuid in self.shared:
            message["content"]["long"] = "It is not yours."
        return [message]


class CancelsAtADrop(Faithful):
    def heard(self, event: Event) -> list[Event]:
        if event["type"] == "websocket.disconnect":
            return [{"type": "websocket.receive", "text": '{"type": "cancel_workflow"}'}, event]
        return super().heard(event)


class IgnoresCancel(Faithful):
    def frame(self, frame: Message) -> Message:
        return {"type": "acknowledge", "seq": 0} if frame.get("type") == "cancel_workflow" else frame


class IgnoresBadFrames(Faithful):
    def heard(self, event: Event) -> list[Event]:
        if event["type"] != "websocket.receive":
            return [event]
        try:
            frame = json.loads(event.get("text") or "")
        except ValueError:
            return []
        return super().heard(event) if isinstance(frame, dict) and "type" in frame else []


class SaysNoKeepAlive(Faithful):
    def message(self, message: Message) -> list[Message]:
        return [] if message["type"] == "keep_alive" else [message]


class NumbersKeepAlive(Faithful):
    heartbeats = 0

    def message(self, message: Message) -> list[Message]:
        self.heartbeats += message["type"] == "keep_alive"
        # Not the first: a socket that is slow may get one where another gets none.
        return [{**message, "seq": 1} if message["type"] == "keep_alive" and self.heartbeats > 2 else message]


class HidesTheTrim(Faithful):
    def message(self, message: Message) -> list[Message]:
        return [{**message, "oldest_seq": 1} if message["type"] == "session_ready" else message]


class NeverReplaces(Faithful):
    def message(self, message: Message) -> list[Message]:
        return [{**message, "replace": False} if message["type"] == "text_chunk" else message]


class LogsPieces(Faithful):
    def message(self, message: Message) -> list[Message]:
        return [{**message, "seq": 2} if message["type"] == "text_chunk" else message]


class AddsAFieldOfItsOwn(Faithful):
    def message(self, message: Message) -> list[Message]:
        return [{**message, "server": "canary"} if message["type"] == "session_ready" else message]


class _Headers(Faithful):
    """For those that spoil what the application is told of the opening."""

    @staticmethod
    def with_header(scope: Event, name: bytes, value: bytes | None) -> Event:
        headers = [it for it in scope["headers"] if it[0].lower() != name]
        return {**scope, "headers": headers if value is None else [*headers, (name, value)]}


class TakesEveryOrigin(_Headers):
    def scope(self, scope: Event) -> Event:
        return self.with_header(scope, b"origin", None)


class TakesEveryTicket(_Headers):
    def scope(self, scope: Event) -> Event:
        if b"ticket=" not in scope["query_string"]:
            return scope
        return self.with_header({**scope, "query_string": b""}, b"x-user", b"alice")


class KnowsOneUser(_Headers):
    def scope(self, scope: Event) -> Event:
        return self.with_header(scope, b"x-user", b"alice")


class AsksForNoTicket(_Headers):
    def scope(self, scope: Event) -> Event:
        return {**scope, "query_string": b""}


SESSION_CANARIES: dict[str, type[Faithful]] = {
    it.__name__: it
    for it in [*Faithful.__subclasses__(), *TakesEveryToken.__subclasses__(), *_Headers.__subclasses__()]
    if it is not _Headers
}
"""Every canary by its name."""
