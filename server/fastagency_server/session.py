"""One socket's dialogue with a conversation, as a pure state machine: no clock, no socket, no event loop.

Inputs are methods: a text frame, a binary frame, a disconnect, a tick of the clock, the answer to a request
to start, and that the conversation has something to say. Each returns an `Output`: frames to send, in order,
a first frame to be acted on, a close. `deadline` says when the next tick is due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fastagency_sdk._generated.messages import InitiateWorkflow
from fastagency_sdk._generated.tables import CLIENT_FRAMES, CloseCode, ConversationState
from pydantic import ValidationError

from .conversation import Conversation, Verdict
from .envelope import NO_CONVERSATION, error_frame
from .errors import FirstFrameTimeout, FrameTooBig, MalformedFrame, Refusal
from .reservations import parse_uuid
from .settings import Settings
from .strictjson import loads

__all__ = ["Close", "Output", "Session"]

_REASON_BYTES: Final = 123  # RFC 6455, 5.5: a control frame holds 125 bytes, two of them the code


@dataclass(frozen=True)
class Close:
    """Close the socket with this code; `reason` fits into a close frame."""

    code: CloseCode
    reason: str


@dataclass(frozen=True)
class Output:
    """What is to be done, in this order: send `frames`, start what `start` names, close."""

    frames: tuple[str, ...] = ()
    start: InitiateWorkflow | None = None
    close: Close | None = None


_NOTHING: Final = Output()
_NOT_RIGHT: Final = "The first frame is not right."


class Session:
    """One socket, from its opening at the time `now` on. Times are in seconds of any one clock."""

    def __init__(self, settings: Settings, now: float) -> None:
        self._settings = settings
        self._state = ConversationState.CREATED
        self._starting = False
        self._conversation: Conversation | None = None
        self._workflow_uuid = NO_CONVERSATION
        self.closed = False
        """True once nothing may be sent any more."""
        self.deadline: float | None = now + settings.first_frame_seconds
        """When `tick` is due; None: never."""

    @property
    def state(self) -> ConversationState:
        """Where the conversation is in the lifecycle of the spec (FA-LIF)."""
        return self._conversation.state if self._conversation is not None else self._state

    def text(self, text: str) -> Output:
        """A text frame has come."""
        if self.closed:
            return _NOTHING
        # In UTF-8 a character takes at most four bytes, so most frames need not be measured.
        limit = self._settings.max_frame_bytes
        if len(text) * 4 > limit and len(text.encode(errors="surrogatepass")) > limit:
            return self.refuse(FrameTooBig(f"A frame is larger than {limit} bytes."))
        if "initiate_workflow" in CLIENT_FRAMES[self.state] and not self._starting:
            return self._first_frame(text)
        verdict = self._conversation.answer(text) if self._conversation is not None else Verdict.NOT_ASKED
        if verdict is Verdict.NOT_ASKED:
            return Output((self._unasked(),))
        return _NOTHING

    def binary(self) -> Output:
        """A binary frame has come, which the protocol does not have (spec FA-CLA-5)."""
        if self.closed:
            return _NOTHING
        return self.refuse(MalformedFrame("A frame is binary.", "Send text frames."))

    def disconnected(self) -> Output:
        """The socket is gone (spec FA-CLA-6)."""
        self._end(ConversationState.CANCELLED)
        return _NOTHING

    def tick(self, now: float) -> Output:
        """The time is `now`."""
        if self.closed or self.deadline is None or now < self.deadline:
            return _NOTHING
        seconds = f"{self._settings.first_frame_seconds:g}"
        return self.refuse(
            FirstFrameTimeout(
                f"No first frame within {seconds} s.",
                "Send the response of initiate_workflow as the first frame.",
            )
        )

    def started(self, conversation: Conversation) -> Output:
        """The workflow that `Output.start` asked for runs."""
        if self.closed:
            conversation.close()
            return _NOTHING
        self._conversation = conversation
        return self.pull()

    def refuse(self, refusal: Refusal) -> Output:
        """End with an `error` message and the close code of `refusal` (spec FA-CLA-2)."""
        if self.closed:
            return _NOTHING
        frame = error_frame(refusal.short, refusal.long, self._workflow_uuid)
        self._end(ConversationState.FAILED)
        return Output((frame,), close=Close(refusal.code, _reason(refusal.short)))

    def pull(self) -> Output:
        """The conversation may have something to say."""
        if self.closed or self._conversation is None:
            return _NOTHING
        frames, over = self._conversation.take()
        close = None
        if over:
            self._end(self._conversation.state)
            close = Close(CloseCode.FINISHED, "")
        return Output(tuple(frames), close=close)

    def _first_frame(self, text: str) -> Output:
        try:
            value = _json_object(text)
            # Known before the rest is judged, so that an `error` can say which conversation it belongs to.
            self._workflow_uuid = _uuid_of(value) or NO_CONVERSATION
            first = _initiate_workflow(value)
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

    def _end(self, state: ConversationState) -> None:
        self._state = state
        self.closed = True
        self.deadline = None
        if self._conversation is not None:
            self._conversation.close()


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = loads(text)
    except ValueError as error:
        raise MalformedFrame(_NOT_RIGHT, f"It is not JSON: {error}.") from None
    if not isinstance(value, dict):
        raise MalformedFrame(_NOT_RIGHT, "It is not a JSON object.")
    return value


def _uuid_of(value: dict[str, Any]) -> str | None:
    text = value.get("workflow_uuid")
    uuid = parse_uuid(text) if isinstance(text, str) else None
    return None if uuid is None else uuid.hex


def _initiate_workflow(value: dict[str, Any]) -> InitiateWorkflow:
    try:
        first = InitiateWorkflow.model_validate(value, strict=True)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, fault["loc"]))
        raise MalformedFrame(_NOT_RIGHT, f"{place}: {fault['msg']}.") from None
    if _uuid_of(value) is None:
        raise MalformedFrame(_NOT_RIGHT, "workflow_uuid: Input should be a UUID, 32 hex digits or dashed.")
    return first


def _reason(text: str) -> str:
    return text.encode()[:_REASON_BYTES].decode(errors="ignore")
