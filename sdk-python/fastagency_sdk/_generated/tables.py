# stand-in until the generator emits it
from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Final

from pydantic import BaseModel

from . import messages


class CloseCode(IntEnum):
    FINISHED = 1000
    GOING_AWAY = 1001
    NOT_UTF8 = 1007
    FRAME_TOO_BIG = 1009
    SERVER_FAULT = 1011
    MALFORMED_FRAME = 4000
    NOT_AUTHENTICATED = 4001
    NOT_ALLOWED = 4003
    UNKNOWN_WORKFLOW = 4004
    FIRST_FRAME_TIMEOUT = 4008
    ALREADY_STARTED = 4009
    OVERLOADED = 4100


CLOSE_CODE_MEANINGS: Final[Mapping[CloseCode, str]] = {c: c.name for c in CloseCode}
CLIENT_ACTIONS: Final[Mapping[CloseCode, str]] = {c: "none" for c in CloseCode}


class ConversationState(StrEnum):
    CREATED = "created"
    RUNNING = "running"
    AWAITING_ANSWER = "awaiting_answer"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL_STATES: Final[frozenset[ConversationState]] = frozenset(
    {ConversationState.COMPLETED, ConversationState.FAILED, ConversationState.CANCELLED}
)
CLIENT_FRAMES: Final[Mapping[ConversationState, frozenset[str]]] = {}
SERVER_FRAMES: Final[Mapping[ConversationState, frozenset[str]]] = {}

PROTOCOL_VERSION: Final = "1.0.0"
DEFAULT_TYPE: Final = "text_message"
ASKING_TYPES: Final[frozenset[str]] = frozenset({"text_input", "multiple_choice"})
MESSAGE_CLASSES: Final[Mapping[str, type[BaseModel]]] = {
    "text_message": messages.TextMessage,
    "suggested_function_call": messages.SuggestedFunctionCall,
    "function_call_execution": messages.FunctionCallExecution,
    "text_input": messages.TextInput,
    "multiple_choice": messages.MultipleChoice,
    "system_message": messages.SystemMessage,
    "keep_alive": messages.KeepAlive,
    "workflow_started": messages.WorkflowStarted,
    "workflow_completed": messages.WorkflowCompleted,
    "error": messages.Error,
}
