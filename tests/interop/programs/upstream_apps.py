"""Applications with a part of FastAgency in them. They run in `.venv-upstream`."""

# FastAgency has no types, and is not there at all where mypy runs.
# mypy: disable-error-code="import-not-found,import-untyped,no-any-return"

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import fastagency.adapters.fastapi
import fastagency_server
from fastagency.runtimes.ag2 import Workflow
from fastapi import FastAPI
from interop.programs import shared_agents, shared_workflows


def their_workflows() -> Any:
    """FastAgency's own registry, with every shared workflow."""
    workflows = Workflow()
    shared_workflows.register(workflows)
    shared_agents.register(workflows)
    return workflows


def _app(adapter: Any) -> FastAPI:
    app = FastAPI()
    app.include_router(adapter.router)
    return app


def upstream() -> FastAPI:
    """All of it FastAgency's: its adapter, its registry."""
    return _app(fastagency.adapters.fastapi.FastAPIAdapter(provider=their_workflows()))


def moved() -> FastAPI:
    """The application `upstream` after one import was changed: our adapter, its registry."""
    return _app(fastagency_server.FastAPIAdapter(provider=their_workflows()))


def relayed() -> FastAPI:
    """Our adapter over FastAgency's `FastAPIProvider`, which asks the server at $RELAYED_URL."""
    provider = fastagency.adapters.fastapi.FastAPIAdapter.create_provider(os.environ["RELAYED_URL"])
    return _app(fastagency_server.FastAPIAdapter(provider=provider))


APPS: dict[str, Callable[[], FastAPI]] = {"upstream": upstream, "moved": moved, "relayed": relayed}
