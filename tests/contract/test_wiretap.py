"""The wiretap itself: what it takes, and one server for every fault that it must find.

The servers here are written by hand on bare ASGI, so that each can be wrong in exactly one way.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from live_server import serve
from raw_client import RawConversation, RawSocket
from wiretap import Event, Receive, Send, Wiretap

UUID = "6f1ed002ab5f4d3e9b6a7c1d2e3f4a5b"
Script = Callable[["Talk"], Awaitable[None]]


class Talk:
    """What a script does on one socket: a few words for the ASGI events."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.receive_event, self.send_event = receive, send

    async def receive(self) -> Event:
        return await self.receive_event()

    async def say(self, kind: str, content: dict[str, Any], **fields: Any) -> None:
        envelope = {
            "workflow_uuid": UUID,
            "sender": None,
            "recipient": None,
            "auto_reply": False,
            "uuid": "1",
        }
        await self.text(json.dumps({**envelope, "content": content, "type": kind, **fields}))

    async def text(self, text: str) -> None:
        await self.send_event({"type": "websocket.send", "text": text})

    async def started(self) -> None:
        await self.say("workflow_started", {"name": "w", "description": None, "params": {}})

    async def completed(self) -> None:
        await self.say("workflow_completed", {"result": None})

    async def close(self, code: int = 1000) -> None:
        await self.send_event({"type": "websocket.close", "code": code})


def app_of(script: Script) -> Callable[[Any, Receive, Send], Awaitable[None]]:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        assert scope["type"] == "websocket"
        await receive()
        await send({"type": "websocket.accept"})
        await script(Talk(receive, send))

    return app


async def run(script: Script, *client: str | bytes | None) -> Wiretap:
    """Run a script in memory; `client` is what the client sends, None a disconnect."""
    frames = iter(client)
    connected = False

    async def receive() -> Event:
        nonlocal connected
        if not connected:
            connected = True
            return {"type": "websocket.connect"}
        frame = next(frames, None)
        if frame is None:
            return {"type": "websocket.disconnect", "code": 1006}
        return {"type": "websocket.receive", "text" if isinstance(frame, str) else "bytes": frame}

    async def send(_event: Event) -> None:
        pass

    wiretap = Wiretap(app_of(script))
    await wiretap({"type": "websocket", "path": "/fastagency/ws"}, receive, send)
    return wiretap


FIRST = json.dumps({"user_id": None, "workflow_uuid": UUID, "name": "w", "params": {}})


async def right(talk: Talk) -> None:
    await talk.receive()
    await talk.started()
    await talk.say("text_input", {"prompt": None, "suggestions": [], "password": False})
    if (await talk.receive())["type"] == "websocket.receive":
        await talk.completed()
        await talk.close()


async def test_a_right_conversation_has_no_faults() -> None:
    wiretap = await run(right, FIRST, "an answer")
    wiretap.check()
    assert [direction for direction, _ in wiretap.frames] == [
        "client",
        "server",
        "server",
        "client",
        "server",
    ]


async def nan(talk: Talk) -> None:
    await talk.receive()
    await talk.started()
    await talk.text('{"type": "system_message", "content": {"message": {"x": NaN}}}')


async def name_twice(talk: Talk) -> None:
    await talk.receive()
    await talk.started()
    await talk.text('{"type": "keep_alive", "type": "keep_alive"}')


async def renamed_field(talk: Talk) -> None:
    await talk.receive()
    await talk.started()
    await talk.say("text_input", {"question": None, "suggestions": [], "password": False})


async def extra_in_envelope(talk: Talk) -> None:
    await talk.receive()
    await talk.started()
    await talk.say("keep_alive", {}, seq=1)


async def missing_optional(talk: Talk) -> None:
    await talk.receive()
    await talk.started()
    await talk.say("multiple_choice", {"prompt": None, "choices": [], "default": None})


async def wrong_type(talk: Talk) -> None:
    await talk.receive()
    await talk.say("workflow_started", {"name": "w", "description": None, "params": []})


async def unknown_type(talk: Talk) -> None:
    await talk.receive()
    await talk.started()
    await talk.say("text_hint", {})


