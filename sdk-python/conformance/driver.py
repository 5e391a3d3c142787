"""Puts the Python client under the conformance suite: python driver.py [--sync]

Commands come as JSON lines on stdin, and each gets exactly one observation, a JSON line on stdout, in order.
The process ends when stdin does. `--sync` drives the blocking client instead of the asynchronous one.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tomllib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from fastagency_sdk import (
    AnswerAccepted,
    AsyncClient,
    Client,
    Cursor,
    FastAgencyError,
    MalformedMessage,
    MultipleChoice,
    Reconnect,
    Retry,
    TextAssembler,
    TextInput,
    Unknown,
    raw_text,
)
from fastagency_sdk._generated import messages
from fastagency_sdk._generated.rest.response import UnexpectedBody, parse
from fastagency_sdk.codec import decode, encode

Command = dict[str, Any]
Observation = dict[str, Any]
Act = Callable[[Command], Awaitable[Observation]]

MANIFEST = Path(__file__).parents[1] / "pyproject.toml"
FEATURES = ["discover", "converse", "timeout", "decode", "raw_text", "exact_integers", "sessions"]


class Driver:
    """Holds at most one conversation at a time, with either client."""

    def __init__(self, *, blocking: bool) -> None:
        self._blocking = blocking
        self._client: Any = None
        self._conversation: Any = None
        self._texts = TextAssembler()
        self._reading: asyncio.Task[Any] | None = None

    def ready(self) -> Observation:
        """Say who this is, before the first command."""
        version = tomllib.loads(MANIFEST.read_text())["project"]["version"]
        subject = f"fastagency-sdk for Python{', blocking' if self._blocking else ''}"
        about = {"subject": subject, "language": "python", "version": version, "features": FEATURES}
        return {"saw": "ready", **about}

    async def obey(self, command: Command) -> Observation:
        """Carry out one command and return what was observed."""
        do = command.get("do")
        acts: dict[str, Act] = {
            "discover": self._discover,
            "start": self._start,
            "resume": self._resume,
            "decode": self._decode,
        }
        if self._conversation is not None:
            acts |= {
                "next": self._next,
                "answer": self._answer,
                "cancel": self._cancel,
                "cursor": self._cursor,
                "connection": self._connection,
                "leave": self._leave,
            }
        act = acts.get(str(do))
        try:
            return await act(command) if act else {"saw": "unsupported", "do": do}
        except FastAgencyError as error:
            facts = {name: getattr(error, name, None) for name in ("code", "status", "reason", "detail")}
            told = {name: fact for name, fact in facts.items() if fact not in (None, "")}
            if self._conversation is not None:
                told["state"] = self._conversation.state
            return {"saw": "failed", "error": type(error).__name__, **told}

    async def leave(self) -> None:
        """Close everything that is open. The conversation can still be asked how it ended."""
        if self._conversation is not None:
            await self._call(self._conversation.close)
        if self._reading is not None:
            await asyncio.gather(self._reading, return_exceptions=True)  # the close ended it
            self._reading = None
        if self._client is not None:
            await self._call(self._client.close)

    async def _discover(self, command: Command) -> Observation:
        client = self._new_client(command)
        try:
            found = await self._call(client.discovery)
        finally:
            await self._call(client.close)
        return {"saw": "workflows", "workflows": [workflow.model_dump() for workflow in found]}

    async def _start(self, command: Command) -> Observation:
        await self.leave()
        client = self._new_client(command)
        return await self._enter(client, client.start(command["workflow"], command.get("params")))

    async def _resume(self, command: Command) -> Observation:
        await self.leave()
        client = self._new_client(command)
        cursor = Cursor.from_json(json.dumps(command["cursor"]))
        return await self._enter(client, client.resume(cursor, from_start=command.get("from_start", False)))

    async def _enter(self, client: Any, conversation: Any) -> Observation:
        self._client, self._conversation, self._texts = client, None, TextAssembler()
        await self._call(conversation.__enter__ if self._blocking else conversation.__aenter__)
        self._conversation = conversation
        return {"saw": "started", "workflow_uuid": conversation.workflow_uuid}

    async def _next(self, command: Command) -> Observation:
        # A read that is not over in time goes on, and the next `next` waits for it: no message is lost.
        self._reading = self._reading or asyncio.create_task(self._read())
        await asyncio.wait({self._reading}, timeout=command.get("timeout"))
        if not self._reading.done():
            return {"saw": "timeout"}
        reading, self._reading = self._reading, None
        try:
            message = reading.result()
        except MalformedMessage as error:
            return {"saw": "malformed", "why": str(error)}
        state = self._conversation.state
        session: Observation = {}
        if self._conversation.cursor is not None:
            session = self._of_session(message)
        if message is None:
            return {"saw": "ended", "state": state, "result": self._conversation.result, **session}
        known = not isinstance(message, Unknown)
        written = json.loads(encode(message)) if known else message.raw
        about = {"type": message.type, "known": known, "message": written}
        return {"saw": "message", **about, "state": state, "raw": raw_text(message), **session}

    def _of_session(self, message: Any) -> Observation:
        """What only a conversation of `fastagency.v1` has to tell."""
        conversation = self._conversation
        if message is None:
            return {"outcome": conversation.outcome}
        told: Observation = {"connection": conversation.connection}
        if (text := self._texts.add(message)) is not None:
            told["text"] = text
        if isinstance(message, AnswerAccepted):
            told["elsewhere"] = conversation.answered_elsewhere(message)
        if isinstance(message, TextInput | MultipleChoice):
            told["open"] = conversation.is_open(message)
        return told

    async def _answer(self, command: Command) -> Observation:
        try:
            answer_id = await self._call(self._conversation.answer, command["value"])
        except FastAgencyError as error:
            return {"saw": "not_answered", "error": type(error).__name__}
        return {"saw": "answered"} if answer_id is None else {"saw": "answered", "answer_id": answer_id}

    async def _cancel(self, command: Command) -> Observation:
        await self._call(self._conversation.cancel, command.get("reason"))
        return {"saw": "cancelled"}

    async def _cursor(self, _: Command) -> Observation:
        cursor = self._conversation.cursor
        return {"saw": "cursor", "cursor": None if cursor is None else json.loads(cursor.to_json())}

    async def _connection(self, _: Command) -> Observation:
        return {"saw": "connection", "connection": self._conversation.connection}

    async def _leave(self, _: Command) -> Observation:
        await self.leave()
        return {"saw": "left", "state": self._conversation.state}

    async def _decode(self, command: Command) -> Observation:
        name, frame = command["as"], command["frame"]
        try:
            if name == "ServerMessage":
                value: Any = decode(frame)
            else:
                value = parse(getattr(messages, name), httpx.Response(200, content=frame.encode()))
        except (MalformedMessage, UnexpectedBody, UnicodeEncodeError) as error:
            return {"saw": "refused", "why": str(error)}
        if isinstance(value, Unknown):
            return {"saw": "decoded", "type": "Unknown", "value": value.raw}
        return {"saw": "decoded", "type": type(value).__name__, "value": json.loads(encode(value))}

    def _new_client(self, command: Command) -> Client | AsyncClient:
        options = dict(command.get("options") or {})
        retry = Retry(**options.pop("retry", {"attempts": 1}))
        reconnect = _reconnect(options.pop("reconnect", {}))
        kind = Client if self._blocking else AsyncClient
        return kind(command["url"], retry=retry, reconnect=reconnect, **options)

    async def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Await a function of the asynchronous client, or run one of the blocking client in a thread."""
        return await (asyncio.to_thread(function, *arguments) if self._blocking else function(*arguments))

    async def _read(self) -> Any:
        """Return the next message, None at the normal end."""
        return await self._call(next if self._blocking else anext, self._conversation, None)


def _reconnect(asked: dict[str, Any]) -> Reconnect:
    table: dict[str, bool] = asked.get("should_retry", {})
    return Reconnect(
        first_delay=asked.get("first_delay", 0.5),
        longest_delay=asked.get("max_delay", 30.0),
        should_retry=lambda code, _reason, _attempt: table.get(str(code)),
    )


async def main() -> None:
    """Obey every line of stdin."""
    driver = Driver(blocking="--sync" in sys.argv[1:])
    observation = driver.ready()
    while True:
        print(json.dumps(observation), flush=True)
        line = await asyncio.to_thread(sys.stdin.buffer.readline)
        if not line:
            return await driver.leave()
        observation = await driver.obey(json.loads(line))


if __name__ == "__main__":
    asyncio.run(main())
