"""A server that does what a test scripts, and both clients under one asynchronous face.

REST is a mock transport; the socket is a real one, on a free port of the loopback interface, in the test's
own loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import httpx
from fastagency_sdk import AsyncClient, AsyncConversation, Client, Conversation, Message, WorkflowInfo
from fastagency_sdk._generated.tables import MESSAGE_CLASSES
from websockets.asyncio.server import ServerConnection, serve

UUID = "6f1ed002-ab5f-4d3e-9b6a-7c1d2e3f4a5b"
HEX = UUID.replace("-", "")

Script = Callable[[ServerConnection], Awaitable[None]]
"""What the server does on a socket, the first frame included. When it returns, the socket closes with 1000.
"""


VECTORS = Path(__file__).parents[2] / "spec" / "vectors" / "messages"
FLAT = {kind for kind, model in MESSAGE_CLASSES.items() if "content" not in model.model_fields}


def message(type: str, **content: Any) -> str:
    """Return the frame of a message with this type and content; of a flat one of `fastagency.v1` a full
    one."""
    if type in FLAT:
        cases = json.loads((VECTORS / f"{type}.json").read_text())["cases"]
        return next(str(case["frame"]) for case in cases if case["name"] == "full")
    envelope = {"workflow_uuid": HEX, "sender": "Workflow", "recipient": "User", "auto_reply": False}
    return json.dumps({**envelope, "uuid": "0b7c", "content": content, "type": type})


STARTED = message("workflow_started", name="quiz", description=None, params={})
COMPLETED = message("workflow_completed", result="done")
TEXT_INPUT = message("text_input", prompt="Name?", suggestions=["Ada"], password=False)
CHOICE = message("multiple_choice", prompt="Pick", choices=["a", "b"], default=None, single=True)
SEVERAL = message("multiple_choice", prompt="Pick", choices=["a", "b"], default=None, single=False)


class ScriptedServer:
    """`script` runs on each socket. `requests` are the REST requests, `upgrades` each socket's headers."""

    def __init__(self) -> None:
        self.script: Script = self.completes
        self.requests: list[httpx.Request] = []
        self.responses: list[httpx.Response | Exception] = []
        self.upgrades: list[Mapping[str, str]] = []
        self._closes: list[tuple[int | None, str | None]] = []
        self.url = ""
        self.done = asyncio.Event()

    def transport(self) -> httpx.MockTransport:
        """Return what answers the REST requests: `responses` first, each once, then as a good server does."""
        return httpx.MockTransport(self._rest)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Serve until the block ends."""
        async with serve(self._socket, "127.0.0.1", 0, close_timeout=1) as server:
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            yield self

    async def closes(self) -> list[tuple[int | None, str | None]]:
        """Return code and reason of every socket's close, once the first is over."""
        await self.done.wait()
        return self._closes

    def says(self, *frames: str | bytes, code: int = 1000, reason: str = "", abort: bool = False) -> None:
        """Script: read the first frame, send `frames`, then close, or break the connection without a close
        frame.
        """

        async def script(socket: ServerConnection) -> None:
            await socket.recv()
            for frame in frames:
                await socket.send(frame)
            if abort:
                await break_off(socket)
            else:
                await socket.close(code, reason)

        self.script = script

    async def completes(self, socket: ServerConnection) -> None:
        """Script: a conversation without questions."""
        await socket.recv()
        await socket.send(STARTED)
        await socket.send(COMPLETED)

    async def _socket(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.upgrades.append(socket.request.headers)
        try:
            await self.script(socket)
        finally:
            await socket.close()
            self._closes.append((socket.protocol.close_code, socket.protocol.close_reason))
            self.done.set()

    def _rest(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.responses:
            scripted = self.responses.pop(0)
            if isinstance(scripted, Exception):
                raise scripted
            return scripted
        if request.method == "GET":
            return httpx.Response(200, json=[{"name": "quiz", "description": "Three questions"}])
        body = json.loads(request.content)
        initiated = {"user_id": body["user_id"], "workflow_uuid": UUID}
        return httpx.Response(
            200, json={**initiated, "name": body["workflow_name"], "params": body["params"]}
        )


async def break_off(socket: ServerConnection) -> None:
    """Break the connection below the WebSocket: what was written is sent, no close frame is."""
    socket.transport.close()
    await socket.wait_closed()


class ThreadedClient:
    """The blocking client behind the asynchronous one's interface: each call runs in a thread."""

    def __init__(self, url: str, **options: Any) -> None:
        self._client = Client(url, **options)

    async def __aenter__(self) -> Self:
        self._client.__enter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await asyncio.to_thread(self._client.__exit__, *error)

    async def discovery(self) -> list[WorkflowInfo]:
        return await asyncio.to_thread(self._client.discovery)

    def start(self, name: str, params: Mapping[str, Any] | None = None) -> ThreadedConversation:
        return ThreadedConversation(self._client.start(name, params))


class ThreadedConversation:
    """The blocking conversation behind the asynchronous one's interface."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._conversation.__enter__)
        return self

    async def __aexit__(self, *error: Any) -> None:
        await asyncio.to_thread(self._conversation.__exit__, *error)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        # StopIteration cannot pass through a future, hence the default of next().
        message = await asyncio.to_thread(next, self._conversation, None)
        if message is None:
            raise StopAsyncIteration
        return message

    async def answer(self, value: str | Iterable[str]) -> None:
        await asyncio.to_thread(self._conversation.answer, value)

    async def close(self) -> None:
        await asyncio.to_thread(self._conversation.close)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._conversation, name)


async def read(conversation: AsyncConversation | ThreadedConversation, into: list[Message]) -> None:
    """Read the conversation to its end, whatever that is, and keep its messages in `into`."""
    async for received in conversation:
        into.append(received)


AnyClient = AsyncClient | ThreadedClient
NewClient = Callable[..., AnyClient]
"""Makes a client of the scripted server; keyword arguments are those of the client."""
