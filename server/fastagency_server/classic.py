"""A conversation of the classic dialect: one socket, and nothing is kept once it was sent (spec FA-CLA)."""

from __future__ import annotations

from enum import Enum
from time import monotonic

from fastagency_sdk._generated.tables import FINAL_STATES, ConversationState

from .conversation import Callback, Conversation, Opening, nothing
from .envelope import error_frame
from .questions import Question
from .settings import Settings

__all__ = ["ClassicConversation", "Verdict"]


class Verdict(Enum):
    """What became of a text from the client."""

    TAKEN = "taken"
    INVALID = "invalid"
    NOT_ASKED = "not asked"


class ClassicConversation(Conversation):
    """One running workflow and its one socket, whose side (`take`, `answer`, `close`) is called from one
    thread.

    `wake` is called, from any thread, when there is something new to `take`.
    """

    resumable = False

    def __init__(self, workflow_uuid: str, opening: Opening, settings: Settings, wake: Callback) -> None:
        super().__init__(workflow_uuid, opening, settings)
        self.wake = wake
        self._outbound: list[str] = []
        self._size = 0
        self._signalled = False

    def text_chunk(
        self, message_uuid: str, sender: str | None, recipient: str | None, delta: str, replace: bool
    ) -> bool:
        """Say nothing: classic has no pieces, and the whole text follows (spec FA-CLA-8)."""
        del message_uuid, sender, recipient, delta, replace
        self.check_open()
        return True

    def take(self) -> tuple[list[str], bool]:
        """Take what is to be sent: (frames in order, True when nothing will follow them)."""
        with self._lock:
            frames, self._outbound = self._outbound, []
            self._size = 0
            self._signalled = False
            # A question is open from here on: a text that came before cannot be meant for it (spec FA-CLA-5).
            if self._questions:
                self._questions[0].sent = True
                self._questions[0].asked = monotonic()
            waiting, self._waiting = self._waiting, []
            over = self.state in FINAL_STATES
        for done in waiting:
            done()
        return frames, over

    def answer(self, text: str) -> Verdict:
        """Take a text from the client as the answer to the open question (spec FA-CLA-4, FA-CLA-5)."""
        done: list[Callback] = []
        with self._lock:
            if not self._questions or not self._questions[0].sent:
                return Verdict.NOT_ASKED
            question = self._questions[0]
            question.answer = question.accept(text)
            if question.answer is None:
                question.attempts += 1
                if question.attempts < self.settings.invalid_answers:
                    question.sent = False
                    short = "That is not one of the choices."
                    self._append(error_frame(short, question.hint, self.workflow_uuid))
                    self._append(question.frame)
                else:
                    self._doom(question)
            if question.sent:
                self._questions.popleft()
                done = [question.done]
                self._ask_next()
        self._tell(done)
        if question.answer is None:
            return Verdict.INVALID
        self._note_answer(question)
        return Verdict.TAKEN

    def close(self) -> None:
        """The socket is gone: let every call into `ui`, waiting ones too, raise ConversationClosed.

        Closing twice, or after the end, is harmless (spec FA-CLA-6).
        """
        with self._lock:
            if self.state not in FINAL_STATES:
                self.state = ConversationState.CANCELLED
            self._outbound.clear()
            done = self._release_all()
            self.told = self.told or bool(done)
            self.wake = nothing
        for callback in done:
            callback()

    def _append(self, frame: str) -> None:
        self._outbound.append(frame)
        self._size += len(frame)

    def _has_room(self) -> bool:
        return (
            len(self._outbound) < self.settings.buffered_messages
            and self._size < self.settings.buffered_bytes
        )

    def _wake(self) -> None:
        # Once for all that was not taken yet. What two threads see at the same time wakes twice at worst.
        if self._outbound and not self._signalled:
            self._signalled = True
            self.wake()

    def _question_is_out(self, question: Question) -> None:
        question.sent = False  # it is open once it was taken

    def _question_closed(
        self, question: Question, answer_id: str | None, value: str | list[str] | None
    ) -> None:
        pass  # a classic client is not told
