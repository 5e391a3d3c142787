"""Where a client stands in a conversation of `fastagency.v1`: a small value to be stored, and resumed
from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Self

__all__ = ["Cursor"]

_FIELDS = {"workflow_uuid": str, "resume_token": str, "epoch": str, "after_seq": int}


@dataclass(frozen=True)
class Cursor:
    """Everything up to `after_seq` has been read, in the log named `epoch` (spec FA-RES-1).

    `resume_token` is a secret: whoever has it, and is the same user, can open the conversation (spec
    FA-SEC-2). It is left out of the value's `repr`.
    """

    workflow_uuid: str
    resume_token: str = field(repr=False)
    epoch: str
    after_seq: int

    def to_json(self) -> str:
        """Return the cursor as JSON text: an object with these four fields."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the cursor that `to_json` wrote, in any language's client. Raises ValueError for what is
        none."""
        value = json.loads(text)
        if not isinstance(value, dict):
            raise ValueError("a cursor is a JSON object")
        for name, kind in _FIELDS.items():
            if not isinstance(value.get(name), kind) or isinstance(value[name], bool):
                raise ValueError(f"a cursor needs {name!r}, of type {kind.__name__}")
        return cls(**{name: value[name] for name in _FIELDS})

    def from_start(self) -> Self:
        """Return the cursor that gives the whole conversation, as far as the server holds it (spec
        FA-RES-3)."""
        return replace(self, after_seq=0)
