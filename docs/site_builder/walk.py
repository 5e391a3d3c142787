"""The conversations of a YAML file, walked along the lifecycle of the spec.

Each step is checked against where the ones before it lead to, and each frame is given what they make of it:
its place in the log, the question that it answers, how far its client has come.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from fastagency_generators.ir import model as ir

from .conversation import Conversation, IllegalStep, Kind, Step
from .dialects import SESSION, Dialects
from .examples import example, frame, overlay
from .stage import Stage

__all__ = ["load"]

_SAID = ("body", "prompt", "short", "result", "retval", "function_name", "value", "name")
"""The fields that tell in a few words what a frame is about, as what somebody said."""
_TOLD = ("mode", "reason")
_COUNTED = {"after_seq": "after", "through_seq": "through"}


def load(
    protocol: ir.Protocol, dialects: Dialects, source: Path, responses: dict[str, Any]
) -> tuple[Conversation, ...]:
    """Return the conversations of a YAML file.

    `responses` holds an example of each operation's good response, by operation. Raises `IllegalStep`.
    """
    result = []
    for it in yaml.safe_load(source.read_text(encoding="utf-8")):
        dialect, clients = it.get("dialect", ""), tuple(it.get("clients", ["Client"]))
        steps = _Walk(protocol, dialects, responses, dialect).all(it["id"], it["steps"])
        result.append(Conversation(it["id"], it["title"], it["intro"], dialect, clients, tuple(steps)))
    return tuple(result)


class _Walk:
    """Walks one conversation: a method for each kind of step that `conversations.yaml` explains."""

    def __init__(
        self, protocol: ir.Protocol, dialects: Dialects, responses: dict[str, Any], dialect: str
    ) -> None:
        self._protocol = protocol
        self._dialects = dialects
        self._responses = responses
        self._session = dialect == SESSION
        self._stage = Stage(protocol.lifecycle)
        self._last: dict[str, dict[str, Any]] = {}
        self._messages = 0
        self._answers = 0

    def all(self, name: str, entries: list[dict[str, Any]]) -> list[Step]:
        steps = []
        for number, entry in enumerate(entries, 1):
            verb = next(iter(entry))
            make = getattr(self, f"_{verb}_step", None)
            try:
                if make is None:
                    raise IllegalStep(f"no step is called {verb!r}")
                steps.append(make(entry[verb], entry, entry.get("client", 1) - 1))
            except IllegalStep as fault:
                raise IllegalStep(f"{name}, step {number}: {fault}") from None
        return steps

    # --- the kinds of step

    def _call_step(self, name: str, entry: dict[str, Any], client: int) -> Step:
        operation = next((it for it in self._protocol.operations if it.name == name), None)
        if operation is None:
            raise IllegalStep(f"there is no operation {name!r}")
        body = example(self._protocol, operation.request.name) if operation.request else None
        label = f"{operation.method.upper()} {operation.path}"
        status = str(operation.responses[0].status)
        reply = self._responses[name]
        return Step("client", "call", label, status, entry["note"], "", (client,), body=body, reply=reply)

    def _open_step(self, _: bool, entry: dict[str, Any], client: int) -> Step:
        self._stage.open(client)
        label, detail = f"WebSocket {self._protocol.channel.path}", SESSION if self._session else ""
        return Step("client", "open", label, detail, entry["note"], self._stage.state, (client,))

    def _send_step(self, kind: str, entry: dict[str, Any], client: int) -> Step:
        message = next((it for it in self._protocol.channel.from_client if it.type == kind), None)
        if message is None or message.raw_text:
            raise IllegalStep(f"the client has no JSON frame {kind!r}")
        self._refuse_other_dialect(message)
        known = {
            "after_seq": self._stage.last_of(client),
            "question_uuid": self._stage.question.get("uuid"),
            "answer_id": f"4e07408562be4c5f8ea1d2b3c4d5e6{self._answers + 1:02x}",
        }
        body = self._form(message, frame(self._protocol, message, known | entry.get("changes", {})))
        self._stage.sent(client, kind, entry.get("event", kind))
        answers = "answer_id" in body
        if answers:
            self._answers += 1
            self._stage.unsettled.append(body)
        note, state = entry["note"], self._stage.state
        return Step("client", "json", kind, _detail(body), note, state, (client,), asks=answers, body=body)

    def _answer_step(self, text: str, entry: dict[str, Any], client: int) -> Step:
        message = next(it for it in self._protocol.channel.from_client if it.raw_text)
        self._refuse_other_dialect(message)
        kind = message.type
        on = entry.get("event", kind)
        self._stage.sent(client, kind, on)
        note, state = entry["note"], self._stage.state
        detail = f"“{_short(text)}”"
        return Step("client", "text", kind, detail, note, state, (client,), failed=on != kind, text=text)

    def _receive_step(self, kind: str, entry: dict[str, Any], client: int) -> Step:
        message = self._server_message(kind)
        body = self._again(message) if entry.get("again", False) else self._say(message, entry)
        clients: tuple[int, ...] = (client,)
        if "seq" in body and "client" not in entry:
            clients = self._stage.listening
        self._stage.arrive(clients, body.get("seq"))
        return self._said_step("json", message, entry, clients, body)

    def _meanwhile_step(self, kind: str, entry: dict[str, Any], _: int) -> Step:
        if self._stage.listening:
            raise IllegalStep("somebody listens, so the message arrives")
        message = self._server_message(kind)
        body = self._say(message, entry)
        if "seq" not in body:
            raise IllegalStep(f"{kind!r} is not logged, so nobody is ever told")
        return self._said_step("log", message, entry, (), body)

    def _replay_step(self, seq: int, entry: dict[str, Any], client: int) -> Step:
        if not 1 <= seq <= len(self._stage.log):
            raise IllegalStep(f"the log has no message {seq}")
        body = self._stage.log[seq - 1]
        self._stage.arrive((client,), seq)
        return self._said_step("json", self._server_message(body["type"]), entry, (client,), body)

    def _drop_step(self, _: bool, entry: dict[str, Any], client: int) -> Step:
        self._stage.drop(client)
        label, note, state = "the connection breaks", entry["note"], self._stage.state
        return Step("server", "drop", label, "", note, state, (client,), failed=True)

    def _close_step(self, code: int, entry: dict[str, Any], _: int) -> Step:
        known = next((it for it in self._protocol.close_codes if it.code == code), None)
        if known is None:
            raise IllegalStep(f"the spec has no close code {code}")
        self._stage.move(entry.get("event", "none"))
        label, note, failed = f"close {code}", entry["note"], code != 1000
        clients = self._stage.close()
        return Step("server", "close", label, known.name, note, self._stage.state, clients, failed=failed)

    # --- what the server says

    def _server_message(self, kind: str) -> ir.Message:
        message = next((it for it in self._protocol.channel.from_server if it.type == kind), None)
        if message is None:
            raise IllegalStep(f"the server has no message {kind!r}")
        return message

    def _again(self, message: ir.Message) -> dict[str, Any]:
        if message.type not in self._last:
            raise IllegalStep(f"there was no {message.type!r} before that could come again")
        self._stage.said(message.type)
        return self._last[message.type]

    def _say(self, message: ir.Message, entry: dict[str, Any]) -> dict[str, Any]:
        """Return the next frame of the server, and log it where it is one that is logged."""
        if not self._dialects.classic(message):
            self._refuse_other_dialect(message)
        stage = self._stage
        known = {"head_seq": len(stage.log), "through_seq": len(stage.log), "state": stage.state}
        if stage.unsettled:
            known |= {name: stage.unsettled[0][name] for name in ("question_uuid", "answer_id", "value")}
        body = frame(self._protocol, message, known | entry.get("changes", {}))
        if "content" in body:
            body = overlay(body, {"content": entry.get("content", {})})
        body = self._form(message, body)
        if "uuid" in body:
            self._messages += 1
            body["uuid"] = body["uuid"][:-2] + f"{self._messages:02x}"
        if body.get("answer_id") is not None and stage.unsettled:
            stage.unsettled.pop(0)
        if "seq" in body:
            stage.log.append(body)
            body["seq"] = len(stage.log)
            body["timestamp"] = f"2026-11-24T09:30:{len(stage.log):02}.123Z"
        if message.asks:
            stage.question = body
        self._last[message.type] = body
        stage.said(message.type)
        return body

    def _said_step(
        self, kind: Kind, message: ir.Message, entry: dict[str, Any], clients: tuple[int, ...], body: Any
    ) -> Step:
        return Step(
            "server",
            kind,
            message.type,
            _detail(body),
            entry["note"],
            self._stage.state,
            clients,
            seq=body.get("seq"),
            asks=message.asks,
            failed=message.type in ("error", "answer_rejected"),
            body=body,
        )

    # --- the dialect

    def _refuse_other_dialect(self, message: ir.Message) -> None:
        """Raise `IllegalStep` for a frame that one dialect has, and this conversation's has not."""
        if self._dialects.classic(message) == self._session:
            raise IllegalStep(f"{SESSION if self._session else 'classic'} has no {message.type!r}")

    def _form(self, message: ir.Message, body: dict[str, Any]) -> dict[str, Any]:
        """Return the frame as the dialect of this conversation has it."""
        if self._session:
            return body
        assert isinstance(message.payload, ir.Ref)  # lint: a JSON message's payload is a $ref
        return self._dialects.in_classic(body, message.payload.name)


def _detail(body: dict[str, Any]) -> str:
    """The field of a frame that says most, in a few words."""
    fields = body | body.get("content", {})
    for name in _SAID:
        value = fields.get(name)
        if value is not None:
            return f"“{_short(value if isinstance(value, str) else json.dumps(value))}”"
    for name in _TOLD:
        if name in fields:
            return str(fields[name])
    return next((f"{word} {fields[name]}" for name, word in _COUNTED.items() if name in fields), "")


def _short(text: str, limit: int = 40) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
