"""conversation.py: one running workflow from both sides, without threads, loops or sockets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastagency_sdk import ConversationState
from fastagency_server.classic import ClassicConversation, Verdict
from fastagency_server.conversation import Opening
from fastagency_server.envelope import encode
from fastagency_server.errors import ConversationClosed, TooManyInvalidAnswers
from fastagency_server.questions import Question
from fastagency_server.settings import Settings

UUID = "6f1ed002ab5f4d3e9b6a7c1d2e3f4a5b"
TEXT: dict[str, Any] = {"prompt": None, "suggestions": [], "password": False}


class Talk:
    """A conversation, with a short way to do each thing and a count of the wake-ups."""

    def __init__(self, **settings: Any) -> None:
        self.woken = 0
        self.done: list[str] = []
        opening = Opening("quiz", "A quiz", {"level": 1})
        self.conversation = ClassicConversation(UUID, opening, Settings(**settings), self._wake)

    def _wake(self) -> None:
        self.woken += 1

    def say(self, body: str, kind: str = "text_message") -> bool:
        content = {"body": body} if kind == "text_message" else {"result": body}
        return self.conversation.post(kind, encode(kind, content, workflow_uuid=UUID))

    def ask(self, name: str, choices: list[str] | None = None, single: bool = True) -> Question:
        kind = "text_input" if choices is None else "multiple_choice"
        content = (
            {**TEXT, "prompt": name}
            if choices is None
            else {"prompt": name, "choices": choices, "default": None, "single": single}
        )
        frame = encode(kind, content, workflow_uuid=UUID)
        question = Question.of(kind, content, frame, lambda: self.done.append(name))
        self.conversation.ask(kind, question)
        return question

    def state(self) -> ConversationState:
        return self.conversation.state

    def take(self) -> list[str]:
        """The types of what is to be sent."""
        return [json.loads(frame)["type"] for frame in self.conversation.take()[0]]


def test_workflow_started_comes_first() -> None:
    talk = Talk()
    talk.say("a")
    frames, over = talk.conversation.take()
    assert [json.loads(frame)["type"] for frame in frames] == ["workflow_started", "text_message"]
    assert json.loads(frames[0])["content"] == {
        "name": "quiz",
        "description": "A quiz",
        "params": {"level": 1},
    }
    assert not over


def test_a_workflow_started_of_the_provider_is_not_doubled() -> None:
    talk = Talk()
    own = encode("workflow_started", {"name": "x", "description": None, "params": {}}, workflow_uuid=UUID)
    talk.conversation.post("workflow_started", own)
    talk.say("a")
    assert talk.take() == ["workflow_started", "text_message"]


def test_begin_says_it_once() -> None:
    talk = Talk()
    talk.conversation.begin()
    talk.conversation.begin()
    talk.say("a")
    assert talk.take() == ["workflow_started", "text_message"]


def test_one_wake_up_for_all_that_was_not_taken() -> None:
    talk = Talk()
    talk.say("a")
    talk.say("b")
    assert talk.woken == 1
    talk.take()
    talk.say("c")
    assert talk.woken == 2


def test_a_question_is_answered() -> None:
    talk = Talk()
    question = talk.ask("q")
    assert talk.state() is ConversationState.AWAITING_ANSWER
    assert talk.take() == ["workflow_started", "text_input"]
    assert talk.conversation.answer("yes") is Verdict.TAKEN
    assert talk.done == ["q"]
    assert talk.conversation.answer_to(question) == "yes"
    assert talk.state() is ConversationState.RUNNING


def test_a_text_before_the_question_is_sent_is_not_its_answer() -> None:
    talk = Talk()
    talk.ask("q")
    assert talk.conversation.answer("too early") is Verdict.NOT_ASKED
    talk.take()
    assert talk.conversation.answer("now") is Verdict.TAKEN
    assert talk.conversation.answer("twice") is Verdict.NOT_ASKED


def test_questions_at_the_same_time_go_out_one_after_the_other() -> None:
    talk = Talk()
    first, second = talk.ask("first"), talk.ask("second")
    assert talk.take() == ["workflow_started", "text_input"]
    assert talk.conversation.answer("1") is Verdict.TAKEN
    assert talk.state() is ConversationState.AWAITING_ANSWER
    assert talk.conversation.answer("early") is Verdict.NOT_ASKED
    assert talk.take() == ["text_input"]
    assert talk.conversation.answer("2") is Verdict.TAKEN
    assert (first.answer, second.answer) == ("1", "2")
    assert talk.done == ["first", "second"]


def test_an_invalid_answer_gets_an_error_and_the_same_message_again() -> None:
    talk = Talk()
    question = talk.ask("q", ["a", "b"])
    asked = talk.conversation.take()[0][-1]
    assert talk.conversation.answer("c") is Verdict.INVALID
    error, again = talk.conversation.take()[0]
    assert json.loads(error)["type"] == "error"
    assert json.loads(error)["content"]["long"] == "Answer with one of: a, b."
    assert again == asked
    assert talk.done == []
    assert talk.conversation.answer("b") is Verdict.TAKEN
    assert question.answer == "b"


def test_several_choices() -> None:
    talk = Talk()
    question = talk.ask("q", ["a,b", "c"], single=False)
    talk.take()
    assert talk.conversation.answer("c,a,b") is Verdict.TAKEN
    assert question.answer == "c,a,b"


def test_too_many_invalid_answers_fail_the_workflow_even_if_it_goes_on() -> None:
    talk = Talk(invalid_answers=3)
    question = talk.ask("q", ["a"])
    for _ in range(3):
        talk.take()
        assert talk.conversation.answer("x") is Verdict.INVALID
    assert talk.done == ["q"]
    assert talk.take() == []
    with pytest.raises(TooManyInvalidAnswers):
        talk.conversation.answer_to(question)
    with pytest.raises(TooManyInvalidAnswers):
        talk.say("as if nothing had happened")
    talk.conversation.finish("fine")
    frames, over = talk.conversation.take()
    assert [json.loads(frame)["type"] for frame in frames] == ["error", "workflow_completed"]
    assert (
        json.loads(frames[1])["content"]["result"]
        == "The workflow failed. 3 invalid answers to one question."
    )
    assert over
    assert talk.state() is ConversationState.FAILED


def test_the_end() -> None:
    talk = Talk()
    talk.conversation.finish("done")
    frames, over = talk.conversation.take()
    assert [json.loads(frame)["type"] for frame in frames] == ["workflow_started", "workflow_completed"]
    assert over
    assert talk.state() is ConversationState.COMPLETED
    with pytest.raises(ConversationClosed):
        talk.say("late")
    talk.conversation.fail("too late to matter")
    assert talk.take() == []


def test_a_failure_is_an_error_and_a_completion_that_repeats_it() -> None:
    talk = Talk()
    talk.conversation.fail("no money")
    _, error, completed = (json.loads(frame) for frame in talk.conversation.take()[0])
    assert error["content"] == {"short": "The workflow failed.", "long": "no money"}
    assert completed["content"] == {"result": "The workflow failed. no money"}
    assert talk.state() is ConversationState.FAILED


def test_a_completion_by_the_provider_is_not_doubled() -> None:
    talk = Talk()
    talk.say("fine", kind="workflow_completed")
    talk.conversation.finish("again")
    assert talk.take() == ["workflow_started", "workflow_completed"]


def test_a_completion_releases_whoever_waits() -> None:
    talk = Talk()
    question = talk.ask("q")
    talk.say("fine", kind="workflow_completed")
    assert talk.done == ["q"]
    with pytest.raises(ConversationClosed):
        talk.conversation.answer_to(question)


def test_when_the_socket_is_gone_every_call_raises() -> None:
    talk = Talk()
    question = talk.ask("q")
    talk.conversation.close()
    assert talk.done == ["q"]
    assert talk.conversation.told
    for call in (lambda: talk.conversation.answer_to(question), lambda: talk.say("a"), lambda: talk.ask("b")):
        with pytest.raises(ConversationClosed):
            call()
    assert talk.state() is ConversationState.CANCELLED
    talk.conversation.finish("nobody hears it")
    assert talk.take() == []
    talk.conversation.close()


def test_a_workflow_that_is_too_far_ahead_waits() -> None:
    talk = Talk(buffered_messages=3)
    assert [talk.say("a"), talk.say("b")] == [True, False]  # with workflow_started, that makes three
    assert talk.conversation.wait_for_room(lambda: talk.done.append("room"))
    assert talk.done == []
    talk.take()
    assert talk.done == ["room"]
    assert not talk.conversation.wait_for_room(lambda: talk.done.append("again"))


def test_size_counts_too() -> None:
    talk = Talk(buffered_bytes=1000)
    assert not talk.say("x" * 1000)


def test_a_workflow_that_waits_for_room_is_released_when_the_socket_is_gone() -> None:
    talk = Talk(buffered_messages=1)
    talk.say("a")
    assert talk.conversation.wait_for_room(lambda: talk.done.append("room"))
    talk.conversation.close()
    assert talk.done == ["room"]
    with pytest.raises(ConversationClosed):
        talk.conversation.check_open()
    assert not talk.conversation.wait_for_room(lambda: None)
