"""Agents with a model (the offline one), through real sockets: chats, tools, group chats, many at once."""

# ruff: noqa: ARG001 - every workflow takes `ui` and `params`, whether it needs them or not

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import pytest
from autogen.agentchat import ConversableAgent, GroupChat, GroupChatManager
from autogen.oai.client import OpenAILLMConfigEntry
from autogen_chats import converse, of_type, served
from fastagency_server import UI, AsyncUI
from fastagency_server.runtimes.autogen import AutoGenWorkflows
from fastagency_server.runtimes.http_client import SharedHttpClient, shared_http_client
from fastagency_server.runtimes.offline import offline_llm_config, offline_model
from raw_session import RawSession

llm_config = offline_llm_config()

# The configuration of pyautogen 0.9 has no such option.
STREAM = [False, True] if "stream" in OpenAILLMConfigEntry.model_fields else [False]


def teacher(**options: Any) -> ConversableAgent:
    return ConversableAgent(
        name="Teacher", system_message="You are a teacher.", llm_config=options or llm_config
    )


def student() -> ConversableAgent:
    return ConversableAgent(name="Student", system_message="You are a student.", llm_config=llm_config)


def test_the_documentations_workflow_runs_with_its_imports_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "offline")
    monkeypatch.setenv("OPENAI_BASE_URL", offline_model().base_url)
    llm_config = {
        "config_list": [{"model": "gpt-4o-mini", "api_key": os.getenv("OPENAI_API_KEY")}],
        "temperature": 0.8,
        "cache_seed": None,
    }
    wf = AutoGenWorkflows()

    @wf.register(name="simple_learning", description="Student and teacher learning chat")
    def simple_workflow(ui: UI, params: dict[str, Any]) -> str:
        initial_message = ui.text_input(sender="Workflow", recipient="User", prompt="Which subject?")
        student_agent = ConversableAgent(
            name="Student_Agent", system_message="You are a student willing to learn.", llm_config=llm_config
        )
        teacher_agent = ConversableAgent(
            name="Teacher_Agent", system_message="You are a math teacher.", llm_config=llm_config
        )
        chat_result = student_agent.initiate_chat(
            teacher_agent, message=initial_message, summary_method="reflection_with_llm", max_turns=3
        )
        return str(chat_result.summary)

    assert wf.names == ["simple_learning"]
    assert wf.get_description("simple_learning") == "Student and teacher learning chat"
    with served(wf) as live:
        messages = converse(live, "simple_learning", "prime numbers")
    said = of_type(messages, "text_message")
    assert [one["sender"] for one in said] == ["Student_Agent", "Teacher_Agent"] * 3
    assert [one["recipient"] for one in said] == ["Teacher_Agent", "Student_Agent"] * 3
    assert said[0]["content"]["body"] == "prime numbers"
    assert all("prime numbers" in one["content"]["body"] for one in said)
    assert messages[-1]["content"]["result"].startswith("[offline]")


@pytest.mark.parametrize("stream", STREAM)
@pytest.mark.parametrize("fails", [False, True])
def test_a_tool(stream: bool, fails: bool) -> None:
    workflows = AutoGenWorkflows()

    @workflows.register(name="tool", description="Tool")
    def tool(ui: UI, params: dict[str, Any]) -> str:
        asking = teacher(**offline_llm_config(stream=stream))
        running = ConversableAgent(name="Runner", llm_config=False, human_input_mode="NEVER")

        @running.register_for_execution()
        @asking.register_for_llm(description="Double a number.")
        def double(number: Annotated[int, "the number"]) -> str:
            if fails:
                raise ValueError("no numbers today")
            return str(2 * number)

        return str(running.initiate_chat(asking, message="Double 21.", max_turns=2).summary)

    with served(workflows) as live:
        messages = converse(live, "tool")
    (proposed,) = of_type(messages, "suggested_function_call")
    (executed,) = of_type(messages, "function_call_execution")
    assert proposed["content"]["function_name"] == executed["content"]["function_name"] == "double"
    assert proposed["content"]["arguments"] == {"number": 21}
    assert proposed["content"]["call_id"] == executed["content"]["call_id"] is not None
    result = "Error: no numbers today" if fails else "42"
    assert executed["content"]["retval"] == result
    assert (proposed["sender"], executed["sender"]) == ("Teacher", "Runner")
    assert result in messages[-1]["content"]["result"]
    bodies = [one["content"]["body"] for one in of_type(messages, "text_message")]
    assert len(bodies) == 2, "a streamed reply is shown once"


