"""Properties of the pure parts, over inputs that nobody thought of."""

from __future__ import annotations

import contextlib
import json

import pytest

hypothesis = pytest.importorskip("hypothesis", reason="only in the development environment")

from fastagency_sdk import (  # noqa: E402
    ConversationError,
    ConversationState,
    FunctionCallExecution,
    FunctionCallExecutionContent,
    MalformedMessage,
    NotAsked,
    Retry,
    ServerUnreachable,
)
from fastagency_sdk._generated.messages import InitiatedWorkflow  # noqa: E402
from fastagency_sdk._generated.tables import CLIENT_FRAMES, FINAL_STATES  # noqa: E402
from fastagency_sdk.answers import split_choices  # noqa: E402
from fastagency_sdk.codec import decode, encode  # noqa: E402
from fastagency_sdk.protocol import ConversationProtocol  # noqa: E402
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule  # noqa: E402
from sdk_python.scripted import CHOICE, COMPLETED, HEX, TEXT_INPUT, UUID, message  # noqa: E402

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_any_json_survives_there_and_back(value: object) -> None:
    sent = FunctionCallExecution(
        workflow_uuid=HEX, uuid="1", content=FunctionCallExecutionContent(retval=value)
    )
    received = decode(encode(sent))
    assert received == sent
    assert isinstance(received, FunctionCallExecution)
    # 1, 1.0 and True are equal, but not the same.
    assert json.dumps(received.content.retval) == json.dumps(value)


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")) | values.map(json.dumps))
def test_decoding_fails_only_as_it_should(text: str) -> None:
    # Any other exception than this one fails the test.
    with contextlib.suppress(MalformedMessage):
        decode(text)


@given(st.lists(st.text(alphabet="ab,", max_size=4), min_size=1, max_size=4), st.data())
def test_what_is_joined_can_be_taken_apart(choices: list[str], data: st.DataObject) -> None:
    picked = data.draw(st.lists(st.sampled_from(choices), min_size=1, max_size=5))
    parts = split_choices(",".join(picked), choices)
    if ",".join(picked) == "" and "" not in choices:
        assert parts == []
    else:
        assert parts is not None
        assert ",".join(parts) == ",".join(picked)
        assert set(parts) <= set(choices)


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_delay_is_never_longer_than_it_may_be(tried: int, drawn: float) -> None:
    retry = Retry(attempts=20_000)
    delay = retry.delay(tried, ServerUnreachable(), lambda: drawn)
    assert delay is not None
    assert 0 <= delay <= retry.longest_delay


class AnyConversation(RuleBasedStateMachine):
    """Whatever arrives in whatever order, the state machine keeps what it promises."""

    def __init__(self) -> None:
        super().__init__()
        self.protocol = ConversationProtocol(
            InitiatedWorkflow(user_id=None, workflow_uuid=UUID, name="quiz", params={})
        )
        self.protocol.start()
        self.before = self.protocol.state

    @rule(
        frame=st.sampled_from([TEXT_INPUT, CHOICE, COMPLETED, message("error"), message("new"), "{", "[1]"])
    )
    def receive(self, frame: str) -> None:
        try:
            self.protocol.receive_text(frame)
        except MalformedMessage:
            assert frame in ("{", "[1]")

    @rule(value=st.sampled_from(["a", "zzz", "", ["a"], []]))
    def answer(self, value: str | list[str]) -> None:
        allowed = "raw_answer" in CLIENT_FRAMES[self.protocol.state]
        try:
            self.protocol.answer(value)
            assert allowed
        except ConversationError:
            assert self.protocol.state in FINAL_STATES
        except NotAsked:
            pass

    @precondition(lambda self: self.protocol.state not in FINAL_STATES)
    @rule(code=st.integers(1000, 4999))
    def disconnect(self, code: int) -> None:
        assert self.protocol.disconnected(code) is not None

    @rule()
    def leave(self) -> None:
        self.protocol.leave()

    @invariant()
    def holds(self) -> None:
        state = self.protocol.state
        assert (self.protocol.question is not None) is (state is ConversationState.AWAITING_ANSWER)
        if self.before in FINAL_STATES:
            assert state is self.before
        self.before = state


TestAnyConversation = AnyConversation.TestCase
