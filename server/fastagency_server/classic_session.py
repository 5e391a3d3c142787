"""One socket of the classic dialect: the first frame, then raw text for each question (spec FA-CLA)."""

from __future__ import annotations

from typing import Final

from fastagency_sdk._generated.messages import InitiateWorkflow
from fastagency_sdk._generated.tables import CLIENT_FRAMES, CloseCode, ConversationState

from .classic import ClassicConversation, Verdict
from .envelope import NO_CONVERSATION, error_frame
from .errors import MalformedFrame, Refusal
from .session import NOTHING, Close, Output, Session, json_object, parsed, uuid_of
from .settings import Settings

__all__ = ["ClassicSession"]

_FIRST: Final = "The first frame"
_NO_UUID: Final = "workflow_uuid: Input should be a UUID, 32 hex digits or dashed."


class ClassicSession(Session):
    """One socket and its conversation; when either ends, so does the other."""

    def __init__(self, settings: Settings, now: float) -> None:
        super().__init__(settings, now)
        self._starting = False
        self._conversation: ClassicConversation | None = None

    @property
    def state(self) -> ConversationState:
        """Where the conversation is in the lifecycle of the spec (FA-LIF)."""
        return self._conversation.state if self._conversation is not None else self._state

    def started(self, conversation: ClassicConversation) -> Output:
        """The workflow that `Output.start` asked for runs. What it says is to be pulled."""
        if self.closed:
            conversation.close()
            return NOTHING
        self._conversation = conversation
        return Output(more=True)

    def pull(self) -> Output:
        """The conversation may have something to say."""
        if self.closed or self._conversation is None:
            return NOTHING
        frames, over = self._conversation.take()
        close = None
        if over:
            self._end(self._conversation.state)
            close = Close(CloseCode.FINISHED, "")
        return Output(tuple(frames), close=close)

    def _text(self, text: str) -> Output:
        if "initiate_workflow" in CLIENT_FRAMES[self.state] and not self._starting:
            return self._first_frame(text)
        verdict = self._conversation.answer(text) if self._conversation is not None else Verdict.NOT_ASKED
        return Output((self._unasked(),)) if verdict is Verdict.NOT_ASKED else NOTHING

    def _first_frame(self, text: str) -> Output:
        try:
            value = json_object(text, _FIRST)
            uuid = uuid_of(value)
            # Known before the rest is judged, so that an `error` can say which conversation it belongs to.
            self._workflow_uuid = uuid or NO_CONVERSATION
            first = parsed(InitiateWorkflow, value, _FIRST)
            if uuid is None:
                raise MalformedFrame(f"{_FIRST} is not right.", _NO_UUID)
        except MalformedFrame as refusal:
            return self.refuse(refusal)
        self._starting = True
        self.deadline = None
        return Output(start=first)

    def _unasked(self) -> str:
        return error_frame(
            "Nothing was asked.",
            "This frame was dropped. Send one frame for each question, after the question.",
            self._workflow_uuid,
        )

    def _error(self, refusal: Refusal) -> str:
        return error_frame(refusal.short, refusal.long, self._workflow_uuid)

    def _leave(self) -> None:
        if self._conversation is not None:
            self._conversation.close()
