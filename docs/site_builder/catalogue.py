"""What the page of the messages shows, as plain rows: the templates only lay them out."""

from __future__ import annotations

import json
from dataclasses import dataclass

from fastagency_generators.ir import model as ir

from .dialects import Dialects
from .examples import Case

__all__ = ["Catalogue", "Entry", "FieldRow", "NamedType"]


@dataclass(frozen=True)
class FieldRow:
    """One row of a table of fields.

    `link` is the named type to link to, `default` JSON, `dialect` the dialect that alone has the field; all
    three are "" if there is none. `secret` fields are for the wire alone.
    """

    name: str
    type: str
    link: str
    required: bool
    nullable: bool
    default: str
    dialect: str
    secret: bool
    description: str


@dataclass(frozen=True)
class Entry:
    """One message: what the spec says of it, the rows of its fields (or its `content`'s) and its examples."""

    type: str
    title: str
    summary: str
    description: str
    asks: bool
    logged: bool
    rows: tuple[FieldRow, ...]
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class NamedType:
    """A type that fields refer to by name: its fields, its values, or the kinds of value that it may be."""

    name: str
    description: str
    rows: tuple[FieldRow, ...] = ()
    values: tuple[ir.EnumValue, ...] = ()
    branches: tuple[str, ...] = ()


class Catalogue:
    """The messages of both dialects, each in the order of the spec."""

    def __init__(self, protocol: ir.Protocol, dialects: Dialects, cases: dict[str, tuple[Case, ...]]) -> None:
        """Lay out `protocol`; `cases` are the examples of its messages, by type."""
        self._protocol = protocol
        self._dialects = dialects
        self._cases = cases

    def first_frame(self) -> Entry:
        """Return the JSON frame with which a client of classic starts. Raises StopIteration without one."""
        channel = self._protocol.channel
        return self._entry(
            next(it for it in channel.from_client if not it.raw_text and self._dialects.classic(it))
        )

    def raw_answer(self) -> ir.Message:
        """Return the raw text frame of a client of classic. Raises StopIteration when there is none."""
        return next(message for message in self._protocol.channel.from_client if message.raw_text)

    def workflow_messages(self) -> tuple[Entry, ...]:
        """Return what a workflow says and asks, in both dialects. The rows are those of the `content`."""
        return tuple(
            self._entry(it, content=True)
            for it in self._protocol.channel.from_server
            if self._dialects.classic(it)
        )

    def session_messages(self) -> tuple[Entry, ...]:
        """Return the messages of the server that only `fastagency.v1` has."""
        return tuple(
            self._entry(it) for it in self._protocol.channel.from_server if not self._dialects.classic(it)
        )

    def session_frames(self) -> tuple[Entry, ...]:
        """Return the frames of the client that only `fastagency.v1` has."""
        return tuple(
            self._entry(it) for it in self._protocol.channel.from_client if not self._dialects.classic(it)
        )

    def announced(self) -> tuple[FieldRow, ...]:
        """Return the fields that only `fastagency.v1` has in the good responses of the REST operations."""
        bodies = [operation.responses[0].body for operation in self._protocol.operations]
        nodes = [self._protocol.type_named(body.name) for body in bodies if isinstance(body, ir.Ref)]
        rows = (row for node in nodes if isinstance(node, ir.Object) for row in self._rows(node))
        return tuple(row for row in rows if row.dialect)

    def envelope(self) -> tuple[FieldRow, ...]:
        """Return the fields that the messages of a workflow have around their `content`.

        Raises ValueError when two of them disagree about the fields of classic: then there is no envelope to
        speak of. The fields of `fastagency.v1` alone are listed when any message has them.
        """
        payloads = [
            self._payload(it) for it in self._protocol.channel.from_server if self._dialects.classic(it)
        ]
        tables = [self._rows(payload) for payload in payloads]
        if len({tuple(row.name for row in rows if not row.dialect) for rows in tables}) != 1:
            raise ValueError("the messages of the workflow have no common envelope")
        return max(tables, key=len)

    def named_types(self) -> tuple[NamedType, ...]:
        """Return the types that the fields of some message name, and those that these name in turn."""
        found: dict[str, NamedType] = {}
        for message in (*self._protocol.channel.from_server, *self._protocol.channel.from_client):
            if not message.raw_text:
                node = self._content(message) if self._has_content(message) else self._payload(message)
                for field in node.fields:
                    self._collect(field.type, found)
        return tuple(found.values())

    def _collect(self, kind: ir.Type, found: dict[str, NamedType]) -> None:
        name = _reference(kind)
        if not name or name in found:
            return
        inner: tuple[ir.Type, ...] = ()
        match self._protocol.type_named(name):
            case ir.Object(description=description, fields=fields) as node:
                found[name] = NamedType(name, description, rows=self._rows(node))
                inner = tuple(field.type for field in fields)
            case ir.KindUnion(description=description, branches=branches):
                found[name] = NamedType(name, description, branches=tuple(map(_type_text, branches)))
                inner = branches
            case ir.Enum(description=description, values=values):
                found[name] = NamedType(name, description, values=values)
            case node:
                found[name] = NamedType(name, node.description)
        for kind in inner:
            self._collect(kind, found)

    def _entry(self, message: ir.Message, content: bool = False) -> Entry:
        payload = self._payload(message)
        return Entry(
            message.type,
            message.title,
            message.summary,
            payload.description,
            message.asks,
            self._has(payload, "seq") and message in self._protocol.channel.from_server,
            self._rows(self._content(message) if content else payload),
            self._cases[message.type],
        )

    def _rows(self, node: ir.Object) -> tuple[FieldRow, ...]:
        return tuple(
            FieldRow(
                field.name,
                _type_text(field.type),
                _reference(field.type),
                field.required,
                field.nullable,
                json.dumps(field.default) if field.has_default else "",
                self._dialects.of_field(node.name, field.name),
                field.secret,
                field.description,
            )
            for field in node.fields
        )

    def _payload(self, message: ir.Message) -> ir.Object:
        assert isinstance(message.payload, ir.Ref)  # lint: a JSON message's payload is a $ref
        node = self._protocol.type_named(message.payload.name)
        assert isinstance(node, ir.Object)  # lint: … to an object
        return node

    def _has_content(self, message: ir.Message) -> bool:
        return self._has(self._payload(message), "content")

    def _content(self, message: ir.Message) -> ir.Object:
        field = next(field for field in self._payload(message).fields if field.name == "content")
        assert isinstance(field.type, ir.Ref)  # lint: no inline objects
        node = self._protocol.type_named(field.type.name)
        assert isinstance(node, ir.Object)
        return node

    @staticmethod
    def _has(node: ir.Object, name: str) -> bool:
        return any(field.name == name for field in node.fields)


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
