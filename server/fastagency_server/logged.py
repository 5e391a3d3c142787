"""A conversation of `fastagency.v1`: what it says is numbered and kept, and any number of sockets may read
it.

The sockets' side (`attach`, `read`, `answer`, `cancel`, `detach`) is called on the event loop's thread."""

from __future__ import annotations

import json
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from fastagency_sdk._generated.messages import RejectionReason, SessionMode
from fastagency_sdk._generated.tables import FINAL_STATES, ConversationState

from .conversation import Callback, Conversation, Opening, nothing
from .log import Log
from .questions import Question
from .settings import Settings
from .streams import Streams, chunk_frame

__all__ = ["Batch", "LoggedConversation", "Reader", "Standing"]

_encoder = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":"))

_BATCH_MESSAGES = 256
_BATCH_SIZE = 256 * 1024
_REMEMBERED = 1000
"""Questions and answers of one conversation that are remembered, so that a late answer is told what became
of it."""
_TEXTS = 16
_UNLOGGED = 256
"""Frames beside the log that may wait for one socket; beyond it the pieces of texts are put together."""


@dataclass(eq=False)
class Reader:
    """A socket's place in the log, and the frames beside the log that wait for it.

    `wake` is called, from any thread, when there is something to `read`.
    """

    wake: Callback
    cursor: int = 0
    beside: deque[tuple[int, str, bool]] = field(default_factory=deque)
    """(after which seq, the frame, whether it is a piece of a text)"""
    signalled: bool = False


@dataclass(frozen=True)
class Standing:
    """What `session_ready` says (spec FA-FRM-2)."""

    mode: SessionMode
    epoch: str
    oldest_seq: int
    head_seq: int
    state: ConversationState


@dataclass(frozen=True)
class Batch:
    """What a socket is to send: `frames`; `more`: there is more; `over`: nothing follows; `lost`: the log
    has moved past the socket (spec FA-LIV-5)."""

    frames: list[str]
    more: bool = False
    over: bool = False
    lost: bool = False


