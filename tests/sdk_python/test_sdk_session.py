"""session.py: a conversation of `fastagency.v1` from the client's side, without sockets or clocks."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from fastagency_sdk import (
    AnswerAccepted,
    AnswerRejected,
    ConnectionState,
    ConversationLost,
    ConversationRefused,
    ConversationState,
    Cursor,
    InitiatedWorkflow,
    MalformedMessage,
    NotAsked,
    Reconnect,
    SessionReady,
    TextAssembler,
    TextInput,
    TextMessage,
    Unknown,
    WorkflowCompleted,
)
from fastagency_sdk.session import SessionProtocol
from sdk_python.scripted import HEX

TOKEN = "t" * 32
TIME = "2026-01-01T00:00:00Z"
INITIATED = InitiatedWorkflow(
    user_id=None,
    workflow_uuid=HEX,
    name="quiz",
    params={"level": 1},
    subprotocols=["fastagency.v1"],
    resume_token=TOKEN,
)


def frame(kind: str, **fields: Any) -> str:
    return json.dumps({"type": kind, **fields})


def ready(mode: str, *, oldest: int = 1, head: int = 0, epoch: str = "e1") -> str:
    return frame(
        "session_ready",
        workflow_uuid=HEX,
        mode=mode,
        epoch=epoch,
        oldest_seq=oldest,
        head_seq=head,
        state="running",
        resume_token=TOKEN,
        heartbeat_seconds=10,
        detached_seconds=60,
    )


def logged(seq: int, kind: str = "text_message", uuid: str = "", **content: Any) -> str:
    said = content or ({"body": f"m{seq}"} if kind == "text_message" else {})
    return frame(
        kind,
        workflow_uuid=HEX,
        uuid=uuid or f"u{seq}",
        content=said,
        seq=seq,
        timestamp="2026-01-01T00:00:00Z",
    )


def question(seq: int, uuid: str = "q1", *, password: bool = False) -> str:
    return logged(seq, "text_input", uuid, prompt="Name?", suggestions=[], password=password)


def accepted(seq: int, answer_id: str | None, uuid: str = "q1") -> str:
    fields = {"question_uuid": uuid, "answer_id": answer_id, "value": "v"}
    return frame("answer_accepted", seq=seq, timestamp=TIME, **fields)


class Talk:
    """A machine, a clock that is moved by hand, and a user who reads everything."""

    def __init__(self, begin: InitiatedWorkflow | Cursor = INITIATED, **reconnect: Any) -> None:
        self.now = 100.0
        self.protocol = SessionProtocol(begin, Reconnect(**reconnect), self.now)
        self.seen: list[Any] = []

    def open(self, *frames: str) -> dict[str, Any]:
        first: dict[str, Any] = json.loads(self.protocol.first_frame(self.now))
        self.hear(*frames)
        return first

    def hear(self, *frames: str) -> None:
        for text in frames:
            self.read(self.protocol.receive_text(text, self.now))

    def read(self, found: Iterable[Any]) -> None:
        for message in found:
            if not isinstance(message, MalformedMessage):
                self.protocol.delivered(message)
            self.seen.append(message)

    def sent(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.protocol.outgoing()]

    def types(self) -> list[str]:
        return [message.type for message in self.seen]


def live(*frames: str) -> Talk:
    talk = Talk(first_delay=1.0)
    talk.open(ready("fresh"), *frames)
    return talk


def test_a_start_brings_its_token_and_may_be_repeated() -> None:
    talk = Talk(first_delay=1.0)
    assert talk.protocol.connection is ConnectionState.CONNECTING
    first = talk.open()
    assert (first["type"], first["resume_token"], first["params"]) == ("start_workflow", TOKEN, {"level": 1})
    assert talk.protocol.disconnected(now=talk.now).delay is not None
    assert talk.open(ready("reset", head=1), logged(1), frame("replay_completed", through_seq=1)) == first
    assert talk.types() == ["text_message"]  # nothing was shown before, so nothing is to be dropped


def test_a_resume_says_where_it_stands() -> None:
    talk = live(logged(1), logged(2))
    assert talk.protocol.cursor == Cursor(HEX, TOKEN, "e1", 2)
    talk.protocol.disconnected(now=talk.now)
    assert talk.protocol.connection is ConnectionState.RECONNECTING
    first = talk.open(ready("replay", head=3))
    assert {name: first[name] for name in ("type", "epoch", "after_seq", "resume_token")} == {
        "type": "resume_workflow",
        "epoch": "e1",
        "after_seq": 2,
        "resume_token": TOKEN,
    }
    talk.hear(logged(3))
    assert talk.types() == ["text_message"] * 2, "held back until the replay is complete"
    talk.hear(frame("replay_completed", through_seq=3))
    assert [message.seq for message in talk.seen] == [1, 2, 3]
    assert str(talk.protocol.connection) == "live"


def test_what_is_known_is_dropped_and_a_gap_resumes() -> None:
    talk = live(logged(1), logged(2), logged(2), logged(1))
    assert [message.seq for message in talk.seen] == [1, 2]
    talk.hear(logged(4), logged(5))
    assert talk.protocol.broken
    assert [message.seq for message in talk.seen] == [1, 2]
    assert talk.protocol.disconnected(1000, by_client=True, now=talk.now).delay is not None
    assert talk.open()["after_seq"] == 2


def test_an_unknown_type_moves_the_cursor_and_a_malformed_message_too() -> None:
    talk = live(frame("later_type", seq=1))
    assert isinstance(talk.seen[0], Unknown)
    talk.hear(frame("text_message", seq=2, workflow_uuid=HEX, uuid="u", content={"body": 5}))
    assert isinstance(talk.seen[1], MalformedMessage)
    talk.hear(logged(3))
    assert not talk.protocol.broken
    assert talk.protocol.cursor == Cursor(HEX, TOKEN, "e1", 3)


def test_a_replay_that_breaks_off_loses_nothing() -> None:
    talk = live(logged(1))
    talk.protocol.disconnected(now=talk.now)
    malformed = frame("text_message", seq=3, workflow_uuid=HEX, uuid="u", content={"body": 5})
    talk.open(ready("replay", head=5), logged(2), malformed)
    talk.protocol.disconnected(now=talk.now)
    assert len(talk.seen) == 1
    assert talk.open(ready("replay", head=5))["after_seq"] == 3
    talk.hear(logged(4), logged(5), frame("replay_completed", through_seq=5))
    assert [getattr(message, "seq", "malformed") for message in talk.seen] == [1, 2, "malformed", 4, 5]


@pytest.mark.parametrize("kind", ["session_ready", "replay_completed"])
def test_a_frame_that_cannot_be_done_without_is_asked_for_again(kind: str) -> None:
    talk = live(logged(1))
    talk.protocol.disconnected(now=talk.now)
    talk.open(ready("replay", head=2), logged(2), frame(kind))
    assert talk.protocol.broken
    talk.protocol.disconnected(1000, by_client=True, now=talk.now)
    talk.open(ready("replay", head=2), frame("replay_completed", through_seq=2))
    assert [getattr(message, "seq", "malformed") for message in talk.seen] == [1, 2, "malformed"]


@pytest.mark.parametrize("state", ["completed", "failed", "cancelled"])
def test_a_conversation_that_was_over_and_read_ends_as_it_did(state: str) -> None:
    talk = Talk(Cursor(HEX, TOKEN, "e1", 3))
    over = ready("replay", head=3).replace('"running"', f'"{state}"')
    talk.open(over, frame("replay_completed", through_seq=3))
    following = talk.protocol.disconnected(1000, now=talk.now)
    assert (following.delay, following.error) == (None, None)
    assert (talk.protocol.state, talk.protocol.outcome) == (state, state)
    assert talk.protocol.connection is ConnectionState.ENDED


def test_a_reset_is_told_before_the_end_that_was_read() -> None:
    talk = Talk(Cursor(HEX, TOKEN, "e1", 3))
    talk.open(ready("reset", oldest=4, head=3, epoch="e2").replace('"running"', '"failed"'))
    unread = talk.protocol.receive_text(frame("replay_completed", through_seq=3), talk.now)
    assert talk.protocol.disconnected(1000, now=talk.now).error is None
    assert (talk.protocol.state, talk.protocol.connection) == ("running", "live")
    for message in unread:
        assert isinstance(message, SessionReady)
        talk.protocol.delivered(message)
    assert (talk.protocol.state, talk.protocol.connection) == ("failed", "ended")


def test_an_end_that_came_again_is_told_when_it_is_read() -> None:
    talk = Talk(Cursor(HEX, TOKEN, "e1", 1))
    talk.open(
        ready("replay", head=2).replace('"running"', '"cancelled"'),
        logged(2, "workflow_completed", result="done", outcome="cancelled"),
    )
    (unread,) = talk.protocol.receive_text(frame("replay_completed", through_seq=2), talk.now)
    talk.protocol.disconnected(1000, now=talk.now)
    assert (talk.protocol.state, talk.protocol.outcome, talk.protocol.connection) == ("running", None, "live")
    assert isinstance(unread, WorkflowCompleted)
    talk.protocol.delivered(unread)
    assert (talk.protocol.state, talk.protocol.result) == ("cancelled", "done")


@pytest.mark.parametrize("state", ["running", "awaiting_answer", "later_state"])
def test_the_same_close_is_a_loss_in_any_other_state(state: str) -> None:
    talk = Talk(Cursor(HEX, TOKEN, "e1", 3))
    running = ready("replay", head=3).replace('"running"', f'"{state}"')
    talk.open(running, frame("replay_completed", through_seq=3))
    assert isinstance(talk.protocol.disconnected(1000, now=talk.now).error, ConversationLost)


def test_a_reset_drops_the_replay_that_broke_off() -> None:
    talk = live(logged(1))
    talk.protocol.disconnected(now=talk.now)
    talk.open(ready("replay", head=3), logged(2))
    talk.protocol.disconnected(now=talk.now)
    talk.open(
        ready("reset", oldest=4, head=4, epoch="e2"), logged(4), frame("replay_completed", through_seq=4)
    )
    assert talk.types() == ["text_message", "session_ready", "text_message"]


@pytest.mark.parametrize("code", [1006, 4010])
def test_the_end_in_a_replay_that_breaks_off_is_an_end(code: int) -> None:
    talk = live(logged(1))
    talk.protocol.disconnected(now=talk.now)
    talk.open(ready("replay", head=3), logged(2), logged(3, "workflow_completed", result="done"))
    following = talk.protocol.disconnected(code, now=talk.now)
    assert (following.delay, following.error) == (None, None)
    talk.read(following.messages)
    assert talk.types()[-1] == "workflow_completed"
    assert talk.protocol.result == "done"


def test_a_replay_that_nothing_follows_is_shown_before_the_loss() -> None:
    talk = live(logged(1))
    talk.protocol.disconnected(now=talk.now)
    talk.open(ready("replay", head=3), logged(2))
    following = talk.protocol.disconnected(4010, now=talk.now)
    assert isinstance(following.error, ConversationRefused)
    assert [message.seq for message in following.messages if isinstance(message, TextMessage)] == [2]


def test_the_cursor_stays_in_the_old_log_until_the_reset_is_read() -> None:
    talk = live(logged(1), logged(2))
    talk.protocol.disconnected(now=talk.now)
    talk.open(ready("reset", oldest=5, head=6, epoch="e2"), logged(5), logged(6))
    unread = talk.protocol.receive_text(frame("replay_completed", through_seq=6), talk.now)
    assert talk.protocol.cursor == Cursor(HEX, TOKEN, "e1", 2)
    talk.read(unread[:1])
    assert talk.protocol.cursor == Cursor(HEX, TOKEN, "e2", 4)
    talk.read(unread[1:])
    assert talk.protocol.cursor == Cursor(HEX, TOKEN, "e2", 6)


def test_a_cancel_is_sent_again_until_the_end_is_here() -> None:
    talk = live(logged(1))
    talk.protocol.cancel("enough")
    assert [it["type"] for it in talk.sent()] == ["cancel_workflow"]
    assert talk.sent() == []
    talk.protocol.disconnected(now=talk.now)
    talk.open(ready("replay", head=1), frame("replay_completed", through_seq=1))
    assert [it["reason"] for it in talk.sent()] == ["enough"]
    talk.hear(logged(2, "workflow_completed", outcome="cancelled"))
    assert talk.sent() == []
    assert talk.protocol.outcome == "cancelled"


def test_what_was_received_and_not_read_yet_is_dropped_by_a_reset_too() -> None:
    talk = live()
    talk.protocol.receive_text(logged(1), talk.now)  # the user is busy
    talk.protocol.disconnected(now=talk.now)
    talk.open(ready("reset", oldest=1, head=1), logged(1), frame("replay_completed", through_seq=1))
    assert talk.types() == ["session_ready", "text_message"]


def test_a_reset_tells_the_user_to_drop_what_was_shown() -> None:
    talk = live(logged(1), question(2))
    talk.protocol.disconnected(now=talk.now)
    talk.open(
        ready("reset", oldest=5, head=5, epoch="e2"), logged(5), frame("replay_completed", through_seq=5)
    )
    assert isinstance(talk.seen[2], SessionReady)
    assert talk.protocol.question is None
    assert talk.protocol.cursor == Cursor(HEX, TOKEN, "e2", 5)


def test_an_answer_is_sent_again_until_it_is_settled() -> None:
    talk = live(question(1))
    assert talk.protocol.state is ConversationState.AWAITING_ANSWER
    answer_id = talk.protocol.answer("Ada")
    (first,) = talk.sent()
    assert (first["type"], first["question_uuid"], first["value"]) == ("answer", "q1", "Ada")
    assert talk.sent() == []
    with pytest.raises(NotAsked):
        talk.protocol.answer("twice")
    talk.protocol.disconnected(now=talk.now)
    assert talk.sent() == []
    talk.open(ready("replay", head=1))
    assert talk.sent() == [], "not before the replay has told what became of it"
    talk.hear(frame("replay_completed", through_seq=1))
    assert talk.sent() == [first]
    talk.hear(accepted(2, answer_id))
    assert isinstance(talk.seen[-1], AnswerAccepted)
    assert not talk.protocol.answered_elsewhere(talk.seen[-1])
    talk.protocol.disconnected(now=talk.now)
    talk.open(ready("replay", head=2), frame("replay_completed", through_seq=2))
    assert talk.sent() == []


def test_an_answer_that_the_replay_settles_is_not_sent_again() -> None:
    talk = live(question(1))
    answer_id = talk.protocol.answer("Ada")
    talk.sent()
    talk.protocol.disconnected(now=talk.now)
    talk.open(ready("replay", head=2), accepted(2, answer_id), frame("replay_completed", through_seq=2))
    assert talk.sent() == []


def test_answers_can_be_given_while_there_is_no_connection() -> None:
    talk = live(question(1))
    talk.protocol.disconnected(now=talk.now)
    talk.protocol.answer("Ada")
    talk.open(ready("replay", head=1), frame("replay_completed", through_seq=1))
    assert [sent["value"] for sent in talk.sent()] == ["Ada"]


@pytest.mark.parametrize(
    ("reason", "still_open"),
    [("invalid_value", True), ("question_closed", False), ("unknown_question", False)],
)
def test_a_rejected_answer_comes_back(reason: str, still_open: bool) -> None:
    talk = live(question(1))
    asked = talk.seen[0]
    answer_id = talk.protocol.answer("Ada")
    talk.hear(frame("answer_rejected", question_uuid="q1", answer_id=answer_id, reason=reason))
    assert isinstance(talk.seen[-1], AnswerRejected)
    assert talk.protocol.is_open(asked) is still_open
    talk.protocol.disconnected(now=talk.now)
    talk.open(ready("replay", head=1), frame("replay_completed", through_seq=1))
    assert talk.sent() == []


def test_answered_elsewhere() -> None:
    talk = live(question(1))
    mine = talk.protocol.answer("mine")
    talk.hear(accepted(2, "of another tab"))
    assert talk.protocol.answered_elsewhere(talk.seen[-1])
    assert talk.protocol.question is None
    talk.hear(frame("answer_rejected", question_uuid="q1", answer_id=mine, reason="question_closed"))
    talk.hear(question(3, "q2"), accepted(4, None, "q2"))
    assert not talk.protocol.answered_elsewhere(talk.seen[-1]), "its time ran out: nobody answered"


def test_a_replayed_question_is_known_to_be_answered_when_it_is_delivered() -> None:
    talk = Talk(Cursor(HEX, TOKEN, "e1", 0))
    talk.open(ready("reset", head=3), question(1))
    opened: list[bool] = []
    for text in (accepted(2, "x"), question(3, "q2"), frame("replay_completed", through_seq=3)):
        for message in talk.protocol.receive_text(text, talk.now):
            if isinstance(message, TextInput):
                opened.append(talk.protocol.is_open(message))
    assert opened == [False, True]


def test_a_secret_is_in_nothing_that_is_printed() -> None:
    talk = live(question(1, password=True))
    talk.protocol.answer("hunter2")
    assert "hunter2" not in repr(vars(talk.protocol))
    assert "t" * 32 not in repr(talk.protocol.cursor)


def test_cancel() -> None:
    talk = live(logged(1))
    talk.protocol.disconnected(now=talk.now)
    talk.protocol.cancel("enough")
    talk.open(ready("replay", head=1), frame("replay_completed", through_seq=1))
    assert talk.sent() == [{"type": "cancel_workflow", "reason": "enough"}]
    talk.hear(logged(2, "workflow_completed", result=None, outcome="cancelled"))
    assert talk.protocol.outcome == "cancelled"
    assert talk.protocol.state is ConversationState.CANCELLED
    following = talk.protocol.disconnected(1000, now=talk.now)
    assert (following.delay, following.error) == (None, None)
    assert talk.protocol.connection is ConnectionState.ENDED


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        *(
            (code, ConversationRefused)
            for code in (4000, 4001, 4003, 4004, 4008, 4009, 4010, 4099, 1007, 1009)
        ),
        *((code, ConversationLost) for code in (1000, 1002, 1008, 3000, 5001 - 2001)),
    ],
)
def test_codes_that_are_final(code: int, kind: type[Exception]) -> None:
    following = live(logged(1)).protocol.disconnected(code, now=100.0)
    assert following.delay is None
    assert type(following.error) is kind


@pytest.mark.parametrize("code", [1001, 1006, 1011, 1012, 4100, 4101, 4199])
def test_codes_to_back_off_on(code: int) -> None:
    delay = live(logged(1)).protocol.disconnected(code, now=100.0).delay
    assert delay is not None
    assert 0 <= delay <= 1.0


@pytest.mark.parametrize("code", [4200, 4201, 4299])
def test_codes_to_resume_at_once_on(code: int) -> None:
    talk = live(logged(1))
    assert talk.protocol.disconnected(code, now=talk.now).delay == 0.0


def test_delays_grow_and_begin_again_after_progress() -> None:
    policy = Reconnect(first_delay=1.0, longest_delay=10.0)
    assert [policy.delay(1006, "", n, draw=lambda: 1.0) for n in (1, 2, 3, 4, 5, 99)] == [1, 2, 4, 8, 10, 10]
    assert policy.delay(4200, "", 2, draw=lambda: 1.0) == 2.0
    assert policy.delay(1006, "", 1, draw=lambda: 0.0) == 0.0


@pytest.mark.parametrize(("code", "wanted"), [(4004, True), (1006, False)])
def test_should_retry_wins(code: int, wanted: bool) -> None:
    asked: list[tuple[int, str, int]] = []

    def should_retry(code: int, reason: str, attempt: int) -> bool:
        asked.append((code, reason, attempt))
        return wanted

    talk = Talk(first_delay=1.0, should_retry=should_retry)
    talk.open(ready("fresh"))
    assert (talk.protocol.disconnected(code, "why", now=talk.now).delay is not None) is wanted
    assert asked == [(code, "why", 1)]


def test_it_gives_up_when_the_conversation_must_be_gone() -> None:
    talk = live(logged(1))
    assert talk.protocol.disconnected(now=100.0).delay is not None
    assert talk.protocol.disconnected(now=155.0).delay is not None
    following = talk.protocol.disconnected(now=161.0)
    assert isinstance(following.error, ConversationLost)
    assert talk.protocol.connection is ConnectionState.LOST
    with pytest.raises(ConversationLost):
        talk.protocol.answer("too late")


def test_silence() -> None:
    talk = live(logged(1))
    assert talk.protocol.deadline == 100.0 + 15.0
    talk.now = 110.0
    talk.hear(frame("keep_alive", workflow_uuid=HEX, uuid="k", content={}))
    assert talk.protocol.deadline == 125.0
    assert talk.types() == ["text_message"]


def test_texts_are_assembled() -> None:
    texts = TextAssembler()

    def chunk(delta: str, replace: bool = False) -> Any:
        text = frame("text_chunk", message_uuid="t1", delta=delta, replace=replace)
        (message,) = live().protocol.receive_text(text, 0.0)
        return message

    assert [texts.add(chunk("Prime ")), texts.add(chunk("numbers"))] == ["Prime ", "Prime numbers"]
    assert texts.add(chunk("Again", replace=True)) == "Again"
    (whole,) = live().protocol.receive_text(logged(1, uuid="t1"), 0.0)
    assert isinstance(whole, TextMessage)
    assert texts.add(whole) is None
    assert texts.add(chunk("new")) == "new"


def test_a_cursor_there_and_back() -> None:
    cursor = Cursor(HEX, TOKEN, "e1", 7)
    assert json.loads(cursor.to_json()) == {
        "workflow_uuid": HEX,
        "resume_token": TOKEN,
        "epoch": "e1",
        "after_seq": 7,
    }
    assert Cursor.from_json(cursor.to_json()) == cursor
    assert cursor.from_start().after_seq == 0
    for wrong in ("[]", "{}", cursor.to_json().replace("7", "true"), cursor.to_json().replace('"e1"', "1")):
        with pytest.raises(ValueError, match="a cursor"):
            Cursor.from_json(wrong)
