"""One conversation over one socket, in either dialect: what was said last, and when."""

from __future__ import annotations

import json
import time
import uuid
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Final

from fastagency_sdk._generated.tables import ASKING_TYPES

from .errors import LoadFailed
from .websocket import WebSocket

__all__ = ["CLASSIC", "V1", "ClassicConversation", "Conversation", "SessionConversation"]

CLASSIC: Final = "classic"
V1: Final = "fastagency.v1"

_ASKING: Final = tuple(f'"{kind}"'.encode() for kind in ASKING_TYPES)
_COMPLETED: Final = b'"workflow_completed"'
_ERROR: Final = b'"error"'


class Conversation(WebSocket):
    """A conversation whose questions are answered with `answers` in turn, the last one again and again.

    `last` is the newest message as it came, `arrived` the time of its arrival and `first` that of the first
    message (`time.perf_counter`, seconds); `error` is what the newest `error` message says.
    """

    dialect: str

    def __init__(self, answers: Sequence[str]) -> None:
        super().__init__()
        self.last = b""
        self.first = 0.0
        self.arrived = 0.0
        self.error: str | None = None
        self._answers = answers
        self._answered = 0

    @property
    @abstractmethod
    def messages(self) -> int:
        """How many messages have come."""

    @abstractmethod
    def begin(self, workflow: str, params: Any) -> None:
        """Start the workflow, without the REST call before it."""

    @abstractmethod
    def say(self, value: str) -> None:
        """Answer the open question."""

    @abstractmethod
    async def leave(self) -> None:
        """End the conversation from the client's side."""

    @property
    def asks(self) -> bool:
        """Whether the newest message is a question."""
        return any(kind in self.last for kind in _ASKING) and self._kind() in (
            "text_input",
            "multiple_choice",
        )

    @property
    def completed(self) -> bool:
        """Whether `workflow_completed` has come."""
        return _COMPLETED in self.last and self._kind() == "workflow_completed"

    def answer(self) -> None:
        """Answer the open question with the next of the answers."""
        self.say(self._answers[min(self._answered, len(self._answers) - 1)])
        self._answered += 1

    async def spoken(self) -> None:
        """Wait for the first message."""
        while not self.first:
            await self._changed()

    async def replied(self) -> None:
        """Wait for the message after an answer."""
        while not self.last:
            await self._changed()

    async def asked(self) -> bool:
        """Wait for a question; returns False when the workflow completed instead."""
        while not self.asks:
            if self.completed:
                return False
            await self._changed()
        return True

    async def finished(self) -> None:
        """Answer whatever is asked until the workflow completes and the socket is closed.

        Raises LoadFailed when it ends in another way, or failed.
        """
        while await self.asked():
            self.answer()
        while not self.closed:
            await self._changed()
        if self.error is not None:
            raise LoadFailed(f"the workflow failed: {self.error}")

    def _kind(self) -> Any:
        return json.loads(self.last).get("type")

    def _newest(self, buffer: bytearray, span: tuple[int, int]) -> None:
        self.arrived = time.perf_counter()
        self.first = self.first or self.arrived
        self.last = bytes(buffer[span[0] : span[1]])

    def _note_errors(self, buffer: bytearray, spans: Sequence[tuple[int, int]]) -> None:
        if buffer.find(_ERROR) < 0:
            return
        for start, end in spans:
            if buffer.find(_ERROR, start, end) >= 0:
                message = json.loads(buffer[start:end])
                if message.get("type") == "error":
                    content = message["content"]
                    self.error = f"{content['short']} {content['long'] or ''}".strip()

    def _lost(self) -> Exception:
        said = f": {self.error}" if self.error else ""
        return LoadFailed(f"the conversation ended early, close code {self.code or 'none'}{said}")


class ClassicConversation(Conversation):
    """Every text frame is a message, and an answer is raw text (spec FA-CLA)."""

    dialect = CLASSIC

    @property
    def messages(self) -> int:
        """How many messages have come."""
        return self.texts

    def begin(self, workflow: str, params: Any) -> None:
        """Send the first frame (spec FA-CLA-3)."""
        first = {"user_id": None, "workflow_uuid": str(uuid.uuid4()), "name": workflow, "params": params}
        self.send_text(json.dumps(first))

    def say(self, value: str) -> None:
        """Answer the open question."""
        self.last = b""
        self.send_text(value)

    async def leave(self) -> None:
        """Drop the socket, which ends the workflow (spec FA-CLA-6)."""
        self.abandon()

    def _received(self, buffer: bytearray, spans: list[tuple[int, int]]) -> None:
        self._newest(buffer, spans[-1])
        self._note_errors(buffer, spans)


class SessionConversation(Conversation):
    """`fastagency.v1`: `ready` is the `session_ready` frame, `replayed` when `replay_completed` came (0:
    never)."""

    dialect = V1

    def __init__(self, answers: Sequence[str]) -> None:
        super().__init__(answers)
        self.ready: dict[str, Any] = {}
        self.replayed = 0.0
        self._messages = 0

    @property
    def messages(self) -> int:
        """How many messages have come; `keep_alive` counts as none."""
        return self._messages

    def begin(self, workflow: str, params: Any) -> None:
        """Send the first frame, with a token of its own (spec FA-RES-7)."""
        start = {"type": "start_workflow", "workflow_uuid": uuid.uuid4().hex, "name": workflow}
        self.send_text(json.dumps({**start, "params": params, "resume_token": uuid.uuid4().hex}))

    def resume(self, before: SessionConversation, after_seq: int) -> None:
        """Go on with the conversation of another socket, after the message `after_seq` (spec FA-RES)."""
        known = {name: before.ready[name] for name in ("workflow_uuid", "resume_token", "epoch")}
        self.send_text(json.dumps({"type": "resume_workflow", **known, "after_seq": after_seq}))

    def say(self, value: str) -> None:
        """Answer the open question."""
        question = json.loads(self.last)["uuid"]
        self.last = b""
        frame = {"type": "answer", "question_uuid": question, "answer_id": uuid.uuid4().hex, "value": value}
        self.send_text(json.dumps(frame))

    async def leave(self) -> None:
        """Cancel the workflow, and wait until it is over (spec FA-CAN-1)."""
        self.send_text('{"type":"cancel_workflow"}')
        while not self.closed:
            await self._changed()

    async def replay(self) -> None:
        """Wait for `replay_completed`."""
        while not self.replayed:
            await self._changed()

    def _received(self, buffer: bytearray, spans: list[tuple[int, int]]) -> None:
        newest = None
        for span in spans:
            # Every message has content, and no frame of the session has.
            if buffer.find(b'"content":', *span) < 0:
                self._session_frame(json.loads(buffer[span[0] : span[1]]))
            elif buffer.find(b'"keep_alive"', *span) < 0:
                self._messages += 1
                newest = span
        if newest is not None:
            self._newest(buffer, newest)
            self._note_errors(buffer, spans)

    def _session_frame(self, frame: dict[str, Any]) -> None:
        kind = frame["type"]
        if kind == "session_ready":
            self.ready = frame
        elif kind == "replay_completed":
            self.replayed = time.perf_counter()
        elif kind == "answer_rejected":
            self._fail(LoadFailed(f"an answer was rejected: {frame['reason']} {frame['detail'] or ''}"))
