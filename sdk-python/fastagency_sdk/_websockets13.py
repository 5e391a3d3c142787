"""What release 13 of `websockets` does not do yet, for applications that are pinned to it, as FastAgency is.

It forgets, when the connection closes, the messages that were received and not read yet: of a server that
says its last words and closes, a program that is busy for a moment would hear nothing. From release 14 on
they stay.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import websockets.version
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Opcode

__all__ = ["FORGETS", "KeepingConnection"]

FORGETS = int(websockets.version.version.split(".")[0]) < 14


class KeepingConnection(ClientConnection):
    """A connection whose unread messages can be read after it has closed."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._unread: deque[Any] = deque()

    def connection_lost(self, exc: Exception | None) -> None:
        """Keep the frames that the library is about to throw away."""
        frames: Any = self.recv_messages.frames
        self._unread.extend(frames.queue)
        super().connection_lost(exc)

    async def recv(self, decode: bool | None = None) -> Any:
        """Return the next message as the library does; after the close, what it kept."""
        try:
            return await super().recv(decode)
        except ConnectionClosed:
            frames = []
            while self._unread:
                frames.append(self._unread.popleft())
                if frames[-1].fin:
                    data = b"".join(frame.data for frame in frames)
                    return data.decode() if frames[0].opcode is Opcode.TEXT else data
            raise
