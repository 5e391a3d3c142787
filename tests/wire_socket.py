"""What may happen on one WebSocket, judged frame by frame from `spec/`.

`SocketWatch` is told what passes in both directions and keeps a list of faults, the server's and the
client's apart. It decides nothing by looking at the server's code: its rules are the schemas,
`x-close-codes`,
`x-lifecycle` and the clauses FA-CLA and FA-LIF.
"""

from __future__ import annotations

import functools
import uuid
from typing import Any

from wire_spec import HEX_UUID, Asyncapi, NameTwice, schema_faults, strict_faults, strict_json

__all__ = ["SocketWatch"]

# spec FA-CLA-2 and FA-CLA-5: these two are told by an `error` message before the socket closes.
_TOLD_BY_AN_ERROR = frozenset({"malformed_frame", "unknown_workflow"})


@functools.cache
def _asyncapi() -> Asyncapi:
    return Asyncapi()


class SocketWatch:
    """One socket, from the handshake to its end.

    `frames` holds (direction, text) in order, direction "client" or "server"; a binary frame is there as
    bytes.
    `server_faults` and `client_faults` are lines of text; `close_code` is what the server closed with, or
    None.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.frames: list[tuple[str, str | bytes]] = []
        self.server_faults: list[str] = []
        self.client_faults: list[str] = []
        self.close_code: int | None = None
        self.over = False
        """True once the application is done with this socket."""
        self._accepted = False
        self._gone = False  # the client has left
        self._types: list[str] = []  # of the messages that the server sent
        self._open_questions = 0
        self._first_frame_came = False
        self._first_frame_faults: list[str] = []
        self._binary_came = False
        self.conversation: str | None = None
        """The workflow_uuid of a valid first frame, in hex."""

    # --- the server's side ------------------------------------------------------------

    def server_sent(self, event: dict[str, Any]) -> None:
        """The application sends an ASGI event."""
        match event["type"]:
            case "websocket.accept":
                self._accepted = True
                if event.get("subprotocol") is not None:
                    self._server_fault(
                        f"accepted with a subprotocol ({event['subprotocol']}) that is not in the spec"
                    )
            case "websocket.send" if event.get("text") is not None:
                self.frames.append(("server", event["text"]))
                self._message(event["text"])
            case "websocket.send":
                self.frames.append(("server", event["bytes"]))
                self._server_fault("sent a binary frame")
            case "websocket.close":
                self._close(event.get("code", 1000))
            case other:
                self._server_fault(
                    f"refused the handshake ({other}): a browser sees 1006 then, and no reason"
                )

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
        spec = _asyncapi()
        if self.close_code is not None:
            self._server_fault("sent a message after its close frame")
        try:
            message = strict_json(text)
        except ValueError as error:
            self._server_fault(f"sent what is not JSON ({error}): {text[:200]}")
            return
        if not isinstance(message, dict):
            self._server_fault(f"sent JSON that is no object: {text[:200]}")
            return
        kind = message.get("type", spec.default_type)
        reference = spec.references.get(kind) if isinstance(kind, str) else None
        if reference is None:
            self._server_fault(f"sent a type that is not in the spec: {kind!r}")
            return
        for fault in strict_faults(reference, message):
            self._server_fault(f"{kind}: {fault}")
        self._order(kind)
        self._belongs(kind, message.get("workflow_uuid"))
        self._types.append(kind)
        if kind in spec.asking:
            self._open_questions += 1

    def _order(self, kind: str) -> None:
        spec = _asyncapi()
        if spec.first_message not in self._types:
            state, allowed = "created", spec.server_frames["created"] | {spec.first_message}
            if not self._first_frame_came:
                allowed = spec.server_frames["created"]
            elif self._first_frame_faults and kind == spec.first_message:
                self._server_fault(f"started on a first frame that is wrong: {self._first_frame_faults[0]}")
        elif "workflow_completed" in self._types:
            state, allowed = "completed", spec.server_frames["completed"]
        elif self._open_questions:
            state, allowed = "awaiting_answer", spec.server_frames["awaiting_answer"]
        else:
            state, allowed = "running", spec.server_frames["running"] - {spec.first_message}
        if kind not in allowed or kind in spec.extended:
            self._server_fault(f"{kind} out of order: not in state {state}, after {self._types[-3:]}")

    def _belongs(self, kind: str, conversation: Any) -> None:
        if not isinstance(conversation, str) or not HEX_UUID.fullmatch(conversation):
            self._server_fault(f"{kind}: workflow_uuid is not 32 lower-case hex digits: {conversation!r}")
        elif self.conversation is not None and conversation != self.conversation:
            self._server_fault(
                f"{kind}: workflow_uuid is {conversation}, the conversation's is {self.conversation}"
            )

    def _close(self, code: int) -> None:
        spec = _asyncapi()
        if not self._accepted:
            self._server_fault(
                "closed before it accepted: a browser sees 1006 then, and no reason (spec FA-CLA-1)"
            )
        self.close_code = code
        if self._gone:
            return  # nobody sees it
        name = spec.close_codes.get(code)
        completed = "workflow_completed" in self._types
        if name is None:
            self._server_fault(f"closed with {code}, which is not in x-close-codes")
        elif completed and name != "finished":
            self._server_fault(f"closed with {code} after workflow_completed, not with 1000")
        elif not completed and name == "finished":
            self._server_fault("closed with 1000 before workflow_completed")
        elif name in _TOLD_BY_AN_ERROR and self._types[-1:] != ["error"]:
            self._server_fault(f"closed with {code} without an error message before it (spec FA-CLA-2)")
        valid = self._first_frame_came and not self._first_frame_faults
        if name == "malformed_frame" and valid and not self._binary_came:
            self._server_fault("closed with 4000, though no frame of the client was wrong")

    # --- the client's side ------------------------------------------------------------

    def client_left(self) -> None:
        """The connection is gone: whatever the application sends from here on reaches nobody."""
        self._gone = True

    def client_sent(self, event: dict[str, Any]) -> None:
        """The application receives an ASGI event."""
        if event["type"] == "websocket.disconnect":
            self.client_left()
        elif event["type"] == "websocket.receive":
            if event.get("text") is not None:
                self.frames.append(("client", event["text"]))
                self._client_text(event["text"])
            else:
                self.frames.append(("client", event["bytes"]))
                self._binary_came = True
                if not self._first_frame_came:
                    self._first_frame_came = True
                    self._first_frame_faults = ["it is binary"]
                self.client_faults.append("sent a binary frame")

    def _client_text(self, text: str) -> None:
        if not self._first_frame_came:
            self._first_frame_came = True
            self._first_frame(text)
        elif self._open_questions:
            self._open_questions -= 1
        elif "workflow_completed" not in self._types:  # after the end it is late, which nobody can avoid
            self.client_faults.append(f"sent a frame while nothing was asked: {text[:200]!r}")

    def _first_frame(self, text: str) -> None:
        try:
            frame = strict_json(text)
        except NameTwice as error:
            self.client_faults.append(f"first frame: {error}")
            return  # readers differ about it: the server may take it or refuse it
        except ValueError as error:
            self._first_frame_faults = [f"it is not JSON: {error}"]
        else:
            self._first_frame_faults = schema_faults("schemas/InitiateWorkflow.yaml", frame)
            if not self._first_frame_faults:
                self.conversation = uuid.UUID(frame["workflow_uuid"]).hex
        self.client_faults.extend(f"first frame: {fault}" for fault in self._first_frame_faults)

    def _server_fault(self, text: str) -> None:
        self.server_faults.append(f"{self.path}: the server {text}")
