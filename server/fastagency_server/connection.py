"""The shell around a session: one accepted WebSocket, two coroutines, the clock."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from fastagency_sdk._generated.tables import CloseCode
from fastapi import WebSocket, WebSocketDisconnect
from starlette.types import Send

from .errors import Refusal
from .monitor import Monitor
from .session import Close, FirstFrame, Output, Session
from .settings import Settings

__all__ = ["Connection"]

logger = logging.getLogger(__name__)

_NO_CLOSE_FRAME: Final = 1006  # RFC 6455, 7.1.5
_SERVER_FAILED: Final = "The server failed."


Begin = Callable[["Connection", FirstFrame], Awaitable[Output]]
"""Acts on a first frame: starts or resumes what it names, and gives it to the connection's session."""


class Connection:
    """Holds one accepted WebSocket until it is closed.

    The *reader* gives every frame to the session and has the workflow started; the *writer* sends what the
    conversation has to say, a batch at a time. Whatever the reader has to answer it sends itself before it
    reads on, so a client that floods the server with frames is held back by its own slowness.
    """

    def __init__(
        self, websocket: WebSocket, session: Session, settings: Settings, begin: Begin, monitor: Monitor
    ) -> None:
        self._websocket = websocket
        # Starlette's own `send` asks for every frame where the socket stands; the session knows that already.
        self._send: Send = getattr(websocket, "_send", websocket.send)
        self._monitor = monitor
        self._settings = settings
        self._begin = begin
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self.session = session
        self.user_id: str | None = None
        self.socket_gone: Callable[[], None] = lambda: None
        """Called when the socket is gone, in a dialect where that ends the conversation."""
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()
        self._close_sent = False
        self._patience = asyncio.timeout(None)

    async def run(self, identify: Callable[[], Awaitable[str | None]]) -> None:
        """Hold the conversation. `identify` returns the user of the socket, or raises a Refusal."""
        writer: asyncio.Task[None] | None = None
        try:
            self.user_id = await identify()
            writer = self._loop.create_task(self._write())
            if not await self._read():
                # The end is decided, and the writer may still be about it: the last frames, the close frame.
                self._wake.set()
                await writer
        except Refusal as refusal:
            await self._perform(self.session.refuse(refusal))
        except WebSocketDisconnect:  # learnt from sending
            if not self._close_sent:
                self._closed("client", _NO_CLOSE_FRAME)
        except Exception:
            await self._break()
        finally:
            self.session.disconnected()
            self.socket_gone()
            if writer is not None:
                writer.cancel()
                with suppress(asyncio.CancelledError):
                    await writer

    async def _read(self) -> bool:
        """Read until the session is over, or the client is gone (then True)."""
        while not self.session.closed:
            try:
                async with asyncio.timeout_at(self.session.deadline) as self._patience:
                    message = await self._websocket.receive()
            except TimeoutError:
                await self._perform(self.session.tick(self._loop.time()))
                continue
            if message["type"] == "websocket.disconnect":
                if not self._close_sent:
                    self._closed("client", message.get("code", 1005))
                return True
            text = message.get("text")
            output = self.session.binary() if text is None else self.session.text(text)
            if output.start is not None:
                output = await self._begin(self, output.start)
            await self._perform(output)
            if output.more:
                self._wake.set()
        return False

    async def _write(self) -> None:
        try:
            while not self.session.closed:
                await self._wake.wait()
                # Others' turn: what they still say goes out together, and a workflow that talks without end,
                # so that nothing here need wait, does not keep the loop from every other socket.
                await asyncio.sleep(0)
                self._wake.clear()
                output = self.session.pull()
                await self._perform(output)
                if output.more:
                    self._wake.set()
        except WebSocketDisconnect:
            pass  # the reader learns of it too
        except Exception:
            await self._break()

    async def _perform(self, output: Output) -> None:
        if not output.frames and output.close is None:
            return
        send = self._send
        async with self._writing:
            if self._close_sent:
                return  # the other coroutine ended the conversation in the meantime
            try:
                async with asyncio.timeout(self._settings.stalled_seconds):
                    for frame in output.frames:
                        await send({"type": "websocket.send", "text": frame})
                    self.session.sent(self._loop.time())
                    self._monitor.messages += len(output.frames)
                    if output.close is not None:
                        self._close_sent = True
                        self._closed("server", output.close.code)
                        await self._websocket.close(output.close.code, output.close.reason)
            except TimeoutError:
                await self._give_up()
            except (OSError, RuntimeError) as error:
                # The client is gone, or uvicorn closed since it answered no ping: the next sender is told.
                raise WebSocketDisconnect(_NO_CLOSE_FRAME) from error

    async def _give_up(self) -> None:
        """Nobody reads: let go of the conversation at once, and say 4101 if the client reads after all (spec
        FA-LIV-5). Then have the reader stop waiting."""
        logger.info("a client does not read", extra={"workflow_uuid": self.session.workflow_uuid})
        self._close_sent = True
        self.session.disconnected()
        code = CloseCode.SLOW_READER
        try:
            async with asyncio.timeout(self._settings.stalled_seconds):
                await self._websocket.close(code, "This connection reads too slowly.")
            self._closed("server", code)
        except TimeoutError:
            self._closed("server", _NO_CLOSE_FRAME)
        except (OSError, RuntimeError) as error:
            raise WebSocketDisconnect(_NO_CLOSE_FRAME) from error
        if self._patience.when() is None or not self._patience.expired():
            with suppress(RuntimeError):  # the reader is not waiting
                self._patience.reschedule(self._loop.time())

    def _closed(self, by: str, code: int) -> None:
        self._monitor.closed(self.session.workflow_uuid, by, code)

    async def dismiss(self, refusal: Refusal) -> None:
        """Close the socket because of what the server does. A client that resumes goes on elsewhere."""
        with suppress(WebSocketDisconnect):
            await self._perform(self.session.dismiss(refusal))

    def signal(self) -> None:
        """Have the writer look at the conversation; called from any thread."""
        if threading.get_ident() == self._thread:
            self._wake.set()
            return
        # When the loop is closed, the socket is long gone.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._wake.set)

    async def _break(self) -> None:
        """End a socket on which the server itself failed: an `error` message, then 1011 (spec FA-CLS)."""
        logger.exception("a connection broke", extra={"workflow_uuid": self.session.workflow_uuid})
        output = self.session.refuse(Refusal(_SERVER_FAILED))
        if output.close is None:  # it broke after its end was decided
            output = Output(close=Close(CloseCode.SERVER_FAULT, _SERVER_FAILED))
        with suppress(WebSocketDisconnect):
            await self._perform(output)
