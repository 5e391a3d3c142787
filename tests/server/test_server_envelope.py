"""envelope.py: what a workflow says, checked and encoded."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest
from fastagency_sdk import TextMessage
from fastagency_sdk.codec import decode
from fastagency_server.envelope import content_fields, encode, error_frame, new_uuid
from fastagency_server.errors import InvalidMessage

UUID = "6f1ed002ab5f4d3e9b6a7c1d2e3f4a5b"


def test_a_frame_holds_exactly_the_fields_of_the_schema() -> None:
    frame = encode("text_message", {"body": "é\n"}, workflow_uuid=UUID, sender="A", uuid="u")
    assert json.loads(frame) == {
        "workflow_uuid": UUID,
        "sender": "A",
        "recipient": None,
        "auto_reply": False,
        "uuid": "u",
        "content": {"body": "é\n"},
        "type": "text_message",
    }
    assert isinstance(decode(frame), TextMessage)


def test_content_parts_keep_their_own_fields() -> None:
    body = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "x"}}]
    assert json.loads(encode("text_message", {"body": body}, workflow_uuid=UUID))["content"]["body"] == body


@pytest.mark.parametrize(
    ("kind", "content", "envelope", "field"),
    [
        ("text_message", {"body": 5}, {}, "content.body"),
        ("text_message", {"body": [{"text": "no type"}]}, {}, "content.body"),
        ("text_message", {"body": "a"}, {"sender": 5}, "sender"),
        ("text_message", {"body": "a"}, {"auto_reply": "yes"}, "auto_reply"),
        ("text_message", {"body": "a"}, {"uuid": ""}, "uuid"),
        ("text_message", {"body": "\ud800"}, {}, "content.body"),
        ("text_input", {"prompt": None, "suggestions": [1], "password": False}, {}, "content.suggestions.0"),
        ("text_input", {"prompt": None, "suggestions": "ab", "password": False}, {}, "content.suggestions"),
        ("multiple_choice", {"prompt": None, "choices": ["a"], "default": 1, "single": True}, {}, "default"),
        ("workflow_completed", {"result": {"a": 1}}, {}, "content.result"),
        ("system_message", {"message": {"a": float("nan")}}, {}, "content.message"),
        ("system_message", {"message": {1: 2}}, {}, "content.message"),
        ("function_call_execution", {"retval": float("inf")}, {}, "content.retval"),
        ("function_call_execution", {"retval": object()}, {}, "content.retval"),
        ("function_call_execution", {"retval": "\ud800"}, {}, "content.retval"),
        ("function_call_execution", {"retval": {"a": {1, 2}}}, {}, "content.retval"),
    ],
)
def test_what_the_protocol_cannot_carry_is_an_error_that_names_the_field(
    kind: str, content: dict[str, Any], envelope: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidMessage, match=re.escape(field)) as caught:
        encode(kind, content, workflow_uuid=UUID, **envelope)
    assert str(caught.value).startswith(f"{kind}: ")
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, TypeError)


def test_a_cycle_is_an_error() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    with pytest.raises(InvalidMessage, match=r"content\.retval"):
        encode("function_call_execution", {"retval": cycle}, workflow_uuid=UUID)


def test_message_uuids_do_not_repeat_when_a_workflow_seeds_random() -> None:
    random.seed(1)
    first = [new_uuid() for _ in range(100)]
    random.seed(1)
    second = [new_uuid() for _ in range(100)]
    assert len({*first, *second}) == 200
    assert all(re.fullmatch(r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", uuid) for uuid in first)


def test_content_fields_come_from_the_generated_models() -> None:
    assert content_fields("error") == {"short", "long", "code"}
    assert content_fields("keep_alive") == frozenset()


def test_an_error_of_the_server_needs_no_conversation() -> None:
    assert json.loads(error_frame("Short."))["workflow_uuid"] == "0" * 32
