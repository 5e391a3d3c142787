"""The server that the tests of the conformance drivers play with: real below /, scripted below /scripted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fastagency_server import UI, FastAPIAdapter, Workflows
from fastapi import FastAPI, Header, WebSocket
from fastapi.responses import JSONResponse
from live_server import serve

__all__ = ["BIG", "UUID", "stage"]

UUID = "6f1ed002-ab5f-4d3e-9b6a-7c1d2e3f4a5b"
"""Of every scripted conversation."""

BIG = 2**60 + 1
"""An integer that a double cannot hold."""

Script = Callable[[WebSocket, dict[str, Any]], Awaitable[None]]


@contextmanager
def stage() -> Iterator[str]:
    """Serve, and give the address. Below /full discovery answers 503 each time, and then 200."""
    app = FastAPI()
    app.include_router(FastAPIAdapter(provider=_workflows()).router)
    app.mount("/scripted", _scripted())
    app.mount("/full", _full())
    with serve(app, allow_faults=True) as live:
        yield live.url


def _workflows() -> Workflows:
    workflows = Workflows()

    @workflows.register(name="quiz", description="Asks once")
    def quiz(ui: UI, params: dict[str, Any]) -> str:
        ui.multiple_choice(prompt="Refused twice?", choices=["a", "b"], single=False)
        ui.text_message(body=json.dumps(params, ensure_ascii=False))
        return "done"

    return workflows


def _scripted() -> FastAPI:
    app = FastAPI()
    go = asyncio.Event()
    asked: dict[str, Any] = {}

    @app.get("/fastagency/discovery")
    async def discovery() -> list[dict[str, str]]:
        go.set()
        return []

    @app.post("/fastagency/initiate_workflow")
    async def initiate(body: dict[str, Any], x_who: str | None = Header(None)) -> dict[str, Any]:
        asked.update(user=body["user_id"], who=x_who)
        go.clear()
        names = {"workflow_uuid": UUID, "name": body["workflow_name"]}
        return {"user_id": None, **names, "params": body["params"]}

    async def waits(socket: WebSocket) -> None:
        await go.wait()
        for number in range(3):
            await socket.send_text(_frame("text_message", body=str(number)))
        await socket.send_text(_frame("workflow_completed", result=None))

    async def odd(socket: WebSocket) -> None:
        await socket.send_text('{"type":"later_type","x":1}')
        await socket.send_text(_frame("text_input", prompt=7))
        absent = {"workflow_uuid": UUID, "uuid": "1", "content": {"body": "ü"}, "x_later": "kept"}
        await socket.send_text(json.dumps(absent))
        await socket.send_text(_frame("function_call_execution", retval=BIG))
        await socket.receive()

    async def refuses(socket: WebSocket) -> None:
        await socket.send_text(_frame("error", short="No", long="Not this time"))
        await socket.close(4009, "because")

    async def breaks(socket: WebSocket) -> None:
        await socket.close(1001)

    async def silent(socket: WebSocket) -> None:
        await socket.receive()

    async def echoes(socket: WebSocket) -> None:
        seen = [asked["who"], socket.headers.get("x-who"), asked["user"]]
        await socket.send_text(_frame("text_message", body=json.dumps(seen)))
        await socket.send_text(_frame("text_message", body="x" * 3000))
        await socket.receive()

    scripts = {script.__name__: script for script in (waits, odd, refuses, breaks, silent, echoes)}

    @app.websocket("/fastagency/ws")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await scripts[json.loads(await websocket.receive_text())["name"]](websocket)

    return app


def _full() -> FastAPI:
    app = FastAPI()
    tries: list[None] = []

    @app.get("/fastagency/discovery")
    async def discovery() -> JSONResponse:
        tries.append(None)
        if len(tries) % 3:  # the first two
            return JSONResponse({"detail": "Full."}, 503, {"retry-after": "0"})
        return JSONResponse([])

    return app


def _frame(type: str, **content: Any) -> str:
    envelope = {"workflow_uuid": UUID.replace("-", ""), "uuid": "0b7c", "type": type}
    return json.dumps({**envelope, "content": content})
