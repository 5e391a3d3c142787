"""What the page of the messages shows, as plain rows: the templates only lay them out."""

from __future__ import annotations

import json
from dataclasses import dataclass

from fastagency_generators.ir import model as ir

from .examples import Case, example

__all__ = ["Entry", "FieldRow", "NamedType", "envelope", "first_frame", "named_types", "server_messages"]


@dataclass(frozen=True)
class FieldRow:
    """One row of a table of fields. `link` is the named type to link to, `default` JSON, both "" if none."""

    name: str
    type: str
    link: str
    required: bool
    nullable: bool
    default: str
    description: str


@dataclass(frozen=True)
class Entry:
    """One message: what the spec says of it, the rows of its `content` and its examples."""

    type: str
    title: str
    summary: str
    description: str
    asks: bool
    rows: tuple[FieldRow, ...]
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class NamedType:
    """A type that fields refer to by name: its fields, or the kinds of value that it may be."""

    name: str
    description: str
    rows: tuple[FieldRow, ...]
    branches: tuple[str, ...]


def server_messages(protocol: ir.Protocol, cases: dict[str, tuple[Case, ...]]) -> tuple[Entry, ...]:
    """Return the messages of the server, in the order of the spec."""
    return tuple(
        Entry(
            message.type,
            message.title,
            message.summary,
            _payload(protocol, message).description,
            message.asks,
            _rows(_content(protocol, message)),
            cases[message.type],
        )
        for message in protocol.channel.from_server
    )


def first_frame(protocol: ir.Protocol) -> Entry:
    """Return the JSON frame with which a client starts. Raises StopIteration when there is none."""
    message = next(message for message in protocol.channel.from_client if not message.raw_text)
    payload = _payload(protocol, message)
    case = Case("Example", example(protocol, payload.name), ())
    return Entry(
        message.type, message.title, message.summary, payload.description, False, _rows(payload), (case,)
    )


def envelope(protocol: ir.Protocol) -> tuple[FieldRow, ...]:
    """Return the fields that every message of the server has around its `content`.

    Raises ValueError when two messages disagree about their names: then there is no envelope to speak of.
    """
    payloads = [_payload(protocol, message) for message in protocol.channel.from_server]
    names = {tuple(field.name for field in payload.fields) for payload in payloads}
    if len(names) != 1:
        raise ValueError("the messages of the server have no common envelope")
    return _rows(payloads[0])


def named_types(protocol: ir.Protocol) -> tuple[NamedType, ...]:
    """Return the types that the `content` of some message names, and those that these name in turn."""
    found: dict[str, NamedType] = {}
    for message in protocol.channel.from_server:
        for field in _content(protocol, message).fields:
            _collect(protocol, field.type, found)
    return tuple(found.values())


def _collect(protocol: ir.Protocol, kind: ir.Type, found: dict[str, NamedType]) -> None:
    name = _reference(kind)
    if not name or name in found:
        return
    node = protocol.type_named(name)
    rows: tuple[FieldRow, ...] = ()
    branches: tuple[str, ...] = ()
    inner: list[ir.Type] = []
    if isinstance(node, ir.Object):
        rows, inner = _rows(node), [field.type for field in node.fields]
    elif isinstance(node, ir.KindUnion):
        branches, inner = tuple(map(_type_text, node.branches)), list(node.branches)
    elif isinstance(node, ir.Enum):
        branches = tuple(value.value for value in node.values)
    found[name] = NamedType(name, node.description, rows, branches)
    for kind in inner:
        _collect(protocol, kind, found)


def _payload(protocol: ir.Protocol, message: ir.Message) -> ir.Object:
    assert isinstance(message.payload, ir.Ref)  # lint: a JSON message's payload is a $ref
    node = protocol.type_named(message.payload.name)
    assert isinstance(node, ir.Object)  # lint: … to an object
    return node


def _content(protocol: ir.Protocol, message: ir.Message) -> ir.Object:
    field = next(field for field in _payload(protocol, message).fields if field.name == "content")
    assert isinstance(field.type, ir.Ref)  # lint: no inline objects
    node = protocol.type_named(field.type.name)
    assert isinstance(node, ir.Object)
    return node


def _rows(node: ir.Object) -> tuple[FieldRow, ...]:
    return tuple(
        FieldRow(
            field.name,
            _type_text(field.type),
            _reference(field.type),
            field.required,
            field.nullable,
            json.dumps(field.default) if field.has_default else "",
            field.description,
        )
        for field in node.fields
    )


def _reference(kind: ir.Type) -> str:
    if isinstance(kind, ir.ListOf):
        return _reference(kind.item)
    return kind.name if isinstance(kind, ir.Ref) else ""


def _type_text(kind: ir.Type) -> str:
    match kind:
        case ir.ListOf(item):
            return f"list of {_type_text(item)}"
        case ir.Ref(name):
            return name
        case ir.Json(json_kind):
            return "object" if json_kind is ir.JsonKind.OBJECT else "any JSON"
        case ir.Scalar(scalar):
            return scalar.value
