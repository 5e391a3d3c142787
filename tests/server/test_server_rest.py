"""The REST routes, with an HTTP client that is not ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from fastagency_server import FastAPIAdapter, FastAPIProvider, Settings, Workflows
from fastagency_server.errors import ProviderKeyError, ProviderUnreachable
from fastapi import FastAPI, Header, HTTPException
from live_server import LiveServer, serve
from raw_client import RawConversation
from server.serving import application, make_workflows

DASHED = "6f1ed002-ab5f-4d3e-9b6a-7c1d2e3f4a5b"
DISCOVERY = "/fastagency/discovery"
INITIATE = "/fastagency/initiate_workflow"
SOCKET = "/fastagency/ws"


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with serve(application(FastAPIAdapter(provider=make_workflows())), client_faults="ignore") as live:
        yield live


def announce(
    url: str, path: str = INITIATE, headers: dict[str, str] | None = None, **change: Any
) -> httpx.Response:
    body = {"workflow_name": "ask", "workflow_uuid": "new", "user_id": None, "params": {}, **change}
    return httpx.post(url + path, json=body, headers=headers)


@pytest.mark.parametrize("slashes", ["", "/"])
def test_discovery(server: LiveServer, slashes: str) -> None:
    response = httpx.get(server.url + slashes + DISCOVERY)
    assert response.status_code == 200
    assert response.json()[0] == {"name": "ask", "description": "Asks once, in a thread"}
    assert len(response.json()) == len(make_workflows().names)


@pytest.mark.parametrize("slashes", ["", "/"])
def test_initiate_workflow(server: LiveServer, slashes: str) -> None:
    response = announce(
        server.url, slashes + INITIATE, params={"user_id": 1, "big": 2**70}, user_id="mallory"
    )
    assert response.status_code == 200
    reply = response.json()
    assert str(UUID(reply.pop("workflow_uuid"))) == response.json()["workflow_uuid"]
    assert len(reply.pop("resume_token")) == 32
    assert reply == {
        "user_id": None,
        "name": "ask",
        "params": {"user_id": 1, "big": 2**70},
        "subprotocols": ["fastagency.v1"],
        "ticket": None,
    }


def test_a_uuid_that_is_free_is_honoured_and_both_kinds_of_client_are_served(server: LiveServer) -> None:
    own = DASHED.replace("-", "")
    assert announce(server.url, workflow_uuid=own).json()["workflow_uuid"] == DASHED
    other = announce(server.url, workflow_uuid=DASHED).json()["workflow_uuid"]
    assert other != DASHED
    for uuid in (own, other):
        with RawConversation(server.url, path="/" + SOCKET if uuid == own else SOCKET) as conversation:
            conversation.start("echo", {"result": "fine"}, uuid)
            assert conversation.drain()[0][-1]["content"]["result"] == "fine"
    assert announce(server.url, workflow_uuid=own).json()["workflow_uuid"] != DASHED


def test_an_unknown_workflow(server: LiveServer) -> None:
    response = announce(server.url, workflow_name="nope")
    assert response.status_code == 404
    assert response.json()["detail"].startswith("There is no workflow 'nope'.")


@pytest.mark.parametrize(
    "body", [b"{", b"", b"\xff", b'{"a": NaN}', b'"\\ud800"', b"[" * 100_000, b"[" * 201 + b"]" * 201]
)
def test_a_body_that_is_not_json(server: LiveServer, body: bytes) -> None:
    response = httpx.post(server.url + INITIATE, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == (422 if body == b"" else 400)
    if body:
        assert response.json()["detail"].startswith("The body is not JSON: ")


def test_nesting_that_is_allowed_comes_back(server: LiveServer) -> None:
    deep: Any = {}
    for _ in range(190):
        deep = {"a": deep}
    response = announce(server.url, workflow_name="echo", params=deep)
    assert response.json()["params"] == deep
    with RawConversation(server.url) as conversation:
        conversation.start("echo", deep)
        assert conversation.receive()["content"]["params"] == deep
        assert conversation.drain()[1] == (1000, "")


@pytest.mark.parametrize("field", ["workflow_name", "workflow_uuid", "user_id", "params"])
def test_a_field_of_the_wrong_type_or_missing(server: LiveServer, field: str) -> None:
    wrong: dict[str, Any] = {field: 5}
    response = announce(server.url, **wrong)
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", field]
    body: dict[str, Any] = {"workflow_name": "a", "workflow_uuid": "b", "user_id": None, "params": {}}
    del body[field]
    response = httpx.post(server.url + INITIATE, json=body)
    assert response.json()["detail"][0]["type"] == "missing"


def test_the_spec_is_published_beside_discovery_with_the_paths_as_configured() -> None:
    adapter = FastAPIAdapter(
        provider=Workflows(), discovery_path="/v2/list", initiate_workflow_path="/v2/go", ws_path="/v2/talk"
    )
    with serve(
        application(adapter), paths={DISCOVERY: "/v2/list", INITIATE: "/v2/go", SOCKET: "/v2/talk"}
    ) as live:
        openapi = httpx.get(live.url + "/v2/openapi.json")
        asyncapi = httpx.get(live.url + "/v2/asyncapi.json")
        assert httpx.get(live.url + "/v2/list").json() == []
    assert set(openapi.json()["paths"]) == {"/v2/list", "/v2/go"}
    assert {channel["address"] for channel in asyncapi.json()["channels"].values()} == {"/v2/talk"}
    for response in (openapi, asyncapi):
        assert response.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["openapi.json", "asyncapi.json", "docs", "docs/index.html"])
def test_a_page_with_headers_of_its_own_may_read_the_spec_too(server: LiveServer, path: str) -> None:
    """A browser asks before it makes such a request (Fetch standard, CORS preflight)."""
    asked = {
        "Origin": "https://viewer.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "x-viewer",
    }
    response = httpx.options(f"{server.url}/fastagency/{path}", headers=asked)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["access-control-allow-methods"] == "GET, HEAD"
    assert response.headers["access-control-allow-headers"] == "*"
    assert httpx.post(f"{server.url}/fastagency/{path}").status_code == 405


def test_the_pages_are_served_or_say_how_to_build_them(server: LiveServer) -> None:
    response = httpx.get(server.url + "/fastagency/docs", follow_redirects=True)
    if response.status_code == 404:
        assert "make docs" in response.json()["detail"]
    else:
        assert response.headers["content-type"].startswith("text/html")
    for path in ("nope.html", "../adapter.py", "%2e%2e/adapter.py", "..%2fadapter.py", "%00"):
        assert httpx.get(f"{server.url}/fastagency/docs/{path}").status_code == 404


def test_the_schema_of_the_application_holds_the_protocol_alone() -> None:
    schema = application(FastAPIAdapter(provider=Workflows())).openapi()
    assert set(schema["paths"]) == {DISCOVERY, INITIATE}
    assert set(schema["paths"][INITIATE]["post"]["responses"]) == {
        "200", "400", "401", "403", "404", "422", "503", "504",
    }  # fmt: skip


def test_a_full_server() -> None:
    settings = Settings(max_conversations=1, retry_after_seconds=7)
    adapter = FastAPIAdapter(provider=make_workflows(), settings=settings)
    with serve(application(adapter)) as live, RawConversation(live.url) as first:
        first.start("ask")
        first.receive_until()
        response = announce(live.url)
        assert response.status_code == 503
        assert response.headers["retry-after"] == "7"
        with RawConversation(live.url) as second:
            second.start("ask")
            assert second.receive()["type"] == "error"
            assert second.expect_close()[0] == 4100
        first.send_text("done")
        assert first.drain()[1] == (1000, "")


class _Unavailable:
    """A provider of FastAgency's shape whose server has gone."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    @property
    def names(self) -> list[str]:
        raise self.error

    def get_description(self, name: str) -> str:
        raise NotImplementedError

    def run(self, name: str, ui: Any, user_id: str | None = None, **params: Any) -> str:
        raise NotImplementedError


