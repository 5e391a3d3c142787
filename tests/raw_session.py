"""A client of `fastagency.v1` for tests, which holds nothing of our SDK and does nothing by itself."""

from __future__ import annotations

import json
import uuid
from typing import Any

from raw_client import RawConversation

__all__ = ["RawSession"]


class RawSession(RawConversation):
    """One WebSocket of `fastagency.v1`. `ready` is the `session_ready` of its first frame."""

    def __init__(self, url: str, path: str = "/fastagency/ws", **options: Any) -> None:
        super().__init__(url, path, subprotocols=["fastagency.v1"], **options)
        self.ready: dict[str, Any] = {}

    def send(self, kind: str, **fields: Any) -> None:
        """Send one frame."""
        self.send_text(json.dumps({"type": kind, **fields}))

    def start_v1(
        self,
        name: str,
        params: dict[str, Any] | None = None,
        workflow_uuid: str | None = None,
        resume_token: str | None = None,
    ) -> dict[str, Any]:
        """Send `start_workflow`, and return `session_ready`."""
        self.send(
            "start_workflow",
            workflow_uuid=workflow_uuid or str(uuid.uuid4()),
            name=name,
            params=params or {},
            resume_token=resume_token,
        )
        self.ready = self.receive()
        assert self.ready["type"] == "session_ready", self.ready
        return self.ready

    def resume(self, ready: dict[str, Any], after_seq: int, **other: Any) -> dict[str, Any]:
        """Resume the conversation of an earlier `session_ready`, and return the new one."""
        fields = {name: ready[name] for name in ("workflow_uuid", "resume_token", "epoch")}
        self.send("resume_workflow", **{**fields, "after_seq": after_seq, **other})
        self.ready = self.receive()
        return self.ready

    def answer(self, question: dict[str, Any], value: str | list[str], answer_id: str | None = None) -> str:
        """Answer a question, and return the answer's id."""
        answer_id = answer_id or uuid.uuid4().hex
        self.send("answer", question_uuid=question["uuid"], answer_id=answer_id, value=value)
        return answer_id
