"""Where a conversation stands while its steps are walked: its state, its sockets, its log, its question."""

from __future__ import annotations

from typing import Any

from fastagency_generators.ir import model as ir

from .conversation import IllegalStep, Sender

__all__ = ["Stage"]


class Stage:
    """A conversation as both sides see it. Whatever the spec does not allow raises `IllegalStep`.

    `state` is that of the lifecycle, "" before the first socket. `log` holds the logged messages, `question`
    the message that asks, `unsettled` the answers of which no client knows yet what became of them.
    """

    def __init__(self, lifecycle: ir.Lifecycle) -> None:
        """Begin before the first socket."""
        self.state = ""
        self.log: list[dict[str, Any]] = []
        self.question: dict[str, Any] = {}
        self.unsettled: list[dict[str, Any]] = []
        self._lifecycle = lifecycle
        # Each client's open socket, and whether its first frame was sent.
        self._sockets: dict[int, bool] = {}
        self._have: dict[int, int] = {}

    @property
    def listening(self) -> tuple[int, ...]:
        """The clients that receive what is said."""
        return tuple(sorted(client for client, begun in self._sockets.items() if begun))

    def last_of(self, client: int) -> int:
        """Return the `seq` of the last logged message that a client has, 0 for none."""
        return self._have.get(client, 0)

    def open(self, client: int) -> None:
        """A client opens a socket."""
        if client in self._sockets:
            raise IllegalStep("the client has a socket already")
        self._sockets[client] = False
        self.state = self.state or self._lifecycle.initial

    def drop(self, client: int) -> None:
        """A client's connection breaks."""
        if self._sockets.pop(client, None) is None:
            raise IllegalStep("the client has no socket that could drop")

    def close(self) -> tuple[int, ...]:
        """The server closes every socket, which it does at the end alone. Returns their clients."""
        if not next(it.final for it in self._lifecycle.states if it.name == self.state):
            raise IllegalStep(f"closes in the state {self.state!r}, which is not final")
        clients = tuple(sorted(self._sockets))
        self._sockets.clear()
        return clients

    def sent(self, client: int, kind: str, on: str) -> None:
        """A client sends a frame; `on` is the event that it is ("none": one that moves nothing)."""
        if client not in self._sockets:
            raise IllegalStep("the client has no socket")
        begins = not self._sockets[client]
        self._allow("client", kind, self._lifecycle.initial if begins else self.state)
        self._sockets[client] = True
        # A first frame in the midst of a conversation resumes it, which moves nothing.
        if not begins or self.state == self._lifecycle.initial:
            self.move(on)

    def said(self, kind: str) -> None:
        """The server says something, to whomever; it moves the conversation where the lifecycle says so."""
        self._allow("server", kind, self.state)
        if any((it.source, it.on) == (self.state, kind) for it in self._lifecycle.transitions):
            self.move(kind)

    def arrive(self, clients: tuple[int, ...], seq: int | None) -> None:
        """A message arrives, `seq` when it is logged: then without a gap (spec FA-RES-2)."""
        for client in clients:
            if client not in self.listening:
                raise IllegalStep("the client has no session that could receive this")
            if seq is not None:
                if seq != self.last_of(client) + 1:
                    raise IllegalStep(f"the client has {self.last_of(client)} and is given {seq}")
                self._have[client] = seq

    def move(self, on: str) -> None:
        """Move along the lifecycle on an event; "none" is no event."""
        if on == "none":
            return
        for transition in self._lifecycle.transitions:
            if (transition.source, transition.on) == (self.state, on):
                self.state = transition.target
                return
        raise IllegalStep(f"nothing leads on from {self.state!r} on {on!r}")

    def _allow(self, sender: Sender, kind: str, name: str) -> None:
        state = next(it for it in self._lifecycle.states if it.name == name)
        if kind not in (state.client if sender == "client" else state.server):
            raise IllegalStep(f"the {sender} may not send {kind!r} in the state {name!r}")
