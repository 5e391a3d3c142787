"""Text frames to messages and back: the one Python form of the wire format, for clients and the server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast
from weakref import ref

from pydantic import BaseModel, TypeAdapter, ValidationError

from ._finite import free_fields, is_finite
from ._generated.messages import ServerMessage
from ._generated.tables import DEFAULT_TYPE, MESSAGE_CLASSES
from .errors import MalformedMessage

__all__ = ["Message", "Unknown", "decode", "encode", "first_fault", "place_of", "raw_text", "seq_of"]


@dataclass(frozen=True)
class Unknown:
    """A message whose type this version of the protocol does not know. It is kept, never an error.

    `type` is the type it claims, `raw` the decoded JSON object, `text` the frame as it arrived.
    """

    type: str
    raw: dict[str, Any]
    text: str


class _Text(ref[BaseModel]):
    """A frame's text, for as long as there is the message that it was decoded to."""

    __slots__ = ("key", "text")
    key: int
    text: str


def _forget(kept: ref[BaseModel]) -> None:
    del _TEXTS[cast(_Text, kept).key]


# Beside the messages and not in them, so that comparing, printing and encoding know nothing of it. By their
# id: a model that holds free JSON has no hash.
_TEXTS: dict[int, _Text] = {}

Message = ServerMessage | Unknown
"""What a conversation yields: one of the messages of the protocol, or `Unknown`."""

_SERVER_MESSAGE: TypeAdapter[ServerMessage] = TypeAdapter(ServerMessage)
# Made once: json.dumps makes a new encoder for each call with options of its own.
_ENCODER = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":"))
# What each type's messages may hold infinities in.
_FREE_FIELDS = {model: free_fields(model) for model in MESSAGE_CLASSES.values()}


def decode(text: str) -> Message:
    """Decode one text frame from a server.

    A frame without `type` is a `text_message`; fields that are not known are ignored; a type that is not
    known comes back as `Unknown`. Raises `MalformedMessage` when the frame is no JSON object, nests deeper
    than about 200 levels, holds a number that no 64-bit float can (1e999), or is a known type with a missing
    field or one of the wrong type.
    """
    # Pydantic's own parser is about twice as fast as json.loads and a validation, but it lets NaN through
    # (under Any) and tells less about what is wrong. It takes the ordinary frame; the slow way judges every
    # other one.
    if not _may_hold_constants(text):
        try:
            message = _SERVER_MESSAGE.validate_json(text, strict=True)
        except ValidationError:
            return _decode_slowly(text)
        return _received(message, text)
    return _decode_slowly(text)


def raw_text(message: Message) -> str | None:
    """Return the frame that `message` was decoded from, None for a message that was not received.

    It holds the fields that this version does not know, which the message itself leaves out. A copy of a
    message counts as not received.
    """
    if isinstance(message, Unknown):
        return message.text
    kept = _TEXTS.get(id(message))
    return None if kept is None else kept.text


def seq_of(message: Message) -> int | None:
    """Return a message's place in the log of `fastagency.v1`; None for one that is not logged (spec
    FA-RES-1)."""
    seq = message.raw.get("seq") if isinstance(message, Unknown) else getattr(message, "seq", None)
    return seq if isinstance(seq, int) and not isinstance(seq, bool) else None


def place_of(text: str) -> tuple[str | None, int | None]:
    """Return the type and the place in the log of a frame that is no message; None for what it does not even
    say."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None, None
    if not isinstance(value, dict):
        return None, None
    kind = value.get("type")
    return kind if isinstance(kind, str) else None, seq_of(Unknown("", value, text))


def encode(message: BaseModel) -> str:
    """Encode one message or frame as strict JSON.

    Raises ValueError for what JSON cannot say (spec FA-CLA-7): NaN, infinities, objects that are no JSON
    values, text that is not Unicode, and values that hold themselves or nest deeper than Python follows.
    """
    try:
        text = _ENCODER.encode(message.model_dump(by_alias=True))
    except (TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    text.encode()  # refuses half of a surrogate pair, which is no character
    return text


def first_fault(error: ValidationError) -> str:
    """Return the first thing that a validation found wrong: where, and what. It does not repeat the value."""
    fault = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, fault["loc"]))
    return f"{where}: {fault['msg']}" if where else fault["msg"]


def _decode_slowly(text: str) -> Message:
    try:
        raw = json.loads(text, parse_constant=_refuse_constant)
        # Half of a surrogate pair is no character: it could neither be shown nor sent on.
        json.dumps(raw, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise MalformedMessage(f"the frame is not JSON: {error}", text) from error
    if not isinstance(raw, dict):
        raise MalformedMessage("the frame is not a JSON object", text)
    kind = raw.get("type", DEFAULT_TYPE)
    if not isinstance(kind, str):
        raise MalformedMessage("type: must be a string", text)
    model = MESSAGE_CLASSES.get(kind)
    if model is None:
        if not is_finite(raw):
            raise _too_large(kind, text)
        return Unknown(kind, raw, text)
    try:
        # From the text again: only there is the string of an enum no fault to a strict reader.
        message = cast(ServerMessage, model.model_validate_json(text, strict=True))
    except ValidationError as error:
        raise MalformedMessage(f"{kind}: {first_fault(error)}", text) from error
    return _received(message, text)


def _received(message: ServerMessage, text: str) -> ServerMessage:
    """Return a message that was decoded from `text`, once nothing is wrong with it, and keep its text."""
    for value_of in _FREE_FIELDS[type(message)]:
        value = value_of(message)
        if not isinstance(value, str) and not is_finite(value):
            raise _too_large(message.type, text)
    kept = _Text(message, _forget)
    kept.key = id(message)
    kept.text = text
    _TEXTS[kept.key] = kept
    return message


def _too_large(kind: str, text: str) -> MalformedMessage:
    return MalformedMessage(f"{kind}: a number is beyond what a 64-bit float holds", text)


def _may_hold_constants(text: str) -> bool:
    """Say whether a word that is no JSON may stand in `text`. It may also be inside of a string."""
    return "NaN" in text or "Infinity" in text


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
