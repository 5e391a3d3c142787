"""This project's server:  python ours.py [--async] [--users] [--limit N] [--brief] [--drain]
[--canary NAME | --session-canaries]"""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

from fastagency_server import UI, AsyncUI, FastAPIAdapter, Workflows
from fastagency_server.settings import Settings
from fastapi import FastAPI, Header, HTTPException

sys.path.insert(0, str(Path(__file__).parents[2]))  # it is run by its path, in several environments

from conformance.reference.server_canaries import SERVER_CANARIES
from conformance.reference.session_canaries import ByName
from conformance.servers import script, serving

BRIEF = Settings(
    heartbeat_seconds=0.3, detached_seconds=2.0, retained_seconds=5.0, log_messages=20, invalid_answers=10
)
"""So that what takes minutes elsewhere is seen in seconds."""


def user_of(x_user: Annotated[str | None, Header()] = None) -> str:
    """The user of a request: the header `X-User`; "nobody" may do nothing."""
    if x_user is None:
        raise HTTPException(401, "Who are you?")
    if x_user == "nobody":
        raise HTTPException(403, "Not for you.")
    return x_user


def _settings(options: argparse.Namespace) -> Settings:
    if options.brief:
        return BRIEF
    if options.drain:
        return Settings(drain_seconds=5.0)
    return Settings(max_conversations=options.limit or Settings.max_conversations)


def main() -> None:
    """Serve the workflow `conformance`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--async", dest="asynchronous", action="store_true")
    parser.add_argument("--users", action="store_true")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--brief", action="store_true")
    parser.add_argument("--drain", action="store_true")
    parser.add_argument("--canary", choices=SERVER_CANARIES)
    parser.add_argument("--session-canaries", action="store_true")
    options = parser.parse_args()
    workflows = Workflows()
    register = workflows.register(name="conformance", description="Does as it is told")
    if options.asynchronous:

        @register
        async def awaited(ui: AsyncUI, params: dict[str, Any]) -> Any:
            return await script.run_async(ui, params)
    else:

        @register
        def blocking(ui: UI, params: dict[str, Any]) -> Any:
            return script.run(ui, params)

    adapter = FastAPIAdapter(
        provider=workflows,
        get_user_id=user_of if options.users else None,
        settings=_settings(options),
    )
    app: Any = adapter.application
    if not options.asynchronous:  # so that the cases judge both ways to serve
        app = FastAPI()
        app.include_router(adapter.router)
    served = app
    if options.canary:
        served = SERVER_CANARIES[options.canary](app)
    elif options.session_canaries:
        served = ByName(app)
    serving.serve(served, "fastagency_server", version("fastagency-protocol"))


if __name__ == "__main__":
    main()
