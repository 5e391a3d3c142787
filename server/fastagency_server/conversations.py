"""The conversations of `fastagency.v1` that this process holds, running or lately over (spec FA-RES,
FA-CAN-2, FA-LIV-6)."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from fastagency_sdk._generated.tables import FINAL_STATES

from .conversation import Callback, nothing
from .errors import ConversationGone, Overloaded
from .logged import LoggedConversation, Reader, Standing
from .settings import Settings

__all__ = ["Conversations", "Held"]

_ENTRY_SIZE = 4096
"""What a held conversation takes beside its log, roughly, in bytes."""


@dataclass(eq=False)
class Held:
    """A conversation, whose it is, and what opens it."""

    uuid: UUID
    conversation: LoggedConversation
    owner: str | None
    token: str
    stop: Callback = nothing
    """Ends the workflow of a conversation that was cancelled."""
    detached: asyncio.TimerHandle | None = None
    until: float | None = None
    """When its log goes, once it is over."""
    size: int = 0
    """What it takes then, in bytes."""


class Conversations:
    """Everything in here is called on the event loop's thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._held: dict[UUID, Held] = {}
        self._over: OrderedDict[UUID, Held] = OrderedDict()
        self._over_size = 0
        self._sweep: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._held)

    @property
    def over(self) -> int:
        """How many are over and can still be read."""
        return len(self._over)

    def add(self, held: Held) -> None:
        """Hold a conversation that has just been started."""
        self._held[held.uuid] = held
        held.conversation.cancelled = lambda: self._cancelled(held)

    def find(self, uuid: UUID, owner: str | None, token: str | None) -> Held | None:
        """Return a conversation to its owner who has its token, otherwise None (spec FA-SEC-2)."""
        held = self._held.get(uuid)
        right = secrets.compare_digest((held.token if held else "").encode(), (token or "").encode())
        return held if held is not None and right and held.owner == owner else None

    def has(self, uuid: UUID) -> bool:
        """Say whether a conversation is held, whoever's it is."""
        return uuid in self._held

    def attach(
        self, held: Held, wake: Callback, epoch: str | None, after_seq: int
    ) -> tuple[Reader, Standing, Callable[[], None]]:
        """Give a socket its place in a conversation, and what is to be called when it is gone.

        Raises ConversationGone when it has gone in the meantime, and Overloaded when too many hold it
        (spec FA-RES-6).
        """
        if self._held.get(held.uuid) is not held:
            raise ConversationGone
        if held.conversation.sockets >= self._settings.sockets_per_conversation:
            raise Overloaded("Too many connections hold this conversation.", "Close one of them.")
        reader, standing = held.conversation.attach(wake, epoch, after_seq)
        if held.detached is not None:
            held.detached.cancel()
            held.detached = None
        return reader, standing, lambda: self._left(held, reader)

    def ended(self, held: Held) -> None:
        """A conversation is over: hold its log for a while (spec FA-LIV-6). The second time means nothing."""
        if held.until is not None or self._held.get(held.uuid) is not held:
            return
        if held.detached is not None:
            held.detached.cancel()
            held.detached = None
        held.stop = nothing
        held.until = asyncio.get_running_loop().time() + self._settings.retained_seconds
        held.size = held.conversation.size + _ENTRY_SIZE
        self._over[held.uuid] = held
        self._over_size += held.size
        while self._over and self._over_size > self._settings.retained_bytes:
            self._forget_oldest()
        self._plan()

    def remove(self, held: Held) -> None:
        """A conversation could not be started after all."""
        held.conversation.cancelled = nothing
        self._held.pop(held.uuid, None)

    def close(self) -> None:
        """The application ends: cancel what still runs, and leave no timer."""
        for held in list(self._held.values()):
            held.conversation.cancel()
        if self._sweep is not None:
            self._sweep.cancel()
        self._held.clear()
        self._over.clear()
        self._over_size = 0

    def _left(self, held: Held, reader: Reader) -> None:
        held.conversation.detach(reader)
        over = held.conversation.state in FINAL_STATES or held.until is not None
        if not over and not held.conversation.sockets and self._held.get(held.uuid) is held:
            loop = asyncio.get_running_loop()
            held.detached = loop.call_later(self._settings.detached_seconds, held.conversation.cancel)

    def _cancelled(self, held: Held) -> None:
        held.stop()
        self.ended(held)

    def _forget_oldest(self) -> None:
        uuid, held = self._over.popitem(last=False)
        self._over_size -= held.size
        held.conversation.cancelled = nothing
        del self._held[uuid]

    def _plan(self) -> None:
        """One timer for all: for the oldest."""
        if self._sweep is None and self._over:
            first = next(iter(self._over.values()))
            assert first.until is not None
            self._sweep = asyncio.get_running_loop().call_at(first.until, self._expire)

    def _expire(self) -> None:
        self._sweep = None
        now = asyncio.get_running_loop().time()
        while self._over:
            until = next(iter(self._over.values())).until
            if until is not None and until > now:
                break
            self._forget_oldest()
        self._plan()
