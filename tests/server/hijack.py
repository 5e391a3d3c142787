"""What the attempts on somebody else's conversation share: an owner, a thief, and how each of them fares."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

import httpx
from fastapi import Header, HTTPException
from live_server import LiveServer
from raw_client import RawConversation
from raw_session import RawSession

__all__ = [
    "GUESSED",
    "INITIATE",
    "announce",
    "begin",
    "cursor",
    "goes_on",
    "refusal",
    "session",
    "start_of",
    "user_of",
]

INITIATE = "/fastagency/initiate_workflow"
GUESSED = "0" * 32
"""A uuid, a token or a ticket that nobody was given."""


def user_of(x_user: Annotated[str | None, Header()] = None) -> str:
    """The user of a request: the header `X-User`."""
    if x_user is None:
        raise HTTPException(401, "Who are you?")
    return x_user


def announce(server: LiveServer, user: str | None = "ann", workflow: str = "ask") -> dict[str, Any]:
    """What `initiate_workflow` answers."""
    body: dict[str, Any] = {
        "workflow_name": workflow,
        "workflow_uuid": str(uuid.uuid4()),
        "user_id": None,
        "params": {},
    }
    headers = {} if user is None else {"x-user": user}
    answer = httpx.post(server.url + INITIATE, json=body, headers=headers, trust_env=False)
    assert answer.status_code == 200
    initiated: dict[str, Any] = answer.json()
    return initiated


def session(
    server: LiveServer, user: str | None = None, ticket: str | None = None, **options: Any
) -> RawSession:
    """An open socket of `fastagency.v1`, with a user's header or a ticket."""
    path = "/fastagency/ws" if ticket is None else f"/fastagency/ws?ticket={ticket}"
    return RawSession(
        server.url, path, additional_headers={} if user is None else {"x-user": user}, **options
    )


def start_of(initiated: dict[str, Any], **other: Any) -> dict[str, Any]:
    """The fields of `start_workflow` for what was announced."""
    fields = {name: initiated[name] for name in ("workflow_uuid", "name", "params", "resume_token")}
    return {**fields, **other}


def cursor(ready: dict[str, Any], after_seq: int = 0) -> dict[str, Any]:
    """The fields of `resume_workflow` for a session."""
    return {
        **{name: ready[name] for name in ("workflow_uuid", "resume_token", "epoch")},
        "after_seq": after_seq,
    }


def begin(conversation: RawSession, initiated: dict[str, Any]) -> dict[str, Any]:
    """Start what was announced, and return its question."""
    conversation.start_v1("ask", {}, initiated["workflow_uuid"], initiated["resume_token"])
    return conversation.receive_until()[-1]


def refusal(attempt: RawConversation) -> tuple[dict[str, Any], tuple[int, str]]:
    """The one `error` that an attempt gets, and its close."""
    messages, close = attempt.drain()
    assert [message["type"] for message in messages] == ["error"]
    assert "seq" not in messages[0]
    return messages[0], close


def goes_on(owner: RawSession, question: dict[str, Any]) -> None:
    """The conversation has noticed nothing: its owner's answer is the first one."""
    answer_id = owner.answer(question, "mine")
    messages, close = owner.drain()
    assert [(it["type"], it.get("answer_id")) for it in messages[:1]] == [("answer_accepted", answer_id)]
    assert messages[-1]["content"] == {"result": "mine", "outcome": "completed"}
    assert close[0] == 1000
