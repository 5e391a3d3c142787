"""Leaving a conversation before its end: nothing stays behind, and the server is told."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from pathlib import Path

import pytest
from fastagency_sdk import AsyncClient, ConversationState, NotAsked, RequestRefused, ServerUnreachable
from sdk_python.scripted import COMPLETED, STARTED, TEXT_INPUT, NewClient, ScriptedServer, message
from websockets.asyncio.server import ServerConnection


async def stays(socket: ServerConnection) -> None:
    """Script: start, ask, and wait for the end of the socket."""
    await socket.recv()
    await socket.send(STARTED)
    await socket.send(TEXT_INPUT)
    await socket.wait_closed()


async def test_leaving_early_closes_the_socket(server: ScriptedServer, new_client: NewClient) -> None:
    server.script = stays
    async with new_client() as client, client.start("quiz") as conversation:
        async for _ in conversation:
            break
    assert conversation.state is ConversationState.CANCELLED
    assert await server.closes() == [(1000, "")]
    with pytest.raises(NotAsked):
        await conversation.answer("Ada")
    assert [m async for m in conversation] == []
    await conversation.close()


async def test_leaving_without_reading(server: ScriptedServer, new_client: NewClient) -> None:
    server.script = stays
    async with new_client() as client, client.start("quiz"):
        pass
    assert await server.closes() == [(1000, "")]


async def test_leaving_a_talkative_server_does_not_wait_for_the_timeout(
    server: ScriptedServer, new_client: NewClient
) -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.recv()
        for _ in range(3000):  # far more than is read ahead
            await socket.send(message("text_message", body="x" * 1000))

    async def leave() -> None:
        # The timeout is longer than the test may take: only a clean close gets out in time.
        async with new_client(close_timeout=60) as client, client.start("quiz") as conversation:
            await anext(aiter(conversation))
            await asyncio.sleep(0.2)

    server.script = script
    await asyncio.wait_for(leave(), 30)


async def test_an_exception_closes_and_gets_out(server: ScriptedServer, new_client: NewClient) -> None:
    async def fail() -> None:
        async with new_client() as client, client.start("quiz") as conversation:
            async for _ in conversation:
                raise ZeroDivisionError

    server.script = stays
    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await server.closes() == [(1000, "")]


async def test_closing_from_another_task_ends_the_iteration(
    server: ScriptedServer, new_client: NewClient
) -> None:
    server.script = stays
    async with new_client() as client, client.start("quiz") as conversation:
        messages = aiter(conversation)
        await anext(messages)
        await anext(messages)
        waiting = asyncio.create_task(anext(messages, None))
        await asyncio.sleep(0.05)
        await conversation.close()
        assert await waiting is None


async def test_a_conversation_starts_once(server: ScriptedServer, new_client: NewClient) -> None:
    async with new_client() as client:
        conversation = client.start("quiz")
        assert (conversation.workflow_uuid, conversation.state) == (None, ConversationState.CREATED)
        assert (conversation.question, conversation.result, conversation.last_error) == (None, None, None)
        with pytest.raises(RuntimeError, match="not started"):
            await anext(aiter(conversation))
        with pytest.raises(RuntimeError, match="not started"):
            await conversation.answer("x")
        await conversation.close()
        async with conversation:
            assert len([m async for m in conversation]) == 2
        with pytest.raises(RuntimeError, match="starts once"):
            await conversation.__aenter__()
    assert len(server.upgrades) == 1


@pytest.mark.parametrize("status", [401, 403, 503])
async def test_a_refused_socket(new_client: NewClient, status: int) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b'{"detail": "not you"}'
        head = f"HTTP/1.1 {status} No\r\nRetry-After: 7\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        async with new_client(url=url) as client:
            with pytest.raises(RequestRefused) as caught:
                await client.start("quiz").__aenter__()
    assert caught.value.status == status
    assert caught.value.retry_after == 7


async def test_a_socket_that_nobody_takes(server: ScriptedServer, new_client: NewClient) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        async with new_client(url=url, open_timeout=0.2) as client:
            conversation = client.start("quiz")
            with pytest.raises(ServerUnreachable, match="/fastagency/ws"):
                await conversation.__aenter__()
            assert conversation.state is ConversationState.CREATED
    async with new_client(url=url) as client:
        with pytest.raises(ServerUnreachable):
            await client.start("quiz").__aenter__()
    assert server.upgrades == []


async def test_a_cancelled_iteration_loses_nothing(server: ScriptedServer) -> None:
    go_on = asyncio.Event()

    async def script(socket: ServerConnection) -> None:
        await socket.recv()
        await go_on.wait()
        await socket.send(STARTED)
        await socket.send(COMPLETED)

    server.script = script
    async with (
        AsyncClient(server.url, transport=server.transport()) as client,
        client.start("quiz") as conversation,
    ):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await anext(conversation)
        go_on.set()
        assert [m.type async for m in conversation] == ["workflow_started", "workflow_completed"]


async def test_a_cancelled_task_closes_the_socket(server: ScriptedServer) -> None:
    server.script = stays
    asked = asyncio.Event()

    async def talk() -> None:
        async with (
            AsyncClient(server.url, transport=server.transport()) as client,
            client.start("quiz") as conversation,
        ):
            async for received in conversation:
                if received.type == "text_input":
                    asked.set()

    task = asyncio.create_task(talk())
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await server.closes() == [(1000, "")]


async def test_a_task_cancelled_while_it_closes_leaves_no_socket(server: ScriptedServer) -> None:
    silent = asyncio.Event()
    gone = asyncio.Event()

    async def never_closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream = await asyncio.open_connection(
            "127.0.0.1", int(server.url.rsplit(":")[-1])
        )

        async def pump() -> None:
            while not silent.is_set() and (data := await upstream_reader.read(65536)):
                writer.write(data)

        pumping = asyncio.create_task(pump())
        # After the handshake this proxy swallows what the client sends: its close frame gets no reply.
        upstream.write(await reader.readuntil(b"\r\n\r\n"))
        with contextlib.suppress(ConnectionError):
            while await reader.read(65536):
                pass
        gone.set()
        pumping.cancel()
        upstream.close()
        writer.close()

    server.script = stays
    async with await asyncio.start_server(never_closes, "127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        async with AsyncClient(url, transport=server.transport(), close_timeout=600) as client:
            conversation = await client.start("quiz").__aenter__()
            closing = asyncio.create_task(conversation.close())
            await asyncio.sleep(0.05)
            assert not closing.done()
            closing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await closing
            await asyncio.wait_for(gone.wait(), 30)


async def test_a_cancelled_start_leaves_nothing(server: ScriptedServer) -> None:
    gone = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
        gone.set()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        async with AsyncClient(url, transport=server.transport()) as client:
            entering = asyncio.create_task(client.start("quiz").__aenter__())
            await asyncio.sleep(0.1)
            entering.cancel()
            with pytest.raises(asyncio.CancelledError):
                await entering
            await asyncio.wait_for(gone.wait(), 30)


async def test_a_password_is_in_no_log(
    server: ScriptedServer, new_client: NewClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("fastagency_sdk.websocket").setLevel(logging.DEBUG)
    heard: list[str | bytes] = []

    async def script(socket: ServerConnection) -> None:
        # The server is the test's own, and its log no concern here.
        socket.logger = logging.getLogger("silent")
        socket.protocol.debug = False
        await socket.recv()
        await socket.send(message("text_input", prompt="Password?", suggestions=[], password=True))
        heard.append(await socket.recv())

    server.script = script
    async with new_client() as client, client.start("quiz") as conversation:
        await anext(aiter(conversation))
        with pytest.raises(NotAsked) as caught:
            await conversation.answer("hunter2\ud800")
        assert "hunter2" not in repr(caught.value)
        await conversation.answer("hunter2")
        assert "hunter2" not in f"{conversation!r}{vars(conversation)}"
    assert heard == ["hunter2"]
    assert caplog.records, "the debug log was on"
    assert "hunter2" not in caplog.text


async def test_ctrl_c_in_the_blocking_client(server: ScriptedServer, tmp_path: Path) -> None:
    server.script = stays
    program = tmp_path / "program.py"
    program.write_text(
        "import httpx, json, sys\n"
        "from fastagency_sdk import Client\n"
        "def rest(request):\n"
        "    body = json.loads(request.content)\n"
        "    return httpx.Response(200, json={'user_id': None, 'workflow_uuid': body['workflow_uuid'],"
        " 'name': 'quiz', 'params': {}})\n"
        "with Client(sys.argv[1], transport=httpx.MockTransport(rest)) as client:\n"
        "    with client.start('quiz') as conversation:\n"
        "        for message in conversation:\n"
        "            print(message.type, flush=True)\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(program),
        server.url,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"workflow_started\n"
    assert await process.stdout.readline() == b"text_input\n"
    ending = asyncio.create_task(process.communicate())
    while not ending.done():
        # Once is enough for a program that waits already; one that is about to may need another signal.
        os.kill(process.pid, signal.SIGINT)
        await asyncio.wait({ending}, timeout=5)
    _, errors = ending.result()
    assert b"KeyboardInterrupt" in errors
    assert b"During handling" not in errors
    assert await server.closes() == [(1000, "")]
