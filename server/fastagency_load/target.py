"""What is measured: a workflow of a server, how to reach it and how to answer it."""

from __future__ import annotations

import asyncio
import errno
import resource
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

from .conversation import CLASSIC, V1, ClassicConversation, Conversation, SessionConversation
from .errors import LoadFailed

__all__ = ["Target", "raise_file_limit"]

_LAST_SOURCE = 254


def raise_file_limit() -> int:
    """Let this process open as many files as it may, and return how many that is."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


@dataclass
class Target:
    """A workflow of the server at `url`.

    `answers` are given to each conversation's questions in turn, the last one again and again. `stop` is the
    answer that ends a conversation that has been measured; None: the client leaves. `opening_at_once`
    bounds how many sockets are being opened at the same time.
    """

    url: str
    workflow: str
    params: Mapping[str, Any] = field(default_factory=dict)
    answers: tuple[str, ...] = ("",)
    stop: str | None = None
    dialect: str = CLASSIC
    path: str = "/fastagency/ws"
    headers: Mapping[str, str] = field(default_factory=dict)
    opening_at_once: int = 50

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https", "ws", "wss") or parts.hostname is None:
            raise LoadFailed(f"{self.url!r} is not the URL of a server, like http://localhost:8008")
        secure = parts.scheme in ("https", "wss")
        self._host = parts.netloc.rpartition("@")[2]
        self._address = parts.hostname, parts.port or (443 if secure else 80)
        self._ssl = ssl.create_default_context() if secure else None
        self._path = parts.path.rstrip("/") + self.path
        self._source = 1
        self._gate = asyncio.Semaphore(self.opening_at_once)
        self._opened: WeakSet[Conversation] = WeakSet()

    async def start(self) -> Conversation:
        """Open a socket and start the workflow; returns before it has said anything. Raises LoadFailed."""
        conversation: Conversation
        if self.dialect == V1:
            conversation = SessionConversation(self.answers)
        else:
            conversation = ClassicConversation(self.answers)
        async with self._gate:
            await self._open(conversation)
        conversation.begin(self.workflow, self.params)
        return conversation

    async def resume(self, before: SessionConversation, after_seq: int) -> tuple[SessionConversation, float]:
        """Open a socket and go on with the conversation of another one, after the message `after_seq`.

        Returns the new socket and when it began to open (`time.perf_counter`). Raises LoadFailed.
        """
        conversation = SessionConversation(self.answers)
        began = time.perf_counter()
        await self._open(conversation)
        conversation.resume(before, after_seq)
        return conversation, began

    async def end(self, conversation: Conversation) -> None:
        """End a conversation that has been measured and waits for an answer."""
        if self.stop is None:
            await conversation.leave()
        else:
            conversation.say(self.stop)
            await conversation.finished()

    async def close(self) -> None:
        """Drop every socket that is still open."""
        for conversation in tuple(self._opened):
            conversation.abandon()
        while any(not conversation.closed for conversation in self._opened):  # noqa: ASYNC110 - in a turn or two
            await asyncio.sleep(0)

    async def _open(self, conversation: Conversation) -> None:
        await self._connect(conversation)
        self._opened.add(conversation)
        headers = {"Sec-WebSocket-Protocol": V1} if self.dialect == V1 else {}
        conversation.shake_hands(self._host, self._path, {**headers, **self.headers})
        await conversation.upgraded()
        if self.dialect == V1 and V1.encode() not in conversation.response:
            conversation.abandon()
            raise LoadFailed(f"the server does not speak {V1}: measure it with --dialect classic")

    async def _connect(self, conversation: Conversation) -> None:
        host, port = self._address
        while True:
            source = (f"127.0.0.{self._source}", 0) if self._source > 1 else None
            try:
                await asyncio.get_running_loop().create_connection(
                    lambda: conversation, host, port, ssl=self._ssl, local_addr=source
                )
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL and self._next_source():
                    continue
                raise LoadFailed(_reason(error, self.url)) from error
            return

    def _next_source(self) -> bool:
        """Go on from another address of the loopback, whose ports are all free."""
        if self._source >= _LAST_SOURCE or not _is_loopback(self._address[0]):
            return False
        self._source += 1
        return True


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or (ip_address(host).is_loopback and ip_address(host).version == 4)
    except ValueError:
        return False


def _reason(error: OSError, url: str) -> str:
    if error.errno == errno.EMFILE:
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        return f"this process may open {limit} files: raise `ulimit -Hn`, or open fewer conversations"
    if error.errno == errno.EADDRNOTAVAIL:
        return "this machine has no local port left for the server: measure from several machines"
    return f"{url} cannot be reached: {error.strerror or error}"
