"""The conversations of a YAML file, walked along the lifecycle of the spec.

Each step is checked against the state that the ones before it lead to, and each frame is given what they
make of it: its place in the log, the question that it answers, how far its client has come.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from fastagency_generators.ir import model as ir

from .conversation import Conversation, IllegalStep, Kind, Sender, Step
from .dialects import SESSION, Dialects
from .examples import example, frame, overlay

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
        steps = _Walk(protocol, dialects, responses, it["id"], dialect).all(it["steps"])
        result.append(Conversation(it["id"], it["title"], it["intro"], dialect, clients, tuple(steps)))
    return tuple(result)


class _Walk:
    """Walks one conversation and keeps its state, its log and what each client has of it."""

    def __init__(
        self, protocol: ir.Protocol, dialects: Dialects, responses: dict[str, Any], name: str, dialect: str
    ) -> None:
        self._protocol = protocol
        self._dialects = dialects
        self._responses = responses
        self._name = name
        self._session = dialect == SESSION
        self._state = ""
        # Each client's open socket, and whether its first frame was sent.
        self._sockets: dict[int, bool] = {}
        self._have: dict[int, int] = {}
        self._log: list[dict[str, Any]] = []
        self._said: dict[str, dict[str, Any]] = {}
        self._messages = 0
        self._answers = 0
        self._question: dict[str, Any] = {}
        self._unsettled: list[dict[str, Any]] = []

    def all(self, entries: list[dict[str, Any]]) -> list[Step]:
        """Return the steps of `entries`, as `conversations.yaml` explains them. Raises `IllegalStep`."""
        steps = []
        for number, entry in enumerate(entries, 1):
            self._where = f"{self._name}, step {number}"
            verb = next(iter(entry))
            make = getattr(self, f"_{verb}_step", None)
            if make is None:
                raise self._illegal(f"no step is called {verb!r}")
            steps.append(make(entry[verb], entry, entry.get("client", 1) - 1))
        return steps

    # --- the verbs

    def _call_step(self, name: str, entry: dict[str, Any], client: int) -> Step:
        operation = next((it for it in self._protocol.operations if it.name == name), None)
        if operation is None:
            raise self._illegal(f"there is no operation {name!r}")
        body = example(self._protocol, operation.request.name) if operation.request else None
        label = f"{operation.method.upper()} {operation.path}"
        status = str(operation.responses[0].status)
        reply = self._responses[name]
        return Step("client", "call", label, status, entry["note"], "", (client,), body=body, reply=reply)

    def _open_step(self, _: bool, entry: dict[str, Any], client: int) -> Step:
        if client in self._sockets:
            raise self._illegal("the client has a socket already")
        self._sockets[client] = False
        self._state = self._state or self._protocol.lifecycle.initial
        label, detail = f"WebSocket {self._protocol.channel.path}", SESSION if self._session else ""
        return Step("client", "open", label, detail, entry["note"], self._state, (client,))

    def _send_step(self, kind: str, entry: dict[str, Any], client: int) -> Step:
        message = self._client_message(lambda it: it.type == kind, kind, client)
        opens = not self._sockets[client]
        known = {"after_seq": self._have.get(client, 0), "question_uuid": self._question.get("uuid")}
        known |= {"answer_id": self._answer_id()} | entry.get("changes", {})
        body = self._form(message, frame(self._protocol, message, known))
        self._sockets[client] = True
        # A first frame in the midst of a conversation resumes it, which moves nothing.
        if not opens or self._state == self._protocol.lifecycle.initial:
            self._move(entry.get("event", kind))
        answers = "answer_id" in body
        if answers:
            self._answers += 1
            self._unsettled.append(body)
        detail = _detail(body)
        return Step(
            "client", "json", kind, detail, entry["note"], self._state, (client,), asks=answers, body=body
        )

    def _answer_step(self, text: str, entry: dict[str, Any], client: int) -> Step:
        message = self._client_message(lambda it: it.raw_text, "raw text", client)
        on = entry.get("event", message.type)
        self._move(on)
        failed = on != message.type
        detail = f"“{_short(text)}”"
        return Step(
            "client",
            "text",
            message.type,
            detail,
            entry["note"],
            self._state,
            (client,),
            failed=failed,
            text=text,
        )

    def _receive_step(self, kind: str, entry: dict[str, Any], client: int) -> Step:
        message = self._server_message(kind)
        body = self._said.get(kind, {}) if entry.get("again", False) else self._say(message, entry)
        if not body:
            raise self._illegal(f"there was no {kind!r} before that could come again")
        seq = body.get("seq")
        clients: tuple[int, ...] = (client,)
        if seq is not None and "client" not in entry:
            clients = tuple(sorted(it for it, begun in self._sockets.items() if begun))
        self._arrive(clients, seq)
        return self._server_step("json", kind, entry, clients, body, message.asks)

    def _meanwhile_step(self, kind: str, entry: dict[str, Any], _: int) -> Step:
        if self._sockets:
            raise self._illegal("somebody listens, so the message arrives")
        message = self._server_message(kind)
        body = self._say(message, entry)
        if "seq" not in body:
            raise self._illegal(f"{kind!r} is not logged, so nobody is ever told")
        return self._server_step("log", kind, entry, (), body, message.asks)

    def _replay_step(self, seq: int, entry: dict[str, Any], client: int) -> Step:
        if not 1 <= seq <= len(self._log):
            raise self._illegal(f"the log has no message {seq}")
        body = self._log[seq - 1]
        self._arrive((client,), seq)
        message = self._server_message(body["type"])
        return self._server_step("json", body["type"], entry, (client,), body, message.asks)

    def _drop_step(self, _: bool, entry: dict[str, Any], client: int) -> Step:
        if self._sockets.pop(client, None) is None:
            raise self._illegal("the client has no socket that could drop")
        return Step(
            "server",
            "drop",
            "the connection breaks",
            "",
            entry["note"],
            self._state,
            (client,),
            failed=True,
        )

    def _close_step(self, code: int, entry: dict[str, Any], _: int) -> Step:
        known = next((it for it in self._protocol.close_codes if it.code == code), None)
        if known is None:
            raise self._illegal(f"the spec has no close code {code}")
        if "event" in entry:
            self._move(entry["event"])
        final = next(it.final for it in self._protocol.lifecycle.states if it.name == self._state)
        if not final:
            raise self._illegal(f"closes in the state {self._state!r}, which is not final")
        clients = tuple(sorted(self._sockets))
        self._sockets.clear()
        return Step(
            "server",
            "close",
            f"close {code}",
            known.name,
            entry["note"],
            self._state,
            clients,
            failed=code != 1000,
        )

    # --- what frames hold

    def _say(self, message: ir.Message, entry: dict[str, Any]) -> dict[str, Any]:
        """Return the next frame of the server, logged where it is one that is, and move with it."""
        self._allow("server", message.type, self._state)
        settled = self._unsettled[0] if self._unsettled else {}
        known = {"head_seq": len(self._log), "through_seq": len(self._log), "state": self._state}
        known |= {name: settled[name] for name in ("question_uuid", "answer_id", "value") if name in settled}
        body = frame(self._protocol, message, known | entry.get("changes", {}))
        if "content" in body:
            body = overlay(body, {"content": entry.get("content", {})})
        body = self._form(message, body)
        if "uuid" in body:
            self._messages += 1
            body["uuid"] = body["uuid"][:-2] + f"{self._messages:02x}"
        if body.get("answer_id") is not None and self._unsettled:
            self._unsettled.pop(0)
        if "seq" in body:
            self._log.append(body)
            body["seq"] = len(self._log)
            body["timestamp"] = f"2026-11-24T09:30:{len(self._log):02}.123Z"
        if message.asks:
            self._question = body
        self._said[message.type] = body
        if any(it.source == self._state and it.on == message.type for it in self._transitions):
            self._move(message.type)
        return body

    def _form(self, message: ir.Message, body: dict[str, Any]) -> dict[str, Any]:
        """Return the frame as the dialect of this conversation has it."""
        if self._session:
            return body
        if not self._dialects.classic(message):
            raise self._illegal(f"classic has no {message.type!r}")
        assert isinstance(message.payload, ir.Ref)  # lint: a JSON message's payload is a $ref
        return self._dialects.in_classic(body, message.payload.name)

    def _answer_id(self) -> str:
        return f"4e07408562be4c5f8ea1d2b3c4d5e6{self._answers + 1:02x}"

    # --- what the lifecycle allows

    @property
    def _transitions(self) -> tuple[ir.Transition, ...]:
        return self._protocol.lifecycle.transitions

    def _illegal(self, what: str) -> IllegalStep:
        return IllegalStep(f"{self._where}: {what}")

    def _client_message(self, fits: Callable[[ir.Message], bool], kind: str, client: int) -> ir.Message:
        message = next((it for it in self._protocol.channel.from_client if fits(it)), None)
        if message is None:
            raise self._illegal(f"the client has no message {kind!r}")
        if client not in self._sockets:
            raise self._illegal("the client has no socket")
        if self._session and self._dialects.classic(message):
            raise self._illegal(f"{SESSION} has no {message.type!r}")
        initial = self._protocol.lifecycle.initial
        self._allow("client", message.type, self._state if self._sockets[client] else initial)
        return message

    def _server_message(self, kind: str) -> ir.Message:
        message = next((it for it in self._protocol.channel.from_server if it.type == kind), None)
        if message is None:
            raise self._illegal(f"the server has no message {kind!r}")
        return message

    def _allow(self, sender: Sender, kind: str, name: str) -> None:
        state = next(it for it in self._protocol.lifecycle.states if it.name == name)
        if kind not in (state.client if sender == "client" else state.server):
            raise self._illegal(f"the {sender} may not send {kind!r} in the state {name!r}")

    def _arrive(self, clients: tuple[int, ...], seq: int | None) -> None:
        """The clients get a message. Raises `IllegalStep` on a gap in the log (spec FA-RES-2)."""
        for client in clients:
            if not self._sockets.get(client, False):
                raise self._illegal("the client has no session that could receive this")
            if seq is not None:
                if seq != self._have.get(client, 0) + 1:
                    raise self._illegal(f"the client has {self._have.get(client, 0)} and is given {seq}")
                self._have[client] = seq

    def _server_step(
        self,
        kind: Kind,
        label: str,
        entry: dict[str, Any],
        clients: tuple[int, ...],
        body: dict[str, Any],
        asks: bool,
    ) -> Step:
        return Step(
            "server",
            kind,
            label,
            _detail(body),
            entry["note"],
            self._state,
            clients,
            seq=body.get("seq"),
            asks=asks,
            failed=label in ("error", "answer_rejected"),
            body=body,
        )

    def _move(self, on: str) -> None:
        if on == "none":
            return
        for transition in self._transitions:
            if (transition.source, transition.on) == (self._state, on):
                self._state = transition.target
                return
        raise self._illegal(f"nothing leads on from {self._state!r} on {on!r}")


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
