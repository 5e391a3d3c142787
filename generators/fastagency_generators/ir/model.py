"""The protocol as language-neutral nodes: what `build` makes of the spec and what every emitter reads.

No target language has a word in here: names are as a person wrote them in the spec (`TextMessage`,
`call_id`), and an emitter turns them into its language's casing with `ir.names`.

A field's *type* is one of `Scalar`, `Json`, `ListOf` and `Ref`; a `Ref` names one of the protocol's named
types, `Object`, `Enum`, `Union` or `KindUnion`. There are no anonymous types (rule 3 of the architecture).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum as PyEnum
from typing import Any


class ScalarKind(PyEnum):
    """The JSON scalars that a field can hold."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"


class JsonKind(PyEnum):
    """Free JSON: any value, or any object."""

    VALUE = "value"
    OBJECT = "object"


@dataclass(frozen=True)
class Scalar:
    """A string, integer, number or boolean, with the constraints that the spec puts on it."""

    kind: ScalarKind
    pattern: str | None = None
    min_length: int | None = None
    const: str | None = None


@dataclass(frozen=True)
class Json:
    """JSON whose form the protocol leaves open (`params`, `arguments`, `retval`)."""

    kind: JsonKind


@dataclass(frozen=True)
class ListOf:
    """A list whose items all have one type."""

    item: Type


@dataclass(frozen=True)
class Ref:
    """A named type of the protocol, by its name."""

    name: str


Type = Scalar | Json | ListOf | Ref


@dataclass(frozen=True)
class Field:
    """One property of an object. `required` and `nullable` are separate: absent is not null.

    `secret` says that the value is for the wire alone: what a language prints of the object leaves it out.
    """

    name: str
    type: Type
    description: str
    required: bool
    nullable: bool
    has_default: bool = False
    default: Any = None
    example: Any = None
    secret: bool = False


@dataclass(frozen=True)
class Object:
    """A JSON object with named fields. `open` means that fields beside these are kept, not just ignored."""

    name: str
    description: str
    fields: tuple[Field, ...]
    open: bool
    source: str


@dataclass(frozen=True)
class EnumValue:
    """One value of an `Enum`, as it stands on the wire."""

    value: str
    description: str


@dataclass(frozen=True)
class Enum:
    """A closed list of strings."""

    name: str
    description: str
    values: tuple[EnumValue, ...]
    source: str


@dataclass(frozen=True)
class Variant:
    """One branch of a `Union`: the value of the tag field, and the object it selects."""

    tag: str
    type: Ref


@dataclass(frozen=True)
class Union:
    """Objects told apart by the value of one field. Every reader adds a branch for unknown tags.

    `default_tag` is what a frame without the tag field counts as (None: the tag is required).
    """

    name: str
    description: str
    tag_field: str
    variants: tuple[Variant, ...]
    default_tag: str | None
    source: str


@dataclass(frozen=True)
class KindUnion:
    """Values told apart by their JSON kind alone, such as a string or a list. No branches share one."""

    name: str
    description: str
    branches: tuple[Type, ...]
    source: str


NamedType = Object | Enum | Union | KindUnion


@dataclass(frozen=True)
class Message:
    """One message of the channel. `payload` is an object, or a scalar for a raw text frame."""

    name: str
    type: str
    title: str
    summary: str
    payload: Type
    asks: bool
    raw_text: bool


@dataclass(frozen=True)
class Header:
    """One header of a response."""

    name: str
    description: str
    type: Scalar


@dataclass(frozen=True)
class Response:
    """One documented status of an operation. `body` is None when the response has none."""

    status: int
    description: str
    body: Type | None
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True)
class Operation:
    """One REST operation. `name` is the operationId; `request` is None when it takes no body."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    request: Ref | None
    responses: tuple[Response, ...]


@dataclass(frozen=True)
class CloseCode:
    """One WebSocket close code. `client` is what a client does next: `none`, `retry` or `resume`."""

    code: int
    name: str
    meaning: str
    client: str


@dataclass(frozen=True)
class State:
    """One state of a conversation, with the message types that are legal in it, by sender."""

    name: str
    description: str
    final: bool
    client: tuple[str, ...]
    server: tuple[str, ...]


@dataclass(frozen=True)
class Transition:
    """From one state to another, on a message type or an event.

    `first_message` is the type of the message that the server must send first in the new state (None: any).
    """

    source: str
    on: str
    target: str
    first_message: str | None = None


@dataclass(frozen=True)
class Lifecycle:
    """The states of a conversation and how it moves between them."""

    initial: str
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]


@dataclass(frozen=True)
class Channel:
    """The WebSocket: its path, and the messages of each direction in the order of the spec."""

    path: str
    from_server: tuple[Message, ...]
    from_client: tuple[Message, ...]


@dataclass(frozen=True)
class Protocol:
    """The whole protocol. `types` are ordered so that each stands after those it refers to."""

    version: str
    types: tuple[NamedType, ...]
    operations: tuple[Operation, ...]
    channel: Channel
    close_codes: tuple[CloseCode, ...]
    lifecycle: Lifecycle

    def type_named(self, name: str) -> NamedType:
        """Return the named type `name`. Raises KeyError when the protocol has none of that name."""
        for node in self.types:
            if node.name == name:
                return node
        raise KeyError(name)
