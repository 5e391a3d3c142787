"""Whether a server that goes on and on keeps what it should give back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from .figures import Figures
from .holding import gather
from .process import Process, Usage
from .progress import Progress
from .target import Target

__all__ = ["Soaked", "soak"]

_POLL_SECONDS = 0.2
_SAMPLES = 10


@dataclass(frozen=True)
class Soaked(Figures):
    """`conversations` were held to their ends in `seconds`, some at a time.

    `samples` are (seconds since the start, what the server held), while it was busy; `after` is what it holds
    when all are over. Both are empty without its process.
    """

    conversations: int
    seconds: float
    samples: Sequence[tuple[float, Usage]]
    after: Usage | None

    def rows(self) -> list[tuple[str, str]]:
        """The table."""
        rows = [
            ("conversations", f"{self.conversations:,}"),
            ("conversations/s", f"{self.conversations / self.seconds:,.0f}"),
        ]
        rows += [(f"server after {seconds:,.1f} s", _shown(usage)) for seconds, usage in self.samples]
        if self.after is not None:
            rows.append(("server when all are over", _shown(self.after)))
        return rows


async def soak(
    target: Target,
    seconds: float,
    at_once: int,
    progress: Progress,
    process: Process | None = None,
    most: int | None = None,
) -> Soaked:
    """Hold conversations one after the other, `at_once` at a time, for so many seconds, or until there were
    `most`. Raises LoadFailed."""
    began = time.perf_counter()
    count = begun = 0
    samples: list[tuple[float, Usage]] = []

    async def client() -> None:
        nonlocal count, begun
        while time.perf_counter() - began < seconds and begun != most:
            begun += 1
            await (await target.start()).finished()
            count += 1

    async def watch() -> None:
        while (passed := time.perf_counter() - began) < seconds and (most is None or count < most):
            share = passed / seconds if most is None else count / most
            if process and share >= len(samples) / _SAMPLES and count:
                samples.append((passed, process.usage()))
            progress.tell("soak", passed, seconds, f"seconds, {count:,} conversations")
            await asyncio.sleep(min(_POLL_SECONDS, seconds / _SAMPLES / 2))

    await gather([watch(), *(client() for _ in range(at_once))])
    total = time.perf_counter() - began
    if process:
        await asyncio.sleep(_POLL_SECONDS)  # the server learns of the last sockets' ends
    return Soaked(count, total, samples, process.usage() if process else None)


def _shown(usage: Usage) -> str:
    return f"{usage.memory / 2**20:,.1f} MiB, {usage.threads:,} threads, {usage.sockets:,} sockets"
