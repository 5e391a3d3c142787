"""One conversation of `fastagency.v1` from the client's side, as a pure state machine over all its
connections.

It does no I/O and has no clock. The shell opens a socket, sends `first_frame`, gives every frame to
`receive_text` and sends what `outgoing` returns; when the socket has ended, `disconnected` says what is
next. Times are in seconds of any one clock that never goes back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ._generated.messages import (
    AnswerAccepted,
    AnswerRejected,
    CancelWorkflow,
    Error,
    InitiatedWorkflow,
    KeepAlive,
    MultipleChoice,
    Outcome,
    ReplayCompleted,
    ResumeWorkflow,
    SessionMode,
    SessionReady,
    StartWorkflow,
    TextChunk,
    TextInput,
    WorkflowCompleted,
)
from ._generated.tables import FINAL_STATES, CloseCode, ConversationState
from .answers import Question
from .codec import Message, decode, encode, place_of, seq_of
from .connection_state import ConnectionState
from .cursor import Cursor
from .endings import NO_CLOSE_FRAME, ending_of
from .errors import ConversationError, ConversationRefused, MalformedMessage, NotAsked
from .reconnect import Reconnect
from .underway import Underway

__all__ = ["SUBPROTOCOL", "Delivered", "Next", "SessionProtocol"]

SUBPROTOCOL = "fastagency.v1"
"""What a client offers where it was advertised (spec FA-NEG-2)."""

Delivered = Message | MalformedMessage
"""What a user is given, in order."""

_SILENCES = 1.5
"""After how many heartbeats without one the connection is dead (spec FA-LIV-1)."""


@dataclass(frozen=True)
class Next:
    """What follows the end of a connection: another one in `delay` seconds, or (None) nothing, for `error`.

    Without an error the conversation has ended as it should. `messages` are those of a replay that broke off:
    no connection will bring its rest, so the user is given them before the end.
    """

    delay: float | None
    error: ConversationError | None = None
    messages: tuple[Delivered, ...] = ()


class SessionProtocol:
    """A conversation, over as many connections as it takes."""

    def __init__(self, begin: InitiatedWorkflow | Cursor, reconnect: Reconnect, now: float) -> None:
        self._initiated = begin if isinstance(begin, InitiatedWorkflow) else None
        cursor = begin if isinstance(begin, Cursor) else None
        self.workflow_uuid = begin.workflow_uuid
        self._token = begin.resume_token
        self._epoch = "" if cursor is None else cursor.epoch
        self._seq = 0 if cursor is None else cursor.after_seq
        # Where the user stands: behind the machine by what was not read yet.
        self._delivered_seq, self._delivered_epoch = self._seq, self._epoch
        self._reconnect = reconnect
        self._resumable = cursor is not None
        self._shown_any = cursor is not None
        self._live = self._replaying = False
        self._held: list[Delivered] = []  # of a replay that is not complete, perhaps over several connections
        self._gap = False
        self._left = False
        self._over = False
        self._ready_state: ConversationState | None = None  # if it was final when the session began
        self._read_before: ConversationState | None = None  # how it ended, where that was read before
        self._cancelling: str | None = None
        self._cancel_sent = False
        self._attempt = 0
        self._gone_since = now
        self._heard = now
        self._heartbeat: float | None = None
        self._detached_seconds = reconnect.patience
        self._underway = Underway()
        self._completed: WorkflowCompleted | None = None
        self._last_error: Error | None = None
        self._told: WorkflowCompleted | None = None  # the end, once the user was given it
        self._told_error: Error | None = None
        self._ending: ConversationError | None = None

    # --- what a user asks

    @property
    def connection(self) -> ConnectionState:
        """The state of the connection (spec FA-LIF-3)."""
        if self._ending is not None:
            return ConnectionState.LOST
        if self._left or self._told is not None or self._end_known is not None:
            return ConnectionState.ENDED
        if self._live or self._over:
            return ConnectionState.LIVE
        return ConnectionState.RECONNECTING if self._resumable else ConnectionState.CONNECTING

    @property
    def state(self) -> ConversationState:
        """Where the conversation stands (spec FA-LIF), after the last message that the user was given."""
        if self._told is not None:
            return ConversationState(self.outcome or Outcome.COMPLETED)
        if self._end_known is not None:
            return self._end_known
        if isinstance(self._ending, ConversationRefused):
            return ConversationState.FAILED
        if self._ending is not None or self._left:
            return ConversationState.CANCELLED
        if not self._resumable:
            return ConversationState.CREATED
        return ConversationState.RUNNING if self.question is None else ConversationState.AWAITING_ANSWER

    @property
    def question(self) -> Question | None:
        """The oldest question that was delivered, is open, and has no answer under way; None when there is
        none."""
        return self._underway.question

    @property
    def result(self) -> str | None:
        """What the workflow returned."""
        return None if self._told is None else self._told.content.result

    @property
    def outcome(self) -> Outcome | None:
        """How the workflow ended, None before its end."""
        if self._told is None:
            return None if self._end_known is None else Outcome(self._end_known)
        return self._told.content.outcome

    @property
    def last_error(self) -> Error | None:
        """The last `error` message that the user was given."""
        return self._told_error

    @property
    def cursor(self) -> Cursor | None:
        """Where the user stands: after the last message that was delivered. None before the first session."""
        if not self._resumable or self._token is None:
            return None
        return Cursor(self.workflow_uuid, self._token, self._delivered_epoch, self._delivered_seq)

    def is_open(self, question: Question) -> bool:
        """Say whether a question still takes an answer: nobody's was accepted, and none of this client is
        under way."""
        return self._underway.is_open(question)

    def answered_elsewhere(self, accepted: AnswerAccepted) -> bool:
        """Say whether the answer of another socket was taken, another tab's for example (spec FA-RES-6)."""
        return accepted.answer_id is not None and not self._underway.is_mine(accepted.answer_id)

    # --- what a user does

    def answer(self, value: str | Iterable[str], question: Question | None = None) -> str:
        """Answer a question, by default the oldest open one, and return the answer's id. `outgoing` has the
        frame.

        It is kept until the server accepts or rejects it (spec FA-ANS-1). Raises NotAsked when nothing is
        asked, or the question is closed or does not allow the value, and the conversation's own error when
        it was given up.
        """
        if self._ending is not None:
            raise self._ending
        if self._told is not None or self._left:
            raise NotAsked("the conversation is over")
        return self._underway.answer(value, question)

    def cancel(self, reason: str | None = None) -> None:
        """Cancel the conversation, now or as soon as there is a session again, until its end is here (spec
        FA-CAN-1)."""
        if self._completed is None:
            self._cancel_sent = False
            self._cancelling = encode(CancelWorkflow(type="cancel_workflow", reason=reason))

    def leave(self) -> None:
        """Note that this side closes the connection for good; the conversation goes on (spec FA-CAN-3)."""
        self._left = True
        self._underway.forget_answers()

    def delivered(self, message: Message) -> None:
        """Note that the user was given a message: the cursor moves on."""
        if isinstance(message, TextInput | MultipleChoice):
            self._underway.shown(message)
        elif isinstance(message, WorkflowCompleted):
            self._told = message
        elif isinstance(message, Error):
            self._told_error = message
        if isinstance(message, SessionReady):
            self._delivered_seq, self._delivered_epoch = message.oldest_seq - 1, message.epoch
        elif (seq := seq_of(message)) is not None:
            self._delivered_seq = max(seq, self._delivered_seq)

    # --- what a connection does

    def first_frame(self, now: float) -> str:
        """Return the first frame of a new socket (spec FA-RES-7)."""
        self._heard = now
        self._gap = False
        if self._initiated is not None and not self._resumable:
            return encode(
                StartWorkflow(
                    type="start_workflow",
                    workflow_uuid=self._initiated.workflow_uuid,
                    name=self._initiated.name,
                    params=self._initiated.params,
                    resume_token=self._token,
                )
            )
        return encode(
            ResumeWorkflow(
                type="resume_workflow",
                workflow_uuid=self.workflow_uuid,
                resume_token=self._token or "",
                epoch=self._epoch,
                after_seq=self._seq,
            )
        )

    def outgoing(self) -> list[str]:
        """Return the frames that are to be sent now: answers that the server does not know yet, then a
        cancel."""
        if not self._live:
            return []
        frames = self._underway.unsent()
        if self._cancelling is not None and not self._cancel_sent:
            self._cancel_sent = True
            frames.append(self._cancelling)
        return frames

    @property
    def deadline(self) -> float:
        """When the connection is dead if nothing is heard until then (spec FA-LIV-1)."""
        patience = self._reconnect.patience if self._heartbeat is None else _SILENCES * self._heartbeat
        return self._heard + patience

    @property
    def broken(self) -> bool:
        """True when the socket is to be closed and the conversation resumed: the log has a gap (spec
        FA-RES-5)."""
        return self._gap

    def receive_text(self, text: str, now: float) -> list[Delivered]:
        """Take a text frame and return what the user is given, in order.

        A frame that is not what its type says comes as MalformedMessage; its place in the log counts as read.
        """
        self._heard = now
        if self._gap:
            return []
        try:
            message = decode(text)
        except MalformedMessage as error:
            kind, seq = place_of(text)
            if seq == self._seq + 1:
                self._seq += 1
            # Without these nothing that follows can be shown: perhaps the next socket brings them.
            self._gap = kind in ("session_ready", "replay_completed")
            return self._out(error)
        return self._take(message, now)

    def receive_binary(self, data: bytes, now: float) -> list[Delivered]:
        """Take a binary frame, which the protocol does not have from servers (spec FA-FRM-1)."""
        self._heard = now
        return self._out(MalformedMessage("a binary frame", data.decode(errors="replace")))

    def disconnected(
        self, code: int = NO_CLOSE_FRAME, reason: str = "", *, by_client: bool = False, now: float
    ) -> Next:
        """Note that the connection ended, or could not be opened, and return what is next (spec FA-CLS)."""
        if self._live and code == CloseCode.FINISHED and not (by_client or self._gap or self._completed):
            # All of it had been read before: `workflow_completed` does not come again (spec FA-RES-9).
            self._read_before = self._ready_state
        if self._live or self._replaying:
            self._gone_since = now
        self._live = self._replaying = False
        self._cancel_sent = False
        self._underway.disconnected()
        if self._completed is not None or self._left or self._read_before is not None:
            self._over = True
            return Next(None, messages=self._released())
        if self._gap:
            code, by_client = NO_CLOSE_FRAME, False
        self._attempt += 1
        delay = self._reconnect.delay(code, reason, self._attempt, by_client=by_client)
        if delay is None or now + delay - self._gone_since > self._detached_seconds:
            return self.give_up(ending_of(code, reason, self._last_error, by_client=by_client))
        return Next(delay)

    def give_up(self, error: ConversationError) -> Next:
        """Note that no connection will be tried any more, because of `error`."""
        self._ending = error
        return Next(None, error, self._released())

    def listening(self, now: float) -> None:
        """Note that the shell reads on after a pause of its own: silence counts from here."""
        self._heard = now

    # --- messages

    def _take(self, message: Message, now: float) -> list[Delivered]:
        match message:
            case SessionReady():
                return self._ready(message)
            case ReplayCompleted():
                self._begin_live(now)
                return list(self._released())
            case KeepAlive():
                return []
            case TextChunk():
                return self._out(message)
            case AnswerRejected():
                self._underway.rejected(message)
                return self._out(message)
            case AnswerAccepted():
                self._underway.settled(message)
        seq = seq_of(message)
        if seq is None:
            self._note(message)
            return self._out(message)
        if seq <= self._seq:
            return []
        if seq > self._seq + 1:
            self._gap = True
            return []
        self._seq = seq
        self._attempt = 0
        self._note(message)
        return self._out(message)

    def _ready(self, ready: SessionReady) -> list[Delivered]:
        self._token, self._epoch = ready.resume_token, ready.epoch
        self._heartbeat, self._detached_seconds = ready.heartbeat_seconds, ready.detached_seconds
        self._resumable = True
        self._ready_state = next((state for state in FINAL_STATES if state == ready.state), None)
        if ready.mode is SessionMode.FRESH:
            self._seq = 0
            self._delivered_epoch = ready.epoch
            self._begin_live(self._heard)
            return []
        self._replaying = True
        if ready.mode is SessionMode.RESET:
            self._seq = ready.oldest_seq - 1
            self._underway.forget_questions()
            self._held = [ready] if self._shown_any else []
            if not self._shown_any:  # nobody has to be told to drop anything
                self._delivered_seq, self._delivered_epoch = self._seq, self._epoch
        return []

    def _begin_live(self, now: float) -> None:
        self._live, self._replaying = True, False
        self._attempt = 0
        self._gone_since = now

    @property
    def _end_known(self) -> ConversationState | None:
        """`_read_before`, unless the user is still to be given a reset to another log."""
        return self._read_before if self._delivered_epoch == self._epoch else None

    def _out(self, message: Delivered) -> list[Delivered]:
        """During a replay messages are held back, so that `is_open` is right when they are delivered."""
        self._held.append(message)
        return [] if self._replaying else list(self._released())

    def _released(self) -> tuple[Delivered, ...]:
        released, self._held = tuple(self._held), []
        self._shown_any = self._shown_any or bool(released)
        return released

    def _note(self, message: Message) -> None:
        match message:
            case TextInput() | MultipleChoice():
                self._underway.asked(message)
            case AnswerAccepted():
                self._underway.closed(message)
            case WorkflowCompleted():
                self._completed = message
                self._cancelling = None
                self._underway.forget_questions()
                self._underway.forget_answers()
            case Error():
                self._last_error = message
