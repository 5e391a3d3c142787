"""The reference client of classic: `python -m conformance.reference.client`, a driver that the suite starts.
`session_client.py` is the one of both dialects.

It is written against the spec alone, on `websockets` and the standard library, in the plainest way. Every
method is a place where a canary (`canaries.py`) can be wrong.
"""

from __future__ import annotations

import contextlib
import json
import sys
import urllib.error
import urllib.request
from collections import deque
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from .codec import decode, decode_as

__all__ = ["Failure", "ReferenceClient"]

Observation = dict[str, Any]
_REFUSALS = (1007, 1009)


def joins(text: str, choices: list[str]) -> bool:
    """Whether a text is some of the choices, joined with commas; a choice may hold commas itself."""
    return text in choices or any(
        text.startswith(f"{it},") and joins(text[len(it) + 1 :], choices) for it in choices
    )


class Failure(Exception):
    """What a command came to instead: the fields of a `failed` or `not_answered` observation."""

    def __init__(self, error: str, **fields: Any) -> None:
        super().__init__(error)
        self.fields = {"error": error, **fields}


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Follow none."""


class ReferenceClient:
    """A driver with one current conversation."""

    commands: tuple[str, ...] = ("discover", "start", "next", "answer", "leave", "decode")
    features: tuple[str, ...] = ("discover", "converse", "timeout", "decode", "raw_text", "exact_integers")

    def __init__(self) -> None:
        self.socket: ClientConnection | None = None
        self.initiated: dict[str, Any] = {}
        self.questions: deque[dict[str, Any]] = deque()
        self.completed: dict[str, Any] | None = None
        self.last_error: dict[str, Any] | None = None
        self.ending: Failure | None = None
        self.left = False

    def main(self) -> None:
        """Take commands until the input ends."""
        self.say({"saw": "ready", "subject": "reference", "language": "python", "version": "1",
                  "features": list(self.features)})  # fmt: skip
        for line in sys.stdin:
            self.say(self.obey(json.loads(line)))
        self.leave({})

    def say(self, observation: Observation) -> None:
        """Print one observation."""
        print(json.dumps(observation), flush=True)

    def obey(self, command: dict[str, Any]) -> Observation:
        """Carry out one command and return what it came to."""
        method = getattr(self, command["do"], None)
        if command["do"] not in self.commands or method is None:
            return {"saw": "unsupported", "do": command["do"]}
        try:
            observation: Observation = method(command)
            return observation
        except Failure as failure:
            return {"saw": "failed", **failure.fields}

    # --- REST --------------------------------------------------------------------------------------

    def discover(self, command: dict[str, Any]) -> Observation:
        """GET discovery; a server that is full or away is asked again."""
        for tried in range(command.get("options", {}).get("retry", {}).get("attempts", 1), 0, -1):
            try:
                workflows = self.request(command, "/fastagency/discovery")
                break
            except Failure as failure:
                again = (
                    failure.fields.get("status", 503) == 503 and failure.fields["error"] != "MalformedMessage"
                )
                if tried == 1 or not again:
                    raise
        for workflow in self.list_of(workflows):
            self.checked("WorkflowInfo", workflow)
        return {"saw": "workflows", "workflows": workflows}

    def list_of(self, value: Any) -> list[Any]:
        """The value, which must be a list."""
        if not isinstance(value, list):
            raise Failure("MalformedMessage", detail="not a list")
        return value

    def request(self, command: dict[str, Any], path: str, body: Any = None) -> Any:
        """One HTTP request; returns the JSON of the answer."""
        headers = {"Content-Type": "application/json", **command.get("options", {}).get("headers", {})}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(command["url"].rstrip("/") + path, data, headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), self.redirects())
        try:
            with opener.open(request, timeout=10) as response:
                text = response.read().decode()
        except urllib.error.HTTPError as error:
            raise self.refused(error.code, error.read().decode(errors="replace")) from error
        except (OSError, urllib.error.URLError) as error:
            raise Failure("ServerUnreachable", detail=str(error)) from error
        try:
            return json.loads(text)
        except ValueError as error:
            raise Failure("MalformedMessage", detail=str(error)) from error

    def redirects(self) -> urllib.request.BaseHandler:
        """What is done with a redirect: it is an error status like any other (spec FA-NEG-3)."""
        return _NoRedirects()

    def refused(self, status: int, body: str) -> Failure:
        """An error status, with what the server said about it."""
        try:
            detail = json.loads(body)["detail"]
        except (ValueError, KeyError, TypeError):
            detail = body
        return Failure(
            "RequestRefused", status=status, detail=detail if isinstance(detail, str) else str(detail)
        )

    def checked(self, name: str, value: Any) -> Any:
        """A value of a named type of the spec."""
        try:
            return decode_as(name, json.dumps(value))[1]
        except ValueError as error:
            raise Failure("MalformedMessage", detail=str(error)) from error

    # --- the conversation ---------------------------------------------------------------------------

    def start(self, command: dict[str, Any]) -> Observation:
        """POST initiate_workflow, open the WebSocket, send the first frame."""
        self.leave({})
        self.__init__()  # type: ignore[misc]
        self.initiated = self.announced(command)
        self.socket = self.opened(command)
        self.send(self.first_frame())
        return {"saw": "started", "workflow_uuid": self.initiated["workflow_uuid"]}

    def announced(self, command: dict[str, Any]) -> dict[str, Any]:
        """POST initiate_workflow; returns what it answers."""
        user_id = command.get("options", {}).get("user_id")
        body = {"workflow_name": command["workflow"], "workflow_uuid": str(uuid4()),
                "user_id": user_id, "params": command["params"]}  # fmt: skip
        answer = self.request(command, "/fastagency/initiate_workflow", self.announcement(body))
        initiated: dict[str, Any] = self.checked("InitiatedWorkflow", answer)
        return initiated

    def opened(self, command: dict[str, Any], **more: Any) -> ClientConnection:
        """Open the WebSocket."""
        options = command.get("options", {})
        url = urlsplit(command["url"].rstrip("/") + "/fastagency/ws")._replace(scheme="ws").geturl()
        try:
            socket: ClientConnection = connect(
                url,
                additional_headers=options.get("headers", {}),
                max_size=options.get("max_message_size", 16 * 2**20),
                max_queue=None,  # a client can leave while much is unread
                proxy=None,
                **{**self.connect_options(), **more},
            )
            return socket
        except InvalidStatus as error:
            raise self.refused(error.response.status_code, (error.response.body or b"").decode()) from error
        except (OSError, WebSocketException) as error:
            raise Failure("ServerUnreachable", detail=str(error)) from error

    def announcement(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body of the POST."""
        return body

    def connect_options(self) -> dict[str, Any]:
        """Further options for the WebSocket."""
        return {}

    def first_frame(self) -> str:
        """What initiate_workflow answered, as it is."""
        return json.dumps(self.initiated)

    def send(self, text: str) -> None:
        """Send one text frame."""
        assert self.socket is not None
        with contextlib.suppress(ConnectionClosed):  # the next read tells why
            self.socket.send(text)

    @property
    def state(self) -> str:
        """Where the conversation stands (spec FA-LIF)."""
        if self.completed is not None:
            return "completed"
        if self.ending is not None and self.ending.fields["error"] == "ConversationRefused":
            return "failed"
        if self.ending is not None or self.left:
            return "cancelled"
        return "awaiting_answer" if self.questions else "running"

    def next(self, command: dict[str, Any]) -> Observation:
        """Wait for a message, or for the end."""
        assert self.socket is not None
        try:
            data = self.socket.recv(command.get("timeout"))
        except TimeoutError:
            return {"saw": "timeout"}
        except ConnectionClosed as closed:
            return self.end(closed)
        if isinstance(data, bytes):
            return {"saw": "malformed", "why": "a binary frame"}
        return self.message(data)

    def message(self, text: str) -> Observation:
        """Take a frame."""
        try:
            kind, known, message = self.decoded(text)
        except ValueError as error:
            return {"saw": "malformed", "why": str(error)}
        if known and self.completed is None:
            self.note(kind, message)
        return {
            "saw": "message",
            "type": kind,
            "known": known,
            "message": message,
            "state": self.state,
            "raw": text,
        }

    def decoded(self, text: str) -> tuple[str, bool, dict[str, Any]]:
        """Decode a frame. Raises ValueError."""
        return decode(text)

    def note(self, kind: str, message: dict[str, Any]) -> None:
        """What a message changes."""
        if kind in ("text_input", "multiple_choice"):
            self.questions.append(message)
        elif kind == "workflow_completed":
            self.completed = message
            self.questions.clear()
        elif kind == "error":
            self.last_error = message

    def end(self, closed: ConnectionClosed) -> Observation:
        """The connection ended: well after workflow_completed, otherwise the close code tells (FA-CLS)."""
        code, reason = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")
        self.questions.clear()
        if self.completed is not None:
            return {
                "saw": "ended",
                "state": self.state,
                "result": self.completed["content"]["result"],
                "code": code,
            }
        if closed.rcvd is None and closed.sent is not None:
            code = closed.sent.code  # this side closed first, because it could not go on
            self.ending = Failure("ConversationLost", code=code)
        else:
            self.ending = self.ending_of(code, reason)
        return {"saw": "failed", **self.ending.fields, "state": self.state}

    def ending_of(self, code: int, reason: str) -> Failure:
        """What an end before workflow_completed means."""
        refused = code in _REFUSALS or (4000 <= code < 5000 and not 4200 <= code < 4300)
        if not refused:
            return Failure("ConversationLost", code=code, reason=reason)
        said = (self.last_error or {"content": {}})["content"]
        detail = ": ".join(part for part in (said.get("short"), said.get("long")) if part)
        return Failure("ConversationRefused", code=code, reason=reason, detail=detail or None)

    def answer(self, command: dict[str, Any]) -> Observation:
        """Answer the oldest open question."""
        if self.ending is not None:
            return {"saw": "not_answered", "error": self.ending.fields["error"]}
        if self.left or not self.questions:
            return {"saw": "not_answered", "error": "NotAsked"}
        frame = self.frame_for(self.questions[0], command["value"])
        if frame is None:
            return {"saw": "not_answered", "error": "NotAsked"}
        self.questions.popleft()
        self.send(frame)
        return {"saw": "answered"}

    def frame_for(self, question: dict[str, Any], value: str | list[str]) -> str | None:
        """The frame of an answer; None when the question does not allow it (spec FA-CLA-4)."""
        content = question["content"]
        if question["type"] == "text_input":
            return value if isinstance(value, str) else None
        if value == "" and "" not in content["choices"]:
            value = []
        picked = [value] if isinstance(value, str) else value
        if not picked and (content["default"] is not None or not content["single"]):
            return ""
        if content["single"] and len(picked) != 1:
            return None
        if isinstance(value, str) and not content["single"] and value not in content["choices"]:
            return value if value == content["default"] or joins(value, content["choices"]) else None
        return (
            ",".join(picked)
            if all(it in [*content["choices"], content["default"]] for it in picked)
            else None
        )

    def leave(self, command: dict[str, Any]) -> Observation:
        """Close the conversation."""
        del command
        self.left = True
        self.questions.clear()
        if self.socket is not None:
            self.socket.close()
        return {"saw": "left", "state": self.state}

    def decode(self, command: dict[str, Any]) -> Observation:
        """Decode one value."""
        try:
            name, value = decode_as(command["as"], command["frame"])
        except ValueError as error:
            return {"saw": "refused", "why": str(error)}
        return {"saw": "decoded", "type": name, "value": value}


if __name__ == "__main__":
    ReferenceClient().main()
