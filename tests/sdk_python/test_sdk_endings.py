"""Every way in which a conversation can end, through both clients."""

from __future__ import annotations

import asyncio
import inspect
import json

import pytest
from fastagency_sdk import (
    CloseCode,
    ConversationLost,
    ConversationRefused,
    ConversationState,
    Error,
    MalformedMessage,
    Message,
    MultipleChoice,
    NotAsked,
    TextInput,
    TextMessage,
    Unknown,
    WorkflowCompleted,
    WorkflowStarted,
)
from fastagency_sdk._generated.tables import CLIENT_ACTIONS
from fastagency_sdk._websockets13 import FORGETS
from sdk_python.scripted import (
    CHOICE,
    COMPLETED,
    SEVERAL,
    STARTED,
    TEXT_INPUT,
    NewClient,
    ScriptedServer,
    ThreadedClient,
    ThreadedConversation,
    break_off,
    message,
    read,
)
from websockets.asyncio.server import ServerConnection
from websockets.sync.client import connect

BLOCKING_OPTIONS = inspect.signature(connect).parameters
REFUSING = [
    CloseCode.NOT_UTF8,
    CloseCode.FRAME_TOO_BIG,
    *(code for code in CloseCode if code >= 4000 and CLIENT_ACTIONS[code] != "resume"),
    4002,
    4102,
    4999,
]
LOSING = [1000, 1001, 1002, 1011, 1012, 3000, 4101, 4200, 4201]


async def test_a_whole_conversation(server: ScriptedServer, new_client: NewClient) -> None:
    heard: list[str | bytes] = []

    async def script(socket: ServerConnection) -> None:
        heard.append(await socket.recv())
        await socket.send(STARTED)
        for question in (TEXT_INPUT, CHOICE, SEVERAL):
            await socket.send(question)
            heard.append(await socket.recv())
        await socket.send(COMPLETED)

    server.script = script
    messages: list[Message] = []
    states: list[ConversationState] = []
    async with new_client() as client, client.start("quiz", {"level": 2**60}) as conversation:
        assert conversation.state is ConversationState.RUNNING
        async for received in conversation:
            messages.append(received)
            states.append(conversation.state)
            match received:
                case TextInput():
                    assert conversation.question == received
                    await conversation.answer("Ada")
                    assert conversation.question is None
                    assert conversation.state is ConversationState.RUNNING
                case MultipleChoice(content=content):
                    await conversation.answer("a" if content.single else ["b", "a"])
        assert conversation.result == "done"
    assert [type(m) for m in messages] == [
        WorkflowStarted,
        TextInput,
        MultipleChoice,
        MultipleChoice,
        WorkflowCompleted,
    ]
    waiting = ConversationState.AWAITING_ANSWER
    assert states == [ConversationState.RUNNING, waiting, waiting, waiting, ConversationState.COMPLETED]
    assert heard[1:] == ["Ada", "a", "b,a"]
    first = json.loads(heard[0])
    # The response's id goes into the first frame, whatever was proposed.
    assert first["workflow_uuid"] == conversation.workflow_uuid
    assert first == {
        "user_id": None,
        "workflow_uuid": conversation.workflow_uuid,
        "name": "quiz",
        "params": {"level": 2**60},
    }
    assert await server.closes() == [(1000, "")]


async def test_no_close_frame_after_the_end_is_normal(server: ScriptedServer, new_client: NewClient) -> None:
    server.says(STARTED, COMPLETED, abort=True)
    async with new_client() as client, client.start("quiz") as conversation:
        assert [m.type async for m in conversation] == ["workflow_started", "workflow_completed"]
        assert [m async for m in conversation] == []
    assert conversation.state is ConversationState.COMPLETED


@pytest.mark.parametrize("code", [1001, 1011, 4004])
async def test_any_code_after_the_end_is_normal(
    server: ScriptedServer, new_client: NewClient, code: int
) -> None:
    server.says(STARTED, COMPLETED, code=code)
    async with new_client() as client, client.start("quiz") as conversation:
        assert len([m async for m in conversation]) == 2
    assert conversation.result == "done"


async def test_a_server_that_does_not_close_is_left(server: ScriptedServer, new_client: NewClient) -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(COMPLETED)
        await socket.wait_closed()

    server.script = script
    async with new_client(close_timeout=0.2) as client, client.start("quiz") as conversation:
        assert [m.type async for m in conversation] == ["workflow_completed"]
        assert [m async for m in conversation] == []
        assert conversation.state is ConversationState.COMPLETED