@pytest.mark.skipif(True not in STREAM, reason="pyautogen 0.9 has no streaming")
@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_streamed_reply_is_shown_while_it_is_written(asynchronous: bool) -> None:
    workflows = AutoGenWorkflows()

    if asynchronous:

        @workflows.register(name="stream", description="Stream")
        async def astream(ui: AsyncUI, params: dict[str, Any]) -> str:
            asked = teacher(**offline_llm_config(stream=True))
            user = ConversableAgent(name="User", llm_config=False, human_input_mode="NEVER")
            return str((await user.a_initiate_chat(asked, message="Prime numbers?", max_turns=2)).summary)

    else:

        @workflows.register(name="stream", description="Stream")
        def stream(ui: UI, params: dict[str, Any]) -> str:
            asked = teacher(**offline_llm_config(stream=True))
            user = ConversableAgent(name="User", llm_config=False, human_input_mode="NEVER")
            return str(user.initiate_chat(asked, message="Prime numbers?", max_turns=2).summary)

    with served(workflows) as live, RawSession(live.url) as session:
        session.start_v1("stream")
        messages = session.drain()[0]
        classic = converse(live, "stream")
    replies = [it for it in of_type(messages, "text_message") if it["sender"] == "Teacher"]
    assert len(replies) == 2
    for reply in replies:
        chunks = [it for it in of_type(messages, "text_chunk") if it["message_uuid"] == reply["uuid"]]
        assert len(chunks) > 1, "it came in pieces"
        assert "".join(it["delta"] for it in chunks) == reply["content"]["body"]
        assert messages.index(chunks[-1]) < messages.index(reply)
    assert not of_type(classic, "text_chunk")
    assert [it["content"] for it in of_type(classic, "text_message")] == [
        it["content"] for it in of_type(messages, "text_message")
    ]


@pytest.mark.parametrize("method", ["manual", "auto", "round_robin"])
def test_a_group_chat(method: Any) -> None:
    workflows = AutoGenWorkflows()

    @workflows.register(name="group", description="Group")
    def group(ui: UI, params: dict[str, Any]) -> str:
        agents = [
            ConversableAgent(name=name, system_message=f"You are {name}.", llm_config=llm_config)
            for name in ("Ann", "Bob", "Cy")
        ]
        chat = GroupChat(agents=list(agents), messages=[], max_round=3, speaker_selection_method=method)
        manager = GroupChatManager(groupchat=chat, llm_config=llm_config)
        return str(agents[0].initiate_chat(manager, message="bridges").summary)

    with served(workflows) as live:
        messages = converse(live, "group", *(["Cy", "Bob"] if method == "manual" else []))
    speakers = [
        one["sender"] for one in of_type(messages, "text_message") if one["recipient"] == "chat_manager"
    ]
    assert speakers == (["Ann", "Cy", "Bob"] if method == "manual" else ["Ann", "Bob", "Cy"])
    asked = of_type(messages, "multiple_choice")
    assert [one["content"]["choices"][:3] for one in asked] == [["Ann", "Bob", "Cy"]] * len(asked)


def test_a_single_agent_runs_with_a_human_beside_it() -> None:
    workflows = AutoGenWorkflows()

    @workflows.register(name="run", description="Run")
    def run(ui: UI, params: dict[str, Any]) -> str:
        return ui.process(teacher().run(message="knots", max_turns=2, user_input=True))

    with served(workflows) as live:
        messages = converse(live, "run", "go on")
    assert [one["content"]["body"] for one in of_type(messages, "text_message")][2] == "go on"
    assert messages[-1]["content"]["result"].startswith("[offline]")


def test_twenty_conversations_at_once_never_mix() -> None:
    workflows = AutoGenWorkflows()

    @workflows.register(name="blocking", description="Blocking")
    def blocking(ui: UI, params: dict[str, Any]) -> str:
        subject = ui.text_input(prompt="Subject?")
        return str(student().initiate_chat(teacher(), message=subject, max_turns=2).summary)

    @workflows.register(name="async", description="Async")
    async def asynchronous(ui: AsyncUI, params: dict[str, Any]) -> str:
        subject = await ui.text_input(prompt="Subject?")
        result = await student().a_initiate_chat(teacher(), message=subject, max_turns=2)
        return str(result.summary)

    @workflows.register(name="run", description="Run")
    def run(ui: UI, params: dict[str, Any]) -> str:
        subject = ui.text_input(prompt="Subject?")
        return ui.process(student().run(teacher(), message=subject, max_turns=2))

    names = ["blocking", "async", "run", "blocking"] * 5
    with served(workflows) as live, ThreadPoolExecutor(len(names)) as pool:
        subjects = [f"subject-{index:02}" for index in range(len(names))]
        held = list(pool.map(lambda name, subject: converse(live, name, subject), names, subjects))
    for subject, messages in zip(subjects, held, strict=True):
        bodies = [one["content"]["body"] for one in of_type(messages, "text_message")]
        assert len(bodies) == 4
        assert all(subject in body for body in bodies)
        assert len({one["workflow_uuid"] for one in messages}) == 1


def test_agents_share_one_http_client() -> None:
    agents: list[Any] = [student(), teacher()]
    clients = {id(agent.client._clients[0]._oai_client._client) for agent in agents}
    assert clients == {id(shared_http_client())}
    assert isinstance(shared_http_client(), SharedHttpClient)
