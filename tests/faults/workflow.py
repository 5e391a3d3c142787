"""What the conversations of a fault run say and ask."""

from __future__ import annotations

import asyncio
from typing import Any

from fastagency_server import AsyncUI, FastAPIAdapter, Workflows
from fastagency_server.settings import Settings
from fastapi import FastAPI

__all__ = ["application"]


def application() -> FastAPI:
    """Offers `faults`: messages m0, m1, …, and between them the questions q0, q1, …, each followed by
    `aJ:ANSWER`."""
    workflows = Workflows()

    @workflows.register(name="faults", description="Counts, and asks in between")
    async def faults(ui: AsyncUI, params: dict[str, Any]) -> str:
        messages, questions = params["messages"], params["questions"]
        asked = 0
        for number in range(messages):
            await ui.text_message(body=f"m{number}")
            await asyncio.sleep(params.get("pause", 0.1))
            if (number + 1) % (messages // questions) == 0:
                answer = await ui.text_input(prompt=f"q{asked}")
                await ui.text_message(body=f"a{asked}:{answer}")
                asked += 1
        return "done"

    app = FastAPI()
    app.include_router(FastAPIAdapter(provider=workflows, settings=Settings(heartbeat_seconds=5)).router)
    return app
