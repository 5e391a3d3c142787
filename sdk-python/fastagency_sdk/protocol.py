"""One conversation from the client's side, as a pure state machine.

It does no I/O: text that arrived goes in, messages and frames to send come out. `aio` and `sync` are the
shells that put it on a socket.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from ._generated.messages import (
    Error,
    InitiatedWorkflow,
    InitiateWorkflow,
    MultipleChoice,
    TextInput,
    WorkflowCompleted,
)
from ._generated.tables import FINAL_STATES, CloseCode, ConversationState
from .answers import Question, frame_for
from .codec import Message, decode, encode
from .connection_state import ConnectionState
from .endings import NO_CLOSE_FRAME, ending_of
from .errors import (
    ConversationError,
    ConversationRefused,
    FastAgencyError,
    MalformedMessage,
    NotAsked,
)

__all__ = ["ConversationProtocol"]


class ConversationProtocol:
    """A conversation that `initiate_workflow` has announced.

    Call `start` once and send what it returns; then give every text frame to `receive_text`, every binary one
    to `receive_binary`, and the end of the connection to `disconnected`. Each method that returns a frame
    leaves the sending to the caller.
    """

    def __init__(self, initiated: InitiatedWorkflow) -> None:
        self._initiated = initiated
        self._started = False
        self._left = False
        self._closed = False
        self._ending: ConversationError | None = None
        self._questions: deque[Question] = deque()
        self._completed: WorkflowCompleted | None = None
        self._last_error: Error | None = None

    @property
    def workflow_uuid(self) -> str:
        """The conversation's id, as the server named it."""
        return self._initiated.workflow_uuid

    @property
    def state(self) -> ConversationState:
        """Where the conversation stands (spec FA-LIF), as far as a client can tell.

        COMPLETED says that `workflow_completed` came, not that the workflow succeeded; FAILED that the server
        refused the conversation; CANCELLED that the connection ended first, by either side.
        """
        if self._completed is not None:
            return ConversationState.COMPLETED
        if isinstance(self._ending, ConversationRefused):
            return ConversationState.FAILED
        if self._closed or self._left:
            return ConversationState.CANCELLED
        if not self._started:
            return ConversationState.CREATED
        return ConversationState.AWAITING_ANSWER if self._questions else ConversationState.RUNNING

    @property
    def question(self) -> Question | None:
        """The oldest question that is not answered yet, None when nothing is asked."""
        return self._questions[0] if self._questions else None

    @property
    def connection(self) -> ConnectionState:
        """The state of the connection (spec FA-LIF-3). In classic a drop is a loss (spec FA-NEG-3)."""
        if self._completed is not None or self._left:
            return ConnectionState.ENDED
        if self._closed:
            return ConnectionState.LOST if self._ending is not None else ConnectionState.ENDED
        return ConnectionState.LIVE if self._started else ConnectionState.CONNECTING

    def is_open(self, question: Question) -> bool:
        """Say whether a question still takes an answer."""
        return any(asked is question for asked in self._questions)

    @property
    def result(self) -> str | None:
        """What the workflow returned. None before its end, and when it returned nothing."""
        return None if self._completed is None else self._completed.content.result

    @property
    def last_error(self) -> Error | None:
        """The last `error` message that came, None when none did."""
        return self._last_error

    def start(self) -> str:
        """Return the first frame: what `initiate_workflow` answered, but for what only `fastagency.v1` has
        (spec FA-CLA-8). Raises RuntimeError the second time.
        """
        if self._started:
            raise RuntimeError("a conversation starts once")
        self._started = True
        first = {name: getattr(self._initiated, name) for name in InitiateWorkflow.model_fields}
        return encode(InitiateWorkflow.model_construct(**first))

    def receive_text(self, text: str) -> Message:
        """Take a text frame and return its message.

        Raises MalformedMessage for a frame that is not what its type says; the conversation stands as before
        it.
        """
        message = decode(text)
        if self.state in FINAL_STATES:
            return message  # nothing is legal any more (spec FA-LIF), so it changes nothing either
        if isinstance(message, (TextInput, MultipleChoice)):
            self._questions.append(message)
        elif isinstance(message, WorkflowCompleted):
            self._completed = message
            self._questions.clear()
        elif isinstance(message, Error):
            self._last_error = message
        return message

    def receive_binary(self, data: bytes) -> MalformedMessage:
        """Take a binary frame and return the error that it is: the protocol has none from servers."""
        return MalformedMessage(
            "a binary frame: the protocol has text frames only", data.decode(errors="replace")
        )

    def answer(self, value: str | Iterable[str]) -> str:
        """Return the frame that answers the open question.

        `value` is the text, a choice, or several choices. Raises NotAsked when nothing is asked, when the
        question does not allow the value (it stays open then), and the conversation's own error when that has
        ended.
        """
        if self._ending is not None:
            raise self._ending
        if self._completed is not None:
            raise NotAsked("the workflow is over")
        if self._closed or self._left:
            raise NotAsked("the conversation was left")
        if not self._questions:
            raise NotAsked("nothing is asked")
        frame = frame_for(self._questions[0], value)
        self._questions.popleft()
        return frame

    def leave(self) -> None:
        """Note that this side closes the connection: what ends afterwards is not lost."""
        self._left = True
        self._questions.clear()

    def disconnected(
        self, code: int = NO_CLOSE_FRAME, reason: str = "", *, by_client: bool = False
    ) -> ConversationError | None:
        """Note that the connection ended, with the close frame's code and reason. Returns None for a normal
        end.

        After `workflow_completed` every end is normal: FastAgency's own server sends no close frame, so that
        clients see 1006 there (spec FA-CLA-1 mends it). `by_client` says that the WebSocket library of this
        side closed first, because it could not go on. Before it, a code that says what was wrong gives
        ConversationRefused, every other end ConversationLost (spec FA-CLS).
        """
        self._closed = True
        self._questions.clear()
        if self._completed is None and not self._left and self._ending is None:
            self._ending = ending_of(code, reason, self._last_error, by_client=by_client)
        return self._ending

    def unsent(
        self, code: int = NO_CLOSE_FRAME, reason: str = "", *, by_client: bool = False
    ) -> FastAgencyError:
        """Return what it means that a frame could not be sent because the connection had closed.

        It changes nothing: messages may have come before the close, and they are still to be read.
        """
        if code == CloseCode.FINISHED and not by_client:
            return NotAsked("the server ended the conversation before the answer came; read on to see how")
        return ending_of(code, reason, self._last_error, by_client=by_client)
