"""The reference client of both dialects: `python -m conformance.reference.session_client`."""

from __future__ import annotations

from typing import Any

from websockets.sync.client import ClientConnection
from websockets.typing import Subprotocol

from .client import Failure, Observation, ReferenceClient
from .session import Session

__all__ = ["SUBPROTOCOL", "SessionClient"]

SUBPROTOCOL = Subprotocol("fastagency.v1")
_CLOSE_SECONDS = 1.0


class SessionClient(ReferenceClient):
    """A driver whose conversation is a `Session` where the server speaks `fastagency.v1`."""

    commands = (*ReferenceClient.commands, "resume", "cancel", "cursor", "connection")
    features = (*ReferenceClient.features, "sessions")
    kind: type[Session] = Session

    def __init__(self) -> None:
        super().__init__()
        self.session: Session | None = None
        self.texts: dict[str, str] = {}

    def start(self, command: dict[str, Any]) -> Observation:
        """POST initiate_workflow and open the WebSocket; the server's echo decides (spec FA-NEG)."""
        self.leave({})
        self.__init__()  # type: ignore[misc]
        initiated = self.initiated = self.announced(command)
        if not self.offers(initiated, command.get("options", {})):
            self.socket = self.opened(command)
            self.send(self.first_frame())
        elif (socket := self.open_session(command)).subprotocol != SUBPROTOCOL:
            self.socket = socket
            self.send(self.first_frame())
        else:
            first = {key: initiated[key] for key in ("workflow_uuid", "name", "params", "resume_token")}
            cursor = {key: initiated[key] for key in ("workflow_uuid", "resume_token")}
            self.hold(
                command, {"type": "start_workflow", **first}, {**cursor, "epoch": "", "after_seq": 0}, socket
            )
        return {"saw": "started", "workflow_uuid": initiated["workflow_uuid"]}

    def offers(self, initiated: dict[str, Any], options: dict[str, Any]) -> bool:
        """Whether the dialect is offered: where it was advertised, and the user wants it (spec FA-NEG-2)."""
        return SUBPROTOCOL in (initiated["subprotocols"] or ()) and options.get("dialect") != "classic"

    def resume(self, command: dict[str, Any]) -> Observation:
        """Open the WebSocket with a stored cursor, no POST (spec FA-RES-2)."""
        self.leave({})
        self.__init__()  # type: ignore[misc]
        cursor = {**command["cursor"], **({"after_seq": 0} if command.get("from_start") else {})}
        self.hold(command, None, cursor, self.open_session(command))
        return {"saw": "started", "workflow_uuid": cursor["workflow_uuid"]}

    def open_session(self, command: dict[str, Any]) -> ClientConnection:
        """Open a WebSocket that offers the dialect."""
        return self.opened(command, subprotocols=[SUBPROTOCOL], close_timeout=_CLOSE_SECONDS)

    def hold(
        self,
        command: dict[str, Any],
        first: dict[str, Any] | None,
        cursor: dict[str, Any],
        socket: ClientConnection,
    ) -> None:
        """Begin the session."""

        def ending_of(code: int, reason: str) -> Failure:
            assert self.session is not None
            self.last_error = self.session.last_error
            return self.ending_of(code, reason)

        reconnect = command.get("options", {}).get("reconnect", {})
        self.session = self.kind(first, cursor, lambda: self.open_session(command), ending_of, reconnect)
        self.session.socket = socket
        self.session.start()

    def next(self, command: dict[str, Any]) -> Observation:
        """Wait for a message, or for the end."""
        session = self.session
        if session is None:
            return super().next(command)
        try:
            given = session.read(command.get("timeout"))
        except TimeoutError:
            return {"saw": "timeout"}
        if given is None:
            if session.ending is not None:
                return {"saw": "failed", **session.ending.fields, "state": session.state}
            content = (session.told or {"content": {}})["content"]
            about = {key: content.get(key) for key in ("result", "outcome")}
            return {"saw": "ended", "state": session.state, **about}
        if given.message is None:
            return {"saw": "malformed", "why": given.why}
        about = {"type": given.kind, "known": given.known, "message": given.message, "raw": given.text}
        about |= self.of_session(session, given.kind, given.message)
        return {"saw": "message", **about, "state": session.state, "connection": session.connection}

    def of_session(self, session: Session, kind: str, message: dict[str, Any]) -> Observation:
        """What the dialect adds to a message."""
        if kind == "text_chunk":
            before = "" if message["replace"] else self.texts.get(message["message_uuid"], "")
            self.texts[message["message_uuid"]] = before + message["delta"]
            return {"text": self.texts[message["message_uuid"]]}
        if kind == "text_message":
            self.texts.pop(message["uuid"], None)
        elif kind == "session_ready":
            self.texts.clear()
        elif kind == "answer_accepted":
            return {"elsewhere": session.answered_elsewhere(message)}
        elif kind in ("text_input", "multiple_choice"):
            return {"open": session.is_open(message["uuid"])}
        return {}

    def answer(self, command: dict[str, Any]) -> Observation:
        """Answer the oldest open question."""
        session = self.session
        if session is None:
            return super().answer(command)
        if session.ending is not None:
            return {"saw": "not_answered", "error": session.ending.fields["error"]}
        question = session.question()
        if question is None or self.frame_for(question, command["value"]) is None:
            return {"saw": "not_answered", "error": "NotAsked"}
        return {"saw": "answered", "answer_id": session.answer(question, command["value"])}

    def cancel(self, command: dict[str, Any]) -> Observation:
        """Cancel the conversation."""
        if self.session is None:
            self.leave(command)
        else:
            self.session.cancel(command.get("reason"))
        return {"saw": "cancelled"}

    def cursor(self, _: dict[str, Any]) -> Observation:
        """The cursor to be stored."""
        return {"saw": "cursor", "cursor": None if self.session is None else self.session.stored}

    def connection(self, _: dict[str, Any]) -> Observation:
        """The state of the connection."""
        return {
            "saw": "connection",
            "connection": "live" if self.session is None else self.session.connection,
        }

    def leave(self, command: dict[str, Any]) -> Observation:
        """Close the conversation's socket."""
        if self.session is None:
            return super().leave(command)
        self.session.leave()
        return {"saw": "left", "state": self.session.state}


if __name__ == "__main__":
    SessionClient().main()
