"""One running workflow, as seen from both sides: what it has said, what it asks, how it ended.

The workflow's side (`post`, `ask`, `wait_for_room`, `finish`, `fail`) may be called from any thread; the
session's side (`take`, `answer`, `close`) from one. There is no event loop and no socket in here, and nothing
blocks: whoever has to wait hands in a callback and parks by its own means (`ui.py`)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from threading import Lock
from typing import Any

from fastagency_sdk._generated.tables import FINAL_STATES, ConversationState

from .choices import chosen
from .envelope import encode, error_frame
from .errors import ConversationClosed, TooManyInvalidAnswers
from .settings import Settings

__all__ = ["Conversation", "Opening", "Question", "Verdict"]

Callback = Callable[[], None]

_FAILED = "The workflow failed."


@dataclass(frozen=True)
class Opening:
    """What `workflow_started` says when the workflow does not say it itself."""

    name: str
    description: str | None
    params: Mapping[str, Any]


@dataclass(eq=False)
class Question:
    """A question of the workflow, until it has an answer.

    `frame` is what is sent, `accept` gives the answer that a text stands for (None: it is invalid), `hint`
    says what would be valid, and `done` is called once there is an answer or never will be.
    """

    frame: str
    accept: Callable[[str], str | None]
    hint: str
    done: Callback
    answer: str | None = None
    attempts: int = 0
    sent: bool = False

    @classmethod
    def of(cls, kind: str, content: Mapping[str, Any], frame: str, done: Callback) -> Question:
        """Make the question of a `text_input` or `multiple_choice` message."""
        if kind == "text_input":
            return cls(frame, str, "", done)
        choices: list[str] = content["choices"]
        default: str | None = content["default"]
        single: bool = content["single"]

        def accept(text: str) -> str | None:
            return chosen(text, choices, default=default, single=single)

        listed = ", ".join(choices)[:500]
        hint = (
            f"Answer with one of: {listed}."
            if single
            else f"Answer with any of these, joined by ',': {listed}."
        )
        return cls(frame, accept, hint, done)


class Verdict(Enum):
    """What became of a text from the client."""

    TAKEN = "taken"
    INVALID = "invalid"
    NOT_ASKED = "not asked"


@dataclass(eq=False)
class Conversation:
    """One running workflow. `wake` is called (from any thread) when there is something new to `take`."""

    workflow_uuid: str
    opening: Opening
    settings: Settings
    wake: Callback
    state: ConversationState = ConversationState.RUNNING
    told: bool = False
    """True when a call into `ui` was waiting as the socket dropped: it has been told by
    ConversationClosed."""
    _outbound: list[str] = field(default_factory=list)
    _size: int = 0
    _opened: bool = False
    _signalled: bool = False
    _ending: ConversationState = ConversationState.COMPLETED
    _doomed: TooManyInvalidAnswers | None = None
    _questions: deque[Question] = field(default_factory=deque)
    _waiting: list[Callback] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    # --- the workflow's side

    def post(self, kind: str, frame: str) -> bool:
        """Say something. Returns False when the workflow is too far ahead and should `wait_for_room`.

        Raises ConversationClosed when the conversation is over (spec FA-CLA-6).
        """
        with self._lock:
            self._check_open()
            if kind == "workflow_started" and self._opened:
                return True  # said once, whoever says it first: the server, or a provider that does it itself
            self._put(kind, frame)
            wake = self._signal()
            room = True
            done: list[Callback] = []
            if kind == "workflow_completed":
                self.state = self._ending
                done = self._release_all()
            else:
                room = self._has_room()
        for callback in done:
            callback()
        if wake:
            self.wake()
        return room

    def ask(self, kind: str, question: Question) -> None:
        """Ask something; `question.done` is called when `answer_to` has something to say.

        Questions that are asked at the same time go out one after the other, so that the client always knows
        which one its next frame answers. Raises ConversationClosed when the conversation is over.
        """
        with self._lock:
            self._check_open()
            self._questions.append(question)
            if len(self._questions) > 1:
                return
            self._put(kind, question.frame)
            self.state = ConversationState.AWAITING_ANSWER
            wake = self._signal()
        if wake:
            self.wake()

    def answer_to(self, question: Question) -> str:
        """Return the answer to a question that is done. Raises ConversationClosed when there will be none."""
        if question.answer is None:
            raise self._doomed or ConversationClosed("the conversation is over")
        return question.answer

    def wait_for_room(self, done: Callback) -> bool:
        """Have `done` called when there is room again. Returns False, and keeps nothing, when there is
        already."""
        with self._lock:
            if self.state in FINAL_STATES or self._has_room():
                return False
            self._waiting.append(done)
            return True

    def check_open(self) -> None:
        """Raise ConversationClosed when the conversation is over."""
        with self._lock:
            self._check_open()

    def finish(self, result: str | None) -> None:
        """End well, unless the end has been told already. Never raises ConversationClosed."""
        if self._doomed is not None:
            self.fail(str(self._doomed))
        else:
            self._end(None, result)

    def fail(self, why: str) -> None:
        """End badly: an `error`, then `workflow_completed` that repeats it. Never raises
        ConversationClosed."""
        self._end(why, f"{_FAILED} {why}")

    def begin(self) -> None:
        """Say `workflow_started`, for a provider that leaves it to the server."""
        with self._lock:
            if self._opened or self.state in FINAL_STATES:
                return
            self._opened = True
            self._append(self._opening_frame())
            wake = self._signal()
        if wake:
            self.wake()

    def _end(self, why: str | None, result: str | None) -> None:
        uuid = self.workflow_uuid
        completed = encode(
            "workflow_completed", {"result": result}, workflow_uuid=uuid, sender="Workflow", recipient="User"
        )
        with self._lock:
            if self.state in FINAL_STATES:
                return
            if why is not None:
                self._put("error", error_frame(_FAILED, why, uuid))
                self._ending = ConversationState.FAILED
            self._put("workflow_completed", completed)
            self.state = self._ending
            wake = self._signal()
            done = self._release_all()
        for callback in done:
            callback()
        if wake:
            self.wake()

    # --- the session's side

    def take(self) -> tuple[list[str], bool]:
        """Take what is to be sent: (frames in order, True when nothing will follow them)."""
        with self._lock:
            frames, self._outbound = self._outbound, []
            self._size = 0
            self._signalled = False
            # A question is open from here on: a text that came before cannot be meant for it (spec FA-CLA-5).
            if self._questions:
                self._questions[0].sent = True
            waiting, self._waiting = self._waiting, []
            over = self.state in FINAL_STATES
        for done in waiting:
            done()
        return frames, over

    def answer(self, text: str) -> Verdict:
        """Take a text from the client as the answer to the open question (spec FA-CLA-4, FA-CLA-5)."""
        done: Callback | None = None
        wake = False
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
                    wake = self._signal()
                else:
                    self._doomed = TooManyInvalidAnswers(
                        f"{question.attempts} invalid answers to one question."
                    )
            if question.sent:
                self._questions.popleft()
                done = question.done
                wake = self._ask_next()
        if done is not None:
            done()
        if wake:
            self.wake()
        return Verdict.TAKEN if question.answer is not None else Verdict.INVALID

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
        for callback in done:
            callback()

    # --- both, with the lock held

    def _check_open(self) -> None:
        if self.state in FINAL_STATES:
            raise ConversationClosed("the conversation is over")
        if self._doomed is not None:
            raise self._doomed

    def _put(self, kind: str, frame: str) -> None:
        if not self._opened:
            # `workflow_started` comes first, also when a foreign provider does not say it.
            self._opened = True
            if kind != "workflow_started":
                self._append(self._opening_frame())
        self._append(frame)

    def _append(self, frame: str) -> None:
        self._outbound.append(frame)
        self._size += len(frame)

    def _opening_frame(self) -> str:
        said = {
            "name": self.opening.name,
            "description": self.opening.description,
            "params": dict(self.opening.params),
        }
        uuid = self.workflow_uuid
        return encode("workflow_started", said, workflow_uuid=uuid, sender="Workflow", recipient="User")

    def _has_room(self) -> bool:
        return (
            len(self._outbound) < self.settings.buffered_messages
            and self._size < self.settings.buffered_bytes
        )

    def _signal(self) -> bool:
        """Say whether the session must be woken: once for all that it has not taken yet."""
        first = not self._signalled
        self._signalled = True
        return first

    def _ask_next(self) -> bool:
        if not self._questions:
            self.state = ConversationState.RUNNING
            return False
        if self._doomed is not None:
            return False
        self._append(self._questions[0].frame)
        return self._signal()

    def _release_all(self) -> list[Callback]:
        done = [question.done for question in self._questions] + self._waiting
        self._questions.clear()
        self._waiting = []
        return done
