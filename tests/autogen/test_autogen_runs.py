"""Runs that AutoGen holds in the background (`agent.run()`, `agent.a_run()`), shown by `ui.process`."""

# ruff: noqa: ARG001 - every workflow takes `ui` and `params`, whether it needs them or not

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from autogen.agentchat import ConversableAgent
from autogen_chats import converse, of_type, served
from fastagency_server import UI, AsyncUI
from fastagency_server.errors import ConversationClosed
from fastagency_server.runtimes.autogen import AutoGenWorkflows
from raw_client import RawConversation


def agents() -> tuple[ConversableAgent, ConversableAgent]:
    asking = ConversableAgent(name="Asking", human_input_mode="ALWAYS", llm_config=False)
    telling = ConversableAgent(
        name="Telling", human_input_mode="NEVER", llm_config=False, default_auto_reply="Go on."
    )
    return asking, telling


def test_a_run_is_shown_and_answered_and_its_summary_returned() -> None:
    workflows = AutoGenWorkflows()

    @workflows.register(name="run", description="A run")
    def run(ui: UI, params: dict[str, Any]) -> str:
        asking, telling = agents()
        return ui.process(asking.run(telling, message="hello", max_turns=2))

    with served(workflows) as live:
        messages = converse(live, "run", "and now?")
    said = [one["content"]["body"] for one in of_type(messages, "text_message")]
    assert said == ["hello", "Go on.", "and now?", "Go on."]
    assert messages[-1]["content"]["result"] == "Go on."


@pytest.mark.parametrize("blocking", [False, True])
def test_an_async_run(blocking: bool) -> None:
    workflows = AutoGenWorkflows()

    async def run(ui: AsyncUI, params: dict[str, Any]) -> str:
        asking, telling = agents()
        return await ui.process(await asking.a_run(telling, message="hello", max_turns=2))

    async def run_blocking(ui: UI, params: dict[str, Any]) -> str:
        asking, telling = agents()
        return await ui.async_process(await asking.a_run(telling, message="hello", max_turns=2))

    workflows.register(name="run", description="A run")(run_blocking if blocking else run)
    with served(workflows) as live:
        messages = converse(live, "run", "and now?")
    said = [one["content"]["body"] for one in of_type(messages, "text_message")]
    assert said == ["hello", "Go on.", "and now?", "Go on."]
    assert messages[-1]["content"]["result"] == "Go on."


@pytest.mark.parametrize("is_async", [False, True])
def test_a_failing_run_fails_the_workflow_with_one_error(is_async: bool) -> None:
    workflows = AutoGenWorkflows()

    def broken() -> tuple[ConversableAgent, ConversableAgent]:
        _, telling = agents()
        failing = ConversableAgent(name="Failing", llm_config=False, human_input_mode="NEVER")

        def fail(*_: Any, **__: Any) -> tuple[bool, None]:
            raise RuntimeError("out of paper")

        failing.register_reply([ConversableAgent, None], fail)
        return telling, failing

    def run(ui: UI, params: dict[str, Any]) -> str:
        telling, failing = broken()
        return ui.process(telling.run(failing, message="hello", max_turns=2))

    async def async_run(ui: AsyncUI, params: dict[str, Any]) -> str:
        telling, failing = broken()
        return await ui.process(await telling.a_run(failing, message="hello", max_turns=2))

    workflows.register(name="run", description="A run")(async_run if is_async else run)
    with served(workflows) as live:
        messages = converse(live, "run")
    assert [one["content"]["long"] for one in of_type(messages, "error")] == ["out of paper"]
    assert "out of paper" in messages[-1]["content"]["result"]


@pytest.mark.parametrize("is_async", [False, True])
def test_a_drop_while_a_run_waits_ends_the_run(is_async: bool) -> None:
    """The server's exit checks that neither the workflow's thread nor the run's is left, and no task."""
    workflows = AutoGenWorkflows()
    raised: list[BaseException] = []
    ended = threading.Event()

    def run(ui: UI, params: dict[str, Any]) -> str:
        asking, telling = agents()
        try:
            return ui.process(asking.run(telling, message="hello", max_turns=9))
        except BaseException as error:
            raised.append(error)
            raise
        finally:
            ended.set()

    async def async_run(ui: AsyncUI, params: dict[str, Any]) -> str:
        asking, telling = agents()
        try:
            return await ui.process(await asking.a_run(telling, message="hello", max_turns=9))
        except BaseException as error:
            raised.append(error)
            raise
        finally:
            ended.set()

    workflows.register(name="run", description="A run")(async_run if is_async else run)
    with served(workflows) as live:
        with RawConversation(live.url) as conversation:
            conversation.start("run")
            conversation.receive_until("text_input")
            conversation.drop()
        assert ended.wait(20)
    assert isinstance(raised[0], ConversationClosed)


def test_a_drop_inside_a_tool_of_a_run_ends_both_threads() -> None:
    """The tool's ConversationClosed ends the run's thread without a word; the workflow must notice it."""
    workflows = AutoGenWorkflows()
    dropped, ended = threading.Event(), threading.Event()
    raised: list[BaseException] = []

    @workflows.register(name="run", description="A run")
    def run(ui: UI, params: dict[str, Any]) -> str:
        _, telling = agents()
        worker = ConversableAgent(name="Worker", llm_config=False, human_input_mode="NEVER")

        def work(*_: Any, **__: Any) -> tuple[bool, str]:
            ui.text_message(body="working")
            dropped.wait(20)
            while True:  # until the server has noticed the drop
                ui.keep_alive()

        worker.register_reply([ConversableAgent, None], work)
        try:
            return ui.process(telling.run(worker, message="hello", max_turns=1))
        except BaseException as error:
            raised.append(error)
            raise
        finally:
            ended.set()

    with served(workflows) as live:
        with RawConversation(live.url) as conversation:
            conversation.start("run")
            conversation.receive_until("text_message")
            conversation.receive_until("text_message")
            conversation.drop()
            dropped.set()
        assert ended.wait(20)
    assert isinstance(raised[0], ConversationClosed)


def test_a_run_that_is_abandoned_says_nothing_more() -> None:
    """Two agents that would talk for ever stop when the socket is gone."""
    workflows = AutoGenWorkflows()
    count = 0
    ended = threading.Event()

    @workflows.register(name="run", description="A run")
    def run(ui: UI, params: dict[str, Any]) -> str:
        first, second = (
            ConversableAgent(
                name=name,
                llm_config=False,
                human_input_mode="NEVER",
                default_auto_reply="Yes?",
                max_consecutive_auto_reply=10**6,
            )
            for name in ("First", "Second")
        )

        def tick(*_: Any, **__: Any) -> tuple[bool, None]:
            nonlocal count
            count += 1
            time.sleep(0.001)  # leave some of the machine to the server
            return False, None

        second.register_reply([ConversableAgent, None], tick)
        try:
            return ui.process(first.run(second, message="hello", max_turns=10**6))
        finally:
            ended.set()

    with served(workflows) as live:
        with RawConversation(live.url) as conversation:
            conversation.start("run")
            for _ in range(5):
                conversation.receive_until("text_message")
            conversation.drop()
        assert ended.wait(20)
        at_the_end = count
    assert count == at_the_end
