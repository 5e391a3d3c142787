"""The mapping, event by event, with the event classes of the AutoGen that is installed."""

from __future__ import annotations

import logging
import subprocess
import sys
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from autogen.events.base_event import get_event_classes
from autogen_recorder import Recorder
from fastagency_server.runtimes.events import deliver
from fastagency_server.runtimes.mapping import AUTOMATIC, Mapper, event_type

# Their constructors are made at run time, so a type checker cannot know them.
agent_events: Any = import_module("autogen.events.agent_events")
client_events: Any = import_module("autogen.events.client_events")
print_event: Any = import_module("autogen.events.print_event")

BETWEEN = {"sender": "A", "recipient": "B"}
CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
TARGET = {"source_agent": None, "transition_target": None}
CHAT = {"sender": "A", "recipient": "B", "message": "hi"}
USAGE = {"actual_usage_summary": None, "total_usage_summary": None}

# Every event class that any of the three distributions has: its arguments, and the messages that it becomes.
EVENTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "text": ({"content": "hi", **BETWEEN}, ["text_message"]),
    "tool_call": ({"tool_calls": [CALL, CALL], **BETWEEN}, ["suggested_function_call"] * 2),
    "function_call": (
        {"function_call": {"name": "f", "arguments": "{}"}, **BETWEEN},
        ["suggested_function_call"],
    ),
    "tool_response": (
        {"content": "2", "tool_responses": [{"tool_call_id": "c1", "content": "2"}], **BETWEEN},
        ["function_call_execution"],
    ),
    "function_response": ({"name": "f", "content": "2", **BETWEEN}, ["function_call_execution"]),
    "execute_function": ({"func_name": "f", "call_id": "c1", "arguments": {}, "recipient": "B"}, []),
    "executed_function": (
        {"func_name": "f", "call_id": "c1", "arguments": {}, "content": "2", "recipient": "B"},
        [],
    ),
    "post_carryover_processing": ({"chat_info": CHAT}, []),
    "clear_agents_history": ({"agent": "A", "nr_events_to_preserve": None}, []),
    "clear_conversable_agent_history": ({"agent": "A", "no_events_preserved": 1}, []),
    "clear_conversable_agent_history_warning": ({"recipient": "B"}, []),
    "speaker_attempt_successful": (
        {"mentions": {"A": 1}, "attempt": 1, "attempts_left": 1, "select_speaker_auto_verbose": True},
        [],
    ),
    "speaker_attempt_failed_multiple_agents": (
        {"mentions": {"A": 1}, "attempt": 1, "attempts_left": 1, "select_speaker_auto_verbose": True},
        [],
    ),
    "speaker_attempt_failed_no_agents": (
        {"mentions": {}, "attempt": 1, "attempts_left": 1, "select_speaker_auto_verbose": True},
        [],
    ),
    "group_chat_resume": ({"last_speaker_name": "A", "events": [], "silent": False}, []),
    "group_chat_run_chat": ({"speaker": "A", "silent": False}, ["system_message"]),
    "termination_and_human_reply_no_input": ({"no_human_input_msg": "none", **BETWEEN}, []),
    "using_auto_reply": ({"human_input_mode": "ALWAYS", **BETWEEN}, []),
    "termination": ({"termination_reason": "done", "sender": "A"}, ["system_message"]),
    "execute_code_block": (
        {"code": "1", "language": "python", "code_block_count": 0, "recipient": "B"},
        ["system_message"],
    ),
    "generate_code_execution_reply": ({"code_blocks": ["python"], **BETWEEN}, []),
    "select_speaker": ({"agents": ["A", "B"]}, []),
    "select_speaker_try_count_exceeded": ({"try_count": 3, "agents": ["A"]}, ["system_message"]),
    "select_speaker_invalid_input": ({"agents": ["A"]}, []),
    "conversable_agent_usage_summary_no_cost_incurred": ({"recipient": "B"}, []),
    "conversable_agent_usage_summary": ({"recipient": "B"}, []),
    "usage_summary": (USAGE, []),
    "stream": ({"content": "word"}, ["text_chunk"]),
    "input_request": ({"prompt": "More?"}, ["text_input"]),
    "async_input_request": ({"prompt": "More?"}, ["text_input"]),
    "input_response": ({"value": "yes"}, []),
    "error": ({"error": ValueError("no")}, ["error"]),
    "run_completion": ({"summary": "s", "history": [], "cost": {}, "last_speaker": None}, []),
    "safeguard": ({"event_type": "check", "message": "all is well"}, ["system_message"]),
}
HANDOFFS = {
    "after_works_transition",
    "on_context_condition_transition",
    "on_condition_l_l_m_transition",
    "reply_result_transition",
}


def show(event: Any, ui: Any) -> Any:
    """Deliver to a stand-in for a `UI`."""
    return deliver(event, ui)


