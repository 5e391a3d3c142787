"""A TCP proxy that cuts connections: what a bad network does, on one machine."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Iterator

__all__ = ["CuttingProxy", "cutting"]


class CuttingProxy:
    """Passes bytes on between clients and the server at `port`, until `cut` ends connections with a reset."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0
        self.cuts = 0
        """How many connections were cut."""

    async def start(self) -> None:
        """Listen on a free port of the loopback interface."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=2048)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Cut everything, and listen no more."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def cut(self, share: float, draw: random.Random) -> None:
        """Cut this share of the open connections, drawn at random."""
        for writer in list(self._open):
            if draw.random() < share:
                writer.transport.abort()
                self.cuts += 1

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._open.add(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
            await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))
        except OSError:
            pass  # cut, by this proxy or by either end
        finally:
            self._open.discard(writer)
            self._tasks.discard(task)
            writer.transport.abort()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.transport.abort()


@contextlib.contextmanager
def cutting(port: int, share: float, seconds: float, seed: int) -> Iterator[CuttingProxy]:
    """A proxy in a thread of its own that cuts a share of its connections every so many seconds."""
    proxy = CuttingProxy(port)
    draw = random.Random(seed)
    ready, over = threading.Event(), threading.Event()

    async def run() -> None:
        await proxy.start()
        ready.set()
        while not over.is_set():
            await asyncio.sleep(seconds)
            proxy.cut(share, draw)
        await proxy.stop()

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="cutting-proxy")
    thread.start()
    ready.wait()
    try:
        yield proxy
    finally:
        over.set()
        thread.join()
