"""What the tests of the server over real sockets share: workflows, and how to look for what is left
behind."""

# ruff: noqa: ARG001 - a workflow takes ui and params, whether it needs them or not
from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

from fastagency_server import UI, AsyncUI, FastAPIAdapter, Workflows
from fastapi import FastAPI

__all__ = ["application", "eventually", "make_workflows", "workflow_threads"]


def make_workflows(ended: list[str] | None = None) -> Workflows:
    """Workflows that ask, fail, talk and wait. `ended` collects how those that are cut off learn of it."""
    workflows = Workflows()
    ends = [] if ended is None else ended

    @workflows.register(name="ask", description="Asks once, in a thread")
    def ask(ui: UI, params: dict[str, Any]) -> str:
        try:
            return ui.text_input(prompt="What?")
        except BaseException as error:
            ends.append(type(error).__name__)
            raise

    @workflows.register(name="aask", description="Asks once, in a task")
    async def aask(ui: AsyncUI, params: dict[str, Any]) -> str:
        try:
            return await ui.text_input(prompt="What?")
        except BaseException as error:
            ends.append(type(error).__name__)
            raise

    @workflows.register(name="asleep", description="Waits for something else than the user")
    async def asleep(ui: AsyncUI, params: dict[str, Any]) -> None:
        try:
            await asyncio.sleep(3600)
        except BaseException as error:
            ends.append(type(error).__name__)
            raise

    @workflows.register(name="choose", description="Lets the user choose")
    def choose(ui: UI, params: dict[str, Any]) -> str:
        return ui.multiple_choice(prompt="Which?", **params)

    @workflows.register(name="talk", description="Says much")
    def talk(ui: UI, params: dict[str, Any]) -> str:
        for number in range(params["count"]):
            ui.text_message(body=f"{number} " + "x" * params.get("size", 0))
        return "said"

    @workflows.register(name="atalk", description="Says much, in a task")
    async def atalk(ui: AsyncUI, params: dict[str, Any]) -> str:
        for number in range(params["count"]):
            await ui.text_message(body=f"{number} " + "x" * params.get("size", 0))
        return "said"

    @workflows.register(name="fail", description="Fails")
    def fail(ui: UI, params: dict[str, Any]) -> str:
        raise RuntimeError("out of luck")

    @workflows.register(name="afail", description="Fails, in a task")
    async def afail(ui: AsyncUI, params: dict[str, Any]) -> str:
        raise RuntimeError("out of luck")

    @workflows.register(name="echo", description="Returns its parameters")
    def echo(ui: UI, params: dict[str, Any]) -> Any:
        return params.get("result", params)

    @workflows.register(name="whoami", description="Returns the user")
    async def whoami(ui: AsyncUI, params: dict[str, Any]) -> str | None:
        return ui.user_id

    return workflows


def application(adapter: FastAPIAdapter) -> FastAPI:
    """An application that offers what the adapter does."""
    app = FastAPI()
    app.include_router(adapter.router)
    return app


def workflow_threads() -> list[str]:
    """The names of the threads that run workflows."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("workflow-")]


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait until it holds; the bound is a safety net. Raises AssertionError, which says `what` did not
    happen."""
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.005)
