"""One socket of `fastagency.v1` (spec FA-FRM, FA-LIV)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from fastagency_sdk._generated.messages import (
    Acknowledge,
    AnswerFrame,
    CancelWorkflow,
    ResumeWorkflow,
    StartWorkflow,
)
from fastagency_sdk._generated.tables import CloseCode, ConversationState
from pydantic import BaseModel

from .envelope import NO_CONVERSATION, encode
from .errors import MalformedFrame, Refusal, SlowReader
from .logged import LoggedConversation, Reader, Standing
from .session import NOTHING, Close, Output, Session, json_object, parsed, uuid_of
from .settings import Settings

__all__ = ["SUBPROTOCOL", "ResumableSession"]

SUBPROTOCOL: Final = "fastagency.v1"
"""What a client offers, and the server echoes (spec FA-NEG-2)."""

_FIRST: Final[dict[str, type[StartWorkflow] | type[ResumeWorkflow]]] = {
    "start_workflow": StartWorkflow,
    "resume_workflow": ResumeWorkflow,
}
_FURTHER: Final[dict[str, type[BaseModel]]] = {
    "answer": AnswerFrame,
    "cancel_workflow": CancelWorkflow,
    "acknowledge": Acknowledge,
}
_ANSWER_ID_LENGTH: Final = 64

_encoder = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":"))


class ResumableSession(Session):
    """One of the sockets of a conversation, which outlives it."""

    def __init__(self, settings: Settings, now: float) -> None:
        super().__init__(settings, now)
        self._conversation: LoggedConversation | None = None
        self._reader: Reader | None = None
        self._left: Callable[[], None] = lambda: None
        self._begun = False
        self._heartbeat = settings.heartbeat_seconds

    @property
    def state(self) -> ConversationState:
        """Where the conversation is in the lifecycle of the spec (FA-LIF)."""
        return self._conversation.state if self._conversation is not None else self._state

    def attached(
        self,
        conversation: LoggedConversation,
        reader: Reader,
        standing: Standing,
        token: str,
        left: Callable[[], None],
        now: float,
    ) -> Output:
        """The socket holds its conversation; `left` is called when it does no longer (spec FA-FRM-2)."""
        self._conversation, self._reader, self._left = conversation, reader, left
        if self.closed:
            left()
            return NOTHING
        self.deadline = now + self._heartbeat
        ready = {
            "type": "session_ready",
            "workflow_uuid": conversation.workflow_uuid,
            "mode": standing.mode,
            "epoch": standing.epoch,
            "oldest_seq": standing.oldest_seq,
            "head_seq": standing.head_seq,
            "state": standing.state,
            "resume_token": token,
            "heartbeat_seconds": self._heartbeat,
            "detached_seconds": self._settings.detached_seconds,
        }
        return Output((_encoder.encode(ready),), more=True)

    def pull(self) -> Output:
        """The conversation may have something to say."""
        if self.closed or self._conversation is None or self._reader is None:
            return NOTHING
        batch = self._conversation.read(self._reader)
        if batch.lost:
            return self.refuse(SlowReader())
        close = None
        if batch.over:
            self._end(self._conversation.state)
            close = Close(CloseCode.FINISHED, "")
        return Output(tuple(batch.frames), close=close, more=batch.more)

    def sent(self, now: float) -> None:
        """Something was sent at the time `now`: the next heartbeat is due later."""
        if self._reader is not None and not self.closed:
            self.deadline = now + self._heartbeat

    def tick(self, now: float) -> Output:
        """The time is `now`: say `keep_alive` when nothing else was said (spec FA-LIV-1)."""
        if self._conversation is None or self._reader is None:
            return super().tick(now)
        if self.closed or self.deadline is None or now < self.deadline:
            return NOTHING
        self.deadline = now + self._heartbeat
        self._conversation.beat(self._reader)
        return self.pull()

    def dismiss(self, refusal: Refusal) -> Output:
        """As `Session.dismiss`. The client comes back, so its user is shown no error."""
        if self.closed:
            return NOTHING
        self._end(self.state)
        return Output(close=Close(refusal.code, refusal.short))

    def _text(self, text: str) -> Output:
        what = "A frame" if self._begun else "The first frame"
        try:
            value = json_object(text, what)
            if not self._begun:
                return self._first_frame(value)
            return self._further(parsed(_kind_of(value, _FURTHER, what), value, what))
        except MalformedFrame as refusal:
            return self.refuse(refusal)

    def _first_frame(self, value: dict[str, Any]) -> Output:
        what = "The first frame"
        self._workflow_uuid = uuid_of(value) or NO_CONVERSATION
        first = parsed(_kind_of(value, _FIRST, what), value, what)
        if self._workflow_uuid == NO_CONVERSATION and uuid_of(value) is None:
            raise MalformedFrame(f"{what} is not right.", "workflow_uuid: Input should be a UUID.")
        self._begun = True
        self.deadline = None
        return Output(start=first)

    def _further(self, frame: BaseModel) -> Output:
        conversation, reader = self._conversation, self._reader
        if conversation is None or reader is None:
            raise MalformedFrame("A frame came too early.", "Wait for session_ready.")
        if isinstance(frame, AnswerFrame):
            if len(frame.answer_id) > _ANSWER_ID_LENGTH:
                raise MalformedFrame("A frame is not right.", "answer_id: it is longer than 64 characters.")
            conversation.answer(reader, frame.question_uuid, frame.answer_id, frame.value)
        elif isinstance(frame, CancelWorkflow):
            conversation.cancel()
        elif isinstance(frame, Acknowledge):
            conversation.acknowledge(frame.seq)
        return NOTHING

    def _error(self, refusal: Refusal) -> str:
        content = {"short": refusal.short, "long": refusal.long, "code": refusal.code.name.lower()}
        uuid = self._workflow_uuid
        return encode("error", content, workflow_uuid=uuid, sender="Workflow", recipient="User")

    def _leave(self) -> None:
        left, self._left = self._left, lambda: None
        left()


def _kind_of(value: dict[str, Any], kinds: dict[str, Any], what: str) -> Any:
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in kinds:
        raise MalformedFrame(f"{what} is not right.", f"type: Input should be one of {', '.join(kinds)}.")
    return kinds[kind]
