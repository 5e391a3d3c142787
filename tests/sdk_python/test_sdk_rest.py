"""Discovery and the announcement of a conversation, through both clients; URLs and retries."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any

import httpx
import pytest
from fastagency_sdk import (
    AsyncClient,
    Client,
    FastAgencyError,
    MalformedMessage,
    RequestRefused,
    Retry,
    ServerUnreachable,
    WorkflowInfo,
)
from fastagency_sdk.urls import Endpoints
from sdk_python.scripted import UUID, NewClient, ScriptedServer

FAST = Retry(attempts=3, first_delay=0.001, longest_delay=0.01)


def broken() -> httpx.ConnectError:
    return httpx.ConnectError("refused")


async def test_discovery(new_client: NewClient) -> None:
    async with new_client() as client:
        assert await client.discovery() == [WorkflowInfo(name="quiz", description="Three questions")]


async def test_discovery_is_asked_again(server: ScriptedServer, new_client: NewClient) -> None:
    server.responses = [broken(), httpx.Response(503, json={"detail": "full"}, headers={"Retry-After": "0"})]
    async with new_client(retry=FAST) as client:
        assert len(await client.discovery()) == 1
    assert len(server.requests) == 3


async def test_discovery_gives_up(server: ScriptedServer, new_client: NewClient) -> None:
    server.responses = [broken() for _ in range(9)]
    async with new_client(retry=FAST) as client:
        with pytest.raises(ServerUnreachable, match="discovery: refused"):
            await client.discovery()
    assert len(server.requests) == 3


@pytest.mark.parametrize("response", [lambda: httpx.Response(503, json={"detail": "full"}), broken])
async def test_nothing_else_is_ever_repeated(
    server: ScriptedServer, new_client: NewClient, response: Callable[[], httpx.Response | Exception]
) -> None:
    server.responses = [response()]
    async with new_client(retry=FAST) as client:
        with pytest.raises(FastAgencyError):
            await client.start("quiz").__aenter__()
    assert len(server.requests) == 1
    assert server.upgrades == []


def answer(status: int, **what: Any) -> Callable[[], httpx.Response]:
    """Return what makes a response: one can be read only once."""
    return lambda: httpx.Response(status, **what)


ISSUES = [
    {"type": "missing", "loc": ["body", "workflow_name"], "msg": "Field required"},
    {"type": "int", "loc": ["body", "params", 0], "msg": "Bad", "input": 1},
]


@pytest.mark.parametrize(
    ("response", "status", "detail", "retry_after"),
    [
        (answer(401, json={"detail": "Who are you?"}), 401, "Who are you?", None),
        (answer(403, json={"detail": "Not you."}), 403, "Not you.", None),
        (answer(404, json={"detail": "There is no quiz."}), 404, "There is no quiz.", None),
        (
            answer(422, json={"detail": ISSUES}),
            422,
            "body.workflow_name: Field required; body.params.0: Bad",
            None,
        ),
        (answer(503, json={"detail": "full"}, headers={"Retry-After": "7"}), 503, "full", 7),
        (answer(503, text="<html>proxy</html>"), 503, "Service Unavailable", None),
        (answer(418, json={"detail": "teapot"}), 418, "teapot", None),
        (answer(500, text=""), 500, "Internal Server Error", None),
        (answer(599, text="?"), 599, "no reason given", None),
        (
            answer(307, headers={"Location": "https://elsewhere/"}),
            307,
            "Temporary Redirect (it points to https://elsewhere/)",
            None,
        ),
        (answer(204), 204, "No Content", None),
    ],
)
async def test_refusals(
    server: ScriptedServer,
    new_client: NewClient,
    response: Callable[[], httpx.Response],
    status: int,
    detail: str,
    retry_after: float | None,
) -> None:
    server.responses = [response()]
    async with new_client() as client:
        with pytest.raises(RequestRefused) as caught:
            await client.start("quiz").__aenter__()
    error = caught.value
    assert (error.status, error.detail, error.retry_after) == (status, detail, retry_after)
    assert str(error) == f"{status}: {detail}"


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("0", 0, 0),
        ("120", 120, 120),
        (formatdate(4e9, usegmt=True), 1e9, 4e9),
        (formatdate(0, usegmt=True), 0, 0),
        ("Thu, 01 Jan 1970 00:00:00 -0000", 0, 0),
        ("soon", None, None),
        ("-1", None, None),
        ("9" * 400, None, None),
        ("", None, None),
    ],
)
async def test_retry_after(
    server: ScriptedServer, new_client: NewClient, value: str, least: float | None, most: float | None
) -> None:
    server.responses = [httpx.Response(503, json={"detail": "full"}, headers={"Retry-After": value})]
    async with new_client(retry=Retry(attempts=1)) as client:
        with pytest.raises(RequestRefused) as caught:
            await client.discovery()
    seconds = caught.value.retry_after
    if least is None or most is None:
        assert seconds is None
    else:
        assert seconds is not None
        assert least <= seconds <= most


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "{}",
        "[1]",
        '[{"name": "quiz"}]',
        '[{"name": 1, "description": ""}]',
        "<html></html>",
        b"\xff",
    ],
)
async def test_a_list_of_workflows_that_is_none(
    server: ScriptedServer, new_client: NewClient, body: str | bytes
) -> None:
    server.responses = [httpx.Response(200, content=body)]
    async with new_client() as client:
        with pytest.raises(MalformedMessage, match="discovery") as caught:
            await client.discovery()
    assert caught.value.text == (body if isinstance(body, str) else "\ufffd")


async def test_a_conversation_that_is_none(server: ScriptedServer, new_client: NewClient) -> None:
    server.responses = [
        httpx.Response(200, json={"user_id": None, "workflow_uuid": "7", "name": "q", "params": {}})
    ]
    async with new_client() as client:
        with pytest.raises(MalformedMessage, match="workflow_uuid"):
            await client.start("quiz").__aenter__()
    assert server.upgrades == []


@pytest.mark.parametrize("number", ["1e999", "NaN"])
async def test_a_conversation_with_a_number_that_is_none(
    server: ScriptedServer, new_client: NewClient, number: str
) -> None:
    body = f'{{"user_id": null, "workflow_uuid": "{UUID}", "name": "q", "params": {{"a": {number}}}}}'
    server.responses = [httpx.Response(200, text=body)]
    async with new_client() as client:
        with pytest.raises(MalformedMessage, match=r"number is beyond|NaN is not JSON"):
            await client.start("quiz").__aenter__()


async def test_the_announcement(server: ScriptedServer, new_client: NewClient) -> None:
    params = {"name": "x", "ui": [2**60], "user_id": None}
    async with new_client(user_id="ada") as client:
        for _ in range(2):
            async with client.start("quiz", params) as conversation:
                assert conversation.workflow_uuid == UUID
    first, second = (json.loads(request.content) for request in server.requests)
    assert first.pop("workflow_uuid") != second.pop("workflow_uuid")
    assert first == second == {"workflow_name": "quiz", "user_id": "ada", "params": params}


@pytest.mark.parametrize("params", [{"x": float("nan")}, {"x": {1}}, {"x": "\ud800"}])
async def test_params_that_json_cannot_say(
    server: ScriptedServer, new_client: NewClient, params: dict[str, Any]
) -> None:
    async with new_client() as client:
        with pytest.raises(ValueError):  # noqa: PT011 - each has its own words
            await client.start("quiz", params).__aenter__()
    assert server.requests == []


async def test_headers_are_fresh_for_each_request_and_socket(
    server: ScriptedServer, new_client: NewClient
) -> None:
    calls = 0

    def headers() -> Mapping[str, str]:
        nonlocal calls
        calls += 1
        return {"Authorization": f"Bearer {calls}"}

    async with new_client(headers=headers) as client:
        await client.discovery()
        async with client.start("quiz"):
            pass
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer 1", "Bearer 2"]
    assert server.upgrades[0]["Authorization"] == "Bearer 3"


async def test_headers_may_be_awaited_for(server: ScriptedServer) -> None:
    async def headers() -> Mapping[str, str]:
        return {"Authorization": "Bearer async"}

    client = AsyncClient(server.url, headers=headers, transport=server.transport())
    async with client, client.start("quiz"):
        pass
    assert server.requests[0].headers["authorization"] == "Bearer async"
    assert server.upgrades[0]["Authorization"] == "Bearer async"


async def test_headers_that_never_change(server: ScriptedServer, new_client: NewClient) -> None:
    async with new_client(headers={"X-Team": "blue"}) as client, client.start("quiz"):
        pass
    assert server.requests[0].headers["x-team"] == server.upgrades[0]["X-Team"] == "blue"


async def test_the_paths_are_the_servers(server: ScriptedServer, new_client: NewClient) -> None:
    paths: list[str] = []

    async def script(socket: Any) -> None:
        paths.append(socket.request.path)
        await server.completes(socket)

    server.script = script
    url = server.url.replace("http:", "ws:") + "/app/"
    own = {"discovery_path": "/d", "initiate_workflow_path": "i", "ws_path": "/w/s"}
    async with new_client(url=url, **own) as client:
        await client.discovery()
        async with client.start("quiz"):
            pass
    assert [request.url.path for request in server.requests] == ["/app/d", "/app/i"]
    assert {request.url.scheme for request in server.requests} == {"http"}
    assert paths == ["/app/w/s"]


async def test_an_injected_client_stays_open(server: ScriptedServer) -> None:
    async with httpx.AsyncClient(transport=server.transport(), headers={"X-Mine": "1"}) as http:
        async with AsyncClient(server.url, http_client=http, headers={"X-Ours": "2"}) as client:
            await client.discovery()
        assert not http.is_closed
    with httpx.Client(transport=server.transport()) as blocking:
        with Client(server.url, http_client=blocking) as second:
            second.discovery()
        assert not blocking.is_closed
    assert (server.requests[0].headers["x-mine"], server.requests[0].headers["x-ours"]) == ("1", "2")


@pytest.mark.parametrize(
    ("url", "http", "ws"),
    [
        ("http://host", "http://host/d", "ws://host/w"),
        ("https://host/", "https://host/d", "wss://host/w"),
        ("ws://host:1", "http://host:1/d", "ws://host:1/w"),
        ("wss://host/a/b//", "https://host/a/b/d", "wss://host/a/b/w"),
        ("HTTP://Host", "http://Host/d", "ws://Host/w"),
        ("http://[::1]:8008", "http://[::1]:8008/d", "ws://[::1]:8008/w"),
        (" http://host ", "http://host/d", "ws://host/w"),
    ],
)
def test_addresses(url: str, http: str, ws: str) -> None:
    found = Endpoints.of(url, "/d", "/i", "/w")
    assert (found.discovery, found.ws) == (http, ws)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("host:8008", "must start with"),
        ("ftp://host", "must start with"),
        ("", "must start with"),
        ("//host", "must start with"),
        ("http://", "names no host"),
        ("http:///path", "names no host"),
        ("http://host?x=1", "query"),
        ("http://host#x", "fragment"),
        ("http://host:port", "is no URL"),
        ("http://host:99999", "is no URL"),
        ("http://[::1", "is no URL"),
    ],
)
@pytest.mark.parametrize("kind", [AsyncClient, Client])
def test_addresses_that_are_none(kind: type[AsyncClient | Client], url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        kind(url)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://ada:hunter2@host", "cannot have a user or a password: send them in headers"),
        ("https://ada@host/hunter2", "cannot have a user or a password"),
        ("ws://:hunter2@host", "cannot have a user or a password"),
        ("http://ada:hunter2@host?x=1", "cannot have a user or a password"),
        ("http://ada:hunter2@host:port", "the base URL is no URL"),
        ("http://ada:hunter2/3@host", "the base URL is no URL"),
        ("http://ada:hunter2@[::1", "the base URL is no URL"),
        ("ftp://ada:hunter2@host", "the base URL must start with"),
        ("ada:hunter2@host", "the base URL must start with"),
        ("http:///ada:hunter2@host", "the base URL names no host"),
    ],
)
def test_addresses_with_credentials_are_refused_and_not_repeated(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        Endpoints.of(url)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_at_sign_in_a_path_is_no_user() -> None:
    assert Endpoints.of("http://host/@me", ws_path="/w").ws == "ws://host/@me/w"


@pytest.mark.parametrize(
    ("tried", "error", "delay"),
    [
        (1, ServerUnreachable(), 0.5),
        (2, ServerUnreachable(), 1.0),
        (3, ServerUnreachable(), 1.5),
        (4, ServerUnreachable(), None),
        (1, RequestRefused(503, "full"), 0.5),
        (1, RequestRefused(503, "full", 2.0), 2.0),
        (1, RequestRefused(503, "full", 3.0), 3.0),
        (1, RequestRefused(503, "full", 3.1), None),
        (4, RequestRefused(503, "full", 0.0), None),
        (1, RequestRefused(504, "gone"), None),
        (1, RequestRefused(404, "no"), None),
        (1, MalformedMessage("no", ""), None),
    ],
)
def test_when_to_ask_again(tried: int, error: FastAgencyError, delay: float | None) -> None:
    retry = Retry(attempts=4, first_delay=1.0, longest_delay=3.0)
    assert retry.delay(tried, error, lambda: 0.5) == delay


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"first_delay": -1}, {"longest_delay": -0.1}])
def test_a_retry_that_makes_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="attempts"):
        Retry(**wrong)