@pytest.mark.parametrize("sent", range(4))
async def test_a_drop_before_the_end_is_a_loss(
    server: ScriptedServer, new_client: NewClient, sent: int
) -> None:
    server.says(*[STARTED, message("text_message", body="hello"), TEXT_INPUT][:sent], abort=True)
    seen: list[Message] = []
    async with new_client() as client, client.start("quiz") as conversation:
        with pytest.raises(ConversationLost) as caught:
            await read(conversation, seen)
        assert conversation.state is ConversationState.CANCELLED
        assert conversation.question is None
        with pytest.raises(ConversationLost):  # it stays lost
            await anext(aiter(conversation))
        with pytest.raises(ConversationLost):
            await conversation.answer("Ada")
    assert len(seen) == sent
    assert caught.value.code == 1006
    assert len(server.upgrades) == 1, "a workflow is never run again (spec FA-NEG-3)"


async def test_a_drop_after_an_answer_is_a_loss(server: ScriptedServer, new_client: NewClient) -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(TEXT_INPUT)
        await socket.recv()
        await break_off(socket)

    server.script = script
    async with new_client() as client, client.start("quiz") as conversation:
        await anext(aiter(conversation))
        await conversation.answer("Ada")
        with pytest.raises(ConversationLost, match="connection broke"):
            await anext(aiter(conversation))


@pytest.mark.parametrize("code", REFUSING)
@pytest.mark.parametrize("explained", [False, True])
async def test_a_close_code_that_says_what_was_wrong_is_a_refusal(
    server: ScriptedServer, new_client: NewClient, code: int, explained: bool
) -> None:
    error = message("error", short="No such workflow", long="There is no workflow named 'quiz'")
    server.says(*[error] * explained, code=code, reason="because")
    seen: list[Message] = []
    async with new_client() as client, client.start("quiz") as conversation:
        with pytest.raises(ConversationRefused, match=f"{code}.*because") as caught:
            await read(conversation, seen)
        assert conversation.state is ConversationState.FAILED
    assert [type(m) for m in seen] == [Error] * explained
    assert (caught.value.code, caught.value.reason) == (code, "because")
    assert caught.value.retry is (code in (4100, 4102))
    text = "No such workflow: There is no workflow named 'quiz'"
    assert caught.value.detail == (text if explained else None)
    assert (text in str(caught.value)) is explained
    assert (conversation.last_error is not None) is explained


@pytest.mark.parametrize("code", LOSING)
async def test_every_other_close_before_the_end_is_a_loss(
    server: ScriptedServer, new_client: NewClient, code: int
) -> None:
    server.says(STARTED, code=code)
    async with new_client() as client, client.start("quiz") as conversation:
        with pytest.raises(ConversationLost, match=str(code)) as caught:
            assert [m async for m in conversation]
    assert caught.value.code == code


async def test_a_refusal_before_the_first_frame(server: ScriptedServer, new_client: NewClient) -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.close(4001, "who are you")

    server.script = script
    async with new_client() as client, client.start("quiz") as conversation:
        with pytest.raises(ConversationRefused, match="who are you"):
            assert [m async for m in conversation]


@pytest.mark.parametrize("frame", ["{", "[]", '{"type": 1}', '{"type": "text_input"}', b"\x00\xff"])
async def test_a_malformed_frame_is_an_error_and_no_end(
    server: ScriptedServer, new_client: NewClient, frame: str | bytes
) -> None:
    server.says(STARTED, frame, TEXT_INPUT, COMPLETED)
    seen: list[Message] = []
    async with new_client() as client, client.start("quiz") as conversation:
        with pytest.raises(MalformedMessage) as caught:
            await read(conversation, seen)
        await read(conversation, seen)
    assert [m.type for m in seen] == ["workflow_started", "text_input", "workflow_completed"]
    assert caught.value.text == (frame if isinstance(frame, str) else "\x00\ufffd")


async def test_an_unknown_type_and_an_unknown_field_survive(
    server: ScriptedServer, new_client: NewClient
) -> None:
    novel = message("hologram", depth=3)
    extended = json.dumps({**json.loads(message("text_message", body="hi", mood="good")), "extra": 1})
    untyped = {key: value for key, value in json.loads(extended).items() if key != "type"}
    server.says(novel, extended, json.dumps(untyped), COMPLETED)
    async with new_client() as client, client.start("quiz") as conversation:
        first, second, third, _ = [m async for m in conversation]
    assert isinstance(first, Unknown)
    assert (first.type, first.raw["content"], first.text) == ("hologram", {"depth": 3}, novel)
    assert isinstance(second, TextMessage)
    assert second.content.body == "hi"
    assert isinstance(third, TextMessage)


