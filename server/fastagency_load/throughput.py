"""How many messages a server sends to its clients, and how many conversations it starts."""

from __future__ import annotations

import asyncio
import resource
import time
from dataclasses import dataclass

from .conversation import Conversation
from .figures import Figures, Spread
from .holding import gather
from .process import Process
from .progress import Progress
from .target import Target

__all__ = ["Messages", "Starts", "messages", "starts"]

_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Messages(Figures):
    """`messages` came from `conversations` at once in `seconds`.

    `cost` is the server's processor time for each in seconds, and `server_busy` how busy it was (1: one
    processor); None without its process. `client_busy` is the same of the load generator: near 1, it is what
    was measured.
    """

    conversations: int
    messages: int
    seconds: float
    per_second: float
    cost: float | None
    server_busy: float | None
    client_busy: float

    def rows(self) -> list[tuple[str, str]]:
        """The table."""
        rows = [
            ("conversations at once", f"{self.conversations:,}"),
            ("messages", f"{self.messages:,}"),
            ("messages/s", f"{self.per_second:,.0f}"),
            ("load generator busy", f"{self.client_busy:.0%}"),
        ]
        if self.cost is not None:
            rows += [
                ("server busy", f"{self.server_busy:.0%}"),
                ("server's processor time each", f"{self.cost * 1e6:,.1f} µs"),
            ]
        return rows


@dataclass(frozen=True)
class Starts(Figures):
    """`conversations` were started, some at a time, and held to their end, in `seconds`.

    `first` spreads the times from opening the socket to the first message. `cost` is the server's processor
    time for each conversation in seconds, None without its process.
    """

    conversations: int
    seconds: float
    per_second: float
    first: Spread
    cost: float | None

    def rows(self) -> list[tuple[str, str]]:
        """The table."""
        rows = [
            ("conversations", f"{self.conversations:,}"),
            ("conversations/s", f"{self.per_second:,.0f}"),
            *self.first.rows("first message after"),
        ]
        if self.cost is not None:
            rows.append(("server's processor time each", f"{self.cost * 1000:,.2f} ms"))
        return rows


async def messages(
    target: Target, conversations: int, progress: Progress, process: Process | None = None
) -> Messages:
    """Hold `conversations` at once to their ends, and count what they say. Raises LoadFailed."""
    running: list[Conversation] = []
    ended = 0

    async def one() -> None:
        nonlocal ended
        conversation = await target.start()
        running.append(conversation)
        await conversation.finished()
        ended += 1

    async def watch() -> None:
        while True:
            await asyncio.sleep(_POLL_SECONDS)
            progress.tell("messages", ended, conversations, "conversations are over")

    watching = asyncio.create_task(watch())
    own, busy = _own_cpu_seconds(), process.cpu_seconds() if process else 0.0
    began = time.perf_counter()
    try:
        await gather(one() for _ in range(conversations))
    finally:
        watching.cancel()
    seconds = time.perf_counter() - began
    spent = process.cpu_seconds() - busy if process else 0.0
    count = sum(conversation.messages for conversation in running)
    return Messages(
        conversations,
        count,
        seconds,
        count / seconds,
        spent / count if process else None,
        spent / seconds if process else None,
        (_own_cpu_seconds() - own) / seconds,
    )


async def starts(
    target: Target, conversations: int, at_once: int, progress: Progress, process: Process | None = None
) -> Starts:
    """Start conversations, `at_once` at a time, wait for the first message of each, and hold each to its end.

    Raises LoadFailed.
    """
    seconds: list[float] = []
    remaining = iter(range(conversations))

    async def client() -> None:
        for _ in remaining:
            began = time.perf_counter()
            conversation = await target.start()
            await conversation.spoken()
            seconds.append(conversation.first - began)
            await conversation.finished()
            progress.tell("starts", len(seconds), conversations, "conversations")

    busy = process.cpu_seconds() if process else 0.0
    began = time.perf_counter()
    await gather(client() for _ in range(at_once))
    total = time.perf_counter() - began
    cost = (process.cpu_seconds() - busy) / conversations if process else None
    return Starts(conversations, total, conversations / total, Spread.of(seconds), cost)


def _own_cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
