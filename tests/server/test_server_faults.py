"""The server's own failures, over real sockets: the client is told, and nothing is left."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastagency_server import FastAPIAdapter, FastAPIProvider
from fastagency_server.classic import ClassicConversation
from fastagency_server.conversation import Conversation
from live_server import LiveServer, serve
from raw_client import RawConversation
from server.serving import application, make_workflows

ADAPTER = FastAPIAdapter(provider=make_workflows())


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with serve(application(ADAPTER)) as live:
        yield live


def without_threads(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    """Let the system have no thread left for what names its threads so."""
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name.startswith(named):
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)


def test_no_thread_is_left(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch:
        without_threads(patch, "workflow-")
        with RawConversation(server.url) as conversation:
            uuid = conversation.start("ask")
            messages, close = conversation.drain()
    assert [(message["type"], message["workflow_uuid"]) for message in messages] == [
        ("error", uuid.replace("-", ""))
    ]
    assert messages[0]["content"] == {
        "short": "The server has no thread left.",
        "long": "Try again in a while.",
    }
    assert close == (4100, "The server has no thread left.")
    assert ADAPTER.running == 0
    records = [r for r in caplog.records if r.name.startswith("fastagency_server")]
    assert [r.levelno for r in records if r.levelno > logging.INFO] == [logging.WARNING]
    assert not any(r.exc_info for r in records)
    with RawConversation(server.url) as again:
        again.start("ask", workflow_uuid=uuid)
        again.receive_until("text_input")
        again.send_text("now it runs")
        assert again.drain()[1] == (1000, "")


def test_no_thread_is_left_to_ask_another_server_in(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """spec FA-CLS: 4100, and 503 over REST. The far server is never asked, so there need not be one."""
    adapter = FastAPIAdapter(provider=FastAPIProvider("http://127.0.0.1:9"))
    with serve(application(adapter)) as near, monkeypatch.context() as patch:
        without_threads(patch, "AnyIO worker thread")
        refused = [
            httpx.get(f"{near.url}/fastagency/discovery"),
            httpx.post(
                f"{near.url}/fastagency/initiate_workflow",
                json={"workflow_name": "ask", "workflow_uuid": "x", "user_id": None, "params": {}},
            ),
        ]
        with RawConversation(near.url) as conversation:
            conversation.start("ask")
            messages, close = conversation.drain()
    for response in refused:
        assert (response.status_code, response.json()) == (503, {"detail": "The server has no thread left."})
        assert response.headers["retry-after"].isdecimal()
    assert [message["content"]["short"] for message in messages] == ["The server has no thread left."]
    assert close == (4100, "The server has no thread left.")
    assert adapter.running == 0
    assert not any(r.exc_info for r in caplog.records if r.name.startswith("fastagency_server"))


def test_a_provider_that_fails_is_no_lack_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: FastAPIProvider) -> dict[str, str]:
        del self
        raise RuntimeError("a detail of the provider")

    monkeypatch.setattr(FastAPIProvider, "catalogue", broken)
    adapter = FastAPIAdapter(provider=FastAPIProvider("http://127.0.0.1:9"))
    with serve(application(adapter)) as near, RawConversation(near.url) as conversation:
        conversation.start("ask")
        assert conversation.drain()[1] == (1011, "The server failed.")


def test_an_unforeseen_fault_at_the_start(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(self: Conversation) -> None:
        del self
        raise LookupError("a detail of the server")

    monkeypatch.setattr(Conversation, "begin", broken)
    with RawConversation(server.url) as conversation:
        uuid = conversation.start("ask")
        messages, close = conversation.drain()
    assert [message["content"] for message in messages] == [{"short": "The server failed.", "long": None}]
    assert messages[0]["workflow_uuid"] == uuid.replace("-", "")
    assert close == (1011, "The server failed.")
    assert ADAPTER.running == 0
    assert "a detail of the server" in caplog.text


def test_an_unforeseen_fault_of_the_writer(server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    take = ClassicConversation.take

    def broken(self: ClassicConversation) -> Any:
        if self._questions:
            raise LookupError("a detail of the server")
        return take(self)

    monkeypatch.setattr(ClassicConversation, "take", broken)
    with RawConversation(server.url) as conversation:
        conversation.start("aask")
        messages, close = conversation.drain()
    assert messages[-1]["content"] == {"short": "The server failed.", "long": None}
    assert close == (1011, "The server failed.")
