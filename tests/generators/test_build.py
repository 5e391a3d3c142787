"""From the spec to the IR."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from copied_spec import PROJECT, CopiedSpec
from fastagency_generators.ir.build import build
from fastagency_generators.ir.dump import dump
from fastagency_generators.ir.model import Field, Json, JsonKind, ListOf, Object, Protocol, Ref, Scalar, Union
from fastagency_generators.ir.values import Mismatch, read
from fastagency_generators.spec.lint import lint
from fastagency_generators.spec.load import load_spec

FOUR_WAYS = """\
title: ErrorContent
description: A field of each combination.
type: object
required: [plain, nullable]
properties:
  plain: {description: Required., type: string, examples: [a]}
  nullable: {description: Required and nullable., type: [string, 'null'], examples: [a]}
  optional: {description: Optional., type: string, examples: [a]}
  optional_nullable: {description: Optional and nullable., type: [string, 'null'], examples: [a]}
  defaulted: {description: Optional with a default., type: string, default: d, examples: [a]}
"""


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return build(load_spec(PROJECT / "spec"))


def fields(protocol: Protocol, name: str) -> dict[str, Field]:
    node = protocol.type_named(name)
    assert isinstance(node, Object)
    return {field.name: field for field in node.fields}


def test_types_stand_after_those_they_refer_to(protocol: Protocol) -> None:
    seen: set[str] = set()
    for node in protocol.types:
        if isinstance(node, Object):
            for field in node.fields:
                kind = field.type.item if isinstance(field.type, ListOf) else field.type
                assert not isinstance(kind, Ref) or kind.name in seen
        if isinstance(node, Union):
            assert {variant.type.name for variant in node.variants} <= seen
        seen.add(node.name)


def test_required_and_nullable_are_separate(tmp_path: Path) -> None:
    copied = CopiedSpec(tmp_path)
    (copied.spec / "schemas/ErrorContent.yaml").write_text(FOUR_WAYS)
    spec = load_spec(copied.spec)
    assert lint(spec) == []
    found = {
        name: (field.required, field.nullable, field.has_default)
        for name, field in fields(build(spec), "ErrorContent").items()
    }
    assert found == {
        "plain": (True, False, False),
        "nullable": (True, True, False),
        "optional": (False, False, False),
        "optional_nullable": (False, True, False),
        "defaulted": (False, False, True),
    }


def test_kinds_of_fields(protocol: Protocol) -> None:
    assert fields(protocol, "FunctionCallExecutionContent")["retval"].type == Json(JsonKind.VALUE)
    assert fields(protocol, "WorkflowStartedContent")["params"].type == Json(JsonKind.OBJECT)
    assert fields(protocol, "ValidationErrorResponse")["detail"].type == ListOf(Ref("ValidationIssue"))
    body = fields(protocol, "TextMessageContent")["body"]
    assert (body.type, body.nullable) == (Ref("MessageBody"), True)
    uuid = fields(protocol, "TextInput")["uuid"].type
    assert isinstance(uuid, Scalar)
    assert uuid.min_length == 1


def test_union_of_messages(protocol: Protocol) -> None:
    union = protocol.type_named("ServerMessage")
    assert isinstance(union, Union)
    assert union.default_tag == "text_message"
    assert {variant.tag: variant.type.name for variant in union.variants}["keep_alive"] == "KeepAlive"
    assert [variant.tag for variant in union.variants] == [it.type for it in protocol.channel.from_server]


def test_channel(protocol: Protocol) -> None:
    assert [message.type for message in protocol.channel.from_server if message.asks] == [
        "text_input",
        "multiple_choice",
    ]
    assert [(message.type, message.raw_text) for message in protocol.channel.from_client] == [
        ("initiate_workflow", False),
        ("raw_answer", True),
        ("start_workflow", False),
        ("resume_workflow", False),
        ("answer", False),
        ("cancel_workflow", False),
        ("acknowledge", False),
    ]


def test_lifecycle_key_that_yaml_1_1_takes_for_a_boolean(protocol: Protocol) -> None:
    assert protocol.lifecycle.transitions[0].on == "initiate_workflow"
    assert protocol.lifecycle.transitions[0].first_message == "workflow_started"


def test_operations(protocol: Protocol) -> None:
    discovery, initiate = protocol.operations
    assert discovery.request is None
    assert discovery.responses[0].body == ListOf(Ref("WorkflowInfo"))
    assert initiate.request == Ref("InitiateWorkflowRequest")
    overloaded = next(response for response in initiate.responses if response.status == 503)
    assert [header.name for header in overloaded.headers] == ["Retry-After"]


def test_unknown_type_name(protocol: Protocol) -> None:
    with pytest.raises(KeyError):
        protocol.type_named("Nothing")


def test_dump_is_json_that_names_every_node(protocol: Protocol) -> None:
    dumped = json.loads(dump(protocol))
    assert dumped["node"] == "Protocol"
    assert {node["node"] for node in dumped["types"]} == {"Enum", "Object", "Union", "KindUnion"}
    assert len(dumped["types"]) == len(protocol.types)


def test_reading_fills_defaults_in_and_drops_unknown_fields(protocol: Protocol) -> None:
    assert read(protocol, Ref("TextInputContent"), {"prompt": "?", "later": 1}) == {
        "prompt": "?",
        "suggestions": [],
        "password": False,
        "expires_at": None,
    }


def test_reading_says_where_a_value_is_wrong(protocol: Protocol) -> None:
    with pytest.raises(Mismatch) as caught:
        read(protocol, Ref("TextInputContent"), {"suggestions": ["a", 2]})
    assert caught.value.path == ("suggestions", 1)