class LoggedConversation(Conversation):
    """One running workflow and its log."""

    resumable = True

    def __init__(self, workflow_uuid: str, opening: Opening, settings: Settings) -> None:
        super().__init__(workflow_uuid, opening, settings)
        self._log = Log(settings.log_messages, settings.log_bytes)
        self._streams = Streams(_TEXTS, settings.log_bytes)
        self._readers: list[Reader] = []
        self._asked: OrderedDict[str, None] = OrderedDict()
        self._accepted: OrderedDict[str, str] = OrderedDict()
        self.cancelled: Callback = lambda: None
        """Called when the conversation was cancelled."""

    # --- the workflow's side

    def post(self, kind: str, frame: str) -> bool:
        """As `Conversation.post`. A `keep_alive` is not logged (spec FA-FRM-3)."""
        if kind == "keep_alive":
            return self._beside(frame)
        if self._streams.open and kind == "text_message":
            with self._lock:
                self._streams.close(json.loads(frame)["uuid"])
        return super().post(kind, frame)

    def text_chunk(
        self, message_uuid: str, sender: str | None, recipient: str | None, delta: str, replace: bool
    ) -> bool:
        """Say a piece of a text (spec FA-FRM-3)."""
        frame = chunk_frame(message_uuid, sender, recipient, delta, replace)
        return self._beside(frame, (message_uuid, sender, recipient, delta, replace))

    # --- the sockets' side

    @property
    def sockets(self) -> int:
        """How many sockets hold the conversation."""
        return len(self._readers)

    @property
    def head(self) -> int:
        """The last message that is logged."""
        return self._log.head

    @property
    def size(self) -> int:
        """How much is held, in characters."""
        return self._log.size

    def attach(self, wake: Callback, epoch: str | None, after_seq: int) -> tuple[Reader, Standing]:
        """Give a socket its place: after `after_seq` of `epoch`; epoch None is the socket that starts the
        conversation (spec FA-RES-2, FA-RES-3)."""
        with self._lock:
            log = self._log
            held = log.oldest - 1 <= after_seq <= log.head and epoch == log.epoch and after_seq > 0
            mode = SessionMode.REPLAY if held else SessionMode.RESET
            reader = Reader(wake, after_seq if held else log.oldest - 1)
            if epoch is None:
                mode = SessionMode.FRESH
            else:
                completed = {"type": "replay_completed", "through_seq": log.head}
                reader.beside.append((log.head, _encoder.encode(completed), False))
                reader.beside.extend((log.head, frame, True) for frame in self._streams.frames())
            self._readers.append(reader)
            return reader, Standing(mode, log.epoch, log.oldest, log.head, self.state)

    def detach(self, reader: Reader) -> None:
        """The socket is gone; that cancels nothing (spec FA-CAN-3)."""
        with self._lock:
            if reader in self._readers:
                self._readers.remove(reader)
            reader.wake = nothing
            # A full log is what holds a workflow back from here on.
            done = self._released()
        for callback in done:
            callback()

    def read(self, reader: Reader) -> Batch:
        """Take what a socket is to send next."""
        with self._lock:
            reader.signalled = False
            if reader.cursor < self._log.oldest - 1:
                return Batch([], lost=True)
            frames = self._frames_for(reader)
            more = reader.cursor < self._log.head or bool(reader.beside)
            over = not more and self.state in FINAL_STATES
            done = self._released()
        for callback in done:
            callback()
        return Batch(frames, more, over)

    def answer(self, reader: Reader, question_uuid: str, answer_id: str, value: str | list[str]) -> None:
        """Take an answer, or tell its socket why not (spec FA-ANS)."""
        done: list[Callback] = []
        with self._lock:
            verdict = self._judge(question_uuid, answer_id, value)
            if isinstance(verdict, Question):
                done = self._taken(verdict, answer_id, value)
            else:
                reader.beside.append((self._log.head, verdict, False))
        self._tell(done)
        if isinstance(verdict, Question) and verdict.answer is not None:
            self._note_answer(verdict)

    def acknowledge(self, seq: int) -> None:
        """Trim the log to what a client still wants (spec FA-LIV-4). With several sockets nothing is
        trimmed."""
        with self._lock:
            if len(self._readers) == 1:
                self._log.acknowledge(seq)

    def cancel(self) -> None:
        """End the conversation at once (spec FA-CAN-1)."""
        if self._end(ConversationState.CANCELLED, None, None):
            self.told = True
        self.cancelled()

    def beat(self, reader: Reader) -> None:
        """Have a socket say `keep_alive` (spec FA-LIV-1)."""
        frame = self._own("keep_alive", {})
        with self._lock:
            reader.beside.append((reader.cursor, frame, False))

    # --- what a dialect is

    def _append(self, frame: str) -> None:
        self._log.append(frame)

    def _has_room(self) -> bool:
        messages, size = self._log.ahead()
        settings = self.settings
        if not self._readers:
            return messages < settings.log_messages and size < settings.log_bytes
        if size >= settings.buffered_bytes:
            return False
        # One socket that keeps up will do.
        for reader in self._readers:  # noqa: SIM110 - asked for every message, and `any` costs twice as much
            if messages + len(reader.beside) < settings.buffered_messages:
                return True
        return False

    def _wake(self) -> None:
        for reader in self._readers.copy():
            # Once for all that was not read yet. What two threads see at the same time wakes twice at worst.
            if not reader.signalled:
                reader.signalled = True
                reader.wake()

    def _question_is_out(self, question: Question) -> None:
        question.sent = True
        question.asked = monotonic()
        self._asked[question.uuid] = None
        if len(self._asked) > _REMEMBERED:
            self._asked.popitem(last=False)

    def _question_closed(
        self, question: Question, answer_id: str | None, value: str | list[str] | None
    ) -> None:
        shown = None if question.secret else value
        accepted = {
            "type": "answer_accepted",
            "question_uuid": question.uuid,
            "answer_id": answer_id,
            "value": shown,
        }
        self._append(_encoder.encode(accepted))
        if answer_id is not None:
            self._accepted[answer_id] = self._log.last()
            if len(self._accepted) > _REMEMBERED:
                self._accepted.popitem(last=False)

    # --- with the lock held

    def _judge(self, question_uuid: str, answer_id: str, value: str | Sequence[str]) -> Question | str:
        """The question that takes the answer, or the frame that tells its socket what became of it."""
        if answer_id in self._accepted:
            return self._accepted[answer_id]
        question = self._questions[0] if self._questions else None
        if question is None or question.uuid != question_uuid or self._doomed is not None:
            known = question_uuid in self._asked
            reason = RejectionReason.QUESTION_CLOSED if known else RejectionReason.UNKNOWN_QUESTION
            return _rejected(question_uuid, answer_id, reason, None)
        question.answer = question.accept_value(value)
        if question.answer is not None:
            return question
        question.attempts += 1
        if question.attempts >= self.settings.invalid_answers:
            self._doom(question)
            return question
        return _rejected(question_uuid, answer_id, RejectionReason.INVALID_VALUE, question.hint or None)

    def _taken(self, question: Question, answer_id: str, value: str | list[str]) -> list[Callback]:
        self._questions.popleft()
        if question.answer is not None:
            self._question_closed(question, answer_id, question.answer if isinstance(value, str) else value)
        self._ask_next()
        return [question.done]

    def _frames_for(self, reader: Reader) -> list[str]:
        frames: list[str] = []
        while reader.beside and reader.beside[0][0] <= reader.cursor:
            frames.append(reader.beside.popleft()[1])
        until = reader.beside[0][0] if reader.beside else self._log.head
        found = self._log.after(reader.cursor, min(_BATCH_MESSAGES, until - reader.cursor), _BATCH_SIZE)
        reader.cursor += len(found)
        frames += found
        while reader.beside and reader.beside[0][0] <= reader.cursor:
            frames.append(reader.beside.popleft()[1])
        return frames

    def _released(self) -> list[Callback]:
        if not self._waiting or not (self.state in FINAL_STATES or self._has_room()):
            return []
        waiting, self._waiting = self._waiting, []
        return waiting

    # --- without the lock

    def _beside(self, frame: str, piece: tuple[str, str | None, str | None, str, bool] | None = None) -> bool:
        with self._lock:
            self._check_open()
            if piece is not None:
                self._streams.write(*piece)
            for reader in self._readers:
                reader.beside.append((self._log.head, frame, piece is not None))
                if len(reader.beside) > _UNLOGGED:
                    self._put_together(reader)
            room = self._has_room()
        self._wake()
        return room

    def _put_together(self, reader: Reader) -> None:
        """Give a slow socket the texts so far instead of all their pieces."""
        others = [entry for entry in reader.beside if not entry[2]]
        texts = [(self._log.head, frame, True) for frame in self._streams.frames()]
        reader.beside = deque(others + texts)


def _rejected(question_uuid: str, answer_id: str, reason: RejectionReason, detail: str | None) -> str:
    rejected: dict[str, Any] = {
        "type": "answer_rejected",
        "question_uuid": question_uuid,
        "answer_id": answer_id,
        "reason": reason,
        "detail": detail,
    }
    return _encoder.encode(rejected)
