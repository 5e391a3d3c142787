"""A TCP proxy between a client and the scripted server, which cuts connections at any byte."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import Literal

__all__ = ["FaultProxy", "Towards"]

Towards = Literal["client", "server"]


class FaultProxy:
    """Passes bytes on between clients and the server at `port`; use it as an async context manager.

    `cut_after` lays a cut ready. `port` of the proxy itself is known once it is entered.
    """

    def __init__(self, target: int) -> None:
        self.port = 0
        self._target = target
        self._left: dict[Towards, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._cut = asyncio.Event()

    async def __aenter__(self) -> FaultProxy:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=64)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut_after(self, count: int, towards: Towards) -> None:
        """Let `count` more bytes through in this direction, then reset the connection, towards both sides."""
        self._left[towards] = count
        self._cut.clear()

    async def cut(self, seconds: float) -> None:
        """Wait until the cut that was laid ready has happened. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            await self._cut.wait()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._carry(reader, writer)
        except asyncio.CancelledError:
            return  # the proxy is being taken down
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far: asyncio.StreamWriter | None = None
        try:
            far_reader, far = await asyncio.open_connection("127.0.0.1", self._target)
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump(reader, far, "server"))
                pumps.create_task(self._pump(far_reader, writer, "client"))
        except* (OSError, _Cut):
            # What ends one side without an orderly end does so for the other.
            for end in (writer, far):
                if end is not None:
                    _reset(end)
        finally:
            if far is not None:
                far.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, towards: Towards
    ) -> None:
        while data := await reader.read(65536):
            left = self._left.get(towards)
            if left is not None and left <= len(data):
                del self._left[towards]
                writer.write(data[:left])
                await writer.drain()
                self._cut.set()
                raise _Cut
            if left is not None:
                self._left[towards] = left - len(data)
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


class _Cut(Exception):
    """The place of a cut is reached."""


def _reset(writer: asyncio.StreamWriter) -> None:
    tcp = writer.get_extra_info("socket")
    if tcp is not None:
        with contextlib.suppress(OSError):
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
