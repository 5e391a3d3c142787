"""The conversations that the pages draw, read from YAML and walked along the lifecycle of the spec."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from fastagency_generators.ir import model as ir

from .examples import example, frame, overlay

__all__ = ["Conversation", "IllegalStep", "Step", "load"]

Sender = Literal["client", "server"]
Kind = Literal["call", "open", "json", "text", "close"]


@dataclass(frozen=True)
class Step:
    """One thing that happens. `state` is that of the conversation afterwards, "" while there is none.

    `body` is the JSON of a frame or request, `reply` that of a response, `text` that
    of a raw text frame.
    """

    sender: Sender
    kind: Kind
    label: str
    detail: str
    note: str
    state: str
    asks: bool = False
    failed: bool = False
    body: Any = None
    reply: Any = None
    text: str = ""


@dataclass(frozen=True)
class Conversation:
    """One conversation, step by step. `id` is the anchor of its drawing."""

    id: str
    title: str
    intro: str
    steps: tuple[Step, ...]


class IllegalStep(ValueError):
    """A step that the lifecycle of the spec does not allow, or that names what the spec does not have."""


def load(protocol: ir.Protocol, source: Path, responses: dict[str, Any]) -> tuple[Conversation, ...]:
    """Return the conversations of a YAML file.

    `responses` holds an example of each operation's good response, by operation. Raises `IllegalStep`.
    """
    entries = yaml.safe_load(source.read_text(encoding="utf-8"))
    return tuple(
        Conversation(
            it["id"], it["title"], it["intro"], tuple(_Walk(protocol, responses, it["id"]).all(it["steps"]))
        )
        for it in entries
    )


class _Walk:
    """Walks one conversation and keeps its state."""

    def __init__(self, protocol: ir.Protocol, responses: dict[str, Any], name: str) -> None:
        self.protocol = protocol
        self.responses = responses
        self.name = name
        self.state = ""
        self.frames: dict[str, dict[str, Any]] = {}
        self.messages = 0

    def all(self, entries: list[dict[str, Any]]) -> list[Step]:
        steps = []
        for number, entry in enumerate(entries, 1):
            self.where = f"{self.name}, step {number}"
            verb = next(iter(entry))
            make = getattr(self, f"_{verb}", None)
            if make is None:
                raise IllegalStep(f"{self.where}: no step is called {verb!r}")
            steps.append(make(entry[verb], entry))
        return steps

    def _call(self, name: str, entry: dict[str, Any]) -> Step:
        operation = next((it for it in self.protocol.operations if it.name == name), None)
        if operation is None:
            raise IllegalStep(f"{self.where}: there is no operation {name!r}")
        body = example(self.protocol, operation.request.name) if operation.request else None
        label = f"{operation.method.upper()} {operation.path}"
        status = str(operation.responses[0].status)
        reply = self.responses[name]
        return Step("client", "call", label, status, entry["note"], "", body=body, reply=reply)

    def _open(self, _: bool, entry: dict[str, Any]) -> Step:
        self.state = self.protocol.lifecycle.initial
        return Step(
            "client", "open", f"WebSocket {self.protocol.channel.path}", "", entry["note"], self.state
        )

    def _send(self, kind: str, entry: dict[str, Any]) -> Step:
        message = self._message(kind, "client")
        body = overlay(frame(self.protocol, message), entry.get("changes", {}))
        self._move(entry.get("event", kind))
        return Step("client", "json", kind, _short(body["name"]), entry["note"], self.state, body=body)

    def _answer(self, text: str, entry: dict[str, Any]) -> Step:
        message = self._message("raw_answer", "client")
        on = entry.get("event", message.type)
        self._move(on)
        failed = on != message.type
        return Step(
            "client", "text", message.type, _short(text), entry["note"], self.state, failed=failed, text=text
        )

    def _receive(self, kind: str, entry: dict[str, Any]) -> Step:
        message = self._message(kind, "server")
        body = self.frames.get(kind, {})
        if not entry.get("again", False):
            self.messages += 1
            body = overlay(frame(self.protocol, message), {"content": entry.get("content", {})})
            body["uuid"] = body["uuid"][:-2] + f"{self.messages:02x}"
            self.frames[kind] = body
        elif not body:
            raise IllegalStep(f"{self.where}: there was no {kind!r} before that could come again")
        if any(it.source == self.state and it.on == kind for it in self.protocol.lifecycle.transitions):
            self._move(kind)
        failed = kind == "error"
        detail = _short(_say(body["content"]))
        return Step(
            "server", "json", kind, detail, entry["note"], self.state, message.asks, failed=failed, body=body
        )

    def _close(self, code: int, entry: dict[str, Any]) -> Step:
        known = next((it for it in self.protocol.close_codes if it.code == code), None)
        if known is None:
            raise IllegalStep(f"{self.where}: the spec has no close code {code}")
        if "event" in entry:
            self._move(entry["event"])
        final = next(it.final for it in self.protocol.lifecycle.states if it.name == self.state)
        if not final:
            raise IllegalStep(f"{self.where}: closes in the state {self.state!r}, which is not final")
        failed = code != 1000
        return Step("server", "close", f"close {code}", known.name, entry["note"], self.state, failed=failed)

    def _message(self, kind: str, sender: Sender) -> ir.Message:
        channel = self.protocol.channel
        messages = channel.from_client if sender == "client" else channel.from_server
        message = next((it for it in messages if it.type == kind), None)
        if message is None:
            raise IllegalStep(f"{self.where}: the {sender} has no message {kind!r}")
        state = next(it for it in self.protocol.lifecycle.states if it.name == self.state)
        if kind not in (state.client if sender == "client" else state.server):
            raise IllegalStep(f"{self.where}: the {sender} may not send {kind!r} in the state {self.state!r}")
        return message

    def _move(self, on: str) -> None:
        if on == "none":
            return
        for transition in self.protocol.lifecycle.transitions:
            if (transition.source, transition.on) == (self.state, on):
                self.state = transition.target
                return
        raise IllegalStep(f"{self.where}: nothing leads on from {self.state!r} on {on!r}")


def _say(content: dict[str, Any]) -> str:
    """The field of a message that says most in a few words."""
    for field in ("body", "prompt", "short", "result", "retval", "function_name", "name"):
        value = content.get(field)
        if isinstance(value, str):
            return value
        if value is not None:
            return json.dumps(value)
    return ""


def _short(text: str, limit: int = 40) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
