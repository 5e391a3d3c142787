"""Bodies of POST that are no JSON of the protocol: the documented answer, and no traceback."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import httpx
import pytest
from fastagency_server import FastAPIAdapter
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
