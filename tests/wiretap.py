"""An ASGI middleware between a server and its clients that judges all they say to each other.

It reads `spec/` and nothing of ours besides: no generated model, no codec, no SDK (rule 12 of the
architecture). What it cannot see is below ASGI: the bytes of the WebSocket frames themselves.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, Literal

from wire_peers import PEERS, Deviation
from wire_rest import RestWatch, documented_paths
from wire_session import SUBPROTOCOL, SessionWatch
from wire_socket import SocketWatch

__all__ = ["Wiretap"]

Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]


class Wiretap:
    """Judges every WebSocket frame and REST body, both ways, while passing it on unchanged.

    Server → client, WebSocket: strict JSON, valid against the schema of its `type`, exactly the schema's
    fields, the conversation's `workflow_uuid` in hex, the order of `x-lifecycle`, a close code of
    `x-close-codes`. Client → server, WebSocket: the first frame valid, then text only while a question is
    open; in `fastagency.v1` every frame of both sides against its schema, and the log without gaps. REST:
    status, content type, headers and both bodies as in the OpenAPI document.

    `app`: the server, any ASGI application.
    `client_faults`: "record": a fault of the client makes `check` fail; "ignore": it does not, for tests that
        are wrong on purpose. Faults of the server always count.
    `peer`: "upstream" for FastAgency 0.10.2, whose known deviations (`wire_peers`) are no faults.
    `paths`: documented path → the path that this server is configured with, where they differ.
    """

    def __init__(
        self,
        app: App,
        *,
        client_faults: Literal["record", "ignore"] = "record",
        peer: str | None = None,
        paths: MutableMapping[str, str] | None = None,
    ) -> None:
        self.app = app
        self.sockets: list[SocketWatch | SessionWatch] = []
        """Every WebSocket that was opened, oldest first."""
        self.requests: list[RestWatch] = []
        """Every request on a documented path, oldest first."""
        self._count_client_faults = client_faults == "record"
        self._deviations: Sequence[Deviation] = PEERS[peer] if peer is not None else ()
        configured = paths or {}
        self._paths = {configured.get(path, path): path for path in documented_paths()}

    # --- what was seen ----------------------------------------------------------------

    @property
    def frames(self) -> list[tuple[str, str | bytes]]:
        """Every WebSocket frame as (direction, text), direction "client" or "server", socket by socket."""
        return [frame for socket in self.sockets for frame in socket.frames]

    @property
    def faults(self) -> list[str]:
        """What was wrong, one line a fault: all of the server's, and the client's unless they are ignored."""
        faults = [fault for fault in self._server_faults if self._deviation(fault) is None]
        if self._count_client_faults:
            faults += [f"the client: {fault}" for fault in self.client_faults]
        return faults

    @property
    def client_faults(self) -> list[str]:
        """What clients did wrong, whether it counts or not."""
        watches: list[SocketWatch | SessionWatch | RestWatch] = [*self.sockets, *self.requests]
        return [fault for watch in watches for fault in watch.client_faults]

    @property
    def deviations(self) -> set[str]:
        """The names of the peer's known deviations that were seen."""
        return {found.name for fault in self._server_faults if (found := self._deviation(fault)) is not None}

    def check(self) -> None:
        """Raise AssertionError when anything was wrong, with every fault in its text."""
        faults = self.faults
        if faults:
            raise AssertionError("the wiretap saw faults:\n  " + "\n  ".join(dict.fromkeys(faults)))

    def check_deviations(self, *names: str) -> None:
        """Raise AssertionError unless each known deviation (or each named one) was seen at least once.

        An exception for something that no longer happens must go.
        """
        expected = set(names) or {deviation.name for deviation in self._deviations}
        unseen = expected - self.deviations
        if unseen:
            raise AssertionError(f"deviations that were not seen: {', '.join(sorted(unseen))}")

    @property
    def _server_faults(self) -> list[str]:
        watches: list[SocketWatch | SessionWatch | RestWatch] = [*self.sockets, *self.requests]
        return [fault for watch in watches for fault in watch.server_faults]

    def _deviation(self, fault: str) -> Deviation | None:
        return next((known for known in self._deviations if re.search(known.fault, fault)), None)

    # --- ASGI -------------------------------------------------------------------------

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Pass one connection on to the application, and watch it."""
        watch = self._watch(scope)
        if watch is None:
            await self.app(scope, receive, send)
            return

        async def tapped_receive() -> Event:
            event = await receive()
            watch.client_sent(dict(event))
            return event

        async def tapped_send(event: Event) -> None:
            watch.server_sent(dict(event))
            try:
                await send(event)
            except OSError:
                # So an ASGI server tells whoever sends that the client has left.
                if isinstance(watch, SocketWatch | SessionWatch):
                    watch.client_left()
                raise

        try:
            await self.app(scope, tapped_receive, tapped_send)
        except Exception as error:
            watch.server_raised(error)
            raise
        watch.server_returned()

    def _watch(self, scope: Any) -> SocketWatch | SessionWatch | RestWatch | None:
        if scope["type"] == "websocket":
            resumable = SUBPROTOCOL in scope.get("subprotocols", ())
            socket = SessionWatch(scope["path"]) if resumable else SocketWatch(scope["path"])
            self.sockets.append(socket)
            return socket
        if scope["type"] != "http":
            return None
        # FastAgency's own client asks for `//fastagency/discovery`.
        documented = self._paths.get(re.sub("/+", "/", scope["path"]))
        if documented is None:
            return None
        request = RestWatch(scope["method"], documented, list(scope["headers"]))
        self.requests.append(request)
        return request
