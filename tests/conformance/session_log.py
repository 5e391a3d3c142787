"""What a server of `fastagency.v1` said of one conversation, judged message by message as it comes.

`Record` is what is known of a conversation, over all of its sockets; `Reader` is one socket. Neither does
I/O: whatever is not as FA-FRM and FA-RES have it is a Mismatch.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from wire_spec import HEX_UUID, Asyncapi, strict_faults, strict_json

from .messages import ASKING, differs
from .results import Mismatch

__all__ = ["SUBPROTOCOL", "Reader", "Record", "close_name", "instant"]

SUBPROTOCOL = "fastagency.v1"

_NO_CONVERSATION = "0" * 32
_FLAT = frozenset({"session_ready", "replay_completed", "text_chunk", "answer_rejected"})
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")


@functools.cache
def _asyncapi() -> Asyncapi:
    return Asyncapi()


def close_name(code: int) -> str:
    """The name of a close code, which is the `code` of the error before it. Raises KeyError."""
    return _asyncapi().close_codes[code]


def instant(text: Any, what: str) -> datetime:
    """The time that a field says. Raises Mismatch when it is not RFC 3339 in UTC."""
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise Mismatch(f"{what} is {text!r}, not RFC 3339 in UTC")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Mismatch(f"{what} is {text!r}: {error}") from None


@dataclass
class Record:
    """One conversation: what opens it, and every logged message by its `seq` as it came first."""

    uuid: str
    token: str | None = None
    ticket: str | None = None
    epoch: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    starts: int = 0
    """How often `start_workflow` was sent."""
    log: dict[int, dict[str, Any]] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)

    def keep(self, message: dict[str, Any]) -> None:
        """Keep a logged message. Raises Mismatch when it came before and was another one (spec FA-RES-2)."""
        seq = message["seq"]
        if seq in self.log:
            if (how := differs(message, self.log[seq])) is not None:
                raise Mismatch(f"message {seq} is not what it was before: {how}")
            return
        self.log[seq] = message
        if message["type"] in ASKING:
            self.questions.append(message["uuid"])


@dataclass
class Reader:
    """One socket of `fastagency.v1`. `after_seq` and `epoch`: the cursor of its first frame, if that
    resumes."""

    record: Record | None = None
    after_seq: int | None = None
    epoch: str = ""
    cursor: int | None = None
    """The last logged message that came; None before `session_ready`."""
    until: int | None = None
    """Where the replay that is under way ends."""
    over: bool = False

    def read(self, data: bytes) -> dict[str, Any]:
        """Judge one frame, and return its message. Raises Mismatch."""
        try:
            message = strict_json(data)
        except ValueError as error:
            raise Mismatch(f"the server sent what is not JSON ({error}): {data[:200]!r}") from None
        kind = message.get("type") if isinstance(message, dict) else None
        reference = _asyncapi().references.get(str(kind))
        if reference is None:
            raise Mismatch(f"the server sent what is no message of the spec: {data[:200]!r}")
        if faults := strict_faults(reference, message, extended=True):
            raise Mismatch(f"the {kind}: {faults[0]}")
        self._check_secrets(str(kind), data)
        self._check_uuid(message)
        self._place(str(kind), message)
        return dict(message)

    def _check_secrets(self, kind: str, data: bytes) -> None:
        if self.record is None:
            return
        for name, secret in (("resume_token", self.record.token), ("ticket", self.record.ticket)):
            if secret and secret.encode() in data and (kind, name) != ("session_ready", "resume_token"):
                raise Mismatch(f"a {kind} tells the {name} (spec FA-SEC-3)")

    def _check_uuid(self, message: dict[str, Any]) -> None:
        uuid = message.get("workflow_uuid")
        if uuid is None:
            return
        if not HEX_UUID.fullmatch(uuid):
            raise Mismatch(f"workflow_uuid is {uuid!r}, not 32 hex digits")
        if self.cursor is None and uuid == _NO_CONVERSATION:
            return  # the refusal of a socket whose first frame was not read
        if self.record is not None and uuid != self.record.uuid:
            raise Mismatch(f"workflow_uuid is {uuid}, that of another conversation")

    def _place(self, kind: str, message: dict[str, Any]) -> None:
        unlogged = kind in _FLAT or kind == "keep_alive" or (kind == "error" and message.get("seq") is None)
        if not unlogged:
            self._logged(kind, message)
        elif kind not in _FLAT and (message.get("seq"), message.get("timestamp")) != (None, None):
            raise Mismatch(f"a {kind} is not logged, and has no seq or timestamp (spec FA-FRM-3)")
        elif kind == "session_ready":
            self._ready(message)
        elif kind == "replay_completed":
            self._replayed(message["through_seq"])
        elif kind != "error":
            if self.cursor is None:
                raise Mismatch(f"a {kind} came before session_ready (spec FA-FRM-2)")
            if self.until is not None:
                raise Mismatch(f"a {kind} came inside a replay (spec FA-RES-2)")

    def _ready(self, ready: dict[str, Any]) -> None:
        record = self.record
        if self.cursor is not None or record is None:
            raise Mismatch("a session_ready that nothing asked for")
        for name, known in (("resume_token", record.token), ("epoch", record.epoch)):
            if known is not None and ready[name] != known:
                raise Mismatch(f"session_ready has another {name} than before")
        oldest, head = ready["oldest_seq"], ready["head_seq"]
        if not 1 <= oldest <= head + 1:
            raise Mismatch(f"session_ready says that the log is from {oldest} to {head}")
        match ready["mode"]:
            case "fresh" if record.starts and record.epoch is None and (oldest, head) == (1, 0):
                self.cursor = 0
            case "replay" if self._inside(oldest, head, ready["epoch"]):
                self.cursor, self.until = self.after_seq, head
            case "reset" if self.after_seq is not None and not self._inside(oldest, head, ready["epoch"]):
                self.cursor, self.until = oldest - 1, head
            case mode:
                raise Mismatch(
                    f"the mode is {mode}, from {oldest} to {head} after {self.after_seq} (spec FA-RES)"
                )
        record.token, record.epoch = ready["resume_token"], ready["epoch"]

    def _inside(self, oldest: int, head: int, epoch: str) -> bool:
        """Whether the first frame's cursor is inside the log (spec FA-RES-2)."""
        after = self.after_seq or 0
        return after != 0 and self.epoch == epoch and oldest - 1 <= after <= head

    def _replayed(self, through: int) -> None:
        if self.until is None or not self.until == self.cursor == through:
            raise Mismatch(f"replay_completed through {through} at {self.cursor}, the head was {self.until}")
        self.until = None

    def _logged(self, kind: str, message: dict[str, Any]) -> None:
        seq = message.get("seq")
        if self.record is None or self.cursor is None:
            raise Mismatch(f"a {kind} came before session_ready (spec FA-FRM-2)")
        if seq is None:
            raise Mismatch(f"a {kind} has no seq (spec FA-FRM-3)")
        instant(message.get("timestamp"), f"the {kind}'s timestamp")
        if kind == "answer_accepted" and seq <= self.cursor and self.until is None:
            self.record.keep(message)  # the same verdict again (spec FA-ANS-4)
            return
        if seq != self.cursor + 1:
            raise Mismatch(f"a {kind} has seq {seq} after {self.cursor} (spec FA-RES-1)")
        if self.over:
            raise Mismatch(f"a {kind} came after workflow_completed (spec FA-FRM-6)")
        if kind == "workflow_completed":
            self.over = True
            if message["content"].get("outcome") is None:
                raise Mismatch("workflow_completed has no outcome (spec FA-FRM-6)")
        self.cursor = seq
        self.record.keep(message)
