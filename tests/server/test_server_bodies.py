"""Bodies of POST that are no JSON of the protocol: the documented answer, and no traceback."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastagency_server import FastAPIAdapter, Settings
from live_server import LiveServer, serve
from server.serving import application, make_workflows

INITIATE = "/fastagency/initiate_workflow"
REQUEST: dict[str, object] = {"workflow_name": "ask", "workflow_uuid": "new", "user_id": None, "params": {}}
OTHER_TYPES = [
    None,
    "text/plain",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "nonsense",
]


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with serve(application(FastAPIAdapter(provider=make_workflows())), client_faults="ignore") as live:
        yield live


@pytest.fixture(autouse=True)
def _nothing_loud(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No warning and no traceback in any of these tests."""
    yield
    records = [*caplog.get_records("call"), *caplog.records]
    assert [r for r in records if r.exc_info or r.exc_text or r.levelno >= logging.WARNING] == []


def post(server: LiveServer, body: bytes, content_type: str | None) -> httpx.Response:
    headers = {} if content_type is None else {"Content-Type": content_type}
    return httpx.post(server.url + INITIATE, content=body, headers=headers)


@pytest.mark.parametrize("content_type", ["application/json", "application/vnd.x+json", *OTHER_TYPES])
def test_a_body_that_is_not_utf8(server: LiveServer, content_type: str | None) -> None:
    response = post(server, b'{"a": "\xff"}', content_type)
    assert response.status_code == 400
    assert response.json() == {"detail": "The body is not JSON: not UTF-8 at byte 7."}


@pytest.mark.parametrize("content_type", OTHER_TYPES)
def test_json_under_another_content_type(server: LiveServer, content_type: str | None) -> None:
    response = post(server, json.dumps(REQUEST).encode(), content_type)
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body"]


def test_json_under_a_content_type_of_json(server: LiveServer) -> None:
    for content_type in ("application/json", "application/json; charset=utf-8", "application/vnd.x+json"):
        assert post(server, json.dumps(REQUEST).encode(), content_type).status_code == 200


def padded(size: int) -> bytes:
    """A right request of exactly this many bytes."""
    empty = len(json.dumps({**REQUEST, "params": {"x": ""}}))
    body = json.dumps({**REQUEST, "params": {"x": "x" * (size - empty)}}).encode()
    assert len(body) == size
    return body


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large(server: LiveServer, chunked: bool) -> None:
    size = Settings().max_frame_bytes

    def pieces(body: bytes) -> Iterator[bytes]:
        for start in range(0, len(body), 50_000):
            yield body[start : start + 50_000]

    with httpx.Client(base_url=server.url, headers={"Content-Type": "application/json"}) as client:
        for excess in (0, 1, 3 * 1024 * 1024, 0):
            body = padded(size + excess)
            response = client.post(INITIATE, content=pieces(body) if chunked else body)
            assert response.request.headers.get("transfer-encoding") == ("chunked" if chunked else None)
            if excess:
                assert response.status_code == 400
                assert response.json() == {"detail": f"The body is larger than {size} bytes."}
            else:
                assert response.status_code == 200


async def test_nothing_is_read_beyond_the_limit() -> None:
    read = 0
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b" " * 600, "more_body": True}

    async def send(event: Any) -> None:
        sent.append(event)

    adapter = FastAPIAdapter(provider=make_workflows(), settings=Settings(max_frame_bytes=1000))
    scope = {
        "type": "http",
        "method": "POST",
        "path": INITIATE,
        "headers": [(b"content-type", b"application/json")],
        "query_string": b"",
    }
    await application(adapter)(scope, receive, send)
    assert sent[0]["status"] == 400
    assert read == 2
