"""The questions of a conversation that are open, and the answers that are not settled yet (spec FA-ANS)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import uuid4

from ._generated.messages import AnswerAccepted, AnswerFrame, AnswerRejected, MultipleChoice, RejectionReason
from .answers import Question, frame_for
from .codec import encode
from .errors import NotAsked

__all__ = ["Underway"]


@dataclass
class _Pending:
    """An answer that is neither accepted nor rejected yet. It may be a password."""

    question: Question
    frame: str = field(repr=False)
    sent: bool = False


class Underway:
    """What is asked and answered, as one client knows it over all its connections."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Question] = OrderedDict()
        self._shown: set[str] = set()
        self._pending: OrderedDict[str, _Pending] = OrderedDict()
        self._mine: set[str] = set()

    @property
    def question(self) -> Question | None:
        """The oldest question that was shown, is open, and has no answer under way."""
        return next((it for uuid, it in self._open.items() if uuid in self._shown and self.is_open(it)), None)

    def is_open(self, question: Question) -> bool:
        """Say whether a question takes an answer: it is open, and none of this client is under way."""
        answered = any(pending.question.uuid == question.uuid for pending in self._pending.values())
        return question.uuid in self._open and not answered

    def is_mine(self, answer_id: str) -> bool:
        """Say whether an answer is of this client."""
        return answer_id in self._mine

    # --- what the user does

    def shown(self, question: Question) -> None:
        """The user was given a question."""
        self._shown.add(question.uuid)

    def answer(self, value: str | Iterable[str], question: Question | None) -> str:
        """Keep an answer to a question, by default the oldest open one, and return the answer's id.

        Raises NotAsked when nothing is asked, or the question is closed or does not allow the value.
        """
        question = self.question if question is None else question
        if question is None or not self.is_open(question):
            raise NotAsked("nothing is asked" if question is None else "the question is closed")
        several = isinstance(question, MultipleChoice) and not question.content.single
        if several and not isinstance(value, str):
            value = list(value)
        text = frame_for(question, value)
        answer_id = uuid4().hex
        shown = value if several and isinstance(value, list) else text
        frame = AnswerFrame(type="answer", question_uuid=question.uuid, answer_id=answer_id, value=shown)
        self._pending[answer_id] = _Pending(question, encode(frame))
        self._mine.add(answer_id)
        return answer_id

    # --- what the connection does

    def unsent(self) -> list[str]:
        """Return the frames that this connection was not given yet, and count them as sent."""
        waiting = [pending for pending in self._pending.values() if not pending.sent]
        for pending in waiting:
            pending.sent = True
        return [pending.frame for pending in waiting]

    def disconnected(self) -> None:
        """Nobody knows what arrived: all is sent again (spec FA-ANS-1)."""
        for pending in self._pending.values():
            pending.sent = False

    def asked(self, question: Question) -> None:
        """A question came."""
        self._open[question.uuid] = question

    def settled(self, accepted: AnswerAccepted) -> None:
        """An answer was accepted, now or before (spec FA-ANS-4)."""
        self._pending.pop(accepted.answer_id or "", None)

    def closed(self, accepted: AnswerAccepted) -> None:
        """A question was answered by anybody, or its time ran out."""
        self._open.pop(accepted.question_uuid, None)
        uuid = accepted.question_uuid
        for answer_id in [it for it, kept in self._pending.items() if kept.question.uuid == uuid]:
            del self._pending[answer_id]

    def rejected(self, rejected: AnswerRejected) -> None:
        """An answer was not taken (spec FA-ANS-3)."""
        self._pending.pop(rejected.answer_id, None)
        if rejected.reason is not RejectionReason.INVALID_VALUE:
            self._open.pop(rejected.question_uuid, None)

    def forget_questions(self) -> None:
        """A reset tells anew what is asked; answers stay until they are settled."""
        self._open.clear()

    def forget_answers(self) -> None:
        """Nothing is sent any more."""
        self._pending.clear()
