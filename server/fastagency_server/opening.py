"""What a first frame leads to: a workflow that starts, or a conversation that goes on (spec FA-CLA-3,
FA-RES)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastagency_sdk._generated.messages import InitiateWorkflow, ResumeWorkflow, StartWorkflow
from fastapi import WebSocket

from .classic import ClassicConversation
from .classic_session import ClassicSession
from .connection import Connection
from .conversation import Opening
from .conversations import Conversations, Held
from .errors import AlreadyStarted, ConversationGone, ProviderKeyError, ProviderUnreachable, Refusal
from .logged import LoggedConversation
from .lookup import describe, work_of
from .monitor import Monitor
from .reservations import Reservations
from .resumable_session import SUBPROTOCOL, ResumableSession
from .runner import Runner
from .session import FirstFrame, Output, Session
from .settings import Settings
from .workflows import NativeProvider, Provider, Work

__all__ = ["Opener"]


class Opener:
    """Opens the sockets of one adapter: gives each its dialect, and acts on its first frame."""

    def __init__(
        self,
        provider: NativeProvider | Provider,
        settings: Settings,
        reservations: Reservations,
        conversations: Conversations,
        runner: Runner,
        monitor: Monitor,
    ) -> None:
        self._provider = provider
        self._settings = settings
        self._reservations = reservations
        self._conversations = conversations
        self._runner = runner
        self._monitor = monitor

    async def accept(self, websocket: WebSocket) -> Connection:
        """Accept a socket in the dialect that it asks for (spec FA-NEG-2, FA-NEG-3)."""
        now = asyncio.get_running_loop().time()
        session: Session
        if SUBPROTOCOL in websocket.scope["subprotocols"]:
            await websocket.accept(SUBPROTOCOL)
            session = ResumableSession(self._settings, now)
        else:
            await websocket.accept()
            session = ClassicSession(self._settings, now)
        return Connection(websocket, session, self._settings, self._begin, self._monitor)

    async def _begin(self, connection: Connection, first: FirstFrame) -> Output:
        try:
            if isinstance(first, InitiateWorkflow):
                return await self._start_classic(connection, first)
            if isinstance(first, StartWorkflow):
                return await self._start_resumable(connection, first)
            return self._resume(connection, first)
        except Refusal as refusal:
            return connection.session.refuse(refusal)

    async def _start_classic(self, connection: Connection, first: InitiateWorkflow) -> Output:
        assert isinstance(connection.session, ClassicSession)
        uuid, user = UUID(first.workflow_uuid), connection.user_id
        description, work = await self._find(first.name, first.params, user)
        self._reservations.start(uuid, user, _now())
        opening = Opening(first.name, description, first.params)
        conversation = ClassicConversation(uuid.hex, opening, self._settings, connection.signal)

        def ended() -> None:
            self._reservations.end(uuid)
            self._monitor.conversation_ended(conversation)

        try:
            if isinstance(self._provider, NativeProvider):
                conversation.begin()
            connection.socket_gone = self._runner.start(conversation, work, user, ended)
        except Refusal:
            self._reservations.withdraw(uuid, user, _now())
            raise
        except BaseException:
            self._reservations.end(uuid)
            raise
        self._monitor.conversation_started(conversation)
        return connection.session.started(conversation)

    async def _start_resumable(self, connection: Connection, first: StartWorkflow) -> Output:
        uuid, user = UUID(first.workflow_uuid), connection.user_id
        if self._conversations.has(uuid):
            return self._start_again(connection, uuid, first.resume_token)
        description, work = await self._find(first.name, first.params, user)
        if self._conversations.has(uuid):  # another socket was faster
            return self._start_again(connection, uuid, first.resume_token)
        token = self._reservations.start_resumable(uuid, user, first.resume_token, _now())
        opening = Opening(first.name, description, first.params)
        conversation = LoggedConversation(uuid.hex, opening, self._settings)
        held = Held(uuid, conversation, user, token)
        self._conversations.add(held)

        def ended() -> None:
            self._reservations.end(uuid)
            self._conversations.ended(held)
            self._monitor.conversation_ended(conversation)

        try:
            output = self._attach(connection, held, None, 0)
            if isinstance(self._provider, NativeProvider):
                conversation.begin()
            held.stop = self._runner.start(conversation, work, user, ended)
        except Refusal:
            self._conversations.remove(held)
            self._reservations.withdraw(uuid, user, _now(), token)
            raise
        except BaseException:
            self._conversations.remove(held)
            self._reservations.end(uuid)
            raise
        self._monitor.conversation_started(conversation)
        return output

    def _start_again(self, connection: Connection, uuid: UUID, token: str | None) -> Output:
        """A start that was repeated, because its first socket dropped too early (spec FA-RES-7)."""
        held = self._conversations.find(uuid, connection.user_id, token)
        if held is None:
            raise AlreadyStarted(
                "This conversation was started before.", "Announce a new one with initiate_workflow."
            )
        return self._attach(connection, held, "", 0)

    def _resume(self, connection: Connection, first: ResumeWorkflow) -> Output:
        held = self._conversations.find(UUID(first.workflow_uuid), connection.user_id, first.resume_token)
        if held is None:
            raise ConversationGone
        return self._attach(connection, held, first.epoch, first.after_seq)

    def _attach(self, connection: Connection, held: Held, epoch: str | None, after_seq: int) -> Output:
        assert isinstance(connection.session, ResumableSession)
        reader, standing, left = self._conversations.attach(held, connection.signal, epoch, after_seq)
        if epoch is not None:
            self._monitor.resumed(held.conversation, standing.mode)
        return connection.session.attached(held.conversation, reader, standing, held.token, left, _now())

    async def _find(self, name: str, params: Mapping[str, Any], user: str | None) -> tuple[str | None, Work]:
        try:
            return await describe(self._provider, name), work_of(self._provider, name, dict(params), user)
        except (ProviderUnreachable, ProviderKeyError) as error:
            # There is no close code for it: the conversation runs, and fails.
            return None, _failing(error)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _failing(error: Exception) -> Work:
    async def work(ui: Any) -> Any:
        del ui
        raise error

    return work