def make(kind: str) -> Any:
    arguments = EVENTS[kind][0]
    if kind == "termination" and "sender" not in _fields(agent_events.TerminationEvent):
        arguments = {"termination_reason": "done"}  # up to 0.9 it named no agents
    return get_event_classes()[kind](**arguments)


def _fields(wrapper: Any) -> Any:
    return wrapper.model_fields["content"].annotation.model_fields


def test_every_event_class_is_known_to_this_test() -> None:
    assert set(get_event_classes()) - set(EVENTS) - HANDOFFS == {"print"}


@pytest.mark.parametrize("kind", sorted(set(get_event_classes()) & set(EVENTS)))
def test_every_event_is_delivered(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    ui = Recorder("answer")
    event = make(kind)
    assert event_type(event) == kind
    with caplog.at_level(logging.WARNING):
        show(event, ui)
    assert ui.methods == EVENTS[kind][1]
    assert not caplog.records, "its shape was not what the mapping expects"


def test_handoffs_say_from_whom_to_whom() -> None:
    from autogen.agentchat import ConversableAgent
    from autogen.agentchat.group.targets.transition_target import TerminateTarget

    agent = ConversableAgent(name="Clerk", llm_config=False)
    # pyautogen 0.9 has none of them yet.
    for kind in HANDOFFS & set(get_event_classes()):
        event = get_event_classes()[kind](source_agent=agent, transition_target=TerminateTarget())
        ui = Recorder()
        show(event, ui)
        assert ui.calls[0][0] == "system_message"
        assert ui.calls[0][1]["message"]["body"].startswith("Clerk → ")


def test_print_events_become_text_without_colours() -> None:
    ui = Recorder()
    show(print_event.PrintEvent("\x1b[32mgreen\x1b[0m", 3), ui)
    show(print_event.PrintEvent("  "), ui)
    assert [arguments["body"] for _, arguments in ui.calls] == ["green 3"]


@pytest.mark.parametrize(
    ("content", "body"),
    [
        ("hi", "hi"),
        ("", ""),
        (None, None),
        (3, "3"),
        ([{"type": "text", "text": "hi"}], [{"type": "text", "text": "hi"}]),
        (
            [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}],
            [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}],
        ),
    ],
)
def test_bodies(content: Any, body: Any) -> None:
    ui = Recorder()
    show(agent_events.TextEvent(content=content, **BETWEEN), ui)
    assert ui.calls == [("text_message", {**BETWEEN, "body": body})]


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ('{"a": [1, {"b": null}]}', {"a": [1, {"b": None}]}),
        ("", {}),
        (None, {}),
        ("{'a': 1}", {"unparsable": "{'a': 1}"}),
        ("[1]", {"unparsable": "[1]"}),
        ('{"a": NaN}', {"unparsable": '{"a": NaN}'}),
    ],
)
def test_arguments(text: str | None, arguments: dict[str, Any]) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": text}}
    ui = Recorder()
    show(agent_events.ToolCallEvent(tool_calls=[call], **BETWEEN), ui)
    about = {"function_name": "f", "call_id": "c1", "arguments": arguments}
    assert ui.calls == [("suggested_function_call", {**BETWEEN, **about})]


def test_a_tool_is_told_once_and_its_result_bears_its_name() -> None:
    ui = Recorder()
    results = [{"tool_call_id": "c1", "content": "2"}, {"tool_call_id": "c9", "content": "?"}]
    for event in (
        agent_events.ToolCallEvent(content="I shall add.", tool_calls=[CALL], **BETWEEN),
        make("execute_function"),
        make("executed_function"),
        agent_events.ToolResponseEvent(content="2", tool_responses=results, **BETWEEN),
    ):
        show(event, ui)
    assert ui.methods == [
        "text_message",
        "suggested_function_call",
        "function_call_execution",
        "function_call_execution",
    ]
    executed = [arguments for method, arguments in ui.calls if method == "function_call_execution"]
    assert [(one["function_name"], one["call_id"], one["retval"]) for one in executed] == [
        ("f", "c1", "2"),  # the name that AutoGen executed, learnt last
        (None, "c9", "?"),
    ]


def test_conversations_do_not_share_what_they_remember() -> None:
    first, second = Recorder(), Recorder()
    show(make("tool_call"), first)
    show(make("tool_response"), second)
    assert second.calls[0][1]["function_name"] is None


def test_a_request_for_input_is_asked_and_answered() -> None:
    event = agent_events.InputRequestEvent(prompt="Key? ", password=True)
    given: list[str] = []
    event.content.respond = given.append
    ui = Recorder("secret")
    assert show(event, ui) == "secret"
    assert given == ["secret"]
    asked = {"sender": "Workflow", "recipient": "User", "prompt": "Key?", "password": True}
    assert ui.calls == [("text_input", asked)]


def test_the_agent_that_asks_is_the_sender() -> None:
    prompt = "Replying as Ann Lee. Provide feedback to Bob. Press enter to skip"
    ui = Recorder("")
    show(agent_events.InputRequestEvent(prompt=prompt), ui)
    assert ui.calls[0][1]["sender"] == "Ann Lee"


