"""One running workflow: what it says, what it asks, how it ended.

This is what both dialects have in common; `classic.py` and `logged.py` hold what was said for their sockets.
The workflow's side (`post`, `ask`, `wait_for_room`, `finish`, `fail`) may be called from any thread. There
is no event loop and no socket in here, and nothing blocks: whoever has to wait hands in a callback and parks
by its own means (`ui.py`)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any, ClassVar

from fastagency_sdk._generated.messages import Outcome
from fastagency_sdk._generated.tables import FINAL_STATES, ConversationState

from .envelope import encode
from .errors import ConversationClosed, TooManyInvalidAnswers
from .questions import Question
from .settings import Settings

__all__ = ["Callback", "Conversation", "Opening", "nothing"]

Callback = Callable[[], None]


def nothing() -> None:
    """A callback for whoever is not told any more. It refers to nobody, so that what is over goes at once,
    without the garbage collector's help."""


_FAILED = "The workflow failed."


@dataclass(frozen=True)
class Opening:
    """What `workflow_started` says when the workflow does not say it itself."""

    name: str
    description: str | None
    params: Mapping[str, Any]


class Conversation(ABC):
    """One running workflow, in either dialect."""

    resumable: ClassVar[bool]
    """Whether it is of `fastagency.v1`, and so outlives its sockets."""

    def __init__(self, workflow_uuid: str, opening: Opening, settings: Settings) -> None:
        self.workflow_uuid = workflow_uuid
        self.opening = opening
        self.settings = settings
        self.state = ConversationState.RUNNING
        self.told = False
        """True when a call into `ui` was waiting as the conversation was cancelled: it has been told by
        ConversationClosed."""
        self.answered: Callable[[float], None] | None = None
        """Called on the event loop's thread with the seconds that an answer took."""
        self._opened = False
        self._ending = ConversationState.COMPLETED
        self._doomed: TooManyInvalidAnswers | None = None
        self._questions: deque[Question] = deque()
        self._waiting: list[Callback] = []
        self._lock = Lock()

    # --- the workflow's side

    def post(self, kind: str, frame: str) -> bool:
        """Say something. Returns False when the workflow is too far ahead and should `wait_for_room`.

        Raises ConversationClosed when the conversation is over (spec FA-CLA-6, FA-CAN-1).
        """
        with self._lock:
            self._check_open()
            if not self._opened:
                self._put(kind, frame)
            elif kind == "workflow_started":
                return True  # said once, whoever says it first: the server, or a provider that does it itself
            else:
                self._append(frame)
            if kind != "workflow_completed":
                room = self._has_room()
            else:
                self.state = self._ending
                done, room = self._release_all(), True
        if kind == "workflow_completed":
            self._tell(done)
        else:
            self._wake()
        return room

    @abstractmethod
    def text_chunk(
        self, message_uuid: str, sender: str | None, recipient: str | None, delta: str, replace: bool
    ) -> bool:
        """Say a piece of a text that is still being written; as `post`."""

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
            self._question_is_out(question)
            self.state = ConversationState.AWAITING_ANSWER
        self._tell()

    def answer_to(self, question: Question) -> str:
        """Return the answer to a question that is done. Raises ConversationClosed when there will be none."""
        if question.answer is None:
            raise self._doomed or ConversationClosed("the conversation is over")
        return question.answer

    def expire(self, question: Question) -> bool:
        """Close a question whose time ran out. Returns False when it was answered, or the conversation ended,
        just before (spec FA-ANS-5)."""
        with self._lock:
            if question not in self._questions:
                return False
            question.expired = True
            question.answer = question.default
            was_open = self._questions[0] is question
            self._questions.remove(question)
            if was_open:
                self._question_closed(question, None, question.default)
                self._ask_next()
        self._tell()
        return True

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
            self._end(ConversationState.COMPLETED, None, result)

    def fail(self, why: str) -> None:
        """End badly: an `error`, then `workflow_completed` that repeats it. Never raises
        ConversationClosed."""
        self._end(ConversationState.FAILED, why, f"{_FAILED} {why}")

    def begin(self) -> None:
        """Say `workflow_started`, for a provider that leaves it to the server."""
        with self._lock:
            if self._opened or self.state in FINAL_STATES:
                return
            self._opened = True
            self._append(self._opening_frame())
        self._tell()

    # --- what a dialect is

    @abstractmethod
    def _append(self, frame: str) -> None:
        """Keep a frame for the sockets. The lock is held."""

    @abstractmethod
    def _has_room(self) -> bool:
        """Say whether the workflow may go on. The lock is held."""

    @abstractmethod
    def _wake(self) -> None:
        """Tell the sockets that there is something to send. The lock is not held."""

    @abstractmethod
    def _question_is_out(self, question: Question) -> None:
        """A question was appended. The lock is held."""

    @abstractmethod
    def _question_closed(
        self, question: Question, answer_id: str | None, value: str | list[str] | None
    ) -> None:
        """A question was answered, or its time ran out. The lock is held."""

    # --- for both, with the lock held

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

    def _opening_frame(self) -> str:
        said = {
            "name": self.opening.name,
            "description": self.opening.description,
            "params": dict(self.opening.params),
        }
        return self._own("workflow_started", said)

    def _own(self, kind: str, content: dict[str, Any]) -> str:
        """A message of the server itself."""
        uuid = self.workflow_uuid
        return encode(kind, content, workflow_uuid=uuid, sender="Workflow", recipient="User")

    def _ask_next(self) -> None:
        """The open question is gone: ask the one that waits behind it."""
        if not self._questions:
            self.state = ConversationState.RUNNING
        elif self._doomed is None:
            self._append(self._questions[0].frame)
            self._question_is_out(self._questions[0])

    def _doom(self, question: Question) -> None:
        """There were too many invalid answers: the workflow fails, even if it goes on (spec FA-CLA-4)."""
        self._doomed = TooManyInvalidAnswers(f"{question.attempts} invalid answers to one question.")

    def _release_all(self) -> list[Callback]:
        done = [question.done for question in self._questions] + self._waiting
        self._questions.clear()
        self._waiting = []
        return done

    # --- for both, without the lock

    def _end(self, state: ConversationState, why: str | None, result: str | None) -> list[Callback]:
        """Tell the end, unless it has been told. Returns whom it released."""
        content: dict[str, Any] = {"result": result}
        error: dict[str, Any] = {"short": _FAILED, "long": why}
        if self.resumable:
            content["outcome"] = Outcome(state.value)
            error["code"] = "workflow_failed"
        completed = self._own("workflow_completed", content)
        with self._lock:
            if self.state in FINAL_STATES:
                return []
            if why is not None:
                self._put("error", self._own("error", error))
            self._put("workflow_completed", completed)
            self.state = self._ending = state
            done = self._release_all()
        self._tell(done)
        return done

    def _note_answer(self, question: Question) -> None:
        if self.answered is not None:
            self.answered(monotonic() - question.asked)

    def _tell(self, done: Sequence[Callback] = ()) -> None:
        for callback in done:
            callback()
        self._wake()
