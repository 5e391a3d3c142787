"""What may happen on one WebSocket of `fastagency.v1`, judged frame by frame from `spec/`.

As `wire_socket`, for the other dialect: the schemas, `x-close-codes`, and the clauses FA-FRM and FA-RES.
"""

from __future__ import annotations

import functools
import uuid
from typing import Any

from wire_spec import SPEC, Asyncapi, NameTwice, load_yaml, schema_faults, strict_faults, strict_json

__all__ = ["SUBPROTOCOL", "SessionWatch"]

SUBPROTOCOL = "fastagency.v1"
_FIRST = frozenset({"start_workflow", "resume_workflow"})
_UNLOGGED = frozenset({"session_ready", "replay_completed", "text_chunk", "answer_rejected", "keep_alive"})

_ANSWER_ID_LENGTH = 64


@functools.cache
def _asyncapi() -> Asyncapi:
    return Asyncapi()


@functools.cache
def _client_frames() -> dict[str, str]:
    document = load_yaml(SPEC / "asyncapi.yaml")
    keys = document["channels"]["sessionFrames"]["messages"]
    return {document["components"]["messages"][key]["name"]: f"schemas/{key}.yaml" for key in keys}


class SessionWatch:
    """One socket of `fastagency.v1`, from the handshake to its end; the attributes are those of
    `SocketWatch`."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.frames: list[tuple[str, str | bytes]] = []
        self.server_faults: list[str] = []
        self.client_faults: list[str] = []
        self.close_code: int | None = None
        self.over = False
        self.conversation: str | None = None
        self._gone = False
        self._accepted = False
        self._types: list[str] = []
        self._first: dict[str, Any] | None = None
        self._client_was_wrong = False
        self._seq: int | None = None  # the last one that was sent
        self._replay_until: int | None = None

    # --- the server's side

    def server_sent(self, event: dict[str, Any]) -> None:
        """The application sends an ASGI event."""
        match event["type"]:
            case "websocket.accept":
                self._accepted = True
                if event.get("subprotocol") != SUBPROTOCOL:
                    self._server_fault(f"did not echo the subprotocol, but {event.get('subprotocol')!r}")
            case "websocket.send" if event.get("text") is not None:
                self.frames.append(("server", event["text"]))
                self._message(event["text"])
            case "websocket.send":
                self._server_fault("sent a binary frame")
            case "websocket.close":
                self._close(event.get("code", 1000))
            case other:
                self._server_fault(f"refused the handshake ({other})")

    def server_returned(self) -> None:
        """The application is done with this socket."""
        self.over = True
        if not self._gone and self.close_code is None:
            self._server_fault("returned without a close frame (spec FA-CLA-1)")

    def server_raised(self, error: BaseException) -> None:
        """The application let an exception out."""
        self.over = True
        self._server_fault(f"raised {type(error).__name__}: {error}")

    def _message(self, text: str) -> None:
        if self.close_code is not None:
            self._server_fault("sent a message after its close frame")
        try:
            message = strict_json(text)
        except ValueError as error:
            self._server_fault(f"sent what is not JSON ({error}): {text[:200]}")
            return
        kind = message.get("type") if isinstance(message, dict) else None
        reference = _asyncapi().references.get(str(kind))
        if reference is None:
            self._server_fault(f"sent what is no message of the spec: {text[:200]}")
            return
        for fault in strict_faults(reference, message, extended=True):
            self._server_fault(f"{kind}: {fault}")
        self._order(str(kind), message)
        self._types.append(str(kind))

    def _order(self, kind: str, message: dict[str, Any]) -> None:
        if self._first is None and kind != "error":
            self._server_fault(f"sent {kind} before a first frame that is right")
        if kind == "session_ready":
            self._ready(message)
        elif kind == "replay_completed":
            if self._replay_until is None or message["through_seq"] != self._replay_until:
                self._server_fault(
                    f"replay_completed through {message['through_seq']}, not {self._replay_until}"
                )
            elif self._seq != self._replay_until:
                self._server_fault(f"replay_completed after seq {self._seq}, not {self._replay_until}")
            self._replay_until = None
        elif kind in _UNLOGGED or (kind == "error" and "seq" not in message):
            if self._replay_until is not None and kind != "error":
                self._server_fault(f"{kind} inside a replay (spec FA-RES-2)")
        else:
            self._logged(kind, message)

    def _ready(self, message: dict[str, Any]) -> None:
        if self._types:
            self._server_fault(f"session_ready after {self._types[-1]} (spec FA-FRM-2)")
        first = self._first or {}
        self.conversation = uuid.UUID(first.get("workflow_uuid", message["workflow_uuid"])).hex
        if message["workflow_uuid"] != self.conversation:
            self._server_fault("session_ready is of another conversation")
        if message["mode"] == "replay":
            self._seq = first.get("after_seq")
            if message["epoch"] != first.get("epoch"):
                self._server_fault("a replay of another epoch (spec FA-RES-1)")
        else:
            self._seq = message["oldest_seq"] - 1
        if message["mode"] != "fresh":
            self._replay_until = message["head_seq"]

    def _logged(self, kind: str, message: dict[str, Any]) -> None:
        if "session_ready" not in self._types:
            self._server_fault(f"{kind} before session_ready (spec FA-FRM-2)")
        if "seq" not in message or "timestamp" not in message:
            self._server_fault(f"{kind} without seq or timestamp (spec FA-FRM-3)")
            return
        if kind == "answer_accepted" and self._seq is not None and message["seq"] <= self._seq:
            return  # the same verdict again (spec FA-ANS-4)
        if self._seq is not None and message["seq"] != self._seq + 1:
            self._server_fault(f"{kind} has seq {message['seq']} after {self._seq} (spec FA-RES-1)")
        self._seq = message["seq"]
        if "workflow_completed" in self._types:
            self._server_fault(f"{kind} after workflow_completed (spec FA-FRM-6)")
        if kind == "workflow_completed" and message["content"].get("outcome") is None:
            self._server_fault("workflow_completed without outcome (spec FA-FRM-6)")

    def _close(self, code: int) -> None:
        if not self._accepted:
            self._server_fault("closed before it accepted: a browser sees 1006 then, and no reason")
        self.close_code = code
        if self._gone:
            return
        name = _asyncapi().close_codes.get(code)
        completed = "workflow_completed" in self._types
        after_the_end = bool(self._types) and not completed and self._types[-1] in _UNLOGGED
        if name is None:
            self._server_fault(f"closed with {code}, which is not in x-close-codes")
        elif name == "finished" and not completed and not after_the_end:
            self._server_fault("closed with 1000 before workflow_completed")
        elif name == "malformed_frame" and not self._client_was_wrong:
            self._server_fault("closed with 4000, though no frame of the client was wrong")

    # --- the client's side

    def client_left(self) -> None:
        """The connection is gone."""
        self._gone = True

    def client_sent(self, event: dict[str, Any]) -> None:
        """The application receives an ASGI event."""
        if event["type"] == "websocket.disconnect":
            self.client_left()
        elif event["type"] == "websocket.receive":
            if event.get("text") is None:
                self.frames.append(("client", event["bytes"]))
                self._client_fault("sent a binary frame")
            else:
                self.frames.append(("client", event["text"]))
                self._client_text(event["text"])

    def _client_text(self, text: str) -> None:
        try:
            frame = strict_json(text)
        except NameTwice as error:
            self._client_fault(str(error))
            return
        except ValueError as error:
            self._client_fault(f"sent what is not JSON: {error}")
            return
        kind = frame.get("type") if isinstance(frame, dict) else None
        reference = _client_frames().get(str(kind))
        if reference is None:
            self._client_fault(f"sent what is no frame of the spec: {text[:200]}")
        elif (kind in _FIRST) == (self._first is not None):
            self._client_fault(f"sent {kind} out of order")
        elif faults := schema_faults(reference, frame):
            self._client_fault(f"{kind}: {faults[0]}")
        elif len(frame.get("answer_id", "")) > _ANSWER_ID_LENGTH:
            self._client_fault("answer: answer_id is too long (spec FA-ANS-1)")
        elif kind in _FIRST:
            self._first = frame

    def _client_fault(self, text: str) -> None:
        self._client_was_wrong = True
        self.client_faults.append(text)

    def _server_fault(self, text: str) -> None:
        self.server_faults.append(f"{self.path} ({SUBPROTOCOL}): the server {text}")
