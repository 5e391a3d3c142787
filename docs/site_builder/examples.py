"""Example frames, put together from the examples that the spec gives for each field."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from fastagency_generators.ir import model as ir

__all__ = ["Answer", "Case", "cases", "example", "frame", "overlay", "replies"]


@dataclass(frozen=True)
class Answer:
    """One raw text frame that answers a question, and when it is the right one."""

    frame: str
    note: str


@dataclass(frozen=True)
class Case:
    """One example of a message: its frame, and, when it asks, frames that answer it."""

    title: str
    frame: dict[str, Any]
    answers: tuple[Answer, ...]


def example(protocol: ir.Protocol, name: str) -> dict[str, Any]:
    """Return an example of the object type `name`, every field present.

    Raises KeyError when the protocol has no such type, TypeError when it is not an object.
    """
    node = protocol.type_named(name)
    if not isinstance(node, ir.Object):
        raise TypeError(f"{name} is not an object")
    return {field.name: _value(protocol, field) for field in node.fields}


def frame(protocol: ir.Protocol, message: ir.Message) -> dict[str, Any]:
    """Return an example of a JSON message. Raises TypeError for a raw text frame, which has no fields."""
    if not isinstance(message.payload, ir.Ref):
        raise TypeError(f"{message.name} is a raw text frame")
    return example(protocol, message.payload.name)


def replies(protocol: ir.Protocol) -> dict[str, Any]:
    """Return an example of each REST operation's good response, by operation."""
    result: dict[str, Any] = {}
    for operation in protocol.operations:
        body = operation.responses[0].body
        match body:
            case ir.ListOf(ir.Ref(name)):
                result[operation.name] = [example(protocol, name)]
            case ir.Ref(name):
                result[operation.name] = example(protocol, name)
            case _:
                raise TypeError(f"{operation.name}: no example can be made of {body}")
    return result


def overlay(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of `base` with `changes`; `content` is changed field by field, the rest replaced."""
    result = copy.deepcopy(base)
    for key, value in changes.items():
        if key == "content":
            result["content"] |= copy.deepcopy(value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def cases(protocol: ir.Protocol, source: Path) -> dict[str, tuple[Case, ...]]:
    """Return the examples of every message of the server, by type.

    `source` is a YAML file with the cases beyond the plain one. Raises ValueError when it names an unknown
    type or field, so that it cannot outlive a change of the spec.
    """
    told: dict[str, Any] = yaml.safe_load(source.read_text(encoding="utf-8"))
    known = {message.type: message for message in protocol.channel.from_server}
    if strange := sorted(set(told) - set(known)):
        raise ValueError(f"{source.name}: no messages of these types: {', '.join(strange)}")
    result = {}
    for kind, message in known.items():
        plain = frame(protocol, message)
        result[kind] = tuple(
            _case(plain, entry, f"{source.name}: {kind}") for entry in told.get(kind, [{"title": "Example"}])
        )
        if message.asks and not all(case.answers for case in result[kind]):
            raise ValueError(f"{source.name}: {kind} asks, so each of its examples needs an answer")
    return result


def _case(plain: dict[str, Any], entry: dict[str, Any], where: str) -> Case:
    content = entry.get("content", {})
    if strange := sorted(set(content) - set(plain["content"])):
        raise ValueError(f"{where}: content has no fields of these names: {', '.join(strange)}")
    answers = tuple(Answer(it["frame"], it["note"]) for it in entry.get("answers", []))
    return Case(entry["title"], overlay(plain, {"content": content}), answers)


def _value(protocol: ir.Protocol, field: ir.Field) -> Any:
    if field.example is None and isinstance(field.type, ir.Ref):
        return example(protocol, field.type.name)
    return copy.deepcopy(field.example)
