"""The client's pure state machine: every state, every input, no I/O."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastagency_sdk import (
    CloseCode,
    ConversationError,
    ConversationLost,
    ConversationRefused,
    ConversationState,
    MalformedMessage,
    NotAsked,
)
from fastagency_sdk._generated.messages import InitiatedWorkflow
from fastagency_sdk._generated.tables import (
    ASKING_TYPES,
    CLIENT_ACTIONS,
    CLIENT_FRAMES,
    FINAL_STATES,
    MESSAGE_CLASSES,
)
from fastagency_sdk.endings import NO_CLOSE_FRAME
from fastagency_sdk.protocol import ConversationProtocol
from sdk_python.scripted import CHOICE, COMPLETED, HEX, SEVERAL, STARTED, TEXT_INPUT, UUID, message

State = ConversationState


def new(**fields: Any) -> ConversationProtocol:
    given: dict[str, Any] = {"user_id": None, "workflow_uuid": UUID, "name": "quiz", "params": {}}
    return ConversationProtocol(InitiatedWorkflow(**{**given, **fields}))


def running(*frames: str) -> ConversationProtocol:
    protocol = new()
    protocol.start()
    for frame in frames:
        protocol.receive_text(frame)
    return protocol


def in_state(state: ConversationState) -> ConversationProtocol:
    """Return a conversation that is in this state."""
    match state:
        case State.CREATED:
            return new()
        case State.RUNNING:
            return running()
        case State.AWAITING_ANSWER:
            return running(TEXT_INPUT)
        case State.COMPLETED:
            return running(COMPLETED)
        case State.FAILED:
            protocol = running()
            protocol.disconnected(4004)
            return protocol
        case State.CANCELLED:
            protocol = running()
            protocol.disconnected()
            return protocol


def test_the_first_frame_is_the_response_as_it_is() -> None:
    frame = new(user_id="ada", params={"level": 2**70, "name": "é", "ui": None}).start()
    assert json.loads(frame) == {
        "user_id": "ada",
        "workflow_uuid": UUID,
        "name": "quiz",
        "params": {"level": 2**70, "name": "é", "ui": None},
    }


def test_it_starts_once() -> None:
    protocol = running()
    with pytest.raises(RuntimeError, match="once"):
        protocol.start()


@pytest.mark.parametrize("state", list(State))
def test_each_state_can_be_reached(state: ConversationState) -> None:
    assert in_state(state).state is state


@pytest.mark.parametrize("state", list(State))
def test_an_answer_goes_out_only_where_the_spec_allows_it(state: ConversationState) -> None:
    protocol = in_state(state)
    if "raw_answer" in CLIENT_FRAMES[state]:
        assert protocol.answer("Ada") == "Ada"
        assert protocol.state is State.RUNNING
    else:
        with pytest.raises((NotAsked, ConversationError)):
            protocol.answer("Ada")
        assert protocol.state is state


@pytest.mark.parametrize("kind", list(MESSAGE_CLASSES))
def test_which_messages_ask(kind: str) -> None:
    protocol = running(message(kind))
    assert (protocol.question is not None) is (kind in ASKING_TYPES)
    if kind == "workflow_completed":
        assert protocol.state is State.COMPLETED
    else:
        assert protocol.state is (State.AWAITING_ANSWER if kind in ASKING_TYPES else State.RUNNING)


@pytest.mark.parametrize("kind", sorted(set(MESSAGE_CLASSES) - ASKING_TYPES - {"workflow_completed"}))
def test_a_question_stays_open_through_every_other_message(kind: str) -> None:
    protocol = running(TEXT_INPUT, message(kind))
    assert protocol.state is State.AWAITING_ANSWER
    assert protocol.answer("Ada") == "Ada"


def test_answering_twice() -> None:
    protocol = running(TEXT_INPUT)
    protocol.answer("Ada")
    with pytest.raises(NotAsked, match="nothing is asked"):
        protocol.answer("Ada")


def test_a_question_that_is_asked_again_after_a_wrong_answer() -> None:
    protocol = running(CHOICE)
    protocol.answer("a")
    protocol.receive_text(message("error", short="Invalid answer", long=None))
    protocol.receive_text(CHOICE)
    assert protocol.state is State.AWAITING_ANSWER
    assert protocol.answer("b") == "b"


def test_two_open_questions_are_answered_in_their_order() -> None:
    protocol = running(TEXT_INPUT, CHOICE)
    assert protocol.question is not None
    assert protocol.question.type == "text_input"
    assert protocol.answer("zzz") == "zzz"
    with pytest.raises(NotAsked):
        protocol.answer("zzz")
    assert protocol.answer("a") == "a"
    assert protocol.state is State.RUNNING


def test_an_answer_that_does_not_fit_leaves_the_question_open() -> None:
    protocol = running(CHOICE)
    with pytest.raises(NotAsked):
        protocol.answer("c")
    assert protocol.state is State.AWAITING_ANSWER
    assert protocol.answer("a") == "a"


def test_the_end_closes_an_open_question() -> None:
    protocol = running(SEVERAL, COMPLETED)
    assert (protocol.question, protocol.state, protocol.result) == (None, State.COMPLETED, "done")
    with pytest.raises(NotAsked, match="over"):
        protocol.answer("a")


def test_what_comes_after_the_end_changes_nothing() -> None:
    protocol = running(COMPLETED, TEXT_INPUT)
    assert (protocol.question, protocol.state) == (None, State.COMPLETED)


def test_what_comes_after_leaving_changes_nothing() -> None:
    protocol = running()
    protocol.leave()
    assert protocol.receive_text(TEXT_INPUT).type == "text_input"
    protocol.receive_text(COMPLETED)
    assert (protocol.question, protocol.state, protocol.result) == (None, State.CANCELLED, None)


def test_completed_does_not_mean_successful() -> None:
    error = message("error", short="Failed", long="division by zero")
    protocol = running(error, message("workflow_completed", result="Failed: division by zero"))
    assert protocol.state is State.COMPLETED
    assert protocol.last_error is not None
    assert protocol.last_error.content.long == "division by zero"


@pytest.mark.parametrize("frames", [(), (STARTED,), (TEXT_INPUT,), (COMPLETED,)])
def test_malformed_frames_change_nothing(frames: tuple[str, ...]) -> None:
    protocol = running(*frames)
    before = (protocol.state, protocol.question, protocol.result)
    with pytest.raises(MalformedMessage):
        protocol.receive_text('{"type": "workflow_completed"}')
    assert isinstance(protocol.receive_binary(b"\xff"), MalformedMessage)
    assert (protocol.state, protocol.question, protocol.result) == before


@pytest.mark.parametrize("code", [1000, 1001, 1005, 1006, 1011, 4000, 4100])
def test_every_end_after_completion_is_normal(code: int) -> None:
    protocol = running(COMPLETED)
    assert protocol.disconnected(code) is None
    assert protocol.state is State.COMPLETED


@pytest.mark.parametrize("code", list(CloseCode))
def test_the_codes_of_the_spec(code: CloseCode) -> None:
    protocol = running()
    ending = protocol.disconnected(code, "why")
    # A code on which a client would resume leaves classic with nothing to resume.
    resumes = CLIENT_ACTIONS[code] == "resume"
    refused = (code >= 4000 and not resumes) or code in (CloseCode.NOT_UTF8, CloseCode.FRAME_TOO_BIG)
    assert type(ending) is (ConversationRefused if refused else ConversationLost)
    assert protocol.state is (State.FAILED if refused else State.CANCELLED)
    assert protocol.state in FINAL_STATES
    assert (ending.code, ending.reason) == (code, "why")
    if isinstance(ending, ConversationRefused):
        assert ending.retry is (code == CloseCode.OVERLOADED)


@pytest.mark.parametrize(
    ("code", "retry"), [(4002, False), (4099, False), (4100, True), (4199, True), (4300, False)]
)
def test_codes_that_the_spec_does_not_know_go_by_their_range(code: int, retry: bool) -> None:
    ending = running().disconnected(code)
    assert isinstance(ending, ConversationRefused)
    assert ending.retry is retry


@pytest.mark.parametrize("code", [1002, 1007, 1009, 1011])
def test_what_this_side_closed_is_a_loss(code: int) -> None:
    ending = running().disconnected(code, "the library's reason", by_client=True)
    assert type(ending) is ConversationLost
    assert "this client closed" in str(ending)


def test_the_ending_is_told_again() -> None:
    protocol = running(TEXT_INPUT)
    ending = protocol.disconnected(4004, "no")
    assert protocol.disconnected(NO_CLOSE_FRAME) is ending
    with pytest.raises(ConversationRefused) as caught:
        protocol.answer("Ada")
    assert caught.value is ending


@pytest.mark.parametrize(
    ("short", "long", "detail"),
    [
        ("No.", "Because.", "No: Because"),
        ("No", None, "No"),
        (None, "Because", "Because"),
        (None, None, None),
        ("", "", None),
    ],
)
def test_a_refusal_repeats_the_last_error(short: str | None, long: str | None, detail: str | None) -> None:
    protocol = running(message("error", short="older", long=None), message("error", short=short, long=long))
    ending = protocol.disconnected(4003)
    assert isinstance(ending, ConversationRefused)
    assert ending.detail == detail


@pytest.mark.parametrize("frames", [(), (STARTED, TEXT_INPUT)])
def test_leaving_is_no_loss(frames: tuple[str, ...]) -> None:
    protocol = running(*frames)
    protocol.leave()
    assert (protocol.state, protocol.question) == (State.CANCELLED, None)
    assert protocol.disconnected() is None
    with pytest.raises(NotAsked, match="left"):
        protocol.answer("Ada")


def test_leaving_after_the_end_keeps_the_result() -> None:
    protocol = running(COMPLETED)
    protocol.leave()
    assert (protocol.state, protocol.result) == (State.COMPLETED, "done")


def test_what_could_not_be_sent() -> None:
    protocol = running(TEXT_INPUT)
    assert isinstance(protocol.unsent(1000), NotAsked)
    assert isinstance(protocol.unsent(1006), ConversationLost)
    assert isinstance(protocol.unsent(4003), ConversationRefused)
    assert isinstance(protocol.unsent(1009, by_client=True), ConversationLost)
    assert protocol.state is State.AWAITING_ANSWER, "what came before the close is still to be read"


def test_the_id_is_the_response_s() -> None:
    assert new(workflow_uuid=HEX).workflow_uuid == HEX
