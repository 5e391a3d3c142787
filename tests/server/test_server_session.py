"""session.py: one socket's dialogue, without a socket."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastagency_sdk import CloseCode, ConversationState, InitiateWorkflow
from fastagency_server.classic import ClassicConversation
from fastagency_server.classic_session import ClassicSession
from fastagency_server.conversation import Opening
from fastagency_server.envelope import encode
from fastagency_server.errors import (
    AlreadyStarted,
    ConversationClosed,
    NotAllowed,
    NotAuthenticated,
    Overloaded,
    Refusal,
    UnknownWorkflow,
)
from fastagency_server.questions import Question
from fastagency_server.session import Output
from fastagency_server.settings import Settings

DASHED = "6f1ed002-ab5f-4d3e-9b6a-7c1d2e3f4a5b"
HEX = DASHED.replace("-", "")
FIRST: dict[str, Any] = {"user_id": None, "workflow_uuid": DASHED, "name": "quiz", "params": {}}
NOTHING = Output()


def opened(**settings: Any) -> ClassicSession:
    return ClassicSession(Settings(**settings), 100.0)


def running() -> tuple[ClassicSession, ClassicConversation]:
    session = opened()
    assert session.text(json.dumps(FIRST)).start is not None
    conversation = ClassicConversation(HEX, Opening("quiz", None, {}), Settings(), lambda: None)
    conversation.begin()
    assert session.started(conversation) == Output(more=True)
    assert types(session.pull()) == ["workflow_started"]
    return session, conversation


def asking() -> tuple[ClassicSession, ClassicConversation]:
    session, conversation = running()
    content: dict[str, Any] = {"prompt": None, "suggestions": [], "password": False}
    frame = encode("text_input", content, workflow_uuid=HEX)
    conversation.ask("text_input", Question.of("text_input", content, frame, lambda: None))
    assert types(session.pull()) == ["text_input"]
    return session, conversation


def types(output: Output) -> list[str]:
    return [json.loads(frame)["type"] for frame in output.frames]


def error_of(output: Output) -> dict[str, Any]:
    message = json.loads(output.frames[-1])
    assert message["type"] == "error"
    content: dict[str, Any] = message["content"]
    return content


def assert_refused(output: Output, code: int) -> None:
    assert output.close is not None
    assert output.close.code == code
    assert len(output.close.reason.encode()) <= 123
    assert types(output) == ["error"]


# --- the first frame


@pytest.mark.parametrize("uuid", [DASHED, HEX, HEX.upper()])
def test_the_first_frame_asks_for_a_start(uuid: str) -> None:
    session = opened()
    output = session.text(json.dumps({**FIRST, "workflow_uuid": uuid, "params": {"a": 1, "name": "x"}}))
    assert isinstance(output.start, InitiateWorkflow)
    assert (output.start.name, output.start.params) == ("quiz", {"a": 1, "name": "x"})
    assert session.deadline is None
    assert not session.closed


@pytest.mark.parametrize("change", [{"user_id": "ann"}, {"unknown": "field"}])
def test_the_first_frame_may_hold_more(change: dict[str, Any]) -> None:
    assert opened().text(json.dumps({**FIRST, **change})).start is not None


def test_user_id_may_be_absent() -> None:
    frame = {key: value for key, value in FIRST.items() if key != "user_id"}
    assert opened().text(json.dumps(frame)).start is not None


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ("hello", "It is not JSON: Expecting value"),
        ("", "It is not JSON"),
        ("[]", "It is not a JSON object."),
        ('"text"', "It is not a JSON object."),
        ("null", "It is not a JSON object."),
        ("[" * 5000, "nested too deeply"),
        (json.dumps(FIRST).replace("{}", '{"a": NaN}'), "NaN is not JSON"),
        (
            json.dumps({k: v for k, v in FIRST.items() if k != "workflow_uuid"}),
            "workflow_uuid: Field required",
        ),
        (json.dumps({k: v for k, v in FIRST.items() if k != "name"}), "name: Field required"),
        (json.dumps({k: v for k, v in FIRST.items() if k != "params"}), "params: Field required"),
        (json.dumps({**FIRST, "workflow_uuid": 5}), "workflow_uuid: "),
        (json.dumps({**FIRST, "workflow_uuid": "abc"}), "workflow_uuid: "),
        (json.dumps({**FIRST, "workflow_uuid": None}), "workflow_uuid: "),
        (json.dumps({**FIRST, "name": None}), "name: "),
        (json.dumps({**FIRST, "params": []}), "params: "),
        (json.dumps({**FIRST, "params": None}), "params: "),
        (json.dumps({**FIRST, "user_id": 5}), "user_id: "),
    ],
)
def test_a_bad_first_frame_is_refused_by_the_name_of_its_field(frame: str, said: str) -> None:
    session = opened()
    output = session.text(frame)
    assert_refused(output, CloseCode.MALFORMED_FRAME)
    assert said in error_of(output)["long"]
    assert session.closed
    assert session.state is ConversationState.FAILED


def test_an_error_names_the_conversation_as_soon_as_it_is_known() -> None:
    output = opened().text(json.dumps({**FIRST, "name": 5}))
    assert json.loads(output.frames[0])["workflow_uuid"] == HEX


def test_an_error_before_the_conversation_has_a_name_still_has_a_uuid() -> None:
    assert json.loads(opened().text("x").frames[0])["workflow_uuid"] == "0" * 32


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (UnknownWorkflow("No such workflow."), 4004),
        (AlreadyStarted("Started before."), 4009),
        (NotAllowed("Not yours."), 4003),
        (NotAuthenticated("Who are you?"), 4001),
        (Overloaded("Full."), 4100),
        (Overloaded("ü" * 200, "long"), 4100),
    ],
)
def test_a_refused_start(refusal: Refusal, code: int) -> None:
    session = opened()
    session.text(json.dumps(FIRST))
    output = session.refuse(refusal)
    assert_refused(output, code)
    assert json.loads(output.frames[0])["workflow_uuid"] == HEX
    assert error_of(output) == {"short": refusal.short, "long": refusal.long}


# --- the clock


def test_no_first_frame_in_time() -> None:
    session = opened(first_frame_seconds=10)
    assert session.deadline == 110.0
    assert session.tick(109.9) == NOTHING
    assert_refused(session.tick(110.0), CloseCode.FIRST_FRAME_TIMEOUT)
    assert session.deadline is None
    assert session.tick(1000.0) == NOTHING


def test_after_the_first_frame_the_clock_is_of_no_concern() -> None:
    session, _ = running()
    assert session.tick(10_000.0) == NOTHING


# --- frames that are wrong in every state

STATES = {
    "created": lambda: opened(),
    "running": lambda: running()[0],
    "awaiting_answer": lambda: asking()[0],
}


@pytest.mark.parametrize("state", STATES)
def test_a_binary_frame_ends_it(state: str) -> None:
    session = STATES[state]()
    assert session.state == state
    assert_refused(session.binary(), CloseCode.MALFORMED_FRAME)
    assert session.closed


@pytest.mark.parametrize("state", STATES)
def test_a_frame_that_is_too_big_ends_it(state: str) -> None:
    session = STATES[state]()
    assert_refused(session.text("x" * (1024 * 1024 + 1)), CloseCode.FRAME_TOO_BIG)


def test_the_size_of_a_frame_is_that_of_its_utf8() -> None:
    session, _ = asking()
    assert session.text("é" * (512 * 1024)) == NOTHING
    session, _ = asking()
    assert_refused(session.text("é" * (512 * 1024) + "x"), CloseCode.FRAME_TOO_BIG)


@pytest.mark.parametrize("state", STATES)
def test_after_the_end_nothing_is_sent(state: str) -> None:
    session = STATES[state]()
    session.binary()
    for output in (session.text("x"), session.binary(), session.pull(), session.tick(1e9)):
        assert output == NOTHING
    assert session.refuse(Overloaded("Full.")) == NOTHING


# --- the conversation


def test_a_frame_while_nothing_is_asked_is_told_so_and_dropped() -> None:
    session, _ = running()
    output = session.text("hello")
    assert error_of(output)["short"] == "Nothing was asked."
    assert output.close is None
    assert session.state is ConversationState.RUNNING


def test_a_frame_while_the_workflow_is_being_started_is_no_second_first_frame() -> None:
    session = opened()
    session.text(json.dumps(FIRST))
    output = session.text(json.dumps(FIRST))
    assert output.start is None
    assert error_of(output)["short"] == "Nothing was asked."


def test_an_answer() -> None:
    session, conversation = asking()
    assert session.state is ConversationState.AWAITING_ANSWER
    assert session.text("yes") == NOTHING
    assert conversation.state is ConversationState.RUNNING


def test_the_end_closes_with_1000_after_the_last_message() -> None:
    session, conversation = running()
    conversation.finish("done")
    output = session.pull()
    assert types(output) == ["workflow_completed"]
    assert output.close is not None
    assert output.close.code == CloseCode.FINISHED
    assert session.state is ConversationState.COMPLETED


def test_a_workflow_that_is_over_before_its_socket_listens() -> None:
    session = opened()
    session.text(json.dumps(FIRST))
    conversation = ClassicConversation(HEX, Opening("quiz", None, {}), Settings(), lambda: None)
    conversation.finish(None)
    session.started(conversation)
    output = session.pull()
    assert types(output) == ["workflow_started", "workflow_completed"]
    assert output.close is not None


@pytest.mark.parametrize("state", ["running", "awaiting_answer"])
def test_a_disconnect_ends_the_workflow(state: str) -> None:
    session, conversation = running() if state == "running" else asking()
    assert session.disconnected() == NOTHING
    assert session.state is ConversationState.CANCELLED
    with pytest.raises(ConversationClosed):
        conversation.check_open()


def test_a_disconnect_while_the_workflow_is_being_started() -> None:
    session = opened()
    session.text(json.dumps(FIRST))
    session.disconnected()
    conversation = ClassicConversation(HEX, Opening("quiz", None, {}), Settings(), lambda: None)
    assert session.started(conversation) == NOTHING
    with pytest.raises(ConversationClosed):
        conversation.check_open()


def test_every_legal_frame_of_the_lifecycle_is_taken_and_no_other() -> None:
    """The guard is made from the spec's table: `initiate_workflow` in created, `answer` in
    awaiting_answer."""
    assert opened().text(json.dumps(FIRST)).start is not None
    assert running()[0].text(json.dumps(FIRST)).start is None
    assert asking()[0].text(json.dumps(FIRST)) == NOTHING  # any text answers a text_input
