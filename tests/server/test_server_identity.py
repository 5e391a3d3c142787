"""identity.py: `get_user_id` on the socket, whatever kind of FastAPI dependency it is."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import httpx
import pytest
from fastagency_server import FastAPIAdapter
from fastapi import Cookie, Depends, FastAPI, Header, HTTPException, Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from live_server import serve
from raw_client import RawConversation
from server.serving import application, make_workflows
from starlette.requests import HTTPConnection


def from_header(x_user: Annotated[str, Header()]) -> str:
    return x_user


async def from_request(request: Request) -> str | None:
    return request.headers.get("x-user")


def from_connection(connection: HTTPConnection) -> str | None:
    return connection.headers.get("x-user")


def from_cookie(user: Annotated[str | None, Cookie()] = None) -> str | None:
    return user


def from_sub_dependency(name: Annotated[str, Depends(from_header)]) -> str:
    return name


def from_basic(credentials: Annotated[HTTPBasicCredentials, Depends(HTTPBasic())]) -> str:
    return credentials.username


async def from_yield(x_user: Annotated[str, Header()]) -> AsyncIterator[str]:
    yield x_user


class FromCallable:
    def __call__(self, request: Request) -> str | None:
        return request.headers.get("x-user")


HEADERS = {"x-user": "ann", "cookie": "user=ann", "authorization": "Basic YW5uOng="}


def whoami(url: str, headers: dict[str, str]) -> tuple[list[dict[str, Any]], tuple[int, str]]:
    with RawConversation(url, additional_headers=headers) as conversation:
        conversation.start("whoami")
        return conversation.drain()


@pytest.mark.parametrize(
    "get_user_id",
    [
        from_header,
        from_request,
        from_connection,
        from_cookie,
        from_sub_dependency,
        from_basic,
        from_yield,
        FromCallable(),
    ],
    ids=lambda value: getattr(value, "__name__", "callable"),
)
def test_every_kind_of_dependency(get_user_id: Callable[..., Any]) -> None:
    with serve(application(FastAPIAdapter(provider=make_workflows(), get_user_id=get_user_id))) as live:
        messages, close = whoami(live.url, HEADERS)
        assert messages[-1]["content"]["result"] == "ann"
        assert close == (1000, "")
        assert httpx.get(live.url + "/fastagency/discovery", headers=HEADERS).status_code == 200


def refusing(status: int) -> Callable[[], str]:
    def get_user_id() -> str:
        raise HTTPException(status, "Go away.")

    return get_user_id


@pytest.mark.parametrize(
    ("status", "code"), [(401, 4001), (403, 4003), (404, 4003), (429, 4100), (503, 4100)]
)
def test_a_refusal_is_an_error_message_and_a_close_code(status: int, code: int) -> None:
    app = application(FastAPIAdapter(provider=make_workflows(), get_user_id=refusing(status)))
    with serve(app) as live, RawConversation(live.url) as conversation:
        assert conversation.receive()["content"]["short"] == "Go away."
        assert conversation.expect_close() == (code, "Go away.")


def test_a_credential_that_is_missing() -> None:
    app = application(FastAPIAdapter(provider=make_workflows(), get_user_id=from_header))
    with serve(app) as live, RawConversation(live.url) as conversation:
        assert conversation.receive()["content"]["long"] == "header.x-user: Field required"
        assert conversation.expect_close()[0] == 4001


def test_the_overrides_of_the_application_hold_on_the_socket_too() -> None:
    adapter = FastAPIAdapter(provider=make_workflows(), get_user_id=from_header)
    app = application(adapter)
    app.dependency_overrides[from_header] = lambda: "eve"
    with serve(app) as live:
        assert whoami(live.url, {})[0][-1]["content"]["result"] == "eve"


def test_the_dependency_sees_the_application() -> None:
    def get_user_id(request: Request) -> str:
        app: FastAPI = request.app
        return str(app.state.user)

    app = application(FastAPIAdapter(provider=make_workflows(), get_user_id=get_user_id))
    app.state.user = "zoe"
    with serve(app) as live:
        assert whoami(live.url, {})[0][-1]["content"]["result"] == "zoe"


def test_a_conversation_belongs_to_the_user_who_announced_it() -> None:
    adapter = FastAPIAdapter(provider=make_workflows(), get_user_id=from_header)
    with serve(application(adapter)) as live:
        own = str(uuid.uuid4())
        body = {"workflow_name": "whoami", "workflow_uuid": own, "user_id": "bob", "params": {}}
        reply = httpx.post(live.url + "/fastagency/initiate_workflow", json=body, headers={"x-user": "ann"})
        assert reply.json()["user_id"] == "ann"
        with RawConversation(live.url, additional_headers={"x-user": "bob"}) as thief:
            thief.start("whoami", workflow_uuid=own)
            assert thief.drain()[1][0] == 4003
        with RawConversation(live.url, additional_headers={"x-user": "ann"}) as owner:
            owner.start("whoami", workflow_uuid=own)
            assert owner.drain()[0][-1]["content"]["result"] == "ann"


def test_a_dependency_that_breaks_is_the_servers_fault(caplog: pytest.LogCaptureFixture) -> None:
    def get_user_id() -> str:
        raise LookupError("no such table")

    app = application(FastAPIAdapter(provider=make_workflows(), get_user_id=get_user_id))
    with serve(app) as live, RawConversation(live.url) as conversation:
        messages, close = conversation.drain()
        assert [message["content"] for message in messages] == [{"short": "The server failed.", "long": None}]
        assert close == (1011, "The server failed.")
    assert "no such table" in caplog.text
