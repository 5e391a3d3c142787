"""`fastagency.v1` over real sockets: what every clause of the dialect promises, seen by a raw client."""

# ruff: noqa: ARG001 - a workflow takes ui and params, whether it needs them or not
from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from fastagency_server import UI, AsyncUI, FastAPIAdapter, Workflows
from fastagency_server.errors import AnswerTimeout
from fastagency_server.settings import Settings
from live_server import LiveServer, serve
from raw_client import RawConversation, RawSocket
from raw_session import RawSession
from server.serving import application, eventually, make_workflows

UUID = "6f1ed002ab5f4d3e9b6a7c1d2e3f4a5b"
ENDED: list[str] = []


def workflows() -> Workflows:
    """The common ones, and some that only this dialect can show."""
    found = make_workflows(ENDED)

    @found.register(name="stream", description="Streams a text, then asks")
    def stream(ui: UI, params: dict[str, Any]) -> str:
        for piece in ("Prime ", "numbers "):
            ui.text_chunk("Teacher", None, "t1", piece)
        answer = ui.text_input(prompt="Go on?")
        ui.text_chunk("Teacher", None, "t1", "are fun.")
        ui.text_message("Teacher", None, uuid="t1", body="Prime numbers are fun.")
        return answer

    @found.register(name="hurry", description="Waits a moment for an answer")
    def hurry(ui: UI, params: dict[str, Any]) -> str:
        try:
            return ui.multiple_choice(prompt="Quick?", choices=["a", "b"], timeout=0.05, **params)
        except AnswerTimeout as error:
            return f"{type(error).__name__}: {error}"

    @found.register(name="ahurry", description="The same as a task")
    async def ahurry(ui: AsyncUI, params: dict[str, Any]) -> str:
        try:
            return await ui.multiple_choice(prompt="Quick?", choices=["a", "b"], timeout=0.05, **params)
        except AnswerTimeout as error:
            return f"{type(error).__name__}: {error}"

    @found.register(name="pick", description="Asks for several choices")
    def pick(ui: UI, params: dict[str, Any]) -> str:
        return ui.multiple_choice(prompt="Which?", choices=["a", "b", "a,b"], single=False)

    @found.register(name="secret", description="Asks for a password")
    def secret(ui: UI, params: dict[str, Any]) -> str:
        return str(len(ui.text_input(prompt="Password?", password=True)))

    return found


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    adapter = FastAPIAdapter(provider=workflows(), settings=Settings(invalid_answers=3))
    with serve(application(adapter), client_faults="ignore") as live:
        yield live


def closed(session: RawSession) -> tuple[list[dict[str, Any]], tuple[int, str]]:
    messages, close = session.drain()
    assert close is not None
    return messages, close


@pytest.mark.parametrize("workflow", ["ask", "aask"])
def test_a_whole_conversation(server: LiveServer, workflow: str) -> None:
    with RawSession(server.url) as session:
        ready = session.start_v1(workflow)
        assert (ready["mode"], ready["oldest_seq"], ready["head_seq"]) == ("fresh", 1, 0)
        started, question = session.receive_until()
        assert (started["type"], started["seq"], question["seq"]) == ("workflow_started", 1, 2)
        answer_id = session.answer(question, "42")
        messages, close = closed(session)
    accepted, completed = messages
    assert (accepted["type"], accepted["answer_id"], accepted["value"]) == (
        "answer_accepted",
        answer_id,
        "42",
    )
    assert completed["content"] == {"result": "42", "outcome": "completed"}
    assert close == (1000, "")


def test_a_failure_says_so(server: LiveServer) -> None:
    with RawSession(server.url) as session:
        session.start_v1("fail")
        messages, close = closed(session)
    assert [message["type"] for message in messages] == ["workflow_started", "error", "workflow_completed"]
    assert messages[1]["content"]["code"] == "workflow_failed"
    assert messages[2]["content"]["outcome"] == "failed"
    assert close[0] == 1000


def test_a_drop_cancels_nothing_and_a_resume_continues(server: LiveServer) -> None:
    with RawSession(server.url) as first:
        ready = first.start_v1("ask")
        question = first.receive_until()[-1]
        first.drop()
    with RawSession(server.url) as second:
        again = second.resume(ready, 1)
        assert (again["mode"], again["epoch"], again["state"]) == (
            "replay",
            ready["epoch"],
            "awaiting_answer",
        )
        assert second.receive() == question
        assert second.receive() == {"type": "replay_completed", "through_seq": 2}
        second.answer(question, "back")
        assert closed(second)[0][-1]["content"]["result"] == "back"


