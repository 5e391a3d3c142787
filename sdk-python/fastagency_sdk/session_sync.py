"""A conversation of `fastagency.v1` for programs without an event loop: the asynchronous one, in a thread of
its own.

The blocking client needs the thread anyway: something has to watch the connection, and bring it back, while
the program waits for its user.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection

from ._generated.messages import InitiatedWorkflow
from .answers import Question
from .codec import Message
from .cursor import Cursor
from .reconnect import Reconnect
from .session import SessionProtocol
from .session_aio import OnConnection, Session

__all__ = ["BlockingSession"]

T = TypeVar("T")


class BlockingSession:
    """The methods of `Session`, without `await`. They may be called from any thread."""

    def __init__(
        self,
        begin: InitiatedWorkflow | Cursor,
        connect: Callable[[], Awaitable[ClientConnection]],
        reconnect: Reconnect,
        on_connection: OnConnection | None,
    ) -> None:
        self._connect = connect
        self._session = Session(begin, connect, reconnect, on_connection)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="fastagency-session", daemon=True)
        self._reading: concurrent.futures.Future[Message | None] | None = None

    @property
    def protocol(self) -> SessionProtocol:
        """The state of the conversation. Its properties may be read from any thread."""
        return self._session.protocol

    def open(self) -> None:
        """Open the first socket, and read from it from here on.

        Raises what `connect` does: there is nothing yet that could be resumed.
        """
        self._thread.start()
        try:
            self._call(self._open())
        except BaseException:
            self.close()
            raise

    async def _open(self) -> None:
        await self._session.open(await self._connect())

    def next(self, timeout: float | None) -> Message | None:
        """As `Session.next`. Raises TimeoutError when nothing came within `timeout` seconds; nothing is lost
        then."""
        if self._reading is None:
            self._reading = asyncio.run_coroutine_threadsafe(self._session.next(), self._loop)
        done, _ = concurrent.futures.wait([self._reading], timeout)
        if not done:
            raise TimeoutError("no message in time")
        reading, self._reading = self._reading, None
        return reading.result()

    def answer(self, value: str | Iterable[str], question: Question | None) -> str:
        """As `Session.answer`."""
        return self._call(self._session.answer(value, question))

    def cancel(self, reason: str | None) -> None:
        """As `Session.cancel`."""
        self._call(self._session.cancel(reason))

    def close(self) -> None:
        """As `Session.close`; the thread ends too. The second time it does nothing."""
        if not self._thread.is_alive():
            return
        self._call(self._session.close())
        if self._reading is not None:
            self._reading.cancel()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            left = asyncio.all_tasks(self._loop)
            for task in left:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        finally:
            self._loop.close()
