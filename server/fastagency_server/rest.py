"""What the REST routes have in common: strict bodies, and errors as statuses."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastagency_sdk._generated.messages import ErrorResponse, ValidationErrorResponse
from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

from .errors import Overloaded, ProviderKeyError, ProviderUnreachable, UnknownWorkflow
from .settings import Settings
from .strictjson import loads

__all__ = ["StrictRoute", "as_http", "responses"]


class StrictRoute(APIRoute):
    """A route whose body is strict JSON; anything else is a 400 with `{"detail": …}` (spec FA-CLA-7).

    A route class and no exception handler, so that `app.include_router(adapter.router)` is all that is
    needed.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of FastAPI, given a request that reads strict JSON."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return strict


class _StrictRequest(Request):
    async def json(self) -> Any:
        try:
            return loads(await self.body())
        except ValueError as error:
            raise HTTPException(400, f"The body is not JSON: {error}.") from None


def as_http(error: Exception, settings: Settings) -> HTTPException:
    """The HTTPException that an error of the server is answered with. Any other error is raised again."""
    if isinstance(error, UnknownWorkflow):
        return HTTPException(404, f"{error.short} {error.long}")
    if isinstance(error, ProviderKeyError):
        return HTTPException(404, str(error))
    if isinstance(error, Overloaded):
        return HTTPException(503, error.short, {"Retry-After": str(settings.retry_after_seconds)})
    if isinstance(error, ProviderUnreachable):
        return HTTPException(504, str(error))
    raise error


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error statuses of a route, for its documentation."""
    known: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        known[status] = {"model": ValidationErrorResponse if status == 422 else ErrorResponse}
    if 503 in known:
        known[503]["headers"] = {
            "Retry-After": {
                "description": "Seconds to wait before the next try.",
                "required": True,
                "schema": {"type": "integer", "minimum": 0},
            }
        }
    return known