@pytest.mark.parametrize(("picked", "told"), [("A", "1"), ("B", "2"), (AUTOMATIC, "")])
def test_a_choice_of_speakers(picked: str, told: str) -> None:
    ui = Recorder(picked)
    show(make("select_speaker"), ui)
    prompt = "Enter the number of the next speaker (enter nothing or `q` to use auto selection): "
    assert show(agent_events.InputRequestEvent(prompt=prompt), ui) == told
    method, asked = ui.calls[0]
    assert (method, asked["choices"], asked["default"]) == (
        "multiple_choice",
        ["A", "B", AUTOMATIC],
        AUTOMATIC,
    )


def test_an_input_request_after_a_choice_of_speakers_is_a_text_again() -> None:
    ui = Recorder("A", "x")
    show(make("select_speaker"), ui)
    for prompt in ("Enter the number of the next speaker", "Anything else?"):
        show(agent_events.InputRequestEvent(prompt=prompt), ui)
    assert ui.methods == ["multiple_choice", "text_input"]


def test_an_unknown_event_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    ui = Recorder()
    with caplog.at_level(logging.DEBUG):
        show(SimpleNamespace(type="of_the_future", content=object()), ui)
        show(object(), ui)
    assert ui.calls == []
    assert "of_the_future" in caplog.text


def test_an_event_of_an_unexpected_shape_is_logged_and_dropped(caplog: pytest.LogCaptureFixture) -> None:
    ui = Recorder()
    show(SimpleNamespace(type="tool_response", content=object()), ui)
    assert ui.calls == []
    assert "tool_response" in caplog.text


def test_what_the_user_interface_raises_passes_through() -> None:
    class Closed(BaseException):
        pass

    class Refusing:
        def text_message(self, **_: Any) -> None:
            raise Closed

    with pytest.raises(Closed):
        show(make("text"), Refusing())


def test_a_silent_group_chat_stays_silent() -> None:
    event = agent_events.GroupChatRunChatEvent(speaker="A", silent=True)
    assert Mapper().calls(event) == []


def test_values_that_json_cannot_say_become_text() -> None:
    event = SimpleNamespace(
        type="function_response",
        content=SimpleNamespace(name="f", content={"x": float("inf"), "y": {1, 2}, "z": b"a"}, **BETWEEN),
    )
    retval = Mapper().calls(event)[0].arguments["retval"]
    assert retval == {"x": "Infinity", "y": [1, 2], "z": "a"}


def test_older_messages_map_like_events() -> None:
    messages: Any = import_module("autogen.messages.agent_messages")
    ui = Recorder()
    show(messages.TextMessage(content="hi", **BETWEEN), ui)
    assert ui.calls == [("text_message", {**BETWEEN, "body": "hi"})]


def stream(piece: str) -> Any:
    return client_events.StreamEvent(content=piece)


def said(mapper: Mapper, *events: Any) -> list[tuple[str, Any]]:
    """The calls that events become: method, and what is said or how a chunk replaces."""
    return [
        (call.method, call.arguments.get("body", call.arguments.get("delta")))
        for event in events
        for call in mapper.calls(event)
    ]


def text(body: str) -> Any:
    return get_event_classes()["text"](content=body, **BETWEEN)


def test_the_pieces_of_a_reply_and_the_whole_have_one_uuid() -> None:
    mapper = Mapper()
    pieces = [call for word in ("Two ", "", "words") for call in mapper.calls(stream(word))]
    (whole,) = mapper.calls(text("Two words"))
    assert [call.arguments["delta"] for call in pieces] == ["Two ", "words"]
    assert {call.arguments["uuid"] for call in pieces} == {whole.arguments["uuid"]}
    (later,) = mapper.calls(stream("More"))
    assert later.arguments["uuid"] != whole.arguments["uuid"]


def test_what_no_agent_said_is_no_part_of_the_message() -> None:
    """A model that chose the next speaker streamed its choice too."""
    mapper = Mapper()
    first = [call for word in ("Teacher", "Hel", "lo") for call in mapper.calls(stream(word))]
    (whole,) = mapper.calls(text("Hello"))
    assert whole.arguments["uuid"] == first[0].arguments["uuid"]


def test_pieces_of_something_else_are_taken_back() -> None:
    mapper = Mapper()
    assert said(mapper, stream("Teacher"), text("Hello")) == [
        ("text_chunk", "Teacher"),
        ("text_chunk", ""),
        ("text_message", "Hello"),
    ]
    assert said(mapper, text("Again")) == [("text_message", "Again")]


def test_a_reply_without_a_stream_has_no_uuid_of_one() -> None:
    (whole,) = Mapper().calls(text("Hello"))
    assert "uuid" not in whole.arguments


def test_the_mapping_needs_no_autogen() -> None:
    code = "import sys, fastagency_server.runtimes.events; sys.exit('autogen' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
