"""What a conversation that the pages draw is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Conversation", "IllegalStep", "Kind", "Sender", "Step"]

Sender = Literal["client", "server"]
Kind = Literal["call", "open", "json", "text", "log", "drop", "close"]


@dataclass(frozen=True)
class Step:
    """One thing that happens. `state` is that of the conversation afterwards, "" while there is none.

    `clients` are the clients that send or receive it, by their place in the conversation; none for a message
    that is only logged. `seq` is the place of a logged message. `body` is the JSON of a frame or request,
    `reply` that of a response, `text` that of a raw text frame.
    """

    sender: Sender
    kind: Kind
    label: str
    detail: str
    note: str
    state: str
    clients: tuple[int, ...] = (0,)
    seq: int | None = None
    asks: bool = False
    failed: bool = False
    body: Any = None
    reply: Any = None
    text: str = ""


@dataclass(frozen=True)
class Conversation:
    """One conversation, step by step. `id` is the anchor of its drawing, `clients` are their names."""

    id: str
    title: str
    intro: str
    dialect: str
    clients: tuple[str, ...]
    steps: tuple[Step, ...]


class IllegalStep(ValueError):
    """A step that the lifecycle of the spec does not allow, or that names what the spec does not have."""
