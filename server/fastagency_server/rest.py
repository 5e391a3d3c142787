"""What the REST routes have in common: strict bodies, and errors as statuses."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, ClassVar

from fastagency_sdk._generated import messages
from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope

from .errors import Overloaded, ProviderKeyError, ProviderUnreachable, UnknownWorkflow
from .published import published
from .settings import Settings
from .strictjson import loads

__all__ = ["StrictRoute", "as_http", "documented"]


class StrictRoute(APIRoute):
    """A route whose body is strict JSON; anything else is a 400 with `{"detail": …}` (spec FA-CLA-7).

    A route class and no exception handler, so that `app.include_router(adapter.router)` is all that is
    needed.
    """

    max_body_bytes: ClassVar[int] = Settings.max_frame_bytes

    @classmethod
    def limited(cls, max_body_bytes: int) -> type[StrictRoute]:
        """The same with another limit of the body; nothing is read beyond it."""
        return type(cls.__name__, (cls,), {"max_body_bytes": max_body_bytes})

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of FastAPI, given a request that reads strict JSON."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive, self.max_body_bytes))

        return strict


class _StrictRequest(Request):
    def __init__(self, scope: Scope, receive: Receive, max_body_bytes: int) -> None:
        super().__init__(scope, receive)
        self._max_body_bytes = max_body_bytes

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body in pieces. What `Content-Length` says is not asked: a chunked body has none."""
        size = 0
        async for chunk in super().stream():
            size += len(chunk)
            if size > self._max_body_bytes:
                raise HTTPException(400, f"The body is larger than {self._max_body_bytes} bytes.")
            yield chunk

    async def body(self) -> bytes:
        """The body, which is text whatever its content type says: FastAPI puts the body of another type than
        JSON into its 422, and bytes that are no text break it there."""
        body = await super().body()
        try:
            body.decode()
        except UnicodeDecodeError as error:
            raise HTTPException(400, f"The body is not JSON: not UTF-8 at byte {error.start}.") from None
        return body

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


def documented(operation_id: str) -> dict[str, Any]:
    """What the spec says of an operation, as arguments for `add_api_route`: the application's own
    `/openapi.json` so says what the canonical one does, in the same words.

    Raises KeyError when the spec has no such operation.
    """
    spec = published("openapi.json")
    operation = _operation(spec, operation_id)
    responses = {int(status): _response(spec, found) for status, found in operation["responses"].items()}
    success = responses[200]
    # FastAPI writes the schema of a success itself, from the endpoint's return type.
    success.pop("model", None)
    return {
        "operation_id": operation_id,
        "summary": operation["summary"],
        "description": operation["description"],
        "tags": operation["tags"],
        "response_description": success.pop("description"),
        "responses": responses,
    }


def _operation(spec: dict[str, Any], operation_id: str) -> dict[str, Any]:
    for item in spec["paths"].values():
        for operation in item.values():
            if operation["operationId"] == operation_id:
                found: dict[str, Any] = operation
                return found
    raise KeyError(operation_id)


def _response(spec: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in response:
        response = spec["components"]["responses"][response["$ref"].rpartition("/")[2]]
    kept = ("description", "headers", "links")
    documented: dict[str, Any] = {key: response[key] for key in kept if key in response}
    content = response["content"]["application/json"]
    if "examples" in content:
        documented["content"] = {"application/json": {"examples": content["examples"]}}
    if "$ref" in content["schema"]:
        documented["model"] = getattr(messages, content["schema"]["$ref"].rpartition("/")[2])
    return documented
