"""The short way to a frame: for messages of plain fields whose like has been checked before.

Whether a string, a boolean or null is right in a field depends on its type alone (`uuid` must not be empty
besides). So a message whose fields are all of these, with the same names and the same types as one that the
generated model took, needs no model; and its JSON can be put together from escaped strings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from json.encoder import encode_basestring
from operator import call
from typing import Any, Final

__all__ = ["note_valid", "plain_frame"]

_WORDS: Final = {True: "true", False: "false", None: "null"}
_ENCODERS: Final[dict[type, Callable[[Any], str]]] = {
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
    frame = form % (workflow_uuid, *map(call, encoders, values))
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
    if all(found in _ENCODERS for found in types):
        named = ",".join(f'"{name}":%s' for name in content)
        form = (
            '{"workflow_uuid":"%s","sender":%s,"recipient":%s,"auto_reply":%s,"uuid":%s,'
            f'"content":{{{named}}},"type":"{kind}"}}'
        )
        _known[kind, *content, *types] = form, tuple(_ENCODERS[found] for found in types)
