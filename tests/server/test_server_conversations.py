"""Whole conversations over real sockets: blocking and async workflows, many at once, and their ends."""

# ruff: noqa: ARG001 - a workflow takes ui and params, whether it needs them or not
from __future__ import annotations

import asyncio
import gc
import json
import socket
import threading
import uuid
from typing import Any

import pytest
import websockets
from fastagency_sdk import CloseCode
from fastagency_server import UI, AsyncUI, FastAPIAdapter, Settings, Workflows
from fastagency_server.conversation import Conversation
from live_server import serve
from raw_client import RawConversation, RawSocket
from server.serving import application, eventually, make_workflows, workflow_threads

HELD = 300
SOCKET = "/fastagency/ws"


def talk_to(workflows: Workflows, name: str, params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Everything that a workflow says which asks nothing; it must end with 1000."""
    with (
        serve(application(FastAPIAdapter(provider=workflows))) as live,
        RawConversation(live.url) as conversation,
    ):
        conversation.start(name, params)
        messages, close = conversation.drain()
    assert close == (1000, "")
    return messages


@pytest.mark.parametrize("workflow", ["ask", "aask"])
def test_many_conversations_are_held_at_once(workflow: str) -> None:
    adapter = FastAPIAdapter(provider=make_workflows())
    uuids = [uuid.uuid4().hex for _ in range(HELD)]

    async def hold(url: str) -> list[str]:
        async def one(number: int) -> str:
            async with websockets.connect(url.replace("http", "ws") + "/fastagency/ws") as socket:
                first = {"workflow_uuid": uuids[number], "name": workflow, "params": {}}
                await socket.send(json.dumps(first))
                while json.loads(await socket.recv())["type"] != "text_input":
                    pass
                await all_asked.wait()
                await counted.wait()
                await socket.send(f"answer {number}")
                result: str = json.loads(await socket.recv())["content"]["result"]
                return result

        all_asked, counted = asyncio.Barrier(HELD + 1), asyncio.Event()
        tasks = [asyncio.create_task(one(number)) for number in range(HELD)]
        await all_asked.wait()
        assert adapter.running == HELD
        threads = [name for name in workflow_threads() if name in {f"workflow-{one}" for one in uuids}]
        assert len(threads) == (HELD if workflow == "ask" else 0)
        counted.set()
        return await asyncio.gather(*tasks)

    with serve(application(adapter)) as live:
        assert asyncio.run(hold(live.url)) == [f"answer {number}" for number in range(HELD)]
        eventually(lambda: adapter.running == 0, "a conversation is left")


@pytest.mark.parametrize("workflow", ["talk", "atalk"])
def test_messages_arrive_all_and_in_order(workflow: str) -> None:
    messages = talk_to(make_workflows(), workflow, {"count": 3000})
    assert [m["content"]["body"] for m in messages[1:-1]] == [f"{number} " for number in range(3000)]
    assert len({message["uuid"] for message in messages}) == 3002


def test_the_stack_size_of_other_threads_is_left_alone() -> None:
    before = threading.stack_size()
    talk_to(make_workflows(), "echo")
    assert threading.stack_size() == before


@pytest.mark.parametrize("workflow", ["fail", "afail"])
def test_a_failing_workflow_tells_its_user_why_and_the_log_where(
    workflow: str, caplog: pytest.LogCaptureFixture
) -> None:
    _, error, completed = talk_to(make_workflows(), workflow)
    assert error["content"] == {"short": "The workflow failed.", "long": "out of luck"}
    assert completed["content"]["result"] == "The workflow failed. out of luck"
    (record,) = [record for record in caplog.records if record.exc_info]
    assert record.name == "fastagency_server.runner"
    assert "Traceback" not in json.dumps([error, completed])


@pytest.mark.parametrize(
    ("result", "text"),
    [(None, None), ("a", "a"), (5, "5"), ({"a": 1}, "{'a': 1}"), ("", ""), (False, "False")],
)
def test_a_result_is_text_or_null(result: Any, text: str | None) -> None:
    assert talk_to(make_workflows(), "echo", {"result": result})[-1]["content"] == {"result": text}


def test_params_may_hold_any_key() -> None:
    params = {
        "name": "a",
        "ui": "b",
        "user_id": "c",
        "self": "d",
        "params": "e",
        "workflow_uuid": "f",
        "": None,
    }
    messages = talk_to(make_workflows(), "echo", params)
    assert messages[0]["content"]["params"] == params
    assert messages[-1]["content"]["result"] == str(params)


def test_every_method_of_both_user_interfaces() -> None:
    workflows = Workflows()
    calls: list[tuple[str, dict[str, Any]]] = [
        ("text_message", {"sender": "A", "recipient": "B", "auto_reply": True, "uuid": "1", "body": "x"}),
        ("text_message", {"body": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {}}]}),
        ("suggested_function_call", {"function_name": "f", "call_id": "c", "arguments": {"n": 2**60}}),
        ("suggested_function_call", {}),
        ("function_call_execution", {"function_name": "f", "call_id": "c", "retval": [1, None, {"a": 1.5}]}),
        ("system_message", {"message": {"heading": "h", "body": "b"}}),
        ("system_message", {}),
        ("keep_alive", {}),
        ("error", {"short": "s", "long": "l"}),
    ]

    @workflows.register(name="blocking", description="")
    def blocking(ui: UI, params: dict[str, Any]) -> None:
        for method, arguments in calls:
            assert getattr(ui, method)(**arguments) is None
        ui.workflow_completed(result={"a": 1})

    @workflows.register(name="awaiting", description="")
    async def awaiting(ui: AsyncUI, params: dict[str, Any]) -> None:
        for method, arguments in calls:
            assert await getattr(ui, method)(**arguments) is None
        await ui.workflow_completed(result={"a": 1})

    for name in ("blocking", "awaiting"):
        messages = talk_to(workflows, name)
        assert [m["type"] for m in messages] == [
            "workflow_started",
            *(m for m, _ in calls),
            "workflow_completed",
        ]
        for message, (_, arguments) in zip(messages[1:], calls, strict=False):
            assert arguments.items() <= {**message, **message["content"]}.items()
        assert messages[-1]["content"]["result"] == "{'a': 1}"


def test_workflow_started_is_said_once() -> None:
    workflows = Workflows()

    @workflows.register(name="twice", description="outer")
    def twice(ui: UI, params: dict[str, Any]) -> None:
        ui.workflow_started(name="inner")

    messages = talk_to(workflows, "twice")
    assert [m["type"] for m in messages] == ["workflow_started", "workflow_completed"]
    assert messages[0]["content"]["description"] == "outer"


def test_what_cannot_be_sent_raises_in_the_workflow() -> None:
    workflows = Workflows()

    @workflows.register(name="wrong", description="")
    def wrong(ui: UI, params: dict[str, Any]) -> str:
        caught = []
        for retval in (float("nan"), object(), float("-inf")):
            with pytest.raises(ValueError, match=r"function_call_execution: content\.retval") as error:
                ui.function_call_execution(retval=retval)
            caught.append(error)
        with pytest.raises(TypeError, match=r"text_message: content\.body"):
            ui.text_message(body=5)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="nothing to choose from"):
            ui.multiple_choice(prompt="?")
        return f"{len(caught)} refused"

    assert [m["type"] for m in talk_to(workflows, "wrong")] == ["workflow_started", "workflow_completed"]


def test_a_workflow_that_says_something_after_the_end_is_stopped() -> None:
    workflows = Workflows()
    reached: list[str] = []

    @workflows.register(name="late", description="")
    def late(ui: UI, params: dict[str, Any]) -> None:
        ui.workflow_completed(result="first")
        ui.text_message(body="late")
        reached.append("never")

    assert [m["type"] for m in talk_to(workflows, "late")] == ["workflow_started", "workflow_completed"]
    assert reached == []


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_an_exit_in_a_workflow_is_a_failure_of_it_and_not_of_the_server(error: BaseException) -> None:
    workflows = Workflows()

    @workflows.register(name="exit", description="")
    def leave(ui: UI, params: dict[str, Any]) -> None:
        raise error

    assert [m["type"] for m in talk_to(workflows, "exit")] == [
        "workflow_started",
        "error",
        "workflow_completed",
    ]


def test_what_a_workflow_makes_of_a_lost_client_is_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    # AutoGen turns ConversationClosed in some of its threads into errors of its own.
    caplog.set_level("INFO", "fastagency_server")
    workflows = Workflows()

    @workflows.register(name="wrap", description="")
    def wrap(ui: UI, params: dict[str, Any]) -> None:
        try:
            ui.text_input(prompt="?")
        except BaseException as error:
            raise KeyError("value") from error

    adapter = FastAPIAdapter(provider=workflows)
    with serve(application(adapter)) as live:
        with RawConversation(live.url) as conversation:
            conversation.start("wrap")
            assert conversation.receive()["type"] == "workflow_started"
            assert conversation.receive()["type"] == "text_input"
        eventually(lambda: adapter.running == 0, "the workflow did not end")
    assert "workflow 'wrap': KeyError after its client had gone" in caplog.messages
    assert [record for record in caplog.records if record.exc_info] == []


def test_an_async_workflow_that_takes_the_blocking_ui_runs_as_in_fastagency() -> None:
    workflows = Workflows()

    @workflows.register(name="mixed", description="")
    async def mixed(ui: UI, params: dict[str, Any]) -> str:
        await asyncio.sleep(0)
        ui.text_message(body="from " + threading.current_thread().name.partition("-")[0])
        return "mixed"

    messages = talk_to(workflows, "mixed")
    assert [m["content"].get("body") for m in messages] == [None, "from workflow", None]
    assert messages[-1]["content"]["result"] == "mixed"


def test_questions_from_several_threads_reach_the_user_one_after_the_other() -> None:
    workflows = Workflows()

    @workflows.register(name="chorus", description="")
    def chorus(ui: UI, params: dict[str, Any]) -> str:
        answers: dict[str, str] = {}

        def ask(name: str) -> None:
            answers[name] = ui.text_input(prompt=name)

        threads = [threading.Thread(target=ask, args=(name,)) for name in "abc"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return json.dumps(answers, sort_keys=True)

    with (
        serve(application(FastAPIAdapter(provider=workflows))) as live,
        RawConversation(live.url) as conversation,
    ):
        conversation.start("chorus")
        for _ in "abc":
            question = conversation.receive_until("text_input")[-1]
            conversation.send_text("to " + question["content"]["prompt"])
        messages, _ = conversation.drain()
        assert json.loads(messages[-1]["content"]["result"]) == {"a": "to a", "b": "to b", "c": "to c"}


@pytest.mark.parametrize("workflow", ["ask", "aask", "asleep"])
def test_a_server_that_stops_takes_its_conversations_along(workflow: str) -> None:
    adapter = FastAPIAdapter(provider=make_workflows())
    with serve(application(adapter)) as live:
        conversation = RawConversation(live.url)
        conversation.start(workflow)
        conversation.receive_until("workflow_started" if workflow == "asleep" else "text_input")
    assert conversation.expect_close()[0] == CloseCode.RESTARTING
    assert adapter.running == 0
    assert workflow_threads() == []


def _flood(**settings: Any) -> tuple[FastAPIAdapter, list[int]]:
    workflows = Workflows()
    said: list[int] = []

    @workflows.register(name="flood", description="")
    def flood(ui: UI, params: dict[str, Any]) -> None:
        for number in range(100_000):
            ui.text_message(body="x" * 10_000)
            said.append(number)

    return FastAPIAdapter(provider=workflows, settings=Settings(**settings)), said


def _is_held_back(said: list[int]) -> bool:
    before = len(said)
    threading.Event().wait(0.2)
    return 0 < before == len(said)


def test_a_slow_reader_holds_the_workflow_back() -> None:
    adapter, said = _flood(buffered_messages=16)
    with serve(application(adapter)) as live, RawSocket(live.url) as socket:
        socket.start("flood")
        eventually(lambda: _is_held_back(said), "the workflow was not held back")
        assert len(said) < 5000
        for _ in range(1000):
            socket.receive()
        eventually(lambda: len(said) > 1000, "the workflow does not go on")
        socket.drop()
        eventually(lambda: adapter.running == 0, "the workflow was not stopped")


def test_a_client_that_never_reads_is_given_up() -> None:
    adapter, said = _flood(stalled_seconds=0.5)
    with serve(application(adapter)) as live, RawSocket(live.url) as socket:
        socket.start("flood")
        eventually(lambda: len(said) > 0 and adapter.running == 0, "the workflow was not stopped")
        # The close frame cannot get through either, and is not waited for without end.
        eventually(lambda: adapter.monitor.closes["server", 1006] == 1, "the socket was not given up")


def test_a_client_that_reads_too_late_is_told_why() -> None:
    adapter, said = _flood(stalled_seconds=3)
    with serve(application(adapter)) as live, RawSocket(live.url) as socket:
        socket.start("flood")
        eventually(lambda: len(said) > 0 and adapter.running == 0, "the workflow was not stopped")
        assert socket.expect_close() == (4101, "This connection reads too slowly.")


def test_a_frame_that_comes_at_the_end_cuts_nothing_off() -> None:
    """The last batch is on its way to a reader that is slow for a moment, and says something meanwhile."""
    adapter = FastAPIAdapter(provider=make_workflows())
    with serve(application(adapter), client_faults="ignore") as live:
        live.listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * 1024)
        with RawSocket(live.url, receive_buffer=16 * 1024) as slow:
            slow.start("atalk", {"count": 8, "size": 100_000})  # a task: all is said before the first is sent
            assert slow.receive()["type"] == "workflow_started"
            eventually(lambda: adapter.running == 0, "the workflow is over")
            for _ in range(3):
                slow.send_frame(b"Thank you")
            threading.Event().wait(0.2)  # shorter finds less, and is as right
            types = [slow.receive()["type"] for _ in range(9)]
            assert types == [*["text_message"] * 8, "workflow_completed"]
            assert slow.expect_close() == (1000, "")


def test_registering() -> None:
    def nothing(ui: UI, params: dict[str, Any]) -> None: ...

    def print_only(ui: UI) -> None: ...

    workflows = Workflows()
    workflows.register(name="a", description="first")(nothing)
    with pytest.raises(ValueError, match="'a'"):
        workflows.register(name="a", description="", fail_on_redefinition=True)(nothing)
    workflows.register(name="a", description="second")(nothing)
    assert workflows.names == ["a"]
    assert workflows.get_description("a") == "second"
    with pytest.raises(TypeError, match="takes"):
        workflows.register(name="b", description="")(print_only)


def test_nothing_of_a_conversation_is_kept() -> None:
    uuids: set[str] = set()
    adapter = FastAPIAdapter(provider=make_workflows())
    with serve(application(adapter)) as live:
        for name in ("echo", "whoami"):
            with RawConversation(live.url) as conversation:
                uuids.add(conversation.start(name).replace("-", ""))
                conversation.drain()
        eventually(lambda: adapter.running == 0, "a conversation is left")

        def gone() -> bool:
            gc.collect()
            held = [thing for thing in gc.get_objects() if isinstance(thing, Conversation)]
            return uuids.isdisjoint({conversation.workflow_uuid for conversation in held})

        eventually(gone, "a conversation is still referred to")
