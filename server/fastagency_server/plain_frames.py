"""The short way to a frame: for messages of plain fields whose like has been checked before.

Whether a string, a boolean or null is right in a field depends on its type alone (`uuid` must not be empty
besides); and where the model takes any object, or any texts, so does an object whose names are strings, or a
list of strings. So a message whose fields are all of these, with the same names and the same types as one
that the generated model took, needs no model, and goes to the fastest encoder that there is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from fastagency_sdk._generated.tables import MESSAGE_CLASSES
from pydantic import BaseModel

__all__ = ["note_valid", "plain_frame"]

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

_Signature = tuple[Any, ...]
_known: dict[_Signature, dict[str, _Encoder]] = {}
"""For each signature of a message that was right: what encodes its fields that are open, by name."""


def plain_frame(
    kind: str,
    content: dict[str, Any],
    workflow_uuid: str,
    sender: Any,
    recipient: Any,
    auto_reply: Any,
    uuid: Any,
) -> str | None:
    """Return the frame of a message whose like is known to be right, None for every other one."""
    types = map(type, content.values())
    signature = kind, type(sender), type(recipient), type(auto_reply), type(uuid), *content, *types
    open_fields = _known.get(signature)
    if open_fields is None or not uuid:
        return None
    try:
        if open_fields:
            encoded = {name: orjson.Fragment(encode(content[name])) for name, encode in open_fields.items()}
            content = {**content, **encoded}
        return orjson.dumps(
            {
                "workflow_uuid": workflow_uuid,
                "sender": sender,
                "recipient": recipient,
                "auto_reply": auto_reply,
                "uuid": uuid,
                "content": content,
                "type": kind,
            }
        ).decode()
    except (TypeError, ValueError, RecursionError):
        return None  # the long way says which field it is


def note_valid(
    kind: str, content: Mapping[str, Any], sender: Any, recipient: Any, auto_reply: Any, uuid: Any
) -> None:
    """Note that a message like this is right: the generated model took it."""
    envelope = tuple(map(type, (sender, recipient, auto_reply, uuid)))
    fields = {name: type(value) for name, value in content.items()}
    open_fields = {
        name: _OPEN_ENCODERS[found]
        for name, found in fields.items()
        if (kind, name) in _OPEN and found in _OPEN_ENCODERS
    }
    if _PLAIN.issuperset((*envelope, *(found for name, found in fields.items() if name not in open_fields))):
        _known[kind, *envelope, *content, *fields.values()] = open_fields
