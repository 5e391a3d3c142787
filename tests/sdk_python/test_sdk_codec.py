"""Text frames to messages and back, at the edges. (The vectors of spec/vectors judge the ordinary cases.)"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from fastagency_sdk import (
    FunctionCallExecution,
    FunctionCallExecutionContent,
    MalformedMessage,
    TextMessage,
    TextMessageContent,
    Unknown,
)
from fastagency_sdk._generated.tables import MESSAGE_CLASSES
from fastagency_sdk.codec import decode, encode
from sdk_python.scripted import HEX, message


def returning(raw: str) -> str:
    """Return the frame of a function's result that is this JSON, or what claims to be JSON."""
    return message("function_call_execution", retval="@").replace('"@"', raw)


def retval(raw: str) -> Any:
    received = decode(returning(raw))
    assert isinstance(received, FunctionCallExecution)
    return received.content.retval


def result(value: Any) -> FunctionCallExecution:
    return FunctionCallExecution(
        workflow_uuid=HEX, uuid="1", content=FunctionCallExecutionContent(retval=value)
    )


@pytest.mark.parametrize("kind", list(MESSAGE_CLASSES))
def test_every_type_there_and_back(kind: str) -> None:
    received = decode(message(kind))
    assert type(received) is MESSAGE_CLASSES[kind]
    assert decode(encode(received)) == received


@pytest.mark.parametrize("number", [2**53 + 1, -(2**63) - 1, 2**64, 10**300])
def test_big_integers_stay_exact(number: int) -> None:
    assert retval(str(number)) == number
    assert str(number) in encode(result(number))


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "[1, NaN]", '{"a": -Infinity}'])
def test_what_is_no_json_number_is_refused(word: str) -> None:
    with pytest.raises(MalformedMessage, match="is not JSON"):
        decode(returning(word))


@pytest.mark.parametrize(
    "number", ["1e999", "-1e999", "[1, 1e999]", '{"a": [{"b": -1E+400}]}', "9" * 400 + ".0"]
)
def test_what_no_float_can_hold_is_refused(number: str) -> None:
    """Python reads an infinity, which nobody sent."""
    for text in (returning(number), returning(f'["NaN", {number}]')):  # the quick way, and the slow one
        with pytest.raises(MalformedMessage, match="function_call_execution: a number is beyond what"):
            decode(text)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("suggested_function_call", '{"arguments": {"a": 1e999}}'),
        ("system_message", '{"message": {"a": 1e999}}'),
        ("workflow_started", '{"params": {"a": 1e999}}'),
        ("text_message", '{"body": [{"type": "later", "a": {"b": 1e999}}]}'),
        ("later_type", '{"a": 1e999}'),
    ],
)
def test_it_is_refused_wherever_free_json_stands(kind: str, content: str) -> None:
    with pytest.raises(MalformedMessage, match=f"{kind}: a number is beyond what"):
        decode(message(kind, a="@").replace('{"a": "@"}', content))


def test_numbers_just_within_and_the_word_in_texts_are_fine() -> None:
    assert retval('[1e308, -1e308, 1e-999, "inf", {"inf": null}]') == [1e308, -1e308, 0, "inf", {"inf": None}]
    assert isinstance(decode(message("text_message", body="inf, 1e999")), TextMessage)


def test_what_is_ignored_may_be_any_number() -> None:
    for word in ("", "NaN"):
        text = message("text_message", body=word).replace('"body"', '"x_later": 1e999, "body"')
        assert isinstance(decode(text), TextMessage)


@pytest.mark.parametrize("text", ["NaN", "Infinity is long", "-Infinity"])
def test_the_same_words_in_a_text_are_fine(text: str) -> None:
    assert retval(json.dumps(text)) == text
    assert decode(encode(result(text))) == result(text)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")], {"a": {"b": float("nan")}}])
def test_no_nan_is_sent(value: Any) -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        encode(result(value))