async def test_a_text_frame_that_is_not_utf8_is_a_loss(server: ScriptedServer, new_client: NewClient) -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.recv()
        socket.transport.write(b"\x81\x01\xff")
        await socket.wait_closed()

    server.script = script
    async with new_client() as client, client.start("quiz") as conversation:
        with pytest.raises(ConversationLost, match="not UTF-8") as caught:
            await anext(aiter(conversation))
        with pytest.raises(ConversationLost):
            await anext(aiter(conversation))
    assert caught.value.code == 1007
    assert (await server.closes())[0][0] in (1007, 1006)  # the blocking client of websockets 13 just leaves


async def test_a_message_that_is_too_big_is_a_loss(server: ScriptedServer, new_client: NewClient) -> None:
    server.says(message("text_message", body="x" * 2000), COMPLETED)
    async with new_client(max_message_size=1000) as client, client.start("quiz") as conversation:
        with pytest.raises(ConversationLost, match="max_message_size") as caught:
            await anext(aiter(conversation))
    assert caught.value.code == 1009


async def test_a_message_over_the_library_s_own_limit_arrives(
    server: ScriptedServer, new_client: NewClient
) -> None:
    server.says(message("text_message", body="x" * 3_000_000), COMPLETED)
    async with new_client() as client, client.start("quiz") as conversation:
        first = await anext(aiter(conversation))
    assert isinstance(first, TextMessage)
    assert isinstance(first.content.body, str)
    assert len(first.content.body) == 3_000_000


async def test_a_slow_reader_hears_the_last_words(server: ScriptedServer, new_client: NewClient) -> None:
    server.says(STARTED, *[message("text_message", body=str(n)) for n in range(10)], COMPLETED)
    async with new_client() as client, client.start("quiz") as conversation:
        await anext(aiter(conversation))
        await server.done.wait()
        await asyncio.sleep(0.05)  # the close has arrived; the messages are not read yet
        types = [m.type async for m in conversation]
    assert types == ["text_message"] * 10 + ["workflow_completed"]
    assert conversation.result == "done"


async def test_a_slow_server_times_out_and_may_be_waited_for_again(
    server: ScriptedServer, new_client: NewClient
) -> None:
    go_on = asyncio.Event()

    async def script(socket: ServerConnection) -> None:
        await socket.recv()
        await go_on.wait()
        await socket.send(COMPLETED)

    server.script = script
    async with new_client(message_timeout=0.05) as client, client.start("quiz") as conversation:
        messages = aiter(conversation)
        with pytest.raises(TimeoutError):
            await anext(messages)
        assert conversation.state is ConversationState.RUNNING
        go_on.set()
        while True:
            try:
                assert (await anext(messages)).type == "workflow_completed"
                break
            except TimeoutError:  # a loaded machine may need several waits
                continue


async def test_an_answer_to_a_server_that_has_gone(server: ScriptedServer, new_client: NewClient) -> None:
    server.says(TEXT_INPUT, message("error", short="Too late", long=None), code=4003, reason="bye")
    async with new_client() as client, client.start("quiz") as conversation:
        messages = aiter(conversation)
        await anext(messages)
        await server.done.wait()
        if not (FORGETS and isinstance(conversation, ThreadedConversation)):
            # The blocking client of websockets 13 reads nothing ahead, so that it cannot know yet.
            with pytest.raises(ConversationRefused, match="4003"):
                await conversation.answer("Ada")
        # What came before the close is still there to be read.
        assert (await anext(messages)).type == "error"
        with pytest.raises(ConversationRefused, match="Too late"):
            await anext(messages)


async def test_an_answer_to_a_server_that_is_done(server: ScriptedServer, new_client: NewClient) -> None:
    server.says(TEXT_INPUT, COMPLETED)
    async with new_client() as client, client.start("quiz") as conversation:
        messages = aiter(conversation)
        await anext(messages)
        await server.done.wait()
        if not (FORGETS and isinstance(conversation, ThreadedConversation)):  # as above
            with pytest.raises(NotAsked, match="ended"):
                await conversation.answer("Ada")
        assert [m.type async for m in conversation] == ["workflow_completed"]
    assert conversation.result == "done"


async def test_a_server_that_answers_no_pings_is_lost(server: ScriptedServer, new_client: NewClient) -> None:
    over = asyncio.Event()

    async def script(socket: ServerConnection) -> None:
        await socket.recv()
        socket.transport.pause_reading()
        await over.wait()
        socket.transport.resume_reading()

    server.script = script
    client = new_client(ping_interval=0.1, close_timeout=0.1)
    if isinstance(client, ThreadedClient) and "ping_interval" not in BLOCKING_OPTIONS:
        pytest.skip("before release 15 the blocking client of websockets sends no pings")
    async with client, client.start("quiz") as conversation:
        with pytest.raises(ConversationLost, match="ping") as caught:
            await anext(aiter(conversation))
        over.set()
    assert caught.value.code == 1011
