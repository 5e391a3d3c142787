"""session_aio.py and session_sync.py: what their shells do with a server and a network of their own."""

from __future__ import annotations

import asyncio
import random

import pytest
from fastagency_sdk import AsyncClient, Client, ConnectionState, Reconnect, TextInput
from faults.proxy import CuttingProxy, cutting
from faults.workflow import application
from live_server import serve

PARAMS = {"messages": 4, "questions": 1, "pause": 0.0}


class NoCredentials(Exception):
    """What a user's own function may raise."""


def credentials_for(requests: int) -> tuple[list[None], object]:
    """Headers that can be had so often, and then no more."""
    asked: list[None] = []

    def headers() -> dict[str, str]:
        asked.append(None)
        if len(asked) > requests:
            raise NoCredentials("the session of the user is over")
        return {}

    return asked, headers


async def test_an_error_in_the_users_own_headers_reaches_the_reader() -> None:
    asked, headers = credentials_for(2)  # the request, the first socket
    with serve(application()) as live:
        proxy = CuttingProxy(live.port)
        await proxy.start()
        options = {"headers": headers, "reconnect": Reconnect(first_delay=0.01)}
        url = f"http://127.0.0.1:{proxy.port}"
        async with (
            AsyncClient(url, **options) as client,  # type: ignore[arg-type]
            client.start("faults", PARAMS) as conversation,
        ):
            async for message in conversation:
                if isinstance(message, TextInput):
                    break
            proxy.cut(1.0, random.Random(1))
            with pytest.raises(NoCredentials):
                await anext(conversation)
            with pytest.raises(NoCredentials):  # it stays
                await anext(conversation)
        await proxy.stop()
    assert len(asked) == 3


def test_the_blocking_client_raises_it_too() -> None:
    _, headers = credentials_for(2)
    with serve(application()) as live, cutting(live.port, 1.0, 0.3, 1) as proxy:
        options = {"headers": headers, "reconnect": Reconnect(first_delay=0.01)}
        url = f"http://127.0.0.1:{proxy.port}"
        with (
            Client(url, **options) as client,  # type: ignore[arg-type]
            client.start("faults", PARAMS) as conversation,
            pytest.raises(NoCredentials),
        ):
            for _ in conversation:
                pass


async def test_who_waits_for_a_message_learns_of_the_leaving() -> None:
    with serve(application()) as live:
        async with AsyncClient(live.url) as client:
            conversation = await client.start("faults", PARAMS).__aenter__()
            while not isinstance(await anext(conversation), TextInput):
                pass
            waiting = asyncio.create_task(anext(conversation, None))
            await asyncio.sleep(0)
            await conversation.close()
            assert await waiting is None
            assert await anext(conversation, None) is None
            assert conversation.connection is ConnectionState.ENDED
