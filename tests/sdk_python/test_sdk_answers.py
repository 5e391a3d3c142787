"""Which answers a question takes, and how they stand on the wire."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from fastagency_sdk import MultipleChoice, NotAsked, TextInput
from fastagency_sdk.answers import Question, frame_for, split_choices
from sdk_python.scripted import HEX


def ask(kind: type[Any], **content: Any) -> Question:
    question: Question = kind(workflow_uuid=HEX, uuid="1", content=content)
    return question


ONE = ask(MultipleChoice, choices=["a", "b,c", ""])
DEFAULTED = ask(MultipleChoice, choices=["a", "b"], default="b")
OUTSIDE = ask(MultipleChoice, choices=["a", "b"], default="other")
MANY = ask(MultipleChoice, choices=["a", "b", "c,d"], single=False)
MANY_DEFAULTED = ask(MultipleChoice, choices=["a", "b"], default="a", single=False)
PLAIN = ask(MultipleChoice, choices=["a", "b"])
NONE = ask(MultipleChoice, choices=[])


@pytest.mark.parametrize(
    ("question", "value", "frame"),
    [
        (ask(TextInput), "anything, \n😀", "anything, \n😀"),
        (ask(TextInput), "", ""),
        (ask(TextInput, suggestions=["x"]), "y", "y"),
        (PLAIN, "a", "a"),
        (PLAIN, ["b"], "b"),
        (PLAIN, ("b",), "b"),
        (ONE, "b,c", "b,c"),
        (ONE, "", ""),
        (DEFAULTED, "", ""),
        (DEFAULTED, [], ""),
        (OUTSIDE, "other", "other"),
        (OUTSIDE, "", ""),
        (MANY, [], ""),
        (MANY, "", ""),
        (MANY, "a", "a"),
        (MANY, "a,b", "a,b"),
        (MANY, "b,c,d,a", "b,c,d,a"),
        (MANY, ["b", "a"], "b,a"),
        (MANY, ["c,d", "a"], "c,d,a"),
        (MANY, ["a", "a"], "a,a"),
        (MANY, (choice for choice in "ab"), "a,b"),
        (MANY_DEFAULTED, "", ""),
    ],
)
def test_what_a_question_takes(question: Question, value: str | Iterable[str], frame: str) -> None:
    assert frame_for(question, value) == frame


@pytest.mark.parametrize(
    ("question", "value", "why"),
    [
        (ask(TextInput), ["a"], "one string"),
        (ask(TextInput), None, "one string"),
        (PLAIN, "c", "none of the choices"),
        (PLAIN, "A", "none of the choices"),
        (PLAIN, "", "exactly one"),
        (PLAIN, [], "exactly one"),
        (PLAIN, ["a", "b"], "exactly one"),
        (PLAIN, "a,b", "none of the choices"),
        (PLAIN, [1], "is a string"),
        (NONE, "a", "there are none"),
        (NONE, "", "there are none"),
        (MANY, "x", "none of the choices"),
        (MANY, "a,x", "none of the choices"),
        (MANY, ["a", "x"], "none of the choices"),
        (MANY, "a,", "none of the choices"),
        (MANY, ",", "none of the choices"),
        (ask(TextInput), "\ud800", "UTF-8"),
    ],
)
def test_what_a_question_refuses(question: Question, value: Any, why: str) -> None:
    with pytest.raises(NotAsked, match=why):
        frame_for(question, value)


def test_a_refused_secret_is_not_repeated() -> None:
    with pytest.raises(NotAsked) as caught:
        frame_for(ask(TextInput, password=True), "hunter2\ud800")
    error: BaseException | None = caught.value
    assert "hunter2" not in repr(error)
    assert error is not None
    assert error.__cause__ is None
    assert error.__suppress_context__


@pytest.mark.parametrize(
    ("text", "choices", "parts"),
    [
        ("", ["a"], []),
        ("", ["a", ""], [""]),
        ("a", ["a"], ["a"]),
        ("a,b", ["a", "b"], ["a", "b"]),
        ("a,b", ["a,b", "a"], ["a,b"]),
        ("a,b,c", ["a", "b,c"], ["a", "b,c"]),
        ("a,b,c", ["a,b", "c", "a"], ["a,b", "c"]),
        ("a,", ["a"], None),
        ("a,", ["a", ""], ["a", ""]),
        (",", [""], ["", ""]),
        ("ab", ["a", "b"], None),
        ("x", [], None),
    ],
)
def test_joined_answers_are_taken_apart(text: str, choices: list[str], parts: list[str] | None) -> None:
    assert split_choices(text, choices) == parts


def test_taking_apart_is_not_exponential() -> None:
    choices = [",".join(["a"] * n) for n in range(1, 30)]
    assert split_choices(",".join(["a"] * 5000) + "!", choices) is None
