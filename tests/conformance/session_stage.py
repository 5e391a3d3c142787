"""The sockets that a client opens in a case of `fastagency.v1`, one after the other, through the proxy."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from .cases import Case, Step
from .client_role import ClientCase
from .fault_proxy import FaultProxy, Towards
from .observed import saw
from .results import Mismatch, Trace
from .session_frames import is_acknowledge
from .session_secrets import Secrets
from .stage import Rest
from .subject import Subject
from .wire import Ended, Received, Wire

__all__ = ["SUBPROTOCOL", "SessionStage"]

SUBPROTOCOL = "fastagency.v1"

_POLL_SECONDS = 0.05
_QUICK = {"first_delay": 0.02, "max_delay": 0.1}
"""`options.reconnect` where a case does not say: nobody wants to wait for a client that backs off."""


class SessionStage(ClientCase):
    """Sockets and requests, judged as they come. `up`: the last socket is open, for what the server knows."""

    def __init__(self, case: Case, subject: Subject, trace: Trace) -> None:
        super().__init__(case, subject, trace)
        self.stage.subprotocol = SUBPROTOCOL
        self.secrets = Secrets()
        self.up = False
        self.arrival_seconds = 0.8 * subject.answer_seconds
        self._proxy: FaultProxy | None = None
        self._options: dict[str, Any] = {}
        self._judged = 0  # how many of the stage's requests
        self._verbs |= {"refuses": self._refuses, "tries": self._tries, "connection": self._connection}

    async def play(self) -> None:
        """Play every step. Raises Mismatch."""
        async with self.stage, FaultProxy(self.stage.port) as self._proxy:
            await self._play_steps()

    @property
    def _url(self) -> str:
        assert self._proxy is not None, "a case is played before its client is told anything"
        return f"http://127.0.0.1:{self._proxy.port}{self.case.prefix}"

    async def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        seen = await super()._ask(command)
        self.secrets.check(seen)
        return seen

    def _with_options(self, wanted: dict[str, Any]) -> dict[str, Any]:
        options = dict(wanted.get("options", {}))
        options["reconnect"] = {**_QUICK, **options.get("reconnect", {})}
        self._options = options
        return options

    # --- what is requested ------------------------------------------------------------------------

    async def _on_a_new_socket(self, *, posts: int, command: dict[str, Any] | None = None) -> Received:
        """The client opens a socket, rightly; its first frame."""
        self.wire = await self._new_socket()
        self.up = True
        self._check_requests(posts, command)
        return await self._frame_of_client("the first frame")

    def _check_requests(self, posts: int, command: dict[str, Any] | None) -> None:
        """Judge what was requested since the last time: openings, and so many POSTs before them."""
        requests = self.stage.requests[self._judged :]
        self._judged = len(self.stage.requests)
        if sum(it.method == "POST" for it in requests) != posts:
            raise Mismatch(
                f"the client announced a conversation {sum(it.method == 'POST' for it in requests)} times"
            )
        for request in requests:
            self.secrets.check_request(request)
            if request.method == "POST":
                assert command is not None, "a case that expects a POST says what of"
                self.rest.check_post(request, command)
            else:
                self._check_opening(request)

    def _check_opening(self, request: Rest) -> None:
        self.rest.check_opening(request, {"options": self._options})
        offered = [it.strip() for it in request.headers.get("sec-websocket-protocol", "").split(",")]
        if SUBPROTOCOL not in offered:
            raise Mismatch(f"the client does not offer {SUBPROTOCOL}, which was advertised")

    async def _old_socket_ended(self) -> None:
        """The client has given up its socket, before it opens another one or soon after."""
        try:
            while not isinstance(event := await self._open_wire().receive(self.arrival_seconds), Ended):
                if not is_acknowledge(event):
                    raise Mismatch(f"the client sent what nobody asked for: {event}")
        except TimeoutError:
            raise Mismatch("the client keeps its socket open") from None
        self._down()

    async def _stays_away(self, step: Step) -> None:
        await super()._stays_away(step)
        if len(self.stage.requests) > self._judged:
            raise Mismatch("the client came back, though it was not to")

    async def _tries(self, step: Step) -> None:
        async def missing() -> str:
            tried = len(self.stage.requests) - self._judged
            return "" if tried >= step["tries"] else f"the client tried {tried} times to come back"

        await self._until_nothing_is(missing)
        self._check_requests(0, None)

    async def _refuses(self, step: Step) -> None:
        self.stage.refusals.extend([self.rest.reply(step["refuses"])] * step.get("times", 1))

    def _down(self) -> None:
        """The last socket has ended, or is about to."""
        self.up = False

    # --- what goes over a socket ------------------------------------------------------------------

    async def _close(self, step: Step) -> None:
        await super()._close(step)
        self._down()

    async def _drop(self, step: Step) -> None:
        await super()._drop(step)
        self._down()

    async def _send_text(self, data: bytes, step: Step) -> None:
        if "cut_after" not in step:
            await super()._send_text(data, step)
            return
        self._lay_cut(step, "client")
        await super()._send_text(data, step)
        await self._cut()

    def _lay_cut(self, step: Step, towards: Towards) -> None:
        assert self._proxy is not None
        self._proxy.cut_after(step["cut_after"], towards)

    async def _cut(self) -> None:
        assert self._proxy is not None
        try:
            await self._proxy.cut(self.arrival_seconds)
        except TimeoutError:
            raise Mismatch("so many bytes never came through, so nothing was cut") from None
        self.trace.add("proxy: the connection is cut")
        self._down()

    async def _event(self, wire: Wire) -> Received | Ended:
        """What comes next on a socket, `acknowledge` apart. Raises TimeoutError."""
        while True:
            event = await wire.receive(self.arrival_seconds)
            self.trace.add(f"server ▶ {self.secrets.hidden(str(event))}")
            if isinstance(event, Ended) or not is_acknowledge(event):
                return event

    async def _frame_of_client(self, what: str) -> Received:
        try:
            event = await self._event(self._open_wire())
        except TimeoutError:
            raise Mismatch(f"{what} did not arrive at the server") from None
        if isinstance(event, Ended):
            raise Mismatch(f"instead of {what} came {event}")
        return event

    async def _connection(self, step: Step) -> None:
        async def other() -> str:
            seen = await self._ask({"do": "connection"})
            saw(seen, "connection")
            same = seen["connection"] == step["connection"]
            return "" if same else f"the connection is {seen['connection']}, not {step['connection']}"

        await self._until_nothing_is(other)

    async def _until_nothing_is(self, wrong: Callable[[], Awaitable[str]]) -> None:
        """Ask what is wrong again and again until nothing is. Raises Mismatch with what still was at last."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.arrival_seconds
        while why := await wrong():
            if loop.time() > until:
                raise Mismatch(why)
            await asyncio.sleep(_POLL_SECONDS)

    async def _nothing_unasked(self) -> None:
        for wire in self.stage.opened:
            while not wire.received.empty():
                event = wire.received.get_nowait()
                if (
                    isinstance(event, Received)
                    and event.kind in ("text", "binary")
                    and not is_acknowledge(event)
                ):
                    raise Mismatch(f"the client sent what nobody asked for: {event}")
                if isinstance(event, Ended) and event.fault and event.fault.startswith("ProtocolError"):
                    raise Mismatch(f"the client broke the WebSocket protocol: {event.fault}")
        if self.stage.faults:
            raise Mismatch("; ".join(self.stage.faults))
        if len(self.stage.requests) > self._judged:
            more = self.stage.requests[self._judged]
            raise Mismatch(f"the client sent a request that nobody asked for: {more.method} {more.path}")
        self.secrets.check_text(self.subject.complaints, "what the driver wrote to its standard error")
        if (line := self.subject.unasked()) is not None:
            raise Mismatch(f"the driver printed what nobody asked for: {line}")
