"""What Ruby calls the types and fields of the spec, and which names it keeps for itself."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..ir.model import Field, Object, Protocol, Ref
from ..ir.names import constant, snake

__all__ = ["attribute_names", "enum_constants", "takes_nil", "type_names"]

# fmt: off
_INSTANCE_METHODS = {
    "class", "clone", "deconstruct_keys", "define_singleton_method", "display", "dup", "enum_for",
    "extend", "extra", "freeze", "hash", "initialize", "inspect", "instance_eval", "instance_exec",
    "instance_variable_get", "instance_variable_set", "instance_variables", "itself", "method",
    "methods", "object_id", "private_methods", "protected_methods", "public_method",
    "public_methods", "public_send", "raise", "raw_text", "send", "singleton_class",
    "singleton_method", "singleton_methods", "tap", "then", "to_enum", "to_h", "to_json", "to_s",
    "wire_fields", "with", "with_raw_text",
}
"""What every object of Ruby, and every value of the SDK, has as a method."""

_CONSTANTS = {
    "ABSENT", "Answers", "Attribute", "ArgumentError", "Array", "BasicObject", "ByteStream",
    "Class", "Client", "CloseCode", "CloseCodeReader", "Closure", "Codec", "Comparable",
    "Connection", "Conversation", "ConversationError", "ConversationLost", "ConversationProtocol",
    "ConversationRefused", "Data", "Deadline", "Dir", "EOFError", "Encoding", "Endpoints", "Frames",
    "Enumerable", "Enumerator", "Errno", "Error", "Exception", "File", "Float", "Handshake", "Hash",
    "Headers", "Heartbeat", "IO", "IOError", "Integer", "JSON", "Kernel", "Lifecycle",
    "MalformedMessage", "Method", "Mismatch", "Module", "Mutex", "Net", "NilClass", "NotAsked",
    "Numeric", "Object", "OpenSSL", "Operation", "Operations", "Options", "Proc", "Process",
    "Random", "Range", "Rational", "Regexp", "RequestRefused", "Rest", "Retry", "RuntimeError",
    "SecureRandom", "ServerUnreachable", "Set", "Signal", "Socket", "SocketError", "StandardError",
    "StrictJSON", "String", "StringIO", "Struct", "Symbol", "SystemCallError", "Thread", "Time", "TimedOut",
    "Timeout", "TypeError", "Types", "URI", "Unknown", "Value", "Version", "WebSocket", "Zlib",
}
"""What the code inside of the SDK's module means something else by."""
# fmt: on

_LEADING_DIGIT = re.compile(r"[0-9]")


def type_names(protocol: Protocol) -> dict[str, str]:
    """Return the constant of each type, by its name in the spec.

    It is that name, unless Ruby or the SDK means something else by it (`Error` is the base of the SDK's
    errors): then a word more. Raises ValueError when two types get one name.
    """
    messages = {
        message.payload.name
        for message in (*protocol.channel.from_server, *protocol.channel.from_client)
        if isinstance(message.payload, Ref)
    }
    names = {}
    for node in protocol.types:
        more = "Message" if node.name in messages else "Value"
        names[node.name] = node.name + more if node.name in _CONSTANTS else node.name
    _refuse_twins("the types", names.items())
    return names


def attribute_names(node: Object) -> dict[str, str]:
    """Return the name of each field as an attribute, by its name on the wire.

    A name that an object needs for itself gets an underscore. Raises ValueError when two get one name.
    """
    names = {}
    for field in node.fields:
        name = snake(field.name)
        if _LEADING_DIGIT.match(name):
            name = f"_{name}"
        names[field.name] = f"{name}_" if name in _INSTANCE_METHODS else name
    _refuse_twins(node.source, names.items())
    return names


def enum_constants(source: str, values: Iterable[str]) -> dict[str, str]:
    """Return the constant of each value of an enum. Raises ValueError when two get one name."""
    names = {}
    for value in values:
        name = constant(value)
        names[value] = f"VALUE_{name}" if _LEADING_DIGIT.match(name) or name == "ALL" else name
    _refuse_twins(source, names.items())
    return names


def takes_nil(field: Field) -> bool:
    """Whether the attribute can be nil: null on the wire, or absent."""
    return field.nullable or not (field.required or field.has_default)


def _refuse_twins(source: str, names: Iterable[tuple[str, str]]) -> None:
    seen: dict[str, str] = {}
    for original, name in names:
        if name in seen:
            raise ValueError(f"{source}: {seen[name]!r} and {original!r} are both `{name}` in Ruby")
        seen[name] = original