def loop() -> list[Any]:
    inner: list[Any] = []
    inner.append(inner)
    return inner


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [object(), datetime(2026, 1, 1), {1, 2}, b"bytes", "\ud800", {"\udfff": 1}, loop(), deep(100_000)],
)
def test_what_json_cannot_say_is_a_value_error(value: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has its own words
        encode(result(value))


@pytest.mark.parametrize("levels", [1, 50, 150])
def test_nesting_arrives(levels: int) -> None:
    assert retval("[" * levels + "]" * levels) == deep(levels - 1)


@pytest.mark.parametrize(
    "frame",
    ["[" * 200_000, returning("[" * 200_000), returning("[" * 100_000 + "]" * 100_000), '{"a":' * 100_000],
)
def test_nesting_without_end_is_malformed(frame: str) -> None:
    with pytest.raises(MalformedMessage):
        decode(frame)


@pytest.mark.parametrize("frame", ["", " ", "{", "null", "1", '"text"', "[]", "\ufeff{}", "{'a': 1}", "\x00"])
def test_what_is_no_json_object_is_malformed(frame: str) -> None:
    with pytest.raises(MalformedMessage) as caught:
        decode(frame)
    assert caught.value.text == frame


@pytest.mark.parametrize("raw", ['"\\ud800"', '{"\\udc00": 1}', '["a\\uDBFFb"]'])
def test_half_a_character_is_malformed(raw: str) -> None:
    with pytest.raises(MalformedMessage, match="surrogate"):
        decode(returning(raw))


def test_of_two_fields_with_one_name_the_last_counts() -> None:
    assert retval('1, "retval": 2') == 2
    assert (
        decode(message("text_message", body="x").replace('"type"', '"type": "unheard", "type"')).type
        == "text_message"
    )


@pytest.mark.parametrize("kind", [1, None, [], {}, True])
def test_a_type_that_is_no_string_is_malformed(kind: Any) -> None:
    with pytest.raises(MalformedMessage, match="type: must be a string"):
        decode(json.dumps({"type": kind, "content": {}}))


def test_a_frame_without_a_type_is_a_text_message() -> None:
    envelope = json.loads(message("text_message", body="hi"))
    del envelope["type"]
    received = decode(json.dumps(envelope))
    assert isinstance(received, TextMessage)
    assert received.content.body == "hi"


def test_an_unknown_type_needs_nothing_else() -> None:
    assert decode('{"type": "", "x": [1]}') == Unknown("", {"type": "", "x": [1]}, '{"type": "", "x": [1]}')


def test_the_message_says_where_the_fault_is_and_not_what_it_holds() -> None:
    with pytest.raises(MalformedMessage, match=r"^text_input: content\.password: ") as caught:
        decode(message("text_input", password="hunter2"))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("text_input", {"password": "true"}),
        ("text_input", {"password": 1}),
        ("text_input", {"suggestions": ["a", 1]}),
        ("multiple_choice", {"choices": "ab"}),
        ("multiple_choice", {"single": None}),
        ("text_message", {"body": 1}),
        ("text_message", {"body": [{}]}),
        ("workflow_completed", {"result": {}}),
        ("suggested_function_call", {"arguments": []}),
    ],
)
def test_nothing_is_converted(kind: str, content: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessage):
        decode(message(kind, **content))


def test_the_fast_and_the_slow_way_agree() -> None:
    # A NaN inside of a text sends a frame the slow way.
    for kind in MESSAGE_CLASSES:
        fast = decode(message(kind))
        slow = decode(message(kind)[:-1] + ', "note": "NaN"}')
        assert fast == slow


def test_frames_are_compact_and_hold_every_field() -> None:
    said = TextMessage(workflow_uuid=HEX, uuid="1", content=TextMessageContent(body="é"))
    assert encode(said) == (
        f'{{"workflow_uuid":"{HEX}","sender":null,"recipient":null,"auto_reply":false,"uuid":"1",'
        '"content":{"body":"é"},"seq":null,"timestamp":null,"type":"text_message"}'
    )
