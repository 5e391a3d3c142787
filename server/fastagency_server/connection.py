"""The shell around a session: one accepted WebSocket, two coroutines, the clock."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from fastagency_sdk._generated.messages import InitiateWorkflow
from fastagency_sdk._generated.tables import CloseCode
from fastapi import WebSocket, WebSocketDisconnect

from .conversation import Conversation, Opening
from .errors import ProviderKeyError, ProviderUnreachable, Refusal
from .lookup import describe, work_of
from .reservations import Reservations
from .runner import Runner
from .session import Close, Output, Session
from .settings import Settings
from .workflows import NativeProvider, Provider, Work

__all__ = ["Connection"]

logger = logging.getLogger(__name__)

_SERVER_FAILED: Final = "The server failed."


class Connection:
    """Holds one accepted WebSocket until it is closed.

    The *reader* gives every frame to the session and starts the workflow; the *writer* sends what the
    conversation has to say, a batch at a time. Whatever the reader has to answer it sends itself before it
    reads on, so a client that floods the server with frames is held back by its own slowness.
    """

    def __init__(
        self,
        websocket: WebSocket,
        provider: NativeProvider | Provider,
        settings: Settings,
        reservations: Reservations,
        runner: Runner,
    ) -> None:
        self._websocket = websocket
        self._provider = provider
        self._settings = settings
        self._reservations = reservations
        self._runner = runner
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._session = Session(settings, self._loop.time())
        self._user_id: str | None = None
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()
        self._close_sent = False
        self._patience = asyncio.timeout(None)
        self._socket_gone: Callable[[], None] = lambda: None

    async def run(self, identify: Callable[[], Awaitable[str | None]]) -> None:
        """Hold the conversation. `identify` returns the user of the socket, or raises a Refusal."""
        writer: asyncio.Task[None] | None = None
        try:
            self._user_id = await identify()
            writer = self._loop.create_task(self._write())
            await self._read()
        except Refusal as refusal:
            await self._perform(self._session.refuse(refusal))
        except WebSocketDisconnect:
            pass
        except Exception:
            await self._break()
        finally:
            self._session.disconnected()
            self._socket_gone()
            if writer is not None:
                writer.cancel()
                with suppress(asyncio.CancelledError):
                    await writer

    async def _read(self) -> None:
        while not self._session.closed:
            try:
                async with asyncio.timeout_at(self._session.deadline) as self._patience:
                    message = await self._websocket.receive()
            except TimeoutError:
                await self._perform(self._session.tick(self._loop.time()))
                continue
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            output = self._session.binary() if text is None else self._session.text(text)
            if output.start is not None:
                output = await self._start(output.start)
            await self._perform(output)

    async def _write(self) -> None:
        try:
            while not self._session.closed:
                await self._wake.wait()
                self._wake.clear()
                await self._perform(self._session.pull())
        except WebSocketDisconnect:
            pass  # the reader learns of it too
        except Exception:
            await self._break()

    async def _perform(self, output: Output) -> None:
        if not output.frames and output.close is None:
            return
        send = self._websocket.send_text
        async with self._writing:
            if self._close_sent:
                return  # the other coroutine ended the conversation in the meantime
            try:
                async with asyncio.timeout(self._settings.stalled_seconds):
                    for frame in output.frames:
                        await send(frame)
                    if output.close is not None:
                        self._close_sent = True
                        await self._websocket.close(output.close.code, output.close.reason)
            except TimeoutError:
                self._give_up()
            except RuntimeError as error:
                # uvicorn closed by itself, since the client answered no ping: it says so to the next sender.
                raise WebSocketDisconnect(1006) from error

    def _give_up(self) -> None:
        """Nobody reads: no close frame would get through either. Have the reader stop waiting."""
        logger.info("a client does not read; its conversation ends")
        self._close_sent = True
        self._session.disconnected()
        if self._patience.when() is None or not self._patience.expired():
            with suppress(RuntimeError):  # the reader is not waiting
                self._patience.reschedule(self._loop.time())

    async def _start(self, first: InitiateWorkflow) -> Output:
        uuid = UUID(first.workflow_uuid)
        work: Work
        description: str | None = None
        try:
            try:
                description = await describe(self._provider, first.name)
                work = work_of(self._provider, first.name, first.params, self._user_id)
            except (ProviderUnreachable, ProviderKeyError) as error:
                # There is no close code for it: the conversation runs, and fails.
                work = _failing(error)
            self._reservations.start(uuid, self._user_id, self._loop.time())
        except Refusal as refusal:
            return self._session.refuse(refusal)
        opening = Opening(first.name, description, first.params)
        conversation = Conversation(uuid.hex, opening, self._settings, self._signal)
        try:
            if isinstance(self._provider, NativeProvider):
                conversation.begin()
            self._socket_gone = self._runner.start(
                conversation, work, self._user_id, lambda: self._reservations.end(uuid)
            )
        except Refusal as refusal:
            self._reservations.withdraw(uuid, self._user_id, self._loop.time())
            return self._session.refuse(refusal)
        except BaseException:
            self._reservations.end(uuid)
            raise
        return self._session.started(conversation)

    def _signal(self) -> None:
        """Have the writer look at the conversation; called from any thread."""
        if threading.get_ident() == self._thread:
            self._wake.set()
            return
        # When the loop is closed, the socket is long gone.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._wake.set)

    async def _break(self) -> None:
        """End a socket on which the server itself failed: an `error` message, then 1011 (spec FA-CLS)."""
        logger.exception("a conversation broke")
        output = self._session.refuse(Refusal(_SERVER_FAILED))
        if output.close is None:  # it broke after its end was decided
            output = Output(close=Close(CloseCode.SERVER_FAULT, _SERVER_FAILED))
        with suppress(WebSocketDisconnect):
            await self._perform(output)


def _failing(error: Exception) -> Work:
    async def work(ui: Any) -> Any:
        del ui
        raise error

    return work
