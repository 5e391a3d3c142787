"""Every message vector through the Python codec, and canaries that prove that the vectors can fail."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from fastagency_sdk._generated import messages
from fastagency_sdk._generated.rest.response import parse
from fastagency_sdk._generated.tables import DEFAULT_TYPE, MESSAGE_CLASSES
from fastagency_sdk.codec import Unknown, decode, encode
from fastagency_sdk.errors import MalformedMessage
from vector_judge import Codec, Vector, faults, judge, vectors
from wire_spec import schema_faults, strict_json


def message_codec(frame: str) -> tuple[str, Any]:
    """The SDK's codec: decoded, and written again."""
    try:
        message = decode(frame)
    except MalformedMessage as error:
        raise ValueError(str(error)) from error
    if isinstance(message, Unknown):
        assert message.text == frame
        return "Unknown", message.raw
    return type(message).__name__, json.loads(encode(message))


def body_codec(vector: Vector) -> Codec:
    """The REST client's reading of a body that is of the vector's type."""
    model = getattr(messages, vector.kind)

    def codec(frame: str) -> tuple[str, Any]:
        body = parse(model, httpx.Response(200, content=frame.encode()))
        return vector.kind, json.loads(encode(body))

    return codec


@pytest.mark.parametrize("vector", vectors("messages"), ids=lambda vector: vector.id)
def test_message(vector: Vector) -> None:
    assert judge(vector, message_codec) is None


@pytest.mark.parametrize("vector", vectors("types"), ids=lambda vector: vector.id)
def test_body(vector: Vector) -> None:
    assert judge(vector, body_codec(vector)) is None


@pytest.mark.parametrize("folder", ["messages", "types"])
def test_json_schema_agrees_with_every_vector(folder: str) -> None:
    """The vectors come from our own reading of the IR; the schemas themselves must say the same."""
    wrong = []
    for vector in vectors(folder):
        try:
            value = strict_json(vector.case["frame"])
        except ValueError:
            legal = False
        else:
            schema = _schema_of(vector, value)
            legal = schema is None or not schema_faults(f"schemas/{schema}.yaml", value)
        if legal != vector.case["valid"]:
            wrong.append(vector.id)
    assert wrong == []


def _schema_of(vector: Vector, value: Any) -> str | None:
    """The schema that a frame falls under; None for a message of an unknown type, which has none."""
    if hasattr(messages, vector.kind):
        return vector.kind
    kind = value.get("type", DEFAULT_TYPE) if isinstance(value, dict) else DEFAULT_TYPE
    if isinstance(kind, str):
        return MESSAGE_CLASSES[kind].__name__ if kind in MESSAGE_CLASSES else None
    return MESSAGE_CLASSES[vector.kind].__name__


def test_every_message_type_has_valid_and_invalid_vectors() -> None:
    found = {(vector.file, vector.case["valid"]) for vector in vectors("messages")}
    assert {(kind, valid) for kind in MESSAGE_CLASSES for valid in (True, False)} <= found
    assert ("unknown", True) in found


def test_canary_that_takes_everything_is_caught() -> None:
    def everything(frame: str) -> tuple[str, Any]:
        try:
            return message_codec(frame)
        except ValueError:
            return "TextMessage", {}

    found = faults("messages", lambda _: everything)
    invalid = [vector for vector in vectors("messages") if not vector.case["valid"]]
    assert len(found) == len(invalid) > 300


def test_canary_that_refuses_unknown_types_is_caught() -> None:
    def closed(frame: str) -> tuple[str, Any]:
        kind, value = message_codec(frame)
        if kind == "Unknown":
            raise ValueError("unknown type")
        return kind, value

    found = faults("messages", lambda _: closed)
    assert {line.split(":")[0] for line in found} == {"unknown"}


def test_canary_that_rounds_integers_is_caught() -> None:
    def rounding(frame: str) -> tuple[str, Any]:
        kind, _ = message_codec(frame)
        message = decode(json.dumps(json.loads(frame, parse_int=lambda digits: int(float(digits)))))
        return kind, message.raw if isinstance(message, Unknown) else json.loads(encode(message))

    found = faults("messages", lambda _: rounding)
    assert any("over 2^53" in line for line in found)


def test_canary_that_writes_null_for_absent_is_caught() -> None:
    def forgetful(frame: str) -> tuple[str, Any]:
        kind, value = message_codec(frame)
        for part in value.get("content", {}).get("body") or [] if kind == "TextMessage" else []:
            if isinstance(part, dict):
                part.setdefault("text", None)
        return kind, value

    assert any("content.body.0.text absent" in line for line in faults("messages", lambda _: forgetful))
