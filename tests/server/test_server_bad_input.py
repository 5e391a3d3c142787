"""What a client does wrong, over real sockets: the documented error and close code, no traceback, nothing
left."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from uuid import uuid4

import pytest
from fastagency_server import FastAPIAdapter, Settings
from live_server import LiveServer, serve
from raw_client import RawConversation, RawSocket
from server.serving import application, eventually, make_workflows, workflow_threads

ENDED: list[str] = []
ADAPTER = FastAPIAdapter(provider=make_workflows(ENDED), settings=Settings(first_frame_seconds=0.5))


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with serve(application(ADAPTER), client_faults="ignore") as live:
        yield live


@pytest.fixture(autouse=True)
def _nothing_left(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No traceback and no thread after any of these tests."""
    ENDED.clear()
    with caplog.at_level(logging.DEBUG):
        yield
    eventually(lambda: not ADAPTER.running, "a conversation is left")
    eventually(lambda: not workflow_threads(), "a workflow's thread is left")
    records = [*caplog.get_records("call"), *caplog.records]
    loud = [r for r in records if r.exc_info or r.exc_text or r.levelno >= logging.WARNING]
    assert loud == []


def error_of(message: dict[str, object]) -> dict[str, str]:
    assert message["type"] == "error"
    content = message["content"]
    assert isinstance(content, dict)
    return content


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ("hello", "not JSON"),
        ("[1]", "not a JSON object"),
        ("{}", "workflow_uuid: Field required"),
        (json.dumps({"workflow_uuid": "x", "name": "ask", "params": {}}), "workflow_uuid: "),
        (json.dumps({"workflow_uuid": str(uuid4()), "name": 5, "params": {}}), "name: "),
        (json.dumps({"workflow_uuid": str(uuid4()), "name": "ask", "params": "a"}), "params: "),
        ('{"a":' * 50_000, "nested too deeply"),
    ],
)
def test_a_bad_first_frame(server: LiveServer, frame: str, said: str) -> None:
    with RawConversation(server.url) as conversation:
        conversation.send_text(frame)
        assert said in error_of(conversation.receive())["long"]
        assert conversation.expect_close() == (4000, "The first frame is not right.")


def test_an_unknown_workflow(server: LiveServer) -> None:
    with RawConversation(server.url) as conversation:
        conversation.start("nope" * 1000)
        assert error_of(conversation.receive())["short"].startswith("There is no workflow 'nope")
        assert conversation.expect_close()[0] == 4004


def test_no_first_frame(server: LiveServer) -> None:
    with RawConversation(server.url) as conversation:
        assert "No first frame" in error_of(conversation.receive())["short"]
        assert conversation.expect_close()[0] == 4008


@pytest.mark.parametrize("started", [False, True])
def test_a_binary_frame(server: LiveServer, started: bool) -> None:
    with RawConversation(server.url) as conversation:
        if started:
            conversation.start("ask")
            conversation.receive_until("text_input")
        conversation.send_bytes(b"hello")
        assert error_of(conversation.receive())["short"] == "A frame is binary."
        assert conversation.expect_close()[0] == 4000


@pytest.mark.parametrize("started", [False, True])
def test_a_frame_that_is_too_big(server: LiveServer, started: bool) -> None:
    with RawConversation(server.url) as conversation:
        if started:
            conversation.start("ask")
            conversation.receive_until("text_input")
        conversation.send_text("x" * (1024 * 1024 + 1))
        assert "larger than" in error_of(conversation.receive())["short"]
        assert conversation.expect_close()[0] == 1009


def test_the_largest_frame(server: LiveServer) -> None:
    with RawConversation(server.url) as conversation:
        conversation.start("ask")
        conversation.receive_until("text_input")
        conversation.send_text("x" * (1024 * 1024))
        messages, close = conversation.drain()
        assert len(messages[-1]["content"]["result"]) == 1024 * 1024
        assert close == (1000, "")


@pytest.mark.parametrize("started", [False, True])
def test_a_text_frame_that_is_not_utf8(server: LiveServer, started: bool) -> None:
    with RawSocket(server.url) as socket:
        if started:
            socket.start("ask")
            while socket.receive()["type"] != "text_input":
                pass
        socket.send_frame(b"\xff\xfe")
        assert socket.expect_close()[0] == 1007


def test_a_frame_that_answers_nothing_is_dropped(server: LiveServer) -> None:
    with RawConversation(server.url) as conversation:
        conversation.start("ask")
        conversation.send_text("too early, or just in time")
        conversation.receive_until("text_input")
    with RawConversation(server.url) as conversation:
        conversation.start("asleep")
        conversation.receive_until("workflow_started")
        conversation.send_text("anybody there?")
        assert error_of(conversation.receive())["short"] == "Nothing was asked."


@pytest.mark.parametrize("workflow", ["ask", "aask"])
@pytest.mark.parametrize("how", ["close", "drop"])
def test_a_drop_in_the_middle_of_a_question(server: LiveServer, workflow: str, how: str) -> None:
    conversation = RawConversation(server.url)
    conversation.start(workflow)
    conversation.receive_until("text_input")
    getattr(conversation, how)()
    eventually(lambda: ENDED == ["ConversationClosed"], "the workflow did not learn of it")


def test_a_drop_while_a_task_waits_for_something_else(server: LiveServer) -> None:
    conversation = RawConversation(server.url)
    conversation.start("asleep")
    conversation.receive_until("workflow_started")
    conversation.drop()
    eventually(lambda: ENDED == ["CancelledError"], "the task was not cancelled")


@pytest.mark.parametrize("workflow", ["talk", "atalk"])
def test_a_drop_while_the_workflow_waits_for_a_slow_reader(server: LiveServer, workflow: str) -> None:
    with RawSocket(server.url) as socket:
        socket.start(workflow, {"count": 1_000_000, "size": 10_000})
        assert socket.receive()["type"] == "workflow_started"
        socket.drop()


def test_a_drop_before_anything(server: LiveServer) -> None:
    RawConversation(server.url).drop()
    RawConversation(server.url).close()


def test_a_second_socket_does_not_touch_the_first(server: LiveServer) -> None:
    with RawConversation(server.url) as first, RawConversation(server.url) as second:
        uuid = first.start("ask")
        first.receive_until("text_input")
        second.start("ask", workflow_uuid=uuid.replace("-", ""))
        assert "started before" in error_of(second.receive())["short"]
        assert second.expect_close()[0] == 4009
        first.send_text("still here")
        messages, close = first.drain()
        assert [message["content"] for message in messages] == [{"result": "still here"}]
        assert close == (1000, "")
    with RawConversation(server.url) as third:
        third.start("ask", workflow_uuid=uuid)
        third.receive()
        assert third.expect_close()[0] == 4009


def test_invalid_choices(server: LiveServer) -> None:
    with RawConversation(server.url) as conversation:
        conversation.start("choose", {"choices": ["a", "b"]})
        question = conversation.receive_until("multiple_choice")[-1]
        for _ in range(9):
            conversation.send_text("c")
            assert error_of(conversation.receive())["long"] == "Answer with one of: a, b."
            assert conversation.receive() == question
        conversation.send_text("c")
        messages, close = conversation.drain()
        assert [message["type"] for message in messages] == ["error", "workflow_completed"]
        assert messages[0]["content"]["long"] == "10 invalid answers to one question."
        assert close == (1000, "")
