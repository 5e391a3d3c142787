"""Who is on the other end of a socket: the `get_user_id` dependency, evaluated on the handshake.

FastAPI solves dependencies for requests. A WebSocket's handshake is one, so it is handed to a route of
FastAPI's own as the GET that it was on the wire. Whatever works for the REST routes works here: `Request` and
`Header` parameters, cookies, sub-dependencies, `async def`, `yield`, and the application's
`dependency_overrides`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Depends, HTTPException, Request, Response, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from .errors import NotAllowed, NotAuthenticated, Overloaded, Refusal

__all__ = ["GetUserId", "as_user_id", "user_of_socket"]

GetUserId = Callable[..., Any]
"""A FastAPI dependency that returns the user's id, or None, or raises HTTPException."""

_OUTCOME: Final = "fastagency_server.identity"


def as_user_id(value: Any) -> str | None:
    """What a `get_user_id` returned, as the protocol has it: text, or None for nobody."""
    return None if value is None else str(value)


async def user_of_socket(websocket: WebSocket, get_user_id: GetUserId) -> str | None:
    """Return the user of an accepted socket.

    Raises the Refusal that an HTTPException of the dependency stands for: 401 is NotAuthenticated, as is a
    missing or wrong parameter of it; 429 and 503 are Overloaded; any other is NotAllowed (spec FA-CLS).
    """
    outcome: dict[str, Any] = {}
    scope = {
        **websocket.scope,
        "type": "http",
        "method": "GET",
        "scheme": {"ws": "http", "wss": "https"}.get(websocket.scope["scheme"], websocket.scope["scheme"]),
        _OUTCOME: outcome,
    }

    user = Depends(get_user_id)

    async def who(request: Request, user_id: Any = user) -> Response:
        request.scope[_OUTCOME]["user_id"] = as_user_id(user_id)
        return Response()

    route = _Route("/", who, methods=["GET"], dependency_overrides_provider=websocket.scope.get("app"))
    await route.app(scope, _no_body, _discard)
    if "refusal" in outcome:
        raise outcome["refusal"]
    user_id: str | None = outcome["user_id"]
    return user_id


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
