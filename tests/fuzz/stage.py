"""The server under the fuzzer: a workflow that does what it is told, and remembers what it said and was
answered."""

from __future__ import annotations

import queue
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fastagency_server import UI, FastAPIAdapter, Workflows
from fastagency_server.settings import Settings
from fastapi import FastAPI
from live_server import LiveServer, serve

__all__ = ["Puppet", "Stage", "staged"]

_SHOUT = 150_000
"""Letters of a message that no buffer on the way holds many of."""

_SEND_BUFFER = 64 * 1024
"""What the kernel takes of a socket that is not read, in bytes; by default it is megabytes."""

SETTINGS = Settings(
    log_messages=40,
    log_bytes=400_000,
    buffered_messages=8,
    sockets_per_conversation=4,
    heartbeat_seconds=3600,
    stalled_seconds=20,
)


@dataclass
class Puppet:
    """One conversation, from the workflow's side. `written` is its log as the workflow knows it."""

    workflow_uuid: str = field(default_factory=lambda: uuid.uuid4().hex)
    orders: queue.Queue[tuple[str, int]] = field(default_factory=queue.Queue)
    written: list[tuple[str, Any]] = field(default_factory=list)
    over: bool = False

    def dance(self, ui: UI) -> str:
        """Obey every order; the end of the conversation ends the dance."""
        said = asked = 0
        self.written.append(("workflow_started", None))
        try:
            while True:
                order, number = self.orders.get(timeout=60)
                for _ in range(number):
                    body = f"m{said}" + "!" * (_SHOUT if order == "shout" else 0)
                    ui.text_message(body=body)
                    self.written.append(("text_message", body))
                    said += 1
                if order == "ask":
                    answer = ui.text_input(prompt=f"q{asked}")
                    self.written += [("text_input", f"q{asked}"), ("answer_accepted", answer)]
                    asked += 1
                elif order == "stream":
                    ui.text_chunk("Someone", None, f"t{said}", "a piece ")
                elif order == "end":
                    return "done"
        finally:
            self.over = True


class Stage:
    """The live server and its puppets."""

    def __init__(self) -> None:
        self.puppets: dict[str, Puppet] = {}
        workflows = Workflows()

        @workflows.register(name="puppet", description="Does as it is told")
        def puppet(ui: UI, params: dict[str, Any]) -> str:
            del params
            return self.puppets[ui.workflow_uuid].dance(ui)

        self.adapter = FastAPIAdapter(provider=workflows, settings=SETTINGS)
        self.app = FastAPI()
        self.app.include_router(self.adapter.router)
        self.live: LiveServer

    def puppet(self) -> Puppet:
        """A conversation that can be started."""
        made = Puppet()
        self.puppets[made.workflow_uuid] = made
        return made

    def step_clock(self, puppet: Puppet) -> None:
        """Let `detached_seconds` pass for a conversation, if nobody holds it (spec FA-CAN-2)."""
        held = self.adapter._conversations._held.get(uuid.UUID(puppet.workflow_uuid))
        loop = self.live.loop
        if held is not None and held.detached is not None and loop is not None:
            loop.call_soon_threadsafe(held.conversation.cancel)


@contextmanager
def staged() -> Iterator[Stage]:
    """A stage whose server runs. It must be faultless at the end."""
    stage = Stage()
    with serve(stage.app, client_faults="ignore") as live:
        stage.live = live
        # sockets that are accepted inherit it
        live.listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        yield stage
