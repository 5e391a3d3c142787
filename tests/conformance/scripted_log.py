"""The log of one conversation of `fastagency.v1`, as a scripted server keeps it: pure data, no sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from .messages import encode

__all__ = ["Logged", "ScriptedLog"]

_WHEN = "2026-11-24T09:30:00.123Z"
_LIMITS = {"heartbeat_seconds": 25, "detached_seconds": 300}


@dataclass(frozen=True)
class Logged:
    """One message of the log: `text` is its frame. `malformed`: it is not what its type says."""

    seq: int
    text: str
    malformed: bool = False

    @property
    def message(self) -> dict[str, Any]:
        """The frame, parsed."""
        message: dict[str, Any] = json.loads(self.text)
        return message


class ScriptedLog:
    """A conversation's messages, numbered from 1 without gaps (spec FA-RES-1), and what names them."""

    def __init__(self) -> None:
        self.workflow_uuid = str(uuid4())
        self.resume_token = uuid4().hex
        self.epoch = self.epoch_before = uuid4().hex[:16]
        self.oldest_seq = 1
        self._logged: list[Logged] = []

    @property
    def head_seq(self) -> int:
        """The last number, 0 when nothing is logged."""
        return len(self._logged)

    def __getitem__(self, seq: int) -> Logged:
        return self._logged[seq - 1]

    def __iter__(self) -> Iterator[Logged]:
        """Everything that was ever logged, what is no longer held too."""
        return iter(self._logged)

    def add(self, message: dict[str, Any]) -> Logged:
        """Log a message: it gets its number and the time."""
        return self.add_text(encode({**message, "seq": self.head_seq + 1, "timestamp": _WHEN}))

    def add_text(self, text: str, *, malformed: bool = False) -> Logged:
        """Log a frame as it is; its number is the next one."""
        self._logged.append(Logged(self.head_seq + 1, text, malformed))
        return self._logged[-1]

    def after(self, seq: int, through: int | None = None) -> list[Logged]:
        """What is held after that number, up to and with another one."""
        last = self.head_seq if through is None else through
        return self._logged[max(seq, self.oldest_seq - 1) : last]

    def begin_another_epoch(self) -> None:
        """Give the log another name: no cursor of before can be trusted (spec FA-RES-1)."""
        self.epoch_before, self.epoch = self.epoch, uuid4().hex[:16]

    @property
    def state(self) -> str:
        """Where the conversation stands (spec FA-LIF): how it ended, or running, whatever is asked."""
        if self._logged and not self._logged[-1].malformed:
            last = self._logged[-1].message
            if last.get("type") == "workflow_completed":
                return last["content"].get("outcome") or "completed"
        return "running"

    def ready(self, mode: str, overrides: dict[str, Any]) -> dict[str, Any]:
        """The `session_ready` of a session."""
        return {
            "type": "session_ready",
            "workflow_uuid": self.workflow_uuid.replace("-", ""),
            "mode": mode,
            "epoch": self.epoch,
            "oldest_seq": self.oldest_seq,
            "head_seq": self.head_seq,
            "state": self.state,
            "resume_token": self.resume_token,
            **_LIMITS,
            **overrides,
        }
