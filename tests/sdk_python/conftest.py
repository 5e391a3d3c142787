"""The scripted server and both clients for it, and a check that nothing is left behind."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastagency_sdk import AsyncClient
from sdk_python.scripted import AnyClient, NewClient, ScriptedServer, ThreadedClient


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    """A scripted server. After the test no thread and no task may be left."""
    threads = set(threading.enumerate())
    async with ScriptedServer().running() as running:
        yield running
    # A thread or a task that is ending now may take a moment; one that is left stays.
    for _ in range(100):
        left = _left(threads)
        if not left:
            break
        await asyncio.sleep(0.02)
    assert left == []


def _left(threads: set[threading.Thread]) -> list[object]:
    """Return what runs besides the test. asyncio.to_thread and subprocesses keep threads of their own."""
    new = [t for t in threading.enumerate() if t not in threads and not t.name.startswith("asyncio")]
    return [*new, *(asyncio.all_tasks() - {asyncio.current_task()})]


@pytest.fixture(params=["async", "blocking"])
def new_client(request: pytest.FixtureRequest, server: ScriptedServer) -> NewClient:
    """Makes clients of the scripted server, of one kind and then of the other."""

    def make(**options: Any) -> AnyClient:
        kind = AsyncClient if request.param == "async" else ThreadedClient
        return kind(options.pop("url", server.url), **{"transport": server.transport(), **options})

    return make
