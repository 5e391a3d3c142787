"""Applications that need nothing of FastAgency. They run in `.venv`."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastagency_server import FastAPIAdapter, FastAPIProvider, Workflows
from fastapi import FastAPI
from interop.programs import shared_workflows

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def example(name: str) -> Any:
    """The application of an example, as `uvicorn {name}:app --app-dir examples` serves it."""
    sys.path.insert(0, str(EXAMPLES))
    return importlib.import_module(name).app


def native() -> FastAPI:
    """Our adapter, our registry, the shared workflows."""
    workflows = Workflows()
    shared_workflows.register(workflows)
    app = FastAPI()
    app.include_router(FastAPIAdapter(provider=workflows).router)
    return app


def chained() -> FastAPI:
    """Our adapter over our `FastAPIProvider`, which asks the server at $RELAYED_URL."""
    provider: FastAPIProvider = FastAPIAdapter.create_provider(os.environ["RELAYED_URL"])
    app = FastAPI()
    app.include_router(FastAPIAdapter(provider=provider).router)
    return app


APPS: dict[str, Callable[[], Any]] = {
    "native": native,
    "chained": chained,
    "demo_server": lambda: example("demo_server"),
    "smallest_server": lambda: example("smallest_server"),
}
