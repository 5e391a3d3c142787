"""Serves an application on a free port, says where, and stops when the standard input ends."""

from __future__ import annotations

import json
import socket
import sys
import threading
from typing import Any

import uvicorn

__all__ = ["serve"]


def serve(app: Any, subject: str, version: str) -> None:
    """Print `{"url": …, "subject": …, "version": …}` when connections are taken; serve until input ends."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    config = uvicorn.Config(app, log_level="critical", access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)

    def stop_when_asked() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=stop_when_asked, daemon=True).start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    print(json.dumps({"url": url, "subject": subject, "version": version}), flush=True)
    server.run(sockets=[listener])
