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
    # asyncio.to_thread and subprocesses keep threads of their own; every other one is somebody's leak.
    assert [t for t in threading.enumerate() if t not in threads and not t.name.startswith("asyncio")] == []
    # A task that ends now may still be called back; one that is left stays.
    await asyncio.sleep(0)
    assert asyncio.all_tasks() - {asyncio.current_task()} == set()


@pytest.fixture(params=["async", "blocking"])
def new_client(request: pytest.FixtureRequest, server: ScriptedServer) -> NewClient:
    """Makes clients of the scripted server, of one kind and then of the other."""

    def make(**options: Any) -> AnyClient:
        kind = AsyncClient if request.param == "async" else ThreadedClient
        return kind(options.pop("url", server.url), **{"transport": server.transport(), **options})

    return make
