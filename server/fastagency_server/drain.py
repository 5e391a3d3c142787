"""The end of a server that is told to stop: conversations get their time, and no more (spec FA-LIV-8)."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from types import FrameType

from .connection import Connection
from .conversations import Conversations
from .errors import Draining
from .reservations import Reservations
from .runner import Runner
from .settings import Settings

__all__ = ["Drain"]

logger = logging.getLogger(__name__)


class Drain:
    """Empties one adapter. Its methods are called on the event loop's thread."""

    def __init__(
        self,
        settings: Settings,
        reservations: Reservations,
        conversations: Conversations,
        connections: Collection[Connection],
        runner: Runner,
    ) -> None:
        self._settings = settings
        self._reservations = reservations
        self._conversations = conversations
        self._connections = connections
        self._runner = runner

    async def run(self) -> None:
        """Take no new conversation, and return when none runs any more, or `drain_seconds` have passed."""
        self._reservations.draining = True
        if not self._runner.busy:
            return
        logger.info("draining: %d conversations run", self._reservations.running)
        await self._runner.idle(self._settings.drain_seconds)

    async def finish(self) -> None:
        """Close the sockets that are left, cancel what still runs, and wait for it `shutdown_seconds`."""
        self._reservations.draining = True
        refusal = Draining()
        await asyncio.gather(*(connection.dismiss(refusal) for connection in tuple(self._connections)))
        self._conversations.close()
        await self._runner.idle(self._settings.shutdown_seconds)
        self._runner.release_threads()
        if left := self._runner.busy:
            logger.warning("%d workflows are still inside a blocking call; they end with the process", left)

    @contextmanager
    def before_sigterm(self) -> Iterator[None]:
        """Inside, SIGTERM drains first, and is only then what it was: a server such as uvicorn would close
        every socket at once. A second SIGTERM is what it was immediately.

        Where the loop does not run in the main thread, signals are none of its business.
        """
        self._reservations.draining = False  # an application may be served again in the same process
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        before = signal.getsignal(signal.SIGTERM)
        tasks: list[asyncio.Task[None]] = []

        async def drain() -> None:
            try:
                await self.run()
                await self.finish()
            finally:
                signal.raise_signal(signal.SIGTERM)

        def begin() -> None:
            tasks.append(loop.create_task(drain(), name="drain"))

        def told(signum: int, frame: FrameType | None) -> None:
            del signum, frame
            signal.signal(signal.SIGTERM, before)
            loop.call_soon_threadsafe(begin)

        signal.signal(signal.SIGTERM, told)
        try:
            yield
        finally:
            if signal.getsignal(signal.SIGTERM) is told:
                signal.signal(signal.SIGTERM, before)
            for task in tasks:
                task.cancel()
