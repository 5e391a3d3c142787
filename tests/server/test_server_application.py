"""`adapter.application`: the routes without a FastAPI application around them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastagency_sdk._generated.tables import CloseCode
from fastagency_server import FastAPIAdapter, Settings
from fastapi import Header, HTTPException
from live_server import serve
from raw_client import RawConversation
from server.serving import eventually, make_workflows


def who(authorization: str | None = Header(None)) -> str:
    """A user by the header."""
    if authorization is None:
        raise HTTPException(401, "Who are you?")
    return authorization


def test_it_is_one_application_and_serves_the_three_routes_and_the_pages() -> None:
    adapter = FastAPIAdapter(provider=make_workflows())
    assert adapter.application is adapter.application
    with serve(adapter.application) as live:
        for path in ("/fastagency/discovery", "//fastagency/discovery"):
            assert httpx.get(live.url + path).json()[0]["name"] == "ask"
        body: dict[str, Any] = {"workflow_name": "ask", "workflow_uuid": "new", "user_id": None, "params": {}}
        assert httpx.post(live.url + "/fastagency/initiate_workflow", json=body).json()["name"] == "ask"
        assert httpx.get(live.url + "/fastagency/openapi.json").json()["info"]["title"]
        assert httpx.get(live.url + "/fastagency/ws").status_code == 404
        assert httpx.get(live.url + "/fastagency/nothing").status_code == 404


@pytest.mark.parametrize("workflow", ["ask", "aask"])
@pytest.mark.parametrize("path", ["/fastagency/ws", "//fastagency/ws"])
def test_a_conversation(workflow: str, path: str) -> None:
    adapter = FastAPIAdapter(provider=make_workflows())
    with serve(adapter.application) as live:
        conversation = RawConversation(live.url, path=path)
        conversation.start(workflow)
        conversation.receive_until("text_input")
        conversation.send_text("Ann")
        messages, close = conversation.drain()
        assert messages[-1]["type"] == "workflow_completed"
        assert close[0] == CloseCode.FINISHED
        eventually(lambda: adapter.running == 0, "the conversation is left")


def test_the_paths_are_the_adapters() -> None:
    adapter = FastAPIAdapter(provider=make_workflows(), ws_path="/talk")
    with serve(adapter.application) as live:
        conversation = RawConversation(live.url, path="/talk")
        conversation.start("echo")
        assert conversation.drain()[0][-1]["type"] == "workflow_completed"


def test_get_user_id_guards_all_of_it() -> None:
    adapter = FastAPIAdapter(provider=make_workflows(), get_user_id=who)
    with serve(adapter.application) as live:
        assert httpx.get(live.url + "/fastagency/discovery").status_code == 401
        stranger = RawConversation(live.url)
        messages, close = stranger.drain()
        assert [message["type"] for message in messages] == ["error"]
        assert close[0] == CloseCode.NOT_AUTHENTICATED
        ann = RawConversation(live.url, additional_headers={"Authorization": "ann"})
        ann.start("echo")
        assert ann.drain()[0][-1]["type"] == "workflow_completed"


def test_its_end_ends_its_conversations() -> None:
    adapter = FastAPIAdapter(provider=make_workflows(), settings=Settings(shutdown_seconds=1))
    with serve(adapter.application) as live:
        conversation = RawConversation(live.url)
        conversation.start("ask")
        conversation.receive_until("text_input")
    assert conversation.expect_close()[0] == CloseCode.RESTARTING
    assert adapter.running == 0
