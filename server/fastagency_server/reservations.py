"""Which conversation ids are announced, running or used: each is started once (spec FA-CLA-3)."""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid4

from .errors import AlreadyStarted, NotAllowed, Overloaded
from .settings import Settings

__all__ = ["Reservations", "parse_uuid"]


# The pattern of `workflow_uuid` in the spec. UUID() alone also takes what int() does: `_`, `+` and the digits
# of any script.
_UUID: Final = re.compile("[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")

_TOKEN_LENGTH: Final = 32
"""Characters of a token that is long enough to be a secret: 128 bits in hex."""


def parse_uuid(text: str) -> UUID | None:
    """Return the UUID that `text` is, 32 hex digits or dashed, otherwise None."""
    return UUID(text) if _UUID.fullmatch(text) else None


@dataclass(eq=False)
class Reservations:
    """Memory of one process. `now` is any clock in seconds that never goes back.

    Everything in here is bounded by `Settings`: an old reservation expires, and the oldest used ids are
    forgotten. A conversation that runs is never forgotten.
    """

    settings: Settings
    draining: bool = False
    """True once the server takes no new conversation, because it is told to stop (spec FA-LIV-8)."""
    _reserved: OrderedDict[UUID, tuple[str | None, float, str]] = field(default_factory=OrderedDict)
    _running: set[UUID] = field(default_factory=set)
    _used: OrderedDict[UUID, None] = field(default_factory=OrderedDict)

    @property
    def running(self) -> int:
        """How many conversations run."""
        return len(self._running)

    def check_room(self) -> None:
        """Raise Overloaded when no further conversation can run."""
        if self.draining:
            raise Overloaded("The server is about to stop.", "Try again in a while.")
        if len(self._running) >= self.settings.max_conversations:
            raise Overloaded("The server holds as many conversations as it can.", "Try again in a while.")

    def reserve(self, proposed: str, user_id: str | None, now: float) -> UUID:
        """Reserve an id for a user: the proposed one when it is a UUID and free, otherwise a new one."""
        self._expire(now)
        uuid = parse_uuid(proposed)
        if uuid is None or uuid in self._reserved or uuid in self._running or uuid in self._used:
            uuid = uuid4()
        self._keep(uuid, user_id, now, secrets.token_hex(16))
        return uuid

    def token_of(self, uuid: UUID) -> str:
        """Return the `resume_token` of a reservation (spec FA-SEC-2). Raises KeyError when there is none."""
        return self._reserved[uuid][2]

    def start(self, uuid: UUID, user_id: str | None, now: float) -> None:
        """Start a conversation of the classic dialect, that this user reserved or that nobody did.

        Raises AlreadyStarted when it runs or ran before, NotAllowed when another user reserved it, and
        Overloaded.
        """
        self._begin(uuid, user_id, now)

    def start_resumable(self, uuid: UUID, user_id: str | None, token: str | None, now: float) -> str:
        """The same for `fastagency.v1`, and return the conversation's `resume_token`: the one of the
        reservation, which `token` must be, or `token` itself where nobody reserved and it is long enough
        (spec FA-RES-7).

        Raises what `start` does, and NotAllowed for another token than the reservation's.
        """
        self._expire(now)
        reserved = self._reserved.get(uuid)
        if reserved is not None and not secrets.compare_digest(reserved[2].encode(), (token or "").encode()):
            raise NotAllowed("This conversation needs the resume_token of initiate_workflow.")
        self._begin(uuid, user_id, now)
        if reserved is not None:
            return reserved[2]
        return token if token is not None and len(token) >= _TOKEN_LENGTH else secrets.token_hex(16)

    def _begin(self, uuid: UUID, user_id: str | None, now: float) -> None:
        self._expire(now)
        if uuid in self._running or uuid in self._used:
            raise AlreadyStarted(
                "This conversation was started before.", "Announce a new one with initiate_workflow."
            )
        owner = self._reserved.get(uuid)
        if owner is not None and owner[0] != user_id:
            raise NotAllowed("This conversation belongs to another user.")
        self.check_room()
        self._reserved.pop(uuid, None)
        self._running.add(uuid)

    def withdraw(self, uuid: UUID, user_id: str | None, now: float, token: str | None = None) -> None:
        """A conversation that `start` allowed could not run after all: reserve its id again for its user."""
        self._running.discard(uuid)
        self._keep(uuid, user_id, now, token or secrets.token_hex(16))

    def end(self, uuid: UUID) -> None:
        """A conversation has ended: remember its id."""
        self._running.discard(uuid)
        self._used[uuid] = None
        while len(self._used) > self.settings.remembered_uuids:
            self._used.popitem(last=False)

    def _keep(self, uuid: UUID, user_id: str | None, now: float, token: str) -> None:
        self._reserved[uuid] = user_id, now + self.settings.reservation_seconds, token
        while len(self._reserved) > self.settings.max_reservations:
            self._reserved.popitem(last=False)

    def _expire(self, now: float) -> None:
        # All have the same lifetime, so the oldest stand first.
        while self._reserved:
            uuid, (_, until, _) = next(iter(self._reserved.items()))
            if until > now:
                return
            del self._reserved[uuid]