async def dashed(talk: Talk) -> None:
    await talk.receive()
    await talk.say(
        "workflow_started",
        {"name": "w", "description": None, "params": {}},
        workflow_uuid="6f1ed002-ab5f-4d3e-9b6a-7c1d2e3f4a5b",
    )


async def another_conversation(talk: Talk) -> None:
    await talk.receive()
    await talk.started()
    await talk.say("keep_alive", {}, workflow_uuid="0" * 32)


async def not_first(talk: Talk) -> None:
    await talk.receive()
    await talk.say("text_message", {"body": "too early"})
    await talk.started()


async def started_unasked(talk: Talk) -> None:
    await talk.started()


async def started_twice(talk: Talk) -> None:
    await talk.receive()
    await talk.started()
    await talk.started()


async def after_the_end(talk: Talk) -> None:
    await talk.receive()
    await talk.started()
    await talk.completed()
    await talk.say("text_message", {"body": "too late"})


async def no_close(talk: Talk) -> None:
    await talk.receive()
    await talk.started()
    await talk.completed()


async def unknown_code(talk: Talk) -> None:
    await talk.receive()
    await talk.started()
    await talk.close(4999)


async def wrong_code_at_the_end(talk: Talk) -> None:
    await talk.receive()
    await talk.started()
    await talk.completed()
    await talk.close(1001)


async def finished_too_early(talk: Talk) -> None:
    await talk.receive()
    await talk.started()
    await talk.close(1000)


async def unexplained(talk: Talk) -> None:
    await talk.receive()
    await talk.close(4004)


async def refuses_what_is_right(talk: Talk) -> None:
    await talk.receive()
    await talk.say("error", {"short": "no", "long": None})
    await talk.close(4000)


async def raises(talk: Talk) -> None:
    await talk.receive()
    raise KeyError("oops")


async def binary(talk: Talk) -> None:
    await talk.receive()
    await talk.started()
    await talk.send_event({"type": "websocket.send", "bytes": b"{}"})


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        (nan, "NaN is not JSON"),
        (name_twice, "a name occurs twice"),
        (renamed_field, "text_input: content.prompt: the field is missing"),
        (renamed_field, "text_input: content.question: the field is not in the schema"),
        (extra_in_envelope, "keep_alive: seq: the field is not in the schema"),
        (missing_optional, "multiple_choice: content.single: the field is missing"),
        (wrong_type, "workflow_started: content.params: "),
        (unknown_type, "a type that is not in the spec: 'text_hint'"),
        (dashed, "workflow_uuid is not 32 lower-case hex digits"),
        (another_conversation, "the conversation's is"),
        (not_first, "text_message out of order: not in state created"),
        (started_unasked, "workflow_started out of order: not in state created"),
        (started_twice, "workflow_started out of order: not in state running"),
        (after_the_end, "text_message out of order: not in state completed"),
        (no_close, "returned without a close frame"),
        (unknown_code, "closed with 4999, which is not in x-close-codes"),
        (wrong_code_at_the_end, "closed with 1001 after workflow_completed"),
        (finished_too_early, "closed with 1000 before workflow_completed"),
        (unexplained, "closed with 4004 without an error message"),
        (refuses_what_is_right, "closed with 4000, though no frame of the client was wrong"),
        (binary, "sent a binary frame"),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
async def test_each_fault_is_found(script: Script, fault: str) -> None:
    wiretap = await run(script, FIRST)
    with pytest.raises(AssertionError) as caught:
        wiretap.check()
    assert fault in str(caught.value)


async def test_an_exception_of_the_server_is_a_fault_and_goes_on() -> None:
    wiretap: Wiretap | None = None

    async def receive() -> Event:
        return {"type": "websocket.connect"}

    async def send(_event: Event) -> None:
        pass

    wiretap = Wiretap(app_of(raises))
    with pytest.raises(KeyError):
        await wiretap({"type": "websocket", "path": "/fastagency/ws"}, receive, send)
    assert wiretap.faults == ["/fastagency/ws: the server raised KeyError: 'oops'"]


