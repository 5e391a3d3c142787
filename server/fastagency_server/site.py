"""The published spec and its pages, beside the discovery route. They are no part of the protocol."""

from __future__ import annotations

import json
from importlib.resources import files
from importlib.resources.abc import Traversable
from mimetypes import guess_type
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from .published import published

__all__ = ["add_site"]

_PACKAGE: Final = files("fastagency_server")
_OPEN: Final = {"Access-Control-Allow-Origin": "*"}
"""Anybody's page may read the spec: it holds nothing of this server but its paths."""

_ASKED_FIRST: Final = {
    **_OPEN,
    "Allow": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "600",
}
"""What a browser asks before a page's request with headers of its own (Fetch standard, CORS preflight)."""

_DEFAULT_PATHS: Final = {
    "discovery": "/fastagency/discovery",
    "initiate_workflow": "/fastagency/initiate_workflow",
    "ws": "/fastagency/ws",
}


def add_site(router: APIRouter, prefix: str, *, discovery: str, initiate_workflow: str, ws: str) -> None:
    """Add `openapi.json`, `asyncapi.json` and `docs` under `prefix`; the three paths are the adapter's."""
    paths = {
        _DEFAULT_PATHS["discovery"]: discovery,
        _DEFAULT_PATHS["initiate_workflow"]: initiate_workflow,
        _DEFAULT_PATHS["ws"]: ws,
    }

    def add(path: str, endpoint: Any) -> None:
        router.add_api_route(prefix + path, endpoint, methods=["GET", "HEAD"], include_in_schema=False)
        router.add_api_route(prefix + path, preflight, methods=["OPTIONS"], include_in_schema=False)

    async def preflight() -> Response:
        return Response(status_code=204, headers=_ASKED_FIRST)

    async def openapi() -> Response:
        document = published("openapi.json")
        document["paths"] = {paths.get(path, path): item for path, item in document["paths"].items()}
        return _json(document)

    async def asyncapi() -> Response:
        document = published("asyncapi.json")
        for channel in document["channels"].values():
            channel["address"] = paths.get(channel["address"], channel["address"])
        return _json(document)

    async def docs(request: Request) -> Response:
        _page("")
        # Relative links in the pages need the slash.
        return RedirectResponse(request.url.path + "/")

    async def page(path: str) -> Response:
        return _page(path)

    add("/openapi.json", openapi)
    add("/asyncapi.json", asyncapi)
    add("/docs", docs)
    add("/docs/{path:path}", page)


def _json(document: dict[str, Any]) -> Response:
    return Response(json.dumps(document, ensure_ascii=False), media_type="application/json", headers=_OPEN)


def _page(path: str) -> Response:
    site = _PACKAGE / "_site"
    if not (site / "index.html").is_file():
        raise HTTPException(404, "The pages have not been built. `make docs` does it.")
    file: Traversable = site
    for part in path.split("/"):
        if part in {".", ".."} or "\\" in part or "\0" in part:
            raise HTTPException(404, "There is no such page.")
        if part:
            file = file / part
    if file.is_dir():
        file = file / "index.html"
    if not file.is_file():
        raise HTTPException(404, "There is no such page.")
    media_type = guess_type(file.name)[0] or "application/octet-stream"
    return Response(file.read_bytes(), media_type=media_type, headers=_OPEN)