class FastAgencyConnectionError(Exception):
    """As FastAgency's own, which is known by its name."""


class FastAgencyFastAPIConnectionError(FastAgencyConnectionError):
    """As FastAgency's own."""


class FastAgencyKeyError(KeyError):
    """As FastAgency's own."""


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ProviderUnreachable("gone"), 504),
        (FastAgencyConnectionError("gone"), 504),
        (FastAgencyFastAPIConnectionError("gone"), 504),
        (ProviderKeyError("gone"), 404),
        (FastAgencyKeyError("gone"), 404),
    ],
)
def test_a_chained_provider_that_cannot_answer(error: Exception, status: int) -> None:
    with serve(application(FastAPIAdapter(provider=_Unavailable(error)))) as live:
        for response in (httpx.get(live.url + DISCOVERY), announce(live.url)):
            assert response.status_code == status
            assert response.json() == {"detail": "gone"}
        with RawConversation(live.url) as conversation:
            conversation.start("any")
            messages, close = conversation.drain()
            assert [m["type"] for m in messages] == ["workflow_started", "error", "workflow_completed"]
            assert close == (1000, "")


def test_a_server_that_is_not_there() -> None:
    provider = FastAPIAdapter.create_provider(fastapi_url="http://127.0.0.1:9")
    assert isinstance(provider, FastAPIProvider)
    with serve(application(FastAPIAdapter(provider=provider))) as live:
        response = httpx.get(live.url + DISCOVERY)
    assert response.status_code == 504
    assert response.json()["detail"] == "The server at http://127.0.0.1:9 cannot be reached."


async def bearer(authorization: Annotated[str | None, Header()] = None) -> str:
    if authorization is None:
        raise HTTPException(401, "Say who you are.")
    if authorization == "mallory":
        raise HTTPException(403, "Not you.")
    return authorization


@pytest.mark.parametrize(("who", "status"), [(None, 401), ("mallory", 403), ("ann", 200)])
def test_get_user_id_guards_rest(who: str | None, status: int) -> None:
    headers = {} if who is None else {"Authorization": who}
    with serve(application(FastAPIAdapter(provider=make_workflows(), get_user_id=bearer))) as live:
        assert httpx.get(live.url + DISCOVERY, headers=headers).status_code == status
        response = announce(live.url, headers=headers, user_id="somebody else")
        assert response.status_code == status
    if status == 200:
        assert response.json()["user_id"] == "ann"
    else:
        assert isinstance(response.json()["detail"], str)


def test_one_include_router_is_all_that_is_needed() -> None:
    app = FastAPI()
    app.include_router(FastAPIAdapter(provider=Workflows()).router, prefix="/api")
    paths = {path: f"/api{path}" for path in (DISCOVERY, INITIATE, SOCKET)}
    with serve(app, paths=paths, client_faults="ignore") as live:
        assert httpx.get(f"{live.url}/api{DISCOVERY}").json() == []
        headers = {"Content-Type": "application/json"}
        response = httpx.post(f"{live.url}/api{INITIATE}", content="{", headers=headers)
        assert response.status_code == 400
