"""One socket's dialogue with a conversation, as a pure state machine: no clock, no socket, no event loop.

Inputs are methods: a text frame, a binary frame, a disconnect, a tick of the clock, the answer to a request
to start, and that the conversation has something to say. Each returns an `Output`: frames to send, in order,
a first frame to be acted on, a close. `deadline` says when the next tick is due. What both dialects have in
common is here; `classic_session.py` and `resumable_session.py` are the dialects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from fastagency_sdk._generated.messages import InitiateWorkflow, ResumeWorkflow, StartWorkflow
from fastagency_sdk._generated.tables import CloseCode, ConversationState
from pydantic import BaseModel, ValidationError

from .envelope import NO_CONVERSATION
from .errors import FirstFrameTimeout, FrameTooBig, MalformedFrame, Refusal
from .reservations import parse_uuid
from .settings import Settings
from .strictjson import loads

__all__ = ["NOTHING", "Close", "FirstFrame", "Output", "Session", "json_object", "parsed", "uuid_of"]

_REASON_BYTES: Final = 123  # RFC 6455, 5.5: a control frame holds 125 bytes, two of them the code

FirstFrame = InitiateWorkflow | StartWorkflow | ResumeWorkflow
"""What a client may begin with."""

Frame = TypeVar("Frame", bound=BaseModel)


@dataclass(frozen=True)
class Close:
    """Close the socket with this code; `reason` fits into a close frame."""

    code: CloseCode
    reason: str


@dataclass(frozen=True)
class Output:
    """What is to be done, in this order: send `frames`, start what `start` names, close.

    `more` says that there is more to pull.
    """

    frames: tuple[str, ...] = ()
    start: FirstFrame | None = None
    close: Close | None = None
    more: bool = False


NOTHING: Final = Output()


class Session(ABC):
    """One socket, from its opening at the time `now` on. Times are in seconds of any one clock."""

    def __init__(self, settings: Settings, now: float) -> None:
        self._settings = settings
        self._state = ConversationState.CREATED
        self._workflow_uuid = NO_CONVERSATION
        self.closed = False
        """True once nothing may be sent any more."""
        self.deadline: float | None = now + settings.first_frame_seconds
        """When `tick` is due; None: never."""

    @property
    @abstractmethod
    def state(self) -> ConversationState:
        """Where the conversation is in the lifecycle of the spec (FA-LIF)."""

    @abstractmethod
    def pull(self) -> Output:
        """The conversation may have something to say."""

    @abstractmethod
    def _text(self, text: str) -> Output:
        """A text frame of a legal size has come."""

    @abstractmethod
    def _error(self, refusal: Refusal) -> str:
        """The `error` message that comes before a close."""

    @abstractmethod
    def _leave(self) -> None:
        """The socket holds the conversation no longer."""

    def text(self, text: str) -> Output:
        """A text frame has come."""
        if self.closed:
            return NOTHING
        # In UTF-8 a character takes at most four bytes, so most frames need not be measured.
        limit = self._settings.max_frame_bytes
        if len(text) * 4 > limit and len(text.encode(errors="surrogatepass")) > limit:
            return self.refuse(FrameTooBig(f"A frame is larger than {limit} bytes."))
        return self._text(text)

    def binary(self) -> Output:
        """A binary frame has come, which the protocol does not have (spec FA-CLA-5, FA-FRM-4)."""
        if self.closed:
            return NOTHING
        return self.refuse(MalformedFrame("A frame is binary.", "Send text frames."))

    def disconnected(self) -> Output:
        """The socket is gone (spec FA-CLA-6, FA-CAN-3)."""
        self._end(ConversationState.CANCELLED)
        return NOTHING

    def tick(self, now: float) -> Output:
        """The time is `now`."""
        if self.closed or self.deadline is None or now < self.deadline:
            return NOTHING
        seconds = f"{self._settings.first_frame_seconds:g}"
        return self.refuse(
            FirstFrameTimeout(
                f"No first frame within {seconds} s.",
                "Send the response of initiate_workflow as the first frame.",
            )
        )

    def sent(self, now: float) -> None:  # noqa: B027 - only a dialect with heartbeats wants to know
        """Something was sent at the time `now`."""

    def refuse(self, refusal: Refusal) -> Output:
        """End with an `error` message and the close code of `refusal` (spec FA-CLA-2, FA-FRM-2)."""
        if self.closed:
            return NOTHING
        frame = self._error(refusal)
        self._end(ConversationState.FAILED)
        return Output((frame,), close=Close(refusal.code, _reason(refusal.short)))

    @property
    def workflow_uuid(self) -> str | None:
        """The conversation that the first frame named, 32 hex digits; None before it."""
        return None if self._workflow_uuid == NO_CONVERSATION else self._workflow_uuid

    def dismiss(self, refusal: Refusal) -> Output:
        """End because of what the server does, not the client: with the close code of `refusal`."""
        return self.refuse(refusal)

    def _end(self, state: ConversationState) -> None:
        self._state = state
        self.closed = True
        self.deadline = None
        self._leave()


def json_object(text: str, what: str) -> dict[str, Any]:
    """Return the JSON object that a frame is. Raises MalformedFrame, in which `what` names the frame."""
    try:
        value = loads(text)
    except ValueError as error:
        raise MalformedFrame(f"{what} is not right.", f"It is not JSON: {error}.") from None
    if not isinstance(value, dict):
        raise MalformedFrame(f"{what} is not right.", "It is not a JSON object.")
    return value


def parsed(model: type[Frame], value: dict[str, Any], what: str) -> Frame:
    """Return a frame of the generated type `model`. Raises MalformedFrame, which names the field at fault."""
    try:
        return model.model_validate(value, strict=True)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, fault["loc"]))
        raise MalformedFrame(f"{what} is not right.", f"{place}: {fault['msg']}.") from None


def uuid_of(value: dict[str, Any]) -> str | None:
    """Return the `workflow_uuid` of a frame as 32 hex digits, None when it has none that is one."""
    text = value.get("workflow_uuid")
    uuid = parse_uuid(text) if isinstance(text, str) else None
    return None if uuid is None else uuid.hex


def _reason(text: str) -> str:
    return text.encode()[:_REASON_BYTES].decode(errors="ignore")
