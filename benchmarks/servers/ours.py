"""This project's server with the measured workflows. Runs in `.venv`."""

from __future__ import annotations

from typing import Any

from fastagency_server import UI, AsyncUI, FastAPIAdapter, Workflows, calm_garbage_collector

from .text import BODY

workflows = Workflows()


@workflows.register(name="burst_blocking", description="Many messages in a row")
def burst_blocking(ui: UI, params: dict[str, Any]) -> str:
    """Send `params["messages"]` messages as fast as they are taken."""
    for _ in range(params["messages"]):
        ui.text_message(sender="Teacher", recipient="Student", body=BODY)
    return "done"


@workflows.register(name="burst_async", description="Many messages in a row")
async def burst_async(ui: AsyncUI, params: dict[str, Any]) -> str:
    """The same as a coroutine."""
    for _ in range(params["messages"]):
        await ui.text_message(sender="Teacher", recipient="Student", body=BODY)
    return "done"


@workflows.register(name="ask_blocking", description="Questions in a row")
def ask_blocking(ui: UI, params: dict[str, Any]) -> str:
    """Ask until the answer is `params["stop"]`."""
    while ui.text_input(sender="Teacher", recipient="Student", prompt=BODY) != params["stop"]:
        pass
    return "done"


@workflows.register(name="ask_async", description="Questions in a row")
async def ask_async(ui: AsyncUI, params: dict[str, Any]) -> str:
    """The same as a coroutine."""
    while await ui.text_input(sender="Teacher", recipient="Student", prompt=BODY) != params["stop"]:
        pass
    return "done"


adapter = FastAPIAdapter(provider=workflows)
app = adapter.application
calm_garbage_collector()  # as docs/load.md advises for thousands of conversations
