"""How many conversations a server holds while each waits for an answer, and what one takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from .conversation import Conversation
from .errors import LoadFailed
from .figures import Figures
from .process import Process
from .progress import Progress
from .target import Target

__all__ = ["Held", "gather", "hold", "open_asking"]

_POLL_SECONDS = 0.02
_GIVE_UP_SECONDS = 120.0
"""How long an answer may lead to nothing: all are answered at once, so the last ones wait for the others."""


@dataclass(frozen=True)
class Held(Figures):
    """Of `wanted` conversations `held` waited for an answer at once, and `completed` ended well afterwards.

    `seconds` is how long it took to open them. `memory` is what each took in the server, socket included, in
    bytes, and `threads` all of the server's at the top; None without its process. `fault` is what the first
    that did not complete met.
    """

    wanted: int
    held: int
    completed: int
    seconds: float
    memory: float | None
    threads: int | None
    fault: str | None

    def rows(self) -> list[tuple[str, str]]:
        """The table."""
        rows = [
            ("wanted at once", f"{self.wanted:,}"),
            ("held, each waiting for an answer", f"{self.held:,}"),
            ("completed afterwards", f"{self.completed:,}"),
            ("time to open them", f"{self.seconds:.1f} s"),
        ]
        if self.memory is not None:
            rows += [
                ("server's memory for each", f"{self.memory / 1024:,.1f} KiB"),
                ("server's threads", f"{self.threads:,}"),
            ]
        if self.fault is not None:
            rows.append(("first fault", self.fault))
        return rows


async def hold(
    target: Target, conversations: int, stall: float, progress: Progress, process: Process | None = None
) -> Held:
    """Open conversations until all wait for an answer, or no further one does for `stall` seconds; then
    answer all, and count those that complete.

    Raises LoadFailed when not even one is held.
    """
    await (await target.start()).finished()  # imports and caches are no memory of the others
    before = process.memory() if process else 0
    asking: list[Conversation] = []
    began = time.perf_counter()
    tasks = [asyncio.create_task(_ask(target, asking)) for _ in range(conversations)]
    seen, since = 0, began
    while not all(task.done() for task in tasks) and time.perf_counter() - since < stall:
        if len(asking) > seen:
            seen, since = len(asking), time.perf_counter()
        progress.tell("hold", len(asking), conversations, "conversations wait for an answer")
        await asyncio.sleep(_POLL_SECONDS)
    held, seconds = len(asking), time.perf_counter() - began
    if held < conversations:
        seconds = since - began
    memory, threads = (process.memory() - before, process.threads()) if process else (0, 0)
    # Those that stalled get their turn as the others end.
    ends = await asyncio.gather(*(_end(task) for task in tasks), return_exceptions=True)
    faults = [end for end in ends if isinstance(end, BaseException)]
    for fault in faults:
        if not isinstance(fault, LoadFailed):
            raise fault
    if not held:
        raise LoadFailed(str(faults[0]) if faults else "no conversation asked anything")
    return Held(
        conversations,
        held,
        conversations - len(faults),
        seconds,
        memory / held if process else None,
        threads if process else None,
        str(faults[0]) if faults else None,
    )


async def open_asking(target: Target, conversations: int, progress: Progress) -> list[Conversation]:
    """Start conversations and wait until each asks something. Raises LoadFailed."""
    asking: list[Conversation] = []

    async def watch() -> None:
        while True:
            progress.tell("open", len(asking), conversations, "conversations wait for an answer")
            await asyncio.sleep(_POLL_SECONDS)

    watching = asyncio.create_task(watch())
    try:
        await gather(_ask(target, asking) for _ in range(conversations))
    finally:
        watching.cancel()
    return asking


async def gather(jobs: Sequence[Coroutine[Any, Any, None]] | Any) -> None:
    """Wait for all; the first LoadFailed ends the others and is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(job)
    except* LoadFailed as failures:
        raise failures.exceptions[0] from None


async def _ask(target: Target, asking: list[Conversation]) -> Conversation:
    conversation = await target.start()
    if not await conversation.asked():
        raise LoadFailed(f"the workflow {target.workflow!r} completes without a question")
    asking.append(conversation)
    return conversation


async def _end(opening: asyncio.Task[Conversation]) -> None:
    try:
        async with asyncio.timeout(_GIVE_UP_SECONDS) as patience:
            conversation = await opening
            while await conversation.asked():
                conversation.answer()
                patience.reschedule(asyncio.get_running_loop().time() + _GIVE_UP_SECONDS)
            await conversation.finished()
    except TimeoutError:
        raise LoadFailed(f"nothing came for {_GIVE_UP_SECONDS:g} s") from None
