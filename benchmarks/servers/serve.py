"""Serve one of the applications in this folder:  python -m benchmarks.servers.serve MODULE

Takes a free port of the loopback, prints `{"url": …}` on one line once connections are taken, and serves
until it gets SIGTERM. Every peer is started by this script, so all run with the same uvicorn settings.
"""

from __future__ import annotations

import importlib
import json
import resource
import socket
import sys

import uvicorn

BACKLOG = 4096


def main() -> None:
    """Load `app` from the named module and serve it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    app = importlib.import_module(f"{__package__}.{sys.argv[1]}").app
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(BACKLOG)  # from here on connections wait in the queue: the line below is no race
    print(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}"}), flush=True)
    config = uvicorn.Config(app, log_level="error", lifespan="off", backlog=BACKLOG)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
