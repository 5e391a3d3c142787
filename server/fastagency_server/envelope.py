"""What a workflow says, as a text frame: checked against the generated models, then encoded once.

This runs in the workflow's own thread, so a wrong field raises where the mistake is, and the event loop only
moves finished text.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Mapping
from typing import Any, Final

from fastagency_sdk._generated.tables import MESSAGE_CLASSES
from pydantic import BaseModel, ValidationError

from .errors import InvalidMessage
from .plain_frames import note_valid, plain_frame

__all__ = ["NO_CONVERSATION", "content_fields", "encode", "error_frame", "new_uuid"]

NO_CONVERSATION: Final = "0" * 32
"""`workflow_uuid` of an `error` that is sent before the client has named a conversation."""

_encoder = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":"))

# Message uuids tell messages apart and guard nothing, so a fast generator will do. It is our own instance,
# because a workflow may seed the shared one, and it is seeded again in a forked worker.
_random = random.Random()
_random_bits = _random.getrandbits
if hasattr(os, "register_at_fork"):  # pragma: no branch - absent on Windows only
    os.register_at_fork(after_in_child=_random.seed)

_VERSION_4: Final = (4 << 76) | (2 << 62)
_FREE_BITS: Final = ~((0xF << 76) | (0x3 << 62))


def new_uuid() -> str:
    """Return a new version 4 UUID for a message, 32 hex digits. Not for secrets."""
    return (_random_bits(128) & _FREE_BITS | _VERSION_4).to_bytes(16, "big").hex()


def content_fields(kind: str) -> frozenset[str]:
    """Return the names of the fields in the content of message type `kind`. Raises KeyError for no such
    type."""
    return _CONTENT_FIELDS[kind]


def encode(
    kind: str,
    content: dict[str, Any],
    workflow_uuid: str,
    sender: str | None = None,
    recipient: str | None = None,
    auto_reply: bool = False,
    uuid: str | None = None,
) -> str:
    """Encode one message as a text frame that holds exactly the schema's fields.

    `content` holds every field of the content of `kind`; `uuid` None stands for a new one.
    Raises `InvalidMessage`, naming the field, for a wrong type and for what strict JSON cannot say.
    """
    uuid = new_uuid() if uuid is None else uuid
    types = map(type, content.values())
    signature = kind, type(sender), type(recipient), type(auto_reply), type(uuid), *content, *types
    envelope = {
        "workflow_uuid": workflow_uuid,
        "sender": sender,
        "recipient": recipient,
        "auto_reply": auto_reply,
        "uuid": uuid,
        "content": content,
        "type": kind,
    }
    frame = plain_frame(signature, envelope)
    if frame is not None:
        return frame
    try:
        MESSAGE_CLASSES[kind].model_validate(envelope, strict=True)
    except ValidationError as error:
        raise InvalidMessage(f"{kind}: {_fault(error)}") from None
    try:
        frame = _encoder.encode(envelope)
        if not frame.isascii():
            frame.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidMessage(f"{kind}: content.{_culprit(content)}: {error}") from None
    note_valid(signature, envelope)
    return frame


def error_frame(short: str, long: str | None = None, workflow_uuid: str = NO_CONVERSATION) -> str:
    """Encode an `error` message of the server itself."""
    content = {"short": short, "long": long}
    return encode("error", content, workflow_uuid=workflow_uuid, sender="Workflow", recipient="User")


def _fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


def _culprit(content: Mapping[str, Any]) -> str:
    """Find the field that cannot be encoded."""
    for name, value in content.items():
        try:
            _encoder.encode(value).encode()
        except (TypeError, ValueError, RecursionError):
            return name
    return "?"


def _fields_of_content(model: type[BaseModel]) -> frozenset[str]:
    content = model.model_fields["content"].annotation
    assert isinstance(content, type)
    assert issubclass(content, BaseModel)
    return frozenset(content.model_fields)


_CONTENT_FIELDS: Final = {
    kind: _fields_of_content(model)
    for kind, model in MESSAGE_CLASSES.items()
    if "content" in model.model_fields
}