@pytest.mark.parametrize(
    ("after_seq", "epoch"), [(0, None), (2, "another"), (3, None), (-1, None), (10**30, None)]
)
def test_any_other_cursor_is_given_everything(server: LiveServer, after_seq: int, epoch: str | None) -> None:
    with RawSession(server.url) as first:
        ready = first.start_v1("ask")
        seen = first.receive_until()
        with RawSession(server.url) as second:
            again = second.resume(ready, after_seq, epoch=epoch or ready["epoch"])
            assert (again["mode"], again["oldest_seq"], again["head_seq"]) == ("reset", 1, 2)
            assert [second.receive(), second.receive()] == seen
            assert second.receive()["type"] == "replay_completed"
        first.send("cancel_workflow")
        closed(first)


def test_the_end_can_be_read_again(server: LiveServer) -> None:
    with RawSession(server.url) as first:
        ready = first.start_v1("echo", {"result": "fine"})
        seen, _ = closed(first)
    with RawSession(server.url) as second:
        assert second.resume(ready, 0)["state"] == "completed"
        messages, close = closed(second)
    assert messages == [*seen, {"type": "replay_completed", "through_seq": 2}]
    assert close == (1000, "")


@pytest.mark.parametrize(
    "wrong", [{"resume_token": "0" * 32}, {"workflow_uuid": "0" * 32}, {"resume_token": ""}]
)
def test_what_is_not_yours_is_gone(server: LiveServer, wrong: dict[str, str]) -> None:
    with RawSession(server.url) as first:
        ready = first.start_v1("ask")
        with RawSession(server.url) as thief:
            thief.send("resume_workflow", **{**_cursor(ready), **wrong})
            messages, close = closed(thief)
        assert close[0] == (4000 if wrong.get("resume_token") == "" else 4010)
        assert messages[0]["content"]["code"] in ("conversation_gone", "malformed_frame")
        first.send("cancel_workflow")
        closed(first)


def test_a_start_may_be_repeated_with_its_token(server: LiveServer) -> None:
    token, uuid = "t" * 32, UUID
    with RawSession(server.url) as first:
        first.start_v1("ask", workflow_uuid=uuid, resume_token=token)
        seen = first.receive_until()
        with RawSession(server.url) as second:
            assert second.start_v1("ask", workflow_uuid=uuid, resume_token=token)["mode"] == "reset"
            assert second.receive_until() == seen
        for wrong in ("x" * 32, None):
            with RawSession(server.url) as third:
                third.send("start_workflow", workflow_uuid=uuid, name="ask", params={}, resume_token=wrong)
                assert closed(third)[1][0] == 4009
        first.send("cancel_workflow")
        closed(first)


def test_the_first_answer_wins_and_the_other_tab_learns_it(server: LiveServer) -> None:
    with RawSession(server.url) as one, RawSession(server.url) as two:
        ready = one.start_v1("ask")
        question = one.receive_until()[-1]
        two.resume(ready, 0)
        two.receive_until("replay_completed")
        mine = one.answer(question, "one")
        accepted = two.receive()
        assert (accepted["type"], accepted["answer_id"]) == ("answer_accepted", mine)
        assert closed(one)[0][0] == accepted
        assert closed(two)[0][-1]["content"]["result"] == "one"


def test_an_answer_is_taken_once_and_its_verdict_repeated(server: LiveServer) -> None:
    with RawSession(server.url) as session:
        session.start_v1("choose", {"choices": ["a", "b"]})
        question = session.receive_until()[-1]
        session.answer(question, "c")
        rejected = session.receive()
        assert (rejected["type"], rejected["reason"]) == ("answer_rejected", "invalid_value")
        assert rejected["detail"] == "Answer with one of: a, b."
        session.answer({"uuid": "never asked"}, "a")
        assert session.receive()["reason"] == "unknown_question"
        answer_id = session.answer(question, "a")
        session.answer(question, "a", answer_id)
        session.answer(question, "b")
        messages, _ = closed(session)
    kinds = [message["type"] for message in messages]
    assert kinds[0] == "answer_accepted"
    assert messages[kinds.index("workflow_completed")]["content"]["result"] == "a"
    # What came after the end is ignored (spec FA-FRM-5); before it, the verdict is the same again.
    for message in messages[1:]:
        if message["type"] == "answer_accepted":
            assert message == messages[0]


