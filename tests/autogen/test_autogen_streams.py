"""Where agents print and ask: in their conversation, and nowhere else. No model is needed here."""

# ruff: noqa: ARG001 - every workflow takes `ui` and `params`, whether it needs them or not

from __future__ import annotations

import contextvars
import io
import logging
import subprocess
import sys
import threading
from typing import Any

import pytest
from autogen.agentchat import ConversableAgent
from autogen.io import IOStream
from autogen_chats import converse, of_type, served
from fastagency_server import UI, AsyncUI
from fastagency_server.errors import ConversationClosed
from fastagency_server.runtimes.autogen import AutoGenWorkflows
from fastagency_server.runtimes.streams import NoConversation
from raw_client import RawConversation


class Untouchable(io.StringIO):
    """A standard input that must not be read."""

    def readline(self, *_: Any) -> str:  # type: ignore[override]
        raise AssertionError("standard input was read")

    read = readline


@pytest.fixture(autouse=True)
def no_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Untouchable())


def human() -> tuple[ConversableAgent, ConversableAgent]:
    """Two agents without a model: one that asks its human, and one that always says the same."""
    asking = ConversableAgent(name="Asking", human_input_mode="ALWAYS", llm_config=False)
    telling = ConversableAgent(
        name="Telling", human_input_mode="NEVER", llm_config=False, default_auto_reply="Go on."
    )
    return asking, telling


def test_outside_of_a_conversation_asking_is_an_error() -> None:
    agent, _ = human()
    with pytest.raises(NoConversation, match="outside of a conversation"):
        contextvars.Context().run(agent.get_human_input, "More? ")


def test_outside_of_a_conversation_events_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    asking, telling = human()
    with caplog.at_level(logging.DEBUG, logger="fastagency_server"):
        contextvars.Context().run(asking.send, "hello", telling, request_reply=False)
    assert "said outside of a conversation: text" in caplog.text


def test_a_human_in_the_loop() -> None:
    workflows = AutoGenWorkflows()

    @workflows.register(name="loop", description="A loop")
    def loop(ui: UI, params: dict[str, Any]) -> str:
        asking, telling = human()
        return str(asking.initiate_chat(telling, message="hello", max_turns=3).chat_history[-1]["content"])

    with served(workflows) as live:
        messages = converse(live, "loop", "and now?", "")
    asked = of_type(messages, "text_input")
    assert [(one["sender"], one["recipient"]) for one in asked] == [("Asking", "User")] * 2
    said = [(one["sender"], one["content"]["body"]) for one in of_type(messages, "text_message")]
    assert said == [
        ("Asking", "hello"),
        ("Telling", "Go on."),
        ("Asking", "and now?"),
        ("Telling", "Go on."),
        ("Asking", ""),
        ("Telling", "Go on."),
    ]
    assert messages[-1]["content"]["result"] == "Go on."


def test_a_human_in_an_async_workflow() -> None:
    workflows = AutoGenWorkflows()

    @workflows.register(name="loop", description="A loop")
    async def loop(ui: AsyncUI, params: dict[str, Any]) -> str:
        asking, telling = human()
        await asking.a_initiate_chat(telling, message="hello", max_turns=2)
        await ui.text_message(body="after")
        return "done"

    with served(workflows) as live:
        messages = converse(live, "loop", "and now?")
    said = [one["content"]["body"] for one in of_type(messages, "text_message")]
    assert said == ["hello", "Go on.", "and now?", "Go on.", "after"]


def test_async_agents_in_a_workflow_with_a_blocking_ui() -> None:
    workflows = AutoGenWorkflows()

    @workflows.register(name="loop", description="A loop")
    async def loop(ui: UI, params: dict[str, Any]) -> str:
        asking, telling = human()
        await asking.a_initiate_chat(telling, message="hello", max_turns=2)
        return "done"

    with served(workflows) as live:
        messages = converse(live, "loop", "and now?")
    assert [one["content"]["body"] for one in of_type(messages, "text_message")][2] == "and now?"


