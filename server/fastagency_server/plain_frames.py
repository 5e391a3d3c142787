"""The short way to a frame: for messages of plain fields whose like has been checked before.

Whether a string, a boolean or null is right in a field depends on its type alone (`uuid` must not be empty
besides); and where the model takes any object, or any texts, so does an object whose names are strings, or a
list of strings. So a message whose fields are all of these, with the same names and the same types as one
that the generated model took, needs no model; and its JSON can be put together from encoded values.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring
from operator import call
from typing import Any, Final

from fastagency_sdk._generated.tables import MESSAGE_CLASSES
from pydantic import BaseModel

__all__ = ["note_valid", "plain_frame"]

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
_OPEN_ENCODERS: Final[dict[type, Callable[[Any], str]]] = {dict: _object, list: _texts}

_WORDS: Final = {True: "true", False: "false", None: "null"}
_PLAIN_ENCODERS: Final[dict[type, Callable[[Any], str]]] = {
    str: encode_basestring,
    bool: _WORDS.__getitem__,
    type(None): _WORDS.__getitem__,
}

_Signature = tuple[Any, ...]
_known: dict[_Signature, tuple[str, tuple[Callable[[Any], str], ...]]] = {}
"""For each signature of a message that was right: its frame with places for values, and what encodes each."""


def plain_frame(
    kind: str,
    content: Mapping[str, Any],
    workflow_uuid: str,
    sender: Any,
    recipient: Any,
    auto_reply: Any,
    uuid: Any,
) -> str | None:
    """Return the frame of a message whose like is known to be right, None for every other one."""
    values = (sender, recipient, auto_reply, uuid, *content.values())
    known = _known.get((kind, *content, *map(type, values)))
    if known is None or not uuid:
        return None
    form, encoders = known
    try:
        frame = form % (workflow_uuid, *map(call, encoders, values))
    except (TypeError, ValueError, RecursionError):
        return None  # the long way says which field it is
    if not frame.isascii():
        try:
            frame.encode()
        except UnicodeEncodeError:
            return None  # the long way says which field it is
    return frame


def note_valid(
    kind: str, content: Mapping[str, Any], sender: Any, recipient: Any, auto_reply: Any, uuid: Any
) -> None:
    """Note that a message like this is right: the generated model took it."""
    types = [type(value) for value in (sender, recipient, auto_reply, uuid, *content.values())]
    encoders = [_PLAIN_ENCODERS.get(found) for found in types[:4]]
    encoders += [_encoder(kind, name, type(value)) for name, value in content.items()]
    known = tuple(encoder for encoder in encoders if encoder is not None)
    if len(known) == len(types):
        named = ",".join(f'"{name}":%s' for name in content)
        form = (
            '{"workflow_uuid":"%s","sender":%s,"recipient":%s,"auto_reply":%s,"uuid":%s,'
            f'"content":{{{named}}},"type":"{kind}"}}'
        )
        _known[kind, *content, *types] = form, known


def _encoder(kind: str, name: str, found: type) -> Callable[[Any], str] | None:
    open_encoder = _OPEN_ENCODERS.get(found) if (kind, name) in _OPEN else None
    return open_encoder or _PLAIN_ENCODERS.get(found)
