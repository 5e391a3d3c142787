"""Serve an application behind the wiretap:  python -m interop.programs.serve_app MODULE NAME PEER CLIENT

MODULE is `our_apps` or `upstream_apps`, NAME one of its APPS. PEER is `upstream` when the answers are
FastAgency's, else `ours`; CLIENT says what to do with a client's faults, `record` or `ignore`. Prints
`{"url": …}` when connections are taken. The end of its standard input stops it; then it prints what the
wiretap saw:
`{"faults": […], "deviations": […]}`.
"""

from __future__ import annotations

import importlib
import json
import socket
import sys
import threading

import uvicorn
from wiretap import Wiretap


def main() -> None:
    """Serve until the standard input ends."""
    module, name, peer, client_faults = sys.argv[1:]
    app = importlib.import_module(f"{__package__}.{module}").APPS[name]()
    assert client_faults in ("record", "ignore")
    wiretap = Wiretap(
        app,
        peer=None if peer == "ours" else peer,
        client_faults="record" if client_faults == "record" else "ignore",
    )
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    config = uvicorn.Config(
        wiretap, log_level="info", access_log=False, timeout_graceful_shutdown=2, ws_ping_interval=None
    )
    server = uvicorn.Server(config)

    def stop_when_asked() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=stop_when_asked, daemon=True).start()
    print(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}"}), flush=True)
    server.run(sockets=[listener])
    print(json.dumps({"faults": wiretap.faults, "deviations": sorted(wiretap.deviations)}), flush=True)


if __name__ == "__main__":
    main()
