"""`FastAPIAdapter`: workflows, offered over REST and WebSocket as routes of a FastAPI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any

from fastagency_sdk._generated.messages import InitiatedWorkflow, InitiateWorkflowRequest, WorkflowInfo
from fastapi import APIRouter, Depends, FastAPI, WebSocket
from starlette.applications import Starlette
from starlette.routing import Mount, WebSocketRoute

from .connection import Connection
from .conversations import Conversations
from .drain import Drain
from .errors import CredentialsExpired, ServerError
from .identity import GetUserId, SocketIdentity, as_user_id
from .logs import quiet_uvicorn
from .lookup import describe, list_workflows
from .monitor import Monitor
from .opening import Opener
from .provider import FastAPIProvider
from .reservations import Reservations
from .rest import StrictRoute, as_http, documented
from .resumable_session import SUBPROTOCOL
from .runner import Runner
from .settings import Settings
from .site import add_site
from .tickets import Tickets
from .workflows import NativeProvider, Provider

__all__ = ["FastAPIAdapter"]


class FastAPIAdapter:
    """Offers the workflows of a provider to clients. `app.include_router(adapter.router)` is all it needs.

    `provider`                what is offered: a `Workflows`, a `FastAPIProvider`, or any provider of
                              FastAgency's shape.
    `initiate_workflow_path`  and the other paths: where the three routes are. The published spec and its
    pages are
                              beside the discovery route.
    `get_user_id`             a FastAPI dependency that returns the user's id, or raises HTTPException. It
    guards
                              all three routes. None: everybody is the same nobody.
    `settings`                the limits.

    A server that is told to stop (SIGTERM) drains first: see `Settings.drain_seconds`.
    """

    def __init__(
        self,
        provider: NativeProvider | Provider,
        *,
        initiate_workflow_path: str = "/fastagency/initiate_workflow",
        discovery_path: str = "/fastagency/discovery",
        ws_path: str = "/fastagency/ws",
        get_user_id: GetUserId | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.provider = provider
        self.initiate_workflow_path = initiate_workflow_path
        self.discovery_path = discovery_path
        self.ws_path = ws_path
        self.get_user_id: GetUserId = get_user_id or _nobody
        self.settings = settings or Settings()
        self.monitor = Monitor()
        """What goes on, in numbers; `metrics.measure` shows them to OpenTelemetry."""
        self._guarded = get_user_id is not None
        self._tickets = Tickets(self.settings)
        self._connections: set[Connection] = set()
        self._reservations = Reservations(self.settings)
        self._conversations = Conversations(self.settings)
        self._runner = Runner(self.settings)
        self._drain = Drain(
            self.settings, self._reservations, self._conversations, self._connections, self._runner
        )
        self._identity = SocketIdentity(get_user_id, self.settings, self._tickets)
        self._opener = Opener(
            provider, self.settings, self._reservations, self._conversations, self._runner, self.monitor
        )
        self.router = self._make_router()
        quiet_uvicorn()

    @cached_property
    def application(self) -> Starlette:
        """The routes as an application of their own, for a server that has no others.

        In a FastAPI application every socket passes through FastAPI's own layers, which serve the
        dependencies of routers. Here the socket's route lies before them, and conversations start a quarter
        faster.
        """
        rest = FastAPI(title="FastAgency protocol")
        rest.include_router(self.router)
        sockets = [WebSocketRoute(path, self._socket) for path in self._ws_paths]
        return Starlette(routes=[*sockets, Mount("/", rest)], lifespan=self._lifespan)

    @classmethod
    def create_provider(cls, fastapi_url: str) -> FastAPIProvider:
        """Return the workflows of the server at `fastapi_url` as a provider, to be offered by another one."""
        return FastAPIProvider(fastapi_url)

    @property
    def running(self) -> int:
        """How many conversations run."""
        return self._reservations.running

    @property
    def retained(self) -> int:
        """How many conversations are over and can still be read (spec FA-LIV-6)."""
        return self._conversations.over

    async def drain(self) -> None:
        """Take no new conversation, and return when none runs any more or `drain_seconds` have passed (spec
        FA-LIV-8). Sockets may still resume. For servers that are told to stop by other means than SIGTERM;
        called on the event loop.
        """
        await self._drain.run()

    async def expire_credentials(self, user_id: str | None) -> None:
        """Close the sockets of a user with 4201: the client comes back with fresh credentials (spec FA-CLS).
        In classic that ends the conversation. Called on the event loop.
        """
        expired = [connection for connection in self._connections if connection.user_id == user_id]
        await asyncio.gather(*(connection.dismiss(CredentialsExpired()) for connection in expired))

    def _make_router(self) -> APIRouter:
        route_class = StrictRoute.limited(self.settings.max_frame_bytes)
        router = APIRouter(route_class=route_class, lifespan=self._lifespan)
        user = Depends(self.get_user_id)

        async def discovery(user_id: Any = user) -> list[WorkflowInfo]:
            del user_id
            try:
                listed = await list_workflows(self.provider)
            except ServerError as error:
                raise as_http(error, self.settings) from error
            return [
                WorkflowInfo(name=name, description=str(description)) for name, description in listed.items()
            ]

        async def initiate_workflow(
            request: InitiateWorkflowRequest, user_id: Any = user
        ) -> InitiatedWorkflow:
            owner = as_user_id(user_id)
            try:
                await describe(self.provider, request.workflow_name)
                self._reservations.check_room()
            except ServerError as error:
                raise as_http(error, self.settings) from error
            now = asyncio.get_running_loop().time()
            uuid = self._reservations.reserve(request.workflow_uuid, owner, now)
            return InitiatedWorkflow(
                user_id=owner,
                workflow_uuid=str(uuid),
                name=request.workflow_name,
                params=request.params,
                subprotocols=[SUBPROTOCOL],
                resume_token=self._reservations.token_of(uuid),
                ticket=self._tickets.give(owner, now) if self._guarded else None,
            )

        # FastAgency's own client asks for paths with two slashes; they are served, and not documented.
        # What is asked for most is looked for first.
        for path in self._ws_paths:
            router.add_api_websocket_route(path, self._socket)
        for slash in ("", "/"):
            for path, endpoint, method in (
                (self.initiate_workflow_path, initiate_workflow, "POST"),
                (self.discovery_path, discovery, "GET"),
            ):
                router.add_api_route(
                    slash + path,
                    endpoint,
                    methods=[method],
                    include_in_schema=not slash,
                    **documented(endpoint.__name__),
                )
        add_site(
            router,
            self.discovery_path.rpartition("/")[0],
            discovery=self.discovery_path,
            initiate_workflow=self.initiate_workflow_path,
            ws=self.ws_path,
        )
        return router

    @property
    def _ws_paths(self) -> tuple[str, str]:
        return self.ws_path, "/" + self.ws_path

    async def _socket(self, websocket: WebSocket) -> None:
        connection = await self._opener.accept(websocket)
        self._connections.add(connection)
        try:
            await connection.run(lambda: self._identity.user_of(websocket))
        finally:
            self._connections.discard(connection)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        del app
        with self._drain.before_sigterm():
            yield
        await self._drain.finish()


async def _nobody() -> None:
    # `async`, because FastAPI runs a plain dependency in a thread of its pool.
    return None
