"""A conversation of `fastagency.v1` on sockets: one task that reads, and comes back when the connection
ends."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from ._generated.messages import InitiatedWorkflow
from ._socket import close_of
from .answers import Question
from .codec import Message
from .connection_state import ConnectionState
from .cursor import Cursor
from .endings import NO_CLOSE_FRAME
from .errors import ConversationRefused, FastAgencyError, MalformedMessage, RequestRefused
from .reconnect import Reconnect
from .session import Delivered, Next, SessionProtocol

__all__ = ["OnConnection", "Session"]

OnConnection = Callable[[ConnectionState], None]
"""Told of every change of the connection's state."""

_READ_AHEAD = 256
"""Messages that are kept for a user who does not read; beyond it nothing is read from the socket."""

_FINAL_STATUSES = frozenset({401, 403, 404})


class Session:
    """The shell around a `SessionProtocol`. `connect` opens a socket, with fresh credentials each time."""

    def __init__(
        self,
        begin: InitiatedWorkflow | Cursor,
        connect: Callable[[], Awaitable[ClientConnection]],
        reconnect: Reconnect,
        on_connection: OnConnection | None,
    ) -> None:
        self.protocol = SessionProtocol(begin, reconnect, time.monotonic())
        self._connect = connect
        self._on_connection = on_connection
        self._shown: ConnectionState | None = None
        self._inbox: asyncio.Queue[Delivered | None] = asyncio.Queue(_READ_AHEAD)
        self._end: Exception | None = None
        self._ended = False
        self._socket: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None

    async def open(self, socket: ClientConnection) -> None:
        """Read from the first socket from here on."""
        self._show()
        self._task = asyncio.create_task(self._run(socket))

    async def next(self) -> Message | None:
        """Return the next message, None after the end. Raises what the conversation was lost or refused with,
        and MalformedMessage for a single message."""
        found = None if self._ended else await self._inbox.get()
        if found is None:
            self._ended = True
            if self._end is not None:
                raise self._end
            return None
        if isinstance(found, MalformedMessage):
            raise found
        self.protocol.delivered(found)
        self._show()
        return found

    async def answer(self, value: str | Iterable[str], question: Question | None) -> str:
        """As `SessionProtocol.answer`; it is sent at once when there is a connection."""
        answer_id = self.protocol.answer(value, question)
        await self._flush()
        return answer_id

    async def cancel(self, reason: str | None) -> None:
        """As `SessionProtocol.cancel`; it is sent at once when there is a connection."""
        self.protocol.cancel(reason)
        await self._flush()

    async def close(self) -> None:
        """Leave the conversation: it goes on without this client (spec FA-CAN-3)."""
        self.protocol.leave()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        if not self._ended:
            # Whoever still waits for a message learns that none will come.
            while not self._inbox.empty():
                self._inbox.get_nowait()
            self._inbox.put_nowait(None)
        self._show()

    async def _run(self, socket: ClientConnection) -> None:
        try:
            following = await self._hold_all(socket)
        except Exception as error:  # of the user's own headers or `should_retry`: theirs to see
            following = Next(None)
            self._end = error
        else:
            self._end = following.error
        for message in following.messages:
            await self._inbox.put(message)
        await self._inbox.put(None)

    async def _hold_all(self, socket: ClientConnection) -> Next:
        """Hold one socket after the other, until nothing follows."""
        following = Next(0.0)
        opened: ClientConnection | None = socket
        while following.delay is not None:
            if opened is not None:
                code, reason, by_client = await self._hold(opened)
                following = self._ended_with(code, reason, by_client)
            else:
                following = self._ended_with(NO_CLOSE_FRAME, "", False)
            opened = None
            while following.delay is not None and opened is None:
                await asyncio.sleep(following.delay)
                try:
                    opened = await self._connect()
                except FastAgencyError as error:
                    following = self._not_opened(error)
        return following

    def _ended_with(self, code: int, reason: str, by_client: bool) -> Next:
        following = self.protocol.disconnected(code, reason, by_client=by_client, now=time.monotonic())
        self._show()
        return following

    def _not_opened(self, error: FastAgencyError) -> Next:
        if isinstance(error, RequestRefused) and error.status in _FINAL_STATUSES:
            said = f"the socket was refused with {error}"
            following = self.protocol.give_up(ConversationRefused(said, NO_CLOSE_FRAME, "", error.detail))
            self._show()
            return following
        return self._ended_with(NO_CLOSE_FRAME, "", False)

    async def _hold(self, socket: ClientConnection) -> tuple[int, str, bool]:
        """Read a socket until it ends, and return how it did."""
        self._socket = socket
        try:
            await socket.send(self.protocol.first_frame(time.monotonic()))
            while not self.protocol.broken:
                async with asyncio.timeout(max(0.0, self.protocol.deadline - time.monotonic())):
                    data = await socket.recv()
                await self._take(data)
        except ConnectionClosed as closed:
            return close_of(closed)
        except TimeoutError:
            pass  # silence: the connection is dead, whatever TCP says (spec FA-LIV-1)
        except UnicodeDecodeError:
            return 1007, "", True
        finally:
            self._socket = None
            await _drop(socket)
        return NO_CLOSE_FRAME, "", False

    async def _take(self, data: str | bytes) -> None:
        protocol, now = self.protocol, time.monotonic()
        found = (
            protocol.receive_text(data, now) if isinstance(data, str) else protocol.receive_binary(data, now)
        )
        self._show()
        await self._flush()
        for message in found:
            await self._inbox.put(message)
        # The puts wait for a user who does not read; that is no silence of the server's.
        self.protocol.listening(time.monotonic())

    async def _flush(self) -> None:
        socket = self._socket
        if socket is None:
            return
        # What cannot be sent now is sent again after the resume (spec FA-ANS-1).
        with contextlib.suppress(ConnectionClosed):
            for frame in self.protocol.outgoing():
                await socket.send(frame)

    def _show(self) -> None:
        state = self.protocol.connection
        if state is not self._shown:
            self._shown = state
            if self._on_connection is not None:
                self._on_connection(state)


async def _drop(socket: ClientConnection) -> None:
    """Close a socket, without waiting for a peer that is gone."""
    closing = asyncio.create_task(socket.close())
    try:
        await asyncio.wait({closing}, timeout=0.2)
    finally:
        socket.transport.abort()
        await asyncio.wait({closing})
