"""Example frames, put together from the examples that the spec gives for each field."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from fastagency_generators.ir import model as ir

from .dialects import Dialects

__all__ = ["Answer", "Case", "cases", "example", "frame", "overlay", "replies"]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Answer:
    """One answer to a question: the raw text frame of classic, the `value` of `fastagency.v1`, and a note."""

    frame: str
    value: Any
    note: str


@dataclass(frozen=True)
class Case:
    """One example of a message: its frame in each dialect that has it, and frames that answer it.

    `classic` and `session` are the frame in classic and in `fastagency.v1`; None where the dialect does not
    have the message. `answers` are there when the message asks.
    """

    title: str
    classic: dict[str, Any] | None
    session: dict[str, Any] | None
    answers: tuple[Answer, ...] = ()


def example(protocol: ir.Protocol, name: str, given: Mapping[str, Any] = _NOTHING) -> dict[str, Any]:
    """Return an example of the object type `name`, every field present; `given` are values to take.

    Raises KeyError when the protocol has no such type, TypeError when it is not an object, ValueError when
    the spec has no example of a field and none is given.
    """
    node = protocol.type_named(name)
    if not isinstance(node, ir.Object):
        raise TypeError(f"{name} is not an object")
    return {
        field.name: copy.deepcopy(given[field.name])
        if field.name in given
        else _value(protocol, field, f"{name}.{field.name}")
        for field in node.fields
    }


def frame(protocol: ir.Protocol, message: ir.Message, given: Mapping[str, Any] = _NOTHING) -> dict[str, Any]:
    """Return an example of a JSON message, as `example` does. Raises TypeError for a raw text frame."""
    if not isinstance(message.payload, ir.Ref):
        raise TypeError(f"{message.name} is a raw text frame")
    return example(protocol, message.payload.name, given)


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


def overlay(base: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of `base` with `changes`; `content` is changed field by field, the rest replaced."""
    result = copy.deepcopy(base)
    for key, value in changes.items():
        if key == "content":
            result["content"] |= copy.deepcopy(value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def cases(protocol: ir.Protocol, dialects: Dialects, source: Path) -> dict[str, tuple[Case, ...]]:
    """Return the examples of every JSON message, by type.

    `source` is a YAML file with the cases beyond the plain one. Raises ValueError when it names an unknown
    type or field, so that it cannot outlive a change of the spec, or when a question has no answer.
    """
    told: dict[str, Any] = yaml.safe_load(source.read_text(encoding="utf-8"))
    messages = (*protocol.channel.from_client, *protocol.channel.from_server)
    known = {message.type: message for message in messages if not message.raw_text}
    if strange := sorted(set(told) - set(known)):
        raise ValueError(f"{source.name}: no messages of these types: {', '.join(strange)}")
    result = {}
    for kind, message in known.items():
        entries = told.get(kind, [{"title": "Example"}])
        result[kind] = tuple(
            _case(protocol, dialects, message, entry, f"{source.name}: {kind}") for entry in entries
        )
        if message.asks and not all(case.answers for case in result[kind]):
            raise ValueError(f"{source.name}: {kind} asks, so each of its examples needs an answer")
    return result


def _case(
    protocol: ir.Protocol, dialects: Dialects, message: ir.Message, entry: dict[str, Any], where: str
) -> Case:
    changes = entry.get("changes", {})
    whole = frame(protocol, message, changes)
    _refuse_strange(changes, whole, where)
    content = entry.get("content", {})
    _refuse_strange(content, whole.get("content", {}), f"{where}: content")
    whole = overlay(whole, {"content": content} if content else {})
    classic = None
    if dialects.classic(message):
        assert isinstance(message.payload, ir.Ref)  # lint: a JSON message's payload is a $ref
        classic = dialects.in_classic(whole, message.payload.name)
    first = classic is not None and message in protocol.channel.from_client
    answers = tuple(Answer(it["frame"], it["value"], it["note"]) for it in entry.get("answers", []))
    return Case(entry["title"], classic, None if first else whole, answers)


def _refuse_strange(given: Mapping[str, Any], known: Mapping[str, Any], where: str) -> None:
    if strange := sorted(set(given) - set(known)):
        raise ValueError(f"{where} has no fields of these names: {', '.join(strange)}")


def _value(protocol: ir.Protocol, field: ir.Field, where: str) -> Any:
    if field.example is not None or not isinstance(field.type, ir.Ref):
        return copy.deepcopy(field.example)
    match protocol.type_named(field.type.name):
        case ir.Object(name=name):
            return example(protocol, name)
        case ir.Enum(values=values):
            return values[0].value
        case _:
            raise ValueError(f"{where}: the spec has no example of it, and none is given")