@pytest.mark.parametrize(
    ("frames", "fault"),
    [
        (["not JSON"], "first frame: it is not JSON"),
        ([json.dumps({"name": "w", "params": {}})], "'workflow_uuid' is a required property"),
        ([FIRST.replace(UUID, "12345")], "first frame: workflow_uuid"),
        ([FIRST.replace(UUID, UUID + "\\n")], "first frame: workflow_uuid"),
        ([b"{}"], "sent a binary frame"),
    ],
)
async def test_a_server_must_not_start_on_a_wrong_first_frame(frames: list[str | bytes], fault: str) -> None:
    wiretap = await run(right, *frames)
    assert any(fault in line for line in wiretap.client_faults)
    assert any("started on a first frame that is wrong" in line for line in wiretap.faults)


async def test_an_unasked_frame_is_the_clients_fault_and_can_be_ignored() -> None:
    async def script(talk: Talk) -> None:
        await talk.receive()
        await talk.started()
        await talk.receive()
        await talk.completed()
        await talk.close()

    wiretap = await run(script, FIRST, "nobody asked")
    assert (
        wiretap.faults
        == ["the client: sent a frame while nothing was asked: 'nobody asked'"]
        == [f"the client: {fault}" for fault in wiretap.client_faults]
    )


async def test_a_server_that_learns_from_its_sending_that_nobody_is_there_needs_no_close() -> None:
    async def script(talk: Talk) -> None:
        await talk.receive()
        with pytest.raises(BrokenPipeError):
            await talk.started()

    async def receive() -> Event:
        return events.pop(0)

    async def send(event: Event) -> None:
        if event["type"] == "websocket.send":
            raise BrokenPipeError

    events: list[Event] = [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": FIRST}]
    wiretap = Wiretap(app_of(script))
    await wiretap({"type": "websocket", "path": "/fastagency/ws"}, receive, send)
    wiretap.check()


def test_over_a_real_socket_everything_passes_unchanged() -> None:
    with serve(app_of(right)) as server, RawConversation(server.url) as conversation:
        conversation.start("w", workflow_uuid=UUID)
        asked = conversation.receive_until()
        assert [message["type"] for message in asked] == ["workflow_started", "text_input"]
        conversation.send_text("an answer")
        messages, close = conversation.drain()
        assert [message["type"] for message in messages] == ["workflow_completed"]
        assert close == (1000, "")


def test_a_raw_socket_writes_frames_by_hand() -> None:
    with serve(app_of(right)) as server, RawSocket(server.url) as raw:
        assert raw.status == 101
        first = FIRST.encode()
        raw.send_frame(first[:10], final=False)
        raw.send_frame(first[10:], RawSocket.CONTINUATION)
        assert [raw.receive()["type"], raw.receive()["type"]] == ["workflow_started", "text_input"]
        raw.send_frame("gr\N{LATIN SMALL LETTER U WITH DIAERESIS}n".encode())
        assert raw.receive()["type"] == "workflow_completed"
        assert raw.expect_close() == (1000, "")


def test_invalid_utf8_is_closed_by_the_websocket_layer() -> None:
    with serve(app_of(right)) as server, RawSocket(server.url) as raw:
        raw.start("w", workflow_uuid=UUID)
        raw.receive()
        raw.send_frame(b"\xff\xfe")
        assert raw.expect_close()[0] == 1007


def test_serve_finds_a_thread_and_a_task_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live_server._GRACE_SECONDS", 0.2)
    release = threading.Event()
    tasks: list[asyncio.Task[None]] = []

    async def script(talk: Talk) -> None:
        threading.Thread(target=release.wait, name="left-behind", daemon=True).start()
        tasks.append(asyncio.create_task(asyncio.sleep(60), name="left-task"))
        await right(talk)

    with serve(app_of(script), allow_faults=True) as server, RawSocket(server.url) as raw:
        raw.start("w", workflow_uuid=UUID)
        raw.receive()
        raw.drop()
    release.set()
    assert any(fault == "a thread was left: left-behind" for fault in server.faults)
    assert any(fault.startswith("a task was left: <coroutine object sleep") for fault in server.faults)


def test_serve_fails_for_a_fault_on_the_wire() -> None:
    serving = serve(app_of(unknown_code))
    server = serving.__enter__()
    with RawConversation(server.url) as conversation:
        conversation.start("w", workflow_uuid=UUID)
        conversation.receive()
        assert conversation.expect_close() == (4999, "")
    with pytest.raises(AssertionError, match="4999"):
        serving.__exit__(None, None, None)
