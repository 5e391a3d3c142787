"""The short way to a frame: for messages of plain fields whose like has been checked before.

Whether a string, a boolean or null is right in a field depends on its type alone (`uuid` must not be empty
besides). So a message whose fields are all of these, with the same names and the same types as one that the
generated model took, needs no model; and its JSON can be put together from escaped strings.
"""

from __future__ import annotations

from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Any, Final

__all__ = ["note_valid", "plain_frame"]

_PLAIN: Final = frozenset({str, bool, type(None)})
_WORDS: Final = {True: "true", False: "false", None: "null"}

_Signature = tuple[Any, ...]
_known: dict[_Signature, tuple[str, ...]] = {}
"""For each signature of a message that was right: what stands before each value of its content."""


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
    keys = _known.get(_signature(kind, content, sender, recipient, auto_reply, uuid))
    if keys is None or not uuid:
        return None
    parts = [
        f'{{"workflow_uuid":"{workflow_uuid}","sender":{_json(sender)},"recipient":{_json(recipient)},'
        f'"auto_reply":{_WORDS[auto_reply]},"uuid":{encode_basestring(uuid)},"content":{{'
    ]
    for key, value in zip(keys, content.values(), strict=True):
        parts += (key, _json(value))
    parts.append(f'}},"type":"{kind}"}}')
    frame = "".join(parts)
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
    signature = _signature(kind, content, sender, recipient, auto_reply, uuid)
    if all(found in _PLAIN for found in signature[2:]):
        names = list(content)
        _known[signature] = tuple(f'{"," if place else ""}"{name}":' for place, name in enumerate(names))


def _signature(
    kind: str, content: Mapping[str, Any], sender: Any, recipient: Any, auto_reply: Any, uuid: Any
) -> _Signature:
    types = map(type, content.values())
    return (kind, tuple(content), type(sender), type(recipient), type(auto_reply), type(uuid), *types)


def _json(value: Any) -> str:
    return encode_basestring(value) if type(value) is str else _WORDS[value]
