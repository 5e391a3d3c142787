"""The demo: several workflows, and a web page to talk to them.

uvicorn demo_server:app --app-dir examples --port 8008
python examples/demo_server.py [--host HOST] [--port PORT]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import demo_workflows
import uvicorn
from fastagency_server import FastAPIAdapter
from fastapi import FastAPI
from fastapi.responses import FileResponse, PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles

HERE = Path(__file__).resolve().parent
PAGE = HERE / "web"
SDK = HERE.parent / "sdk-typescript" / "dist"

wf = demo_workflows.wf


def create_app() -> FastAPI:
    """Return the demo as an application of its own."""
    app = FastAPI(title="FastAgency protocol demo")
    app.include_router(FastAPIAdapter(provider=wf).router)
    app.get("/", include_in_schema=False)(page)
    # Looked for at every request, so that what is built later is found without a restart.
    app.mount("/sdk", StaticFiles(directory=SDK, check_dir=False), name="sdk")
    app.mount("/", StaticFiles(directory=PAGE, check_dir=False), name="web")
    return app


def page() -> Response:
    """The web page, or how to build what it needs."""
    for file in (PAGE / "index.html", SDK / "index.js"):
        if not file.is_file():
            why = f"{file.name} is not there: {file.parent} has not been built."
            return PlainTextResponse(
                f"{why}\n`make demo` builds it and starts this server.\n", status_code=503
            )
    return FileResponse(PAGE / "index.html")


app = create_app()


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8008, help="the port to listen on (default 8008)")
    options = parser.parse_args()
    host = "localhost" if options.host == "127.0.0.1" else options.host
    print(
        f"The demo: http://{host}:{options.port}/   Its protocol: http://{host}:{options.port}/fastagency/docs",
        flush=True,
    )
    uvicorn.run(app, host=options.host, port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