def test_several_choices_as_a_list(server: LiveServer) -> None:
    with RawSession(server.url) as session:
        session.start_v1("pick")
        question = session.receive_until()[-1]
        for value in (["a", "c"], "c"):
            session.answer(question, value)
            assert session.receive()["reason"] == "invalid_value"
        session.answer(question, ["b", "a,b"])
        messages, _ = closed(session)
    assert messages[0]["value"] == ["b", "a,b"]
    assert messages[-1]["content"]["result"] == "b,a,b"


def test_too_many_invalid_answers(server: LiveServer) -> None:
    with RawSession(server.url) as session:
        session.start_v1("choose", {"choices": ["a"]})
        question = session.receive_until()[-1]
        for _ in range(3):
            session.answer(question, "x")
        messages, _ = closed(session)
    assert messages[-1]["content"]["outcome"] == "failed"
    assert messages[-1]["content"]["result"] == "The workflow failed. 3 invalid answers to one question."


def test_a_secret_is_written_down_nowhere(server: LiveServer, caplog: pytest.LogCaptureFixture) -> None:
    with RawSession(server.url) as session:
        ready = session.start_v1("secret")
        session.answer(session.receive_until()[-1], "hunter2-secret")
        messages, _ = closed(session)
        with RawSession(server.url) as other:
            other.resume(ready, 0)
            messages += closed(other)[0]
    assert messages[0]["value"] is None
    assert "hunter2-secret" not in str(messages)
    said = [record.getMessage() for record in caplog.records if record.name.startswith("fastagency")]
    assert not any("hunter2-secret" in line for line in said)


@pytest.mark.parametrize("workflow", ["ask", "aask", "asleep"])
def test_cancel(server: LiveServer, workflow: str) -> None:
    ENDED.clear()
    with RawSession(server.url) as session:
        session.start_v1(workflow)
        session.receive_until("workflow_started" if workflow == "asleep" else "text_input")
        session.send("cancel_workflow", reason="enough")
        messages, close = closed(session)
    assert [message["type"] for message in messages] == ["workflow_completed"]
    assert messages[0]["content"] == {"result": None, "outcome": "cancelled"}
    assert close == (1000, "")
    eventually(lambda: bool(ENDED), "the workflow was not told")
    assert ["CancelledError" if workflow == "asleep" else "ConversationClosed"] == ENDED


@pytest.mark.parametrize("workflow", ["hurry", "ahurry"])
def test_a_question_that_closes_by_itself(server: LiveServer, workflow: str) -> None:
    with RawSession(server.url) as session:
        session.start_v1(workflow, {"default": "b"})
        question = session.receive_until()[-1]
        assert question["content"]["expires_at"].endswith("Z")
        accepted, completed = closed(session)[0]
    assert (accepted["answer_id"], accepted["value"]) == (None, "b")
    assert completed["content"]["result"] == "b"
    with RawSession(server.url) as session:
        session.start_v1(workflow)
        session.receive_until()
        accepted, completed = closed(session)[0]
    assert accepted["value"] is None
    assert completed["content"]["result"] == "AnswerTimeout: there was no answer within 0.05 s"


@pytest.mark.parametrize("workflow", ["hurry", "ahurry"])
def test_a_question_that_closes_by_itself_in_classic(server: LiveServer, workflow: str) -> None:
    with RawConversation(server.url) as conversation:
        conversation.start(workflow, {"default": "b"})
        messages, _ = conversation.drain()
    assert [message["type"] for message in messages] == [
        "workflow_started",
        "multiple_choice",
        "workflow_completed",
    ]
    assert messages[-1]["content"] == {"result": "b"}


def test_a_text_is_streamed_and_a_new_socket_is_given_it_so_far(server: LiveServer) -> None:
    with RawSession(server.url) as one, RawSession(server.url) as two:
        ready = one.start_v1("stream")
        chunks = one.receive_until()[1:-1]
        assert [chunk["delta"] for chunk in chunks] == ["Prime ", "numbers "]
        two.resume(ready, 0)
        two.receive_until("replay_completed")
        so_far = two.receive()
        assert (so_far["delta"], so_far["replace"], so_far["message_uuid"]) == ("Prime numbers ", True, "t1")
        one.answer({"uuid": one.messages[-1]["uuid"]}, "yes")
        for session in (one, two):
            kinds = [message["type"] for message in closed(session)[0]]
            assert kinds == ["answer_accepted", "text_chunk", "text_message", "workflow_completed"]


