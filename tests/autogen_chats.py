"""Conversations with workflows of AutoGen, through real sockets and a client without our SDK."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastagency_server import FastAPIAdapter
from fastagency_server.runtimes.autogen import AutoGenWorkflows
from fastapi import FastAPI
from live_server import LiveServer, serve
from raw_client import RawConversation

__all__ = ["converse", "of_type", "served"]

ASKING = ("text_input", "multiple_choice")


@contextmanager
def served(workflows: AutoGenWorkflows, **options: Any) -> Iterator[LiveServer]:
    """Serve `workflows`; every frame is validated, and no thread may be left."""
    app = FastAPI()
    app.include_router(FastAPIAdapter(provider=workflows).router)
    with serve(app, **options) as live:
        yield live


def converse(
    live: LiveServer, name: str, *answers: str, params: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Hold one conversation to its end, which must be 1000, and return its messages.

    Every one of the answers must be asked for.
    """
    left = list(answers)
    with RawConversation(live.url) as conversation:
        conversation.start(name, params)
        while True:
            message = conversation.receive()
            if message["type"] in ASKING:
                conversation.send_text(left.pop(0))
            elif message["type"] == "workflow_completed":
                break
        assert conversation.expect_close()[0] == 1000
        assert left == [], "fewer questions than answers"
        return conversation.messages


def of_type(messages: list[dict[str, Any]], *types: str) -> list[dict[str, Any]]:
    """The messages of these types, in order."""
    return [message for message in messages if message["type"] in types]
