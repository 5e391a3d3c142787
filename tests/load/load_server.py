"""A server for the load generator, with one workflow of each kind."""

# ruff: noqa: ARG001 - a workflow takes ui and params, whether it needs them or not
from __future__ import annotations

import time
from typing import Any

from fastagency_server import UI, AsyncUI, FastAPIAdapter, Settings, Workflows
from fastapi import FastAPI, Header, HTTPException

__all__ = ["application"]

SECRET = "Bearer of the test"


def application(*, guarded: bool = False, **settings: Any) -> FastAPI:
    """An application that offers them; `guarded` lets in only who has the right `Authorization`."""
    workflows = Workflows()

    @workflows.register(name="greet", description="Asks once, in a thread")
    def greet(ui: UI, params: dict[str, Any]) -> str:
        name = ui.text_input(prompt="Who?")
        ui.text_message(body=f"{params.get('hello', 'Hello')}, {name}")
        return "greeted"

    @workflows.register(name="ask", description="Asks until it is told to stop")
    async def ask(ui: AsyncUI, params: dict[str, Any]) -> str:
        while await ui.text_input(prompt="Go on?") != "stop":
            pass
        return "stopped"

    @workflows.register(name="two", description="Asks two things, the second with two choices")
    async def two(ui: AsyncUI, params: dict[str, Any]) -> str:
        name = await ui.text_input(prompt="Who?")
        choice = await ui.multiple_choice(prompt="Which?", choices=["tea", "coffee"])
        if (name, choice) != ("Ann", "tea"):
            raise ValueError(f"{name} wants {choice}")
        return "served"

    @workflows.register(name="talk", description="Says much")
    async def talk(ui: AsyncUI, params: dict[str, Any]) -> str:
        for _ in range(params["count"]):
            await ui.text_message(body="x" * params.get("size", 10))
        return "said"

    @workflows.register(name="stall", description="Holds up the whole server after each answer")
    async def stall(ui: AsyncUI, params: dict[str, Any]) -> str:
        while await ui.text_input(prompt="Go on?") != "stop":
            time.sleep(params["seconds"])  # noqa: ASYNC251 - that is the fault to be measured
        return "stopped"

    @workflows.register(name="fail", description="Fails")
    async def fail(ui: AsyncUI, params: dict[str, Any]) -> str:
        raise ValueError("it broke")

    def user(authorization: str = Header("")) -> str:
        if authorization != SECRET:
            raise HTTPException(401, "Who are you?")
        return "Ann"

    app = FastAPI()
    adapter = FastAPIAdapter(
        provider=workflows, get_user_id=user if guarded else None, settings=Settings(**settings)
    )
    app.include_router(adapter.router)
    return app
