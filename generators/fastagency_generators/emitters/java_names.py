"""Names in Java: casing, and what the language or the generated code needs for itself."""

from __future__ import annotations

from collections.abc import Iterable

from ..ir.model import Enum, EnumValue, Field, Object, Protocol, Scalar, ScalarKind, Union
from ..ir.names import camel, constant

__all__ = ["class_names", "component_names", "constant_names", "free_name"]


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


_KEYWORDS = _set(
    """
    _ abstract assert boolean break byte case catch char class const continue default do double else enum
    extends false final finally float for goto if implements import instanceof int interface long native new
    null package private protected public return short static strictfp super switch synchronized this throw
    throws transient true try void volatile while
    """
)
_METHODS = _set("clone equals finalize getClass hashCode notify notifyAll toString wait toJson fromJson")
"""What every object has, and what every generated one has: no component can have such a name."""

_TAKEN_CLASSES = _set(
    """
    Appendable Boolean Byte Character Class Comparable Deprecated Double Enum Error Exception Float Integer
    Iterable Long Math Module Number Object Override Package Process Record Runnable Runtime RuntimeException
    Short StackTraceElement String StringBuilder System Thread Throwable Void
    BooleanNode Decoder Decoders DoubleNode Encoders Fields Function JsonNode JsonValue List LongNode Map
    NullMarked NullNode Nullable ObjectNode Objects Omittable Optional Set TextNode WireObject
    """
)
"""Classes that sources call by their simple names: those of java.lang, and those that the emitter imports."""

_OWN_CLASSES = _set("CloseCode ConversationState Lifecycle Operation ProtocolInfo Question")
"""What the emitter itself writes beside the spec's types."""


def class_names(protocol: Protocol) -> dict[str, str]:
    """Return the class of each named type. One whose name Java needs gets `Message` or `Value` behind it.

    Raises ValueError when two types would be one class.
    """
    variants = {
        variant.type.name for node in protocol.types if isinstance(node, Union) for variant in node.variants
    }
    names: dict[str, str] = {}
    for node in protocol.types:
        name = node.name
        if name in _TAKEN_CLASSES:
            name += "Message" if name in variants else "Value"
        if name in _OWN_CLASSES or name in names.values():
            raise ValueError(f"{node.source}: there is another Java class {name!r} already")
        names[node.name] = name
    return names


def component_names(node: Object, fields: Iterable[Field]) -> dict[str, str]:
    """Return the record component of each field. Raises ValueError when two fields would be one."""
    names: dict[str, str] = {}
    for field in fields:
        name = camel(field.name)
        if name[0].isdigit():
            name = f"_{name}"
        if name in _KEYWORDS or name in _METHODS:
            # `shortText` and `defaultText` read better than what a mark would make of a keyword.
            name += (
                "Text" if isinstance(field.type, Scalar) and field.type.kind is ScalarKind.STRING else "Value"
            )
        if name in names.values():
            raise ValueError(f"{node.source}: two fields are {name!r} in Java: {field.name!r} is one")
        names[field.name] = name
    return names


def constant_names(node: Enum) -> dict[str, str]:
    """Return the enum constant of each value. Raises ValueError when two values would be one."""
    names: dict[str, str] = {}
    for value in node.values:
        name = _constant(value)
        if name in names.values():
            raise ValueError(f"{node.source}: two values are {name!r} in Java: {value.value!r} is one")
        names[value.value] = name
    return names


def free_name(taken: Iterable[str], *candidates: str) -> str:
    """Return the first candidate that is not taken; if all are, the last one with a mark behind it."""
    used = set(taken)
    return next((name for name in candidates if name not in used), f"{candidates[-1]}_")


def _constant(value: EnumValue) -> str:
    name = constant(value.value)
    return f"_{name}" if name[0].isdigit() else name
