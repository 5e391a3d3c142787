"""Fields that the spec marks as secret: which they are, where the mark is refused, and what Python prints."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import fastagency_sdk
import pytest
from copied_spec import PROJECT
from fastagency_generators.ir.build import build
from fastagency_generators.ir.dump import dump
from fastagency_generators.ir.model import Field, Object, Protocol
from fastagency_generators.spec.lint import lint
from fastagency_generators.spec.load import load_spec

GOLDEN = PROJECT / "tests" / "golden"


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return build(load_spec(PROJECT / "spec"))


def fields(protocol: Protocol) -> dict[str, Field]:
    """Every field of the protocol, by its type's name and its own."""
    objects = [node for node in protocol.types if isinstance(node, Object)]
    return {f"{node.name}.{field.name}": field for node in objects for field in node.fields}


def test_tokens_tickets_and_answers_are_secret(protocol: Protocol) -> None:
    """Spec FA-SEC-3, FA-ANS-6."""
    assert {name for name, field in fields(protocol).items() if field.secret} == {
        "AnswerFrame.value",
        "InitiatedWorkflow.resume_token",
        "InitiatedWorkflow.ticket",
        "ResumeWorkflow.resume_token",
        "SessionReady.resume_token",
        "StartWorkflow.resume_token",
    }


def test_the_dump_says_what_is_secret(protocol: Protocol) -> None:
    assert dump(protocol).count('"secret": true') == 6


def test_no_type_of_the_python_client_prints_its_secrets(protocol: Protocol) -> None:
    hidden = 0
    for node in protocol.types:
        if not isinstance(node, Object) or not any(field.secret for field in node.fields):
            continue
        frame = {field.name: field.example for field in node.fields if field.example is not None}
        secrets = [field.name for field in node.fields if field.secret]
        frame |= {"user_id": None, "mode": "fresh"} | dict.fromkeys(secrets, "hush")
        value = getattr(fastagency_sdk, node.name).model_validate(frame)
        assert {json.loads(value.model_dump_json())[name] for name in secrets} == {"hush"}
        for printed in (repr(value), str(value), repr([value]), repr(list(value.__repr_args__()))):
            assert "hush" not in printed
            assert frame["workflow_uuid" if "workflow_uuid" in frame else "question_uuid"] in printed
        hidden += len(secrets)
    assert hidden == 6


MISTAKES = {
    "no list": ("Key.yaml", "x-secret: [text]", "x-secret: text", "/x-secret", "must be a list of names"),
    "no field": (
        "Key.yaml",
        "x-secret: [text]",
        "x-secret: [text, texts]",
        "/x-secret/1",
        "hides 'texts', which is not one of the properties",
    ),
    "no name": ("Key.yaml", "x-secret: [text]", "x-secret: [[text]]", "/x-secret/0", "not one of the"),
    "a constant": (
        "Note.yaml",
        "required: [type, content]",
        "required: [type, content]\nx-secret: [type]",
        "/x-secret/0",
        "'type' is a constant",
    ),
    "an enum": (
        "NoteContent.yaml",
        "value: {$ref: Reply.yaml}",
        "value: {$ref: Choice.yaml}",
        "/x-secret/2",
        "'value' is an enum",
    ),
    "an enum or null": (
        "NoteContent.yaml",
        "- $ref: Reply.yaml",
        "- $ref: Choice.yaml",
        "/x-secret/3",
        "'spare' is an enum",
    ),
    "inside an enum": (
        "Choice.yaml",
        "enum: [a]",
        "enum: [a]\nx-secret: [a]",
        "/x-secret",
        "unknown keyword",
    ),
    "inside a union": ("Reply.yaml", "oneOf:", "x-secret: [a]\noneOf:", "/x-secret", "unknown keyword"),
    "beside a field": (
        "Key.yaml",
        "{description: The key.,",
        "{description: The key., x-secret: true,",
        "/properties/text/x-secret",
        "unknown keyword",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mark_where_it_makes_no_sense_is_refused(name: str, tmp_path: Path) -> None:
    file, old, new, pointer, complaint = MISTAKES[name]
    spec = tmp_path / "spec"
    shutil.copytree(GOLDEN / "base", spec)
    shutil.copytree(GOLDEN / "secrets" / "input", spec, dirs_exist_ok=True)
    (spec / "schemas" / "Choice.yaml").write_text(
        "title: Choice\ndescription: One.\ntype: string\nenum: [a]\nx-enumDescriptions: {a: One.}\n"
    )
    assert [fault.file for fault in lint(load_spec(spec))] == ["schemas/Choice.yaml"]  # nothing refers to it

    text = (spec / "schemas" / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (spec / "schemas" / file).write_text(text.replace(old, new), encoding="utf-8")

    faults = [fault for fault in lint(load_spec(spec)) if "nothing refers to" not in fault.what]
    assert [(fault.file, fault.pointer) for fault in faults] == [(f"schemas/{file}", pointer)]
    assert complaint in faults[0].what
