"""How long a client waits: for the message after its answer, and for what it missed."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from .conversation import Conversation, SessionConversation
from .errors import LoadFailed
from .figures import Figures, Spread
from .holding import open_asking
from .progress import Progress
from .target import Target

__all__ = ["Latency", "Resume", "latency", "resume"]

_SPIN_SECONDS = 0.002
"""Timers of an event loop are as coarse as a millisecond: the last of a wait goes by in turns of the loop."""
_GIVE_UP_SECONDS = 60.0


@dataclass(frozen=True)
class Latency(Figures):
    """From the moment that an answer was due to the next message, with `open` conversations held and `rate`
    answers each second.

    Due, not sent: a server that stalls delays every answer behind it, and all of that counts. `late` spreads
    how late the load generator itself was: what it says is in `next` too.
    """

    open: int
    rate: float
    answers: int
    next: Spread
    late: Spread

    def rows(self) -> list[tuple[str, str]]:
        """The table."""
        return [
            ("conversations open", f"{self.open:,}"),
            ("answers/s", f"{self.rate:,.0f}"),
            ("answers", f"{self.answers:,}"),
            *self.next.rows("next message after"),
            ("load generator late by, p50", f"{self.late.p50 * 1000:,.2f} ms"),
            ("load generator late by, p99", f"{self.late.p99 * 1000:,.2f} ms"),
        ]


@dataclass(frozen=True)
class Resume(Figures):
    """From the moment that a socket began to open to `replay_completed`, with `missed` messages between."""

    missed: int
    resumes: int
    replayed: Spread

    def rows(self) -> list[tuple[str, str]]:
        """The table."""
        return [
            ("messages missed", f"{self.missed:,}"),
            ("resumes", f"{self.resumes:,}"),
            *self.replayed.rows("replayed after"),
        ]


async def latency(
    target: Target, conversations: int, rate: float, answers: int, progress: Progress
) -> Latency:
    """Hold `conversations` and answer one after the other of them, `rate` each second, at random.

    The answers keep their schedule, however late the server is. A conversation that completes is replaced by
    a new one. Raises LoadFailed.
    """
    waiting = deque(await open_asking(target, conversations, progress))
    chooser = random.Random(1)
    chooser.shuffle(waiting)
    free = asyncio.Semaphore(len(waiting))
    seconds: list[float] = []
    late: list[float] = []

    async def answer(conversation: Conversation, due: float) -> None:
        async with asyncio.timeout(_GIVE_UP_SECONDS):
            late.append(time.perf_counter() - due)
            conversation.answer()
            await conversation.replied()
            seconds.append(conversation.arrived - due)
            if not await conversation.asked():
                await conversation.finished()
                conversation = await target.start()
                await conversation.asked()
        waiting.append(conversation)
        free.release()

    began = time.perf_counter()
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(answers):
                due = began + number / rate
                await _until(due)
                await free.acquire()
                group.create_task(answer(waiting.popleft(), due))
                progress.tell("latency", number, answers, "answers")
    except* LoadFailed as failures:
        raise failures.exceptions[0] from None
    except* TimeoutError:
        raise LoadFailed(f"nothing came for {_GIVE_UP_SECONDS:g} s after an answer") from None
    await asyncio.gather(*(target.end(conversation) for conversation in waiting))
    return Latency(conversations, rate, answers, Spread.of(seconds), Spread.of(late))


async def resume(target: Target, conversations: int, missed: int, resumes: int, progress: Progress) -> Resume:
    """Have `conversations` say more than `missed` messages each, drop their sockets, and resume them in turn
    so that `missed` messages are replayed. Raises LoadFailed."""
    held: list[tuple[SessionConversation, int]] = []
    for number in range(conversations):
        conversation = await target.start()
        if not isinstance(conversation, SessionConversation):
            raise LoadFailed("only fastagency.v1 resumes: --dialect fastagency.v1")
        await conversation.asked()
        head = int(_number(conversation))
        if head <= missed:
            raise LoadFailed(f"the workflow says {head} messages before it asks or ends: lower --missed")
        conversation.abandon()
        held.append((conversation, head - missed))
        progress.tell("resume", number, conversations, "conversations have spoken")
    seconds: list[float] = []
    for number in range(resumes):
        before, after_seq = held[number % conversations]
        again, began = await target.resume(before, after_seq)
        async with asyncio.timeout(_GIVE_UP_SECONDS):
            await again.replay()
        if again.ready["mode"] != "replay" or again.messages != missed:
            raise LoadFailed(
                f"{again.messages} messages came in mode {again.ready['mode']} instead of {missed}: does the "
                "server hold so many (Settings.log_messages)?"
            )
        seconds.append(again.replayed - began)
        again.abandon()
        progress.tell("resume", number, resumes, "resumes")
    return Resume(missed, resumes, Spread.of(seconds))


async def _until(due: float) -> None:
    """Wait until `time.perf_counter()` is `due`, to a fraction of a millisecond."""
    while (left := due - time.perf_counter()) > 0:  # noqa: ASYNC110 - a clock sets no event
        await asyncio.sleep(max(0, left - _SPIN_SECONDS))


def _number(conversation: SessionConversation) -> Any:
    """The number of the newest message (spec FA-RES-1)."""
    return json.loads(conversation.last)["seq"]
