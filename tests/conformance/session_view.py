"""What the user of a client of `fastagency.v1` must have been given: pure bookkeeping, message by message.

The server's frames are announced with `sent`; what a driver observed is judged with `judge`, in the same
order. A client may be ahead of its user: it knows every frame that was sent. Where an observation depends on
how far ahead it is, both are right.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .cases import Step
from .messages import ASKING, as_read
from .observed import check_message, check_survival, saw
from .results import Mismatch

__all__ = ["Reading", "SessionView"]


@dataclass(frozen=True)
class Reading:
    """One message that the user is to be given. `perhaps`: or not, both is right."""

    message: dict[str, Any]
    text: str
    malformed: bool = False
    perhaps: bool = False
    step: Step = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The message's type."""
        return str(self.message.get("type", "text_message"))


class SessionView:
    """One conversation in the eyes of its user."""

    def __init__(self, *, raw_text: bool) -> None:
        self.read_seq = 0
        """Up to where the user was given the log."""
        self.sent_seq = 0
        """Up to where the client was sent the log, the first time."""
        self.live = False
        """Whether the client has a session, as far as the server knows."""
        self.outcome: str | None = None
        self.result: str | None = None
        self.was_shown = False
        """Whether the user was given anything, in an earlier life of the client too."""
        self.questions: dict[str, dict[str, Any]] = {}
        """Those that the user was given and are open for it, by uuid, oldest first."""
        self.given: set[str] = set()
        """The id of every answer that this client gave."""
        self.answers: dict[str, str] = {}
        """The question's uuid by the id of each answer that is neither accepted nor rejected."""
        self._raw_text = raw_text
        self._unread: deque[Reading] = deque()
        self._closed: set[str] = set()  # questions that the client knows to be closed
        self._closed_by_replay: set[str] = set()
        self._asked_again: set[str] = set()  # given once more, after a reset, while an answer is under way
        self._texts: dict[str, str] = {}
        self._begun = False

    # --- what the server does -----------------------------------------------------------------------

    def sent(self, reading: Reading) -> None:
        """The client was sent a message that its user is to be given."""
        self._unread.append(reading)
        if _closes(reading):
            self._closed.add(reading.message["question_uuid"])
        elif reading.kind == "workflow_completed":
            self._closed |= {it.message["uuid"] for it in self._unread if it.kind in ASKING}
            self._closed |= self.questions.keys()

    def began(self) -> None:
        """The client was sent a `session_ready`."""
        self._begun = True

    def caught_up(self) -> None:
        """The client was sent a `replay_completed`: it knows what is closed when it gives out a question."""
        self.live = True
        self._closed_by_replay |= self._closed

    def reset(self, ready: Reading) -> None:
        """Everything of before is void. What was not read yet may be passed over."""
        self._unread = deque(Reading(it.message, it.text, it.malformed, True, it.step) for it in self._unread)
        self._unread.append(ready)
        self.sent_seq = ready.message["oldest_seq"] - 1
        self._closed.clear()
        self._closed_by_replay.clear()

    # --- what the user observes ---------------------------------------------------------------------

    def next_reading(self) -> Reading | None:
        """What the user is to be given next; None when there is nothing."""
        return self._unread[0] if self._unread else None

    def pass_over(self) -> None:
        """The next reading, which only may come, did not."""
        self._unread.popleft()

    def fits(self, seen: dict[str, Any], reading: Reading) -> bool:
        """Whether an observation is of this reading at all: to tell it from the one after it."""
        if reading.malformed:
            return bool(seen["saw"] == "malformed")
        message = seen.get("message", {})
        same = all(message.get(key) == reading.message.get(key) for key in ("seq", "uuid"))
        return bool(seen["saw"] == "message" and seen["type"] == reading.kind and same)

    def judge(self, seen: dict[str, Any]) -> None:
        """The observation is of the next reading, and all of it is right. Raises Mismatch."""
        reading = self._unread.popleft()
        self.was_shown = True
        if reading.malformed:
            saw(seen, "malformed")
            self.read_seq = max(self.read_seq, reading.message.get("seq", 0))
            return
        expected = as_read(reading.message)
        check_message(seen, expected, reading.text if self._raw_text else None)
        for path, value in reading.step.get("survives", {}).items():
            check_survival(seen, path, value)
        open_before = self._open_states(reading)
        self._note(reading.kind, expected)
        self._judge_state(seen, reading.kind)
        self._judge_session(seen, reading, expected, open_before)

    def states(self) -> set[str]:
        """Where the conversation may stand for the user (spec FA-LIF-1)."""
        if self.outcome is not None:
            return {self.outcome}
        if not self._begun:
            return {"created", "running"}
        waiting = [uuid for uuid in self.questions if uuid not in self.answers.values()]
        if not waiting:
            again = self._asked_again & self.questions.keys()
            return {"running", "awaiting_answer"} if again else {"running"}
        return {"awaiting_answer"} if set(waiting) - self._closed else {"awaiting_answer", "running"}

    def answered(self, answer_id: str, question_uuid: str) -> None:
        """The user has answered; the answer is under way."""
        self.given.add(answer_id)
        self.answers[answer_id] = question_uuid

    def asked(self) -> dict[str, Any] | None:
        """The oldest question that the user has and no answer is under way to."""
        under_way = set(self.answers.values())
        return next((it for uuid, it in self.questions.items() if uuid not in under_way | self._closed), None)

    def _note(self, kind: str, message: dict[str, Any]) -> None:
        seq = message.get("seq")
        if isinstance(seq, int):
            self.read_seq = max(self.read_seq, seq)
        if kind in ASKING:
            self.questions[message["uuid"]] = message
            self._asked_again |= {message["uuid"]} & set(self.answers.values())
        elif kind == "answer_accepted":
            self._close(message["question_uuid"])
        elif kind == "answer_rejected":
            self.answers.pop(message["answer_id"], None)
            if message["reason"] != "invalid_value":
                self._close(message["question_uuid"])
        elif kind == "workflow_completed":
            self.outcome = message["content"]["outcome"] or "completed"
            self.result = message["content"]["result"]
            self.questions.clear()
        elif kind == "session_ready":
            self.read_seq = message["oldest_seq"] - 1
            self.questions.clear()
            self._texts.clear()
        elif kind == "text_chunk":
            before = "" if message["replace"] else self._texts.get(message["message_uuid"], "")
            self._texts[message["message_uuid"]] = before + message["delta"]
        elif kind == "text_message":
            self._texts.pop(message["uuid"], None)

    def _close(self, question_uuid: str) -> None:
        self.questions.pop(question_uuid, None)
        self.answers = {key: it for key, it in self.answers.items() if it != question_uuid}

    def _judge_state(self, seen: dict[str, Any], kind: str) -> None:
        allowed = self.states()
        if not self.live and self.outcome is None:
            allowed |= {"failed", "cancelled"}  # it may know already that it gives up
        if seen["state"] not in allowed:
            wanted = " or ".join(sorted(allowed))
            raise Mismatch(f"after this {kind} the state is {seen['state']}, not {wanted}")

    def _open_states(self, reading: Reading) -> set[bool]:
        uuid = reading.message.get("uuid", "")
        if uuid in self.answers.values():
            return {True, False}
        if uuid in self._closed_by_replay:
            return {False}
        return {True, False} if uuid in self._closed else {True}

    def _judge_session(
        self, seen: dict[str, Any], reading: Reading, message: dict[str, Any], may_be_open: Iterable[bool]
    ) -> None:
        kind = reading.kind
        if kind in ASKING and seen.get("open") not in list(may_be_open):
            raise Mismatch(f"`open` of the question is {seen.get('open')}")
        if kind == "answer_accepted":
            elsewhere = message["answer_id"] not in {None, *self.given}
            if seen.get("elsewhere") is not elsewhere:
                raise Mismatch(f"`elsewhere` is {seen.get('elsewhere')}, not {elsewhere}")
        if kind == "text_chunk" and seen.get("text") != (text := self._texts[message["message_uuid"]]):
            raise Mismatch(f"the text so far is {seen.get('text')!r}, not {text!r}")
        allowed = {"live", "ended"} if self.outcome is not None else {"live"}
        if self.live and seen.get("connection") not in allowed:
            raise Mismatch(f"the connection is {seen.get('connection')}, not live")


def _closes(reading: Reading) -> bool:
    """Whether a question takes no answer any more after this message."""
    if reading.malformed:
        return False
    rejected = reading.kind == "answer_rejected" and reading.message["reason"] != "invalid_value"
    return rejected or reading.kind == "answer_accepted"
