"""Conversations as data: what the user answers, and every message that must come, field by field.

A `Line` is (type, sender, recipient, content); `text` and the other functions write one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

__all__ = [
    "OFFLINE",
    "Line",
    "Script",
    "asked",
    "called",
    "check_transcript",
    "chose",
    "completed",
    "executed",
    "failed",
    "shown",
    "started",
    "text",
]

Line = tuple[str, str | None, str | None, dict[str, Any]]


class _Like:
    """Equal to every text that the pattern fits as a whole."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and re.fullmatch(self.pattern, other, re.DOTALL) is not None

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<like {self.pattern}>"


OFFLINE = _Like(r"\[offline\] .+")
"""Any reply of the offline model; what it says is not what is tested here."""
CALL = _Like(r"call_\w+")


@dataclass(frozen=True)
class Script:
    """One conversation.

    `answers` pairs a part of each question's prompt with the answer, in the order of asking; several choices
    are a list. `lines` is the whole transcript.
    """

    workflow: str
    lines: Sequence[Line]
    answers: Sequence[tuple[str, str | list[str]]] = ()
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def raw_answers(self) -> list[tuple[str, str]]:
        """The answers as they go over the wire."""
        return [(part, ",".join(value) if isinstance(value, list) else value) for part, value in self.answers]


def started(name: str, description: str, params: Mapping[str, Any] | None = None) -> Line:
    """`workflow_started`."""
    content = {"name": name, "description": description, "params": dict(params or {})}
    return "workflow_started", "Workflow", "User", content


def completed(result: Any) -> Line:
    """`workflow_completed`."""
    return "workflow_completed", "Workflow", "User", {"result": result}


def text(sender: str | None, recipient: str | None, body: Any) -> Line:
    """`text_message`."""
    return "text_message", sender, recipient, {"body": body}


def shown(sender: str | None, recipient: str | None, heading: str, body: str) -> Line:
    """`system_message` with a heading."""
    return "system_message", sender, recipient, {"message": {"heading": heading, "body": body}}


def asked(
    prompt: str, *, by: str = "Workflow", suggestions: Sequence[str] = (), password: bool = False
) -> Line:
    """`text_input`."""
    content = {"prompt": prompt, "suggestions": list(suggestions), "password": password}
    return "text_input", by, "User", content


def chose(
    prompt: str,
    choices: Sequence[str],
    *,
    by: str | None = "Workflow",
    default: str | None = None,
    single: bool = True,
) -> Line:
    """`multiple_choice`."""
    content = {"prompt": prompt, "choices": list(choices), "default": default, "single": single}
    return "multiple_choice", by, "User", content


def called(sender: str, recipient: str, name: str, arguments: dict[str, Any], call_id: Any = CALL) -> Line:
    """`suggested_function_call`."""
    content = {"function_name": name, "call_id": call_id, "arguments": arguments}
    return "suggested_function_call", sender, recipient, content


def executed(sender: str, recipient: str, name: str, retval: Any, call_id: Any = CALL) -> Line:
    """`function_call_execution`."""
    content = {"function_name": name, "call_id": call_id, "retval": retval}
    return "function_call_execution", sender, recipient, content


def failed(short: str, long: str) -> Line:
    """`error`."""
    return "error", "Workflow", "User", {"short": short, "long": long}


_OF_SESSIONS = ("answer_accepted", "text_chunk")
"""Messages that a client of `fastagency.v1` is given besides what the workflow says in every dialect."""


def check_transcript(messages: Sequence[Mapping[str, Any]], script: Script) -> None:
    """Raise AssertionError unless the messages are the script's lines, in the same envelope each.

    In a session, which numbers its messages, a `keep_alive` is not shown to anybody.
    """
    in_session = any(message.get("seq") for message in messages)
    messages = [message for message in messages if message["type"] not in _OF_SESSIONS]
    lines = [(m["type"], m["sender"], m["recipient"], _classic(m["content"])) for m in messages]
    assert lines == [line for line in script.lines if not (in_session and line[0] == "keep_alive")]
    assert len({UUID(message["workflow_uuid"]) for message in messages}) == 1
    assert len({message["uuid"] for message in messages}) == len(messages)
    automatic = [message["content"]["body"] for message in messages if message["auto_reply"]]
    assert automatic == [line[3]["body"] for line in script.lines if line[1] == "Agent"]


def _classic(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content without what only `fastagency.v1` has: null in classic, where a client fills it in."""
    return {name: value for name, value in content.items() if name not in ("code", "expires_at", "outcome")}
