"""Who is on the other end of a socket: the `get_user_id` dependency, evaluated on the handshake.

FastAPI solves dependencies for requests. A WebSocket's handshake is one, so it is handed to a route of
FastAPI's own as the GET that it was on the wire. Whatever works for the REST routes works here: `Request` and
`Header` parameters, cookies, sub-dependencies, `async def`, `yield`, and the application's
`dependency_overrides`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final
from weakref import WeakKeyDictionary, ref

from fastapi import Depends, HTTPException, Request, Response, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.routing import APIRoute
from starlette.types import ASGIApp

from .errors import NotAllowed, NotAuthenticated, Overloaded, Refusal
from .origins import check_origin
from .settings import Settings
from .tickets import Tickets

__all__ = ["GetUserId", "SocketIdentity", "as_user_id"]

GetUserId = Callable[..., Any]
"""A FastAPI dependency that returns the user's id, or None, or raises HTTPException."""

_OUTCOME: Final = "fastagency_server.identity"


def as_user_id(value: Any) -> str | None:
    """What a `get_user_id` returned, as the protocol has it: text, or None for nobody."""
    return None if value is None else str(value)


class SocketIdentity:
    """Tells the user of a socket: by its ticket, where it has one, otherwise by a `get_user_id` dependency.
    None: everybody is the same nobody."""

    def __init__(self, get_user_id: GetUserId | None, settings: Settings, tickets: Tickets) -> None:
        self._get_user_id = get_user_id
        self._settings = settings
        self._tickets = tickets
        # Analysing a dependency takes milliseconds, so it is done once an application.
        self._routes: WeakKeyDictionary[Any, ASGIApp] = WeakKeyDictionary()

    async def user_of(self, websocket: WebSocket) -> str | None:
        """Return the user of an accepted socket.

        Raises NotAllowed for a page of another origin (spec FA-SEC-4), NotAuthenticated for a ticket that is
        not valid (spec FA-SEC-5), and the Refusal that an HTTPException of the dependency stands for: 401 is
        NotAuthenticated, as is a missing or wrong parameter of it; 429 and 503 are Overloaded; any other is
        NotAllowed (spec FA-CLS).
        """
        allowed = self._settings.allowed_origins
        if self._get_user_id is not None or allowed:
            check_origin(websocket.headers, allowed)
        if self._get_user_id is None:
            return None
        if (ticket := websocket.query_params.get("ticket")) is not None:
            return self._tickets.redeem(ticket, asyncio.get_running_loop().time())
        outcome: dict[str, Any] = {}
        scheme = websocket.scope["scheme"]
        scope = {
            **websocket.scope,
            "type": "http",
            "method": "GET",
            "scheme": {"ws": "http", "wss": "https"}.get(scheme, scheme),
            _OUTCOME: outcome,
        }
        await self._route(websocket.app)(scope, _no_body, _discard)
        if "refusal" in outcome:
            raise outcome["refusal"]
        user_id: str | None = outcome["user_id"]
        return user_id

    def _route(self, app: Any) -> ASGIApp:
        route = self._routes.get(app)
        if route is None:
            user = Depends(self._get_user_id)

            async def who(request: Request, user_id: Any = user) -> Response:
                request.scope[_OUTCOME]["user_id"] = as_user_id(user_id)
                return Response()

            asked = _Route("/", who, methods=["GET"], dependency_overrides_provider=_Overrides(app))
            # A FastAPI application has this around its routes; `app` need be none.
            route = AsyncExitStackMiddleware(asked.app)
            self._routes[app] = route
        return route


class _Overrides:
    """The application's `dependency_overrides`, without keeping the application alive."""

    def __init__(self, app: Any) -> None:
        self._app = ref(app)

    @property
    def dependency_overrides(self) -> dict[Any, Any]:
        overrides: dict[Any, Any] = getattr(self._app(), "dependency_overrides", {})
        return overrides


class _Route(APIRoute):
    """Keeps what the dependency raised, instead of making an HTTP response of it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def keeping(request: Request) -> Response:
            try:
                return await handle(request)
            except HTTPException as error:
                request.scope[_OUTCOME]["refusal"] = _refusal(error)
            except RequestValidationError as error:
                fault = error.errors()[0]
                place = ".".join(map(str, fault["loc"]))
                request.scope[_OUTCOME]["refusal"] = NotAuthenticated(
                    "The connection does not say who you are.", f"{place}: {fault['msg']}"
                )
            return Response()

        return keeping


def _refusal(error: HTTPException) -> Refusal:
    detail = str(error.detail)
    if error.status_code == 401:
        return NotAuthenticated(detail)
    if error.status_code in (429, 503):
        return Overloaded(detail)
    return NotAllowed(detail)


async def _no_body() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _discard(message: Any) -> None:
    del message
