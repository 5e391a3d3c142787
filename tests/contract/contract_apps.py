"""Servers in the configurations in which the contract is examined, made of the public API alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from socket import socket
from typing import Any

from fastagency_server import UI, FastAPIAdapter, Settings, Workflows
from fastapi import FastAPI, HTTPException
from live_server import serve
from raw_client import RawConversation
from wiretap import App, Receive, Send

__all__ = ["CONFIGURATIONS", "Configuration", "application", "workflows"]

Configuration = Callable[[], AbstractContextManager[App]]


def workflows() -> Workflows:
    """Two workflows: one that says something and ends, one that asks."""
    registry = Workflows()

    @registry.register(name="simple_learning", description="Student and teacher learning chat")
    def simple_learning(ui: UI, params: dict[str, Any]) -> str:
        ui.text_message(sender="Teacher", body=f"Learning {params}")
        return "learned"

    @registry.register(name="quiz", description="One question")
    def quiz(ui: UI, params: dict[str, Any]) -> str:
        del params
        return ui.text_input(prompt="What is two and two?")

    return registry


def application(**options: Any) -> FastAPI:
    """A server with the two workflows; `options` are the adapter's."""
    app = FastAPI()
    app.include_router(FastAPIAdapter(**{"provider": workflows(), **options}).router)
    return app


@contextmanager
def plain() -> Iterator[App]:
    """Nobody is asked who they are."""
    yield application()


@contextmanager
def unauthenticated() -> Iterator[App]:
    """Nobody is known."""

    def get_user_id() -> str:
        raise HTTPException(401, "Say who you are.")

    yield application(get_user_id=get_user_id)


@contextmanager
def forbidden() -> Iterator[App]:
    """Everybody is known, and nobody may do anything."""

    def get_user_id() -> str:
        raise HTTPException(403, "You may not.")

    yield application(get_user_id=get_user_id)


@contextmanager
def full() -> Iterator[App]:
    """The only conversation that the server holds at once waits for its answer."""
    app = application(settings=Settings(max_conversations=1))
    with serve(app) as server, RawConversation(server.url) as held:
        held.start("quiz")
        held.receive_until("text_input")
        yield app
        held.send_text("4")
        held.receive_until("workflow_completed")
        assert held.expect_close() == (1000, "")


@contextmanager
def chained() -> Iterator[App]:
    """It offers the workflows of another server, which is well."""
    with serve(application()) as peer:
        yield application(provider=FastAPIAdapter.create_provider(fastapi_url=peer.url))


@contextmanager
def peer_down() -> Iterator[App]:
    """It offers the workflows of another server, and nothing listens there."""
    with (
        socket() as reserved
    ):  # bound and not listening: connections are refused, and nobody else gets the port
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        yield application(provider=FastAPIAdapter.create_provider(fastapi_url=url))


@contextmanager
def peer_full() -> Iterator[App]:
    """It offers the workflows of another server, which is full."""
    with _peer(503, [(b"retry-after", b"7")]) as app:
        yield app


@contextmanager
def peer_forgot() -> Iterator[App]:
    """It offers the workflows of another server, which no longer knows one of its own."""
    with _peer(404) as app:
        yield app


@contextmanager
def _peer(status: int, headers: list[tuple[bytes, bytes]] | None = None) -> Iterator[App]:
    async def peer(scope: Any, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        await receive()
        kind = (b"content-type", b"application/json")
        await send({"type": "http.response.start", "status": status, "headers": [kind, *(headers or [])]})
        await send({"type": "http.response.body", "body": b'{"detail": "Not today."}'})

    with serve(peer, lifespan="off") as server:
        yield application(provider=FastAPIAdapter.create_provider(fastapi_url=server.url))


CONFIGURATIONS: dict[str, Configuration] = {
    configuration.__name__: configuration
    for configuration in (
        plain, unauthenticated, forbidden, full, chained, peer_down, peer_full, peer_forgot,
    )
}  # fmt: skip
"""Every configuration by its name."""
