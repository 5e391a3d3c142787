"""The ceiling: a bare Starlette WebSocket that sends ready-made text and knows nothing of workflows."""

from __future__ import annotations

import json
from typing import Any

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from .text import BODY


def frame(kind: str, content: dict[str, Any]) -> str:
    """One message of the protocol as text, made once."""
    envelope = {
        "workflow_uuid": "6f1ed002ab5f4d3e9b6a7c1d2e3f4a5b",
        "sender": "Teacher",
        "recipient": "Student",
        "auto_reply": False,
        "uuid": "0b7c1e5a9d3f4e2b8a6c5d4e3f2a1b01",
        "content": content,
        "type": kind,
    }
    return json.dumps(envelope)


STARTED = frame("workflow_started", {"name": "bare", "description": "Ready-made text", "params": {}})
TEXT = frame("text_message", {"body": BODY})
QUESTION = frame("text_input", {"prompt": BODY, "suggestions": [], "password": False})
COMPLETED = frame("workflow_completed", {"result": "done"})


async def serve(websocket: WebSocket) -> None:
    """Do what the workflow of that name does elsewhere."""
    await websocket.accept()
    first = json.loads(await websocket.receive_text())
    await websocket.send_text(STARTED)
    if first["name"] == "burst_async":
        for _ in range(first["params"]["messages"]):
            await websocket.send_text(TEXT)
    else:
        await websocket.send_text(QUESTION)
        while await websocket.receive_text() != "stop":
            await websocket.send_text(QUESTION)
    await websocket.send_text(COMPLETED)
    await websocket.close()


app = Starlette(routes=[WebSocketRoute("/fastagency/ws", serve)])