def test_classic_hears_no_pieces(server: LiveServer) -> None:
    with RawConversation(server.url) as conversation:
        conversation.start("stream")
        conversation.receive_until("text_input")
        conversation.send_text("yes")
        kinds = [message["type"] for message in conversation.drain()[0]]
    assert kinds == ["text_message", "workflow_completed"]


FRAMES: dict[str, str] = {
    "no JSON": "{",
    "a list": "[]",
    "no type": "{}",
    "another type": '{"type": "text_message"}',
    "a classic first frame": f'{{"workflow_uuid": "{UUID}", "name": "ask", "params": {{}}}}',
    "no uuid": '{"type": "start_workflow", "workflow_uuid": "x", "name": "ask", "params": {}}',
    "an answer": '{"type": "answer", "question_uuid": "q", "answer_id": "a", "value": "v"}',
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES.keys())
def test_a_first_frame_that_is_wrong(server: LiveServer, frame: str) -> None:
    with RawSession(server.url) as session:
        session.send_text(frame)
        messages, close = closed(session)
    assert [message["content"]["code"] for message in messages] == ["malformed_frame"]
    assert close[0] == 4000


@pytest.mark.parametrize(
    "frame",
    [
        "{",
        '{"type": "later"}',
        '{"type": "answer"}',
        '{"type": "answer", "question_uuid": "q", "answer_id": "' + "a" * 65 + '", "value": "v"}',
        f'{{"type": "start_workflow", "workflow_uuid": "{UUID}", "name": "ask", "params": {{}}}}',
    ],
)
def test_a_later_frame_that_is_wrong_ends_the_socket_alone(server: LiveServer, frame: str) -> None:
    with RawSession(server.url) as session:
        ready = session.start_v1("ask")
        question = session.receive_until()[-1]
        session.send_text(frame)
        assert closed(session)[1][0] == 4000
    with RawSession(server.url) as again:
        again.resume(ready, 2)
        again.receive()
        again.answer(question, "still there")
        assert closed(again)[0][-1]["content"]["result"] == "still there"


def test_an_unknown_workflow(server: LiveServer) -> None:
    with RawSession(server.url) as session:
        session.send("start_workflow", workflow_uuid="0" * 32, name="none", params={})
        messages, close = closed(session)
    assert messages[0]["content"]["code"] == "unknown_workflow"
    assert close[0] == 4004


def test_another_subprotocol_is_not_echoed(server: LiveServer) -> None:
    with RawConversation(server.url, subprotocols=["chat"]) as conversation:
        conversation.start("echo", {"result": "fine"})
        assert conversation.drain()[0][-1]["content"] == {"result": "fine"}


def _cursor(ready: dict[str, Any]) -> dict[str, Any]:
    return {**{name: ready[name] for name in ("workflow_uuid", "resume_token", "epoch")}, "after_seq": 0}


def test_a_slow_reader_does_not_grow_the_server() -> None:
    """The workflow waits for the fastest of the sockets; one that does not keep up with the log is let go."""
    said: list[int] = []
    talking = Workflows()

    @talking.register(name="flood", description="Says much")
    def flood(ui: UI, params: dict[str, Any]) -> str:
        for number in range(params["count"]):
            ui.text_message(body="x" * 10_000)
            said.append(number)
        return "said"

    limits = Settings(log_messages=50, log_bytes=200_000, buffered_messages=10)
    adapter = FastAPIAdapter(provider=talking, settings=limits)
    offered = {"Sec-WebSocket-Protocol": "fastagency.v1"}
    with serve(application(adapter), client_faults="ignore") as live:
        live.listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32 * 1024)
        with RawSession(live.url) as fast, RawSocket(live.url, headers=offered, receive_buffer=32768) as slow:
            ready = fast.start_v1("flood", {"count": 2000})
            resume = {name: ready[name] for name in ("workflow_uuid", "resume_token", "epoch")}
            slow.send_frame(json.dumps({"type": "resume_workflow", "after_seq": 0, **resume}).encode())
            (held,) = adapter._conversations._held.values()
            eventually(lambda: held.conversation.sockets == 2, "the slow socket holds the conversation")
            for _ in range(1000):
                fast.receive()
                assert held.conversation.size <= limits.log_bytes
            assert len(said) <= 1000 + 10 + 200, "no more is said than is read, and what fits on the way"
            assert slow.expect_close()[0] == 4101
            assert fast.drain()[0][-1]["content"]["outcome"] == "completed"
