"""The four measures. Each takes a running peer and returns numbers; none knows of the rest."""

from __future__ import annotations

import asyncio
import random
import resource
import statistics
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from .load import Conversation, UnexpectedFrame, start
from .peers import Running

OPENING_AT_ONCE = 50
POLL_SECONDS = 0.02
STOP = "stop"
GIVE_UP_SECONDS = 300.0


@dataclass(frozen=True)
class Throughput:
    """Messages per second to clients, and how busy (0 to 1, of one processor) each side was meanwhile.

    `cost` is the server's processor time for each message in seconds: on a machine that others use too it
    says more than the rate.
    """

    per_second: float
    cost: float
    server_busy: float
    client_busy: float


@dataclass(frozen=True)
class Held:
    """How many of the `wanted` conversations were held at once, each with a question open.

    `answered` counts those that were completed afterwards. `memory` is in bytes for each held conversation,
    `threads` counts all of the server.
    """

    wanted: int
    held: int
    answered: int
    memory: float
    threads: int


@dataclass(frozen=True)
class Latency:
    """From an answer to the next message in seconds, percentiles, while `open` conversations are held."""

    open: int
    p50: float
    p99: float


@dataclass(frozen=True)
class Starts:
    """New conversations per second, and the median seconds from opening the socket to the first message.

    `cost` is the server's processor time for each conversation in seconds.
    """

    per_second: float
    p50: float
    cost: float


async def throughput(server: Running, conversations: int, messages: int) -> Throughput:
    """Let `conversations` workflows send `messages` messages each, all at once."""
    name = f"burst_{server.peer.mode}"
    busy, own, began = server.cpu_seconds(), _own_cpu_seconds(), time.perf_counter()
    bursts = await asyncio.gather(
        *(start(server.url, name, {"messages": messages}) for _ in range(conversations))
    )
    async with asyncio.timeout(GIVE_UP_SECONDS):
        await asyncio.gather(*(burst.finished() for burst in bursts))
    seconds = time.perf_counter() - began
    for burst in bursts:
        if burst.texts != messages + 2:  # workflow_started before them, workflow_completed after
            raise UnexpectedFrame(f"{burst.texts} messages arrived instead of {messages + 2}")
    return Throughput(
        conversations * messages / seconds,
        (server.cpu_seconds() - busy) / (conversations * messages),
        (server.cpu_seconds() - busy) / seconds,
        (_own_cpu_seconds() - own) / seconds,
    )


async def held(server: Running, wanted: int, stall: float) -> Held:
    """Start conversations that ask, until all are held or none more for `stall` seconds; then answer all."""
    await _answer_all(await _open(server, 1))  # imports and caches are no memory of the others
    before = server.memory()
    gate = asyncio.Semaphore(OPENING_AT_ONCE)
    asking: list[Conversation] = []

    async def ask() -> Conversation:
        async with gate:
            conversation = await _start_asking(server)
        await conversation.asked()
        asking.append(conversation)
        return conversation

    tasks = [asyncio.create_task(ask()) for _ in range(wanted)]
    seen, since = -1, time.perf_counter()
    while len(asking) < wanted and time.perf_counter() - since < stall:
        if len(asking) > seen:
            seen, since = len(asking), time.perf_counter()
        await asyncio.sleep(POLL_SECONDS)
    waiting, memory, threads = len(asking), server.memory() - before, server.threads()
    async with asyncio.timeout(GIVE_UP_SECONDS):  # those that stalled get their turn as the others end
        completed = await asyncio.gather(*(_end(task) for task in tasks))
    return Held(wanted, waiting, len(completed), memory / max(waiting, 1), threads)


async def latency(server: Running, wanted: int, samples: int) -> Latency:
    """Answer one of `wanted` open questions after the other, at random, and wait for the next question."""
    conversations = await _open(server, wanted)
    chooser = random.Random(1)
    seconds: list[float] = []
    for _ in range(samples):
        conversation = chooser.choice(conversations)
        asked = time.perf_counter()
        conversation.answer("another one")
        await conversation.asked()
        seconds.append(conversation.arrived - asked)
    await _answer_all(conversations)
    return Latency(wanted, statistics.median(seconds), percentile(seconds, 0.99))


async def starts(server: Running, conversations: int, at_once: int) -> Starts:
    """Start short conversations, `at_once` at a time, and wait for the first message of each."""
    name = f"burst_{server.peer.mode}"
    seconds: list[float] = []
    remaining = iter(range(conversations))

    async def client() -> None:
        for _ in remaining:
            began = time.perf_counter()
            conversation = await start(server.url, name, {"messages": 1})
            await conversation.spoken()
            seconds.append(conversation.first - began)
            await conversation.finished()

    busy, began = server.cpu_seconds(), time.perf_counter()
    async with asyncio.timeout(GIVE_UP_SECONDS):
        await asyncio.gather(*(client() for _ in range(at_once)))
    per_second = conversations / (time.perf_counter() - began)
    cost = (server.cpu_seconds() - busy) / conversations
    return Starts(per_second, statistics.median(seconds), cost)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


async def _start_asking(server: Running) -> Conversation:
    return await start(server.url, f"ask_{server.peer.mode}", {"stop": STOP})


async def _open(server: Running, count: int) -> list[Conversation]:
    """Start `count` conversations and wait for the question of each."""
    gate = asyncio.Semaphore(OPENING_AT_ONCE)

    async def one() -> Conversation:
        async with gate:
            conversation = await _start_asking(server)
        await conversation.asked()
        return conversation

    async with asyncio.timeout(GIVE_UP_SECONDS):
        return list(await asyncio.gather(*(one() for _ in range(count))))


async def _end(opening: Awaitable[Conversation]) -> None:
    """Answer the question of one conversation so that it completes, and see that it does."""
    conversation = await opening
    conversation.answer(STOP)
    await conversation.finished()


async def _answer_all(conversations: Sequence[Conversation]) -> None:
    async with asyncio.timeout(GIVE_UP_SECONDS):
        for conversation in conversations:
            conversation.answer(STOP)
        await asyncio.gather(*(conversation.finished() for conversation in conversations))


def _own_cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