def test_printing_and_a_password() -> None:
    workflows = AutoGenWorkflows()

    @workflows.register(name="login", description="Login")
    def login(ui: UI, params: dict[str, Any]) -> str:
        stream = IOStream.get_default()
        stream.print("Please", "log in", end="")
        return str(stream.input("Password: ", password=True))

    with served(workflows) as live:
        messages = converse(live, "login", "secret")
    assert of_type(messages, "text_message")[0]["content"]["body"] == "Please log in"
    assert of_type(messages, "text_input")[0]["content"]["password"] is True
    assert messages[-1]["content"]["result"] == "secret"


def test_a_thread_without_the_context_cannot_ask_and_one_with_it_can() -> None:
    workflows = AutoGenWorkflows()

    @workflows.register(name="threads", description="Threads")
    def threads(ui: UI, params: dict[str, Any]) -> str:
        outcome: list[str] = []

        def ask() -> None:
            try:
                outcome.append(str(IOStream.get_default().input("More? ")))
            except NoConversation as error:
                outcome.append(type(error).__name__)

        context = contextvars.copy_context()
        for thread in (threading.Thread(target=ask), threading.Thread(target=context.run, args=(ask,))):
            thread.start()
            thread.join()
        return ", ".join(outcome)

    with served(workflows) as live:
        messages = converse(live, "threads", "yes")
    assert messages[-1]["content"]["result"] == "NoConversation, yes"


@pytest.mark.parametrize("is_async", [False, True])
def test_a_drop_in_the_middle_of_a_question_reaches_the_workflow(is_async: bool) -> None:
    """`ConversationClosed` comes up through AutoGen, and no thread is left (the server's exit checks it)."""
    workflows = AutoGenWorkflows()
    raised: list[BaseException] = []
    ended = threading.Event()

    def loop(ui: UI, params: dict[str, Any]) -> str:
        asking, telling = human()
        try:
            asking.initiate_chat(telling, message="hello", max_turns=3)
        except BaseException as error:
            raised.append(error)
            raise
        finally:
            ended.set()
        return "not reached"

    async def async_loop(ui: AsyncUI, params: dict[str, Any]) -> str:
        asking, telling = human()
        try:
            await asking.a_initiate_chat(telling, message="hello", max_turns=3)
        except BaseException as error:
            raised.append(error)
            raise
        finally:
            ended.set()
        return "not reached"

    workflows.register(name="loop", description="A loop")(async_loop if is_async else loop)
    with served(workflows) as live:
        with RawConversation(live.url) as conversation:
            conversation.start("loop")
            conversation.receive_until("text_input")
            conversation.drop()
        assert ended.wait(20)
    assert isinstance(raised[0], ConversationClosed)


def test_a_tool_that_meets_the_end_is_not_swallowed() -> None:
    """AutoGen turns exceptions of tools into results; the end of the conversation is none of them."""
    workflows = AutoGenWorkflows()
    dropped, ended = threading.Event(), threading.Event()
    after: list[str] = []

    @workflows.register(name="tool", description="Tool")
    def tool(ui: UI, params: dict[str, Any]) -> str:
        agent = ConversableAgent(name="Worker", llm_config=False)

        def slow() -> str:
            ui.text_message(body="working")
            dropped.wait(20)
            while True:  # until the server has noticed the drop
                ui.keep_alive()

        agent.register_function({"slow": slow})
        try:
            agent.execute_function({"name": "slow", "arguments": "{}"})
            after.append("swallowed")
        finally:
            ended.set()
        return "not reached"

    with served(workflows) as live:
        with RawConversation(live.url) as conversation:
            conversation.start("tool")
            conversation.receive_until("text_message")
            conversation.drop()
            dropped.set()
        assert ended.wait(20)
    assert after == []


def test_without_autogen_nothing_is_imported() -> None:
    code = (
        "import sys\n"
        "from fastagency_server.runtimes import ambient\n"
        "with ambient(object()): pass\n"
        "sys.exit('autogen' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
