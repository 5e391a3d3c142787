"""FastAgency 0.10.2 with the measured workflows. Runs in `.venv-upstream`."""

# FastAgency has no types, and is not there at all where mypy runs.
# mypy: disable-error-code="import-not-found,import-untyped,untyped-decorator"

from __future__ import annotations

import logging
from typing import Any

from fastagency import UI
from fastagency.adapters.fastapi import FastAPIAdapter
from fastagency.runtimes.ag2 import Workflow
from fastapi import FastAPI

from .text import BODY

logging.disable(logging.INFO)  # it logs every frame; measured without, in its favour

workflows = Workflow()


@workflows.register(name="burst_blocking", description="Many messages in a row")
def burst_blocking(ui: UI, params: dict[str, Any]) -> str:
    """Send `params["messages"]` messages as fast as they are taken."""
    for _ in range(params["messages"]):
        ui.text_message(sender="Teacher", recipient="Student", body=BODY)
    return "done"


@workflows.register(name="burst_async", description="Many messages in a row")
async def burst_async(ui: UI, params: dict[str, Any]) -> str:
    """The same as a coroutine: FastAgency runs it in an event loop of its own, in a thread of its pool."""
    for _ in range(params["messages"]):
        ui.text_message(sender="Teacher", recipient="Student", body=BODY)
    return "done"


@workflows.register(name="ask_blocking", description="Questions in a row")
def ask_blocking(ui: UI, params: dict[str, Any]) -> str:
    """Ask until the answer is `params["stop"]`, or None, FastAgency's answer after a disconnect."""
    while ui.text_input(sender="Teacher", recipient="Student", prompt=BODY) not in (params["stop"], None):
        pass
    return "done"


@workflows.register(name="ask_async", description="Questions in a row")
async def ask_async(ui: UI, params: dict[str, Any]) -> str:
    """The same as a coroutine."""
    while ui.text_input(sender="Teacher", recipient="Student", prompt=BODY) not in (params["stop"], None):
        pass
    return "done"


app = FastAPI()
app.include_router(FastAPIAdapter(provider=workflows).router)
