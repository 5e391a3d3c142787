"""The short way to a frame: for messages of plain fields whose like has been checked before.

Whether a string, a boolean or null is right in a field depends on its type alone (`uuid` must not be empty
besides); and where the model takes any object, or any texts, so does an object whose names are strings, or a
list of strings. So a message whose fields are all of these, with the same names and the same types as one
that the generated model took, needs no model, and goes to the fastest encoder that there is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import orjson
from fastagency_sdk._generated.tables import MESSAGE_CLASSES
from pydantic import BaseModel

__all__ = ["Signature", "note_valid", "plain_frame"]

_PLAIN: Final = frozenset((str, bool, type(None)))
"""What is right in a field because of its type alone, and is the same in every encoder's JSON."""

# Not orjson: it makes null of NaN, and text of dates.
_encode: Final = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode


def _object(value: dict[Any, Any]) -> str:
    if not all(type(name) is str for name in value):
        raise TypeError("a name is no string")
    return _encode(value)


def _texts(value: list[Any]) -> str:
    if not all(type(text) is str for text in value):
        raise TypeError("a text is no string")
    return _encode(value)


def _open_fields(kind: str, model: type[BaseModel]) -> set[tuple[str, str]]:
    """The fields of a message's content that take any object, or any texts."""
    if "content" not in model.model_fields:
        return set()
    content = model.model_fields["content"].annotation
    assert isinstance(content, type)
    assert issubclass(content, BaseModel)
    fields = content.model_fields.items()
    return {(kind, name) for name, field in fields if field.annotation in (dict[str, Any], list[str])}


_OPEN: Final = frozenset(field for known in MESSAGE_CLASSES.items() for field in _open_fields(*known))
_Encoder = Callable[[Any], str]
_OPEN_ENCODERS: Final[dict[type, _Encoder]] = {dict: _object, list: _texts}

Signature = tuple[Any, ...]
"""What a message is like: its type, the types of `sender`, `recipient`, `auto_reply` and `uuid`, the names of
its content's fields, and their types."""

_known: dict[Signature, dict[str, _Encoder]] = {}
"""For each signature of a message that was right: what encodes its fields that are open, by name."""


def plain_frame(signature: Signature, envelope: dict[str, Any]) -> str | None:
    """Return the frame of a message whose like is known to be right, None for every other one."""
    open_fields = _known.get(signature)
    if open_fields is None or not envelope["uuid"]:
        return None
    try:
        if open_fields:
            content = envelope["content"]
            encoded = {name: orjson.Fragment(encode(content[name])) for name, encode in open_fields.items()}
            envelope = {**envelope, "content": {**content, **encoded}}
        return orjson.dumps(envelope).decode()
    except (TypeError, ValueError, RecursionError):
        return None  # the long way says which field it is


def note_valid(signature: Signature, envelope: dict[str, Any]) -> None:
    """Note that a message like this is right: the generated model took it."""
    content = envelope["content"]
    open_fields = {
        name: _OPEN_ENCODERS[type(value)]
        for name, value in content.items()
        if (envelope["type"], name) in _OPEN and type(value) in _OPEN_ENCODERS
    }
    plain = [value for name, value in envelope.items() if name != "content"]
    plain += [value for name, value in content.items() if name not in open_fields]
    if _PLAIN.issuperset(map(type, plain)):
        _known[signature] = open_fields
