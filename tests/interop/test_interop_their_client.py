"""FastAgency's own client holds every example workflow with our server."""

from __future__ import annotations

from typing import Any

from interop.clients import fastagency_client
from interop.examples import DEMO, SMALLEST
from interop.processes import Peer


def _ending(names: list[str]) -> dict[str, Any]:
    # Its `run` raises whatever happens, since it reads until the socket closes; the code tells how it ended.
    raised = "ConnectionClosedOK: received 1000 (OK); then sent 1000 (OK)"
    return {"names": names, "raised": raised, "code": 1000}


def test_their_client_completes_every_workflow_of_the_demo(demo_server: Peer) -> None:
    endings = fastagency_client(demo_server.url, DEMO)
    assert endings == [_ending([script.workflow for script in DEMO])] * len(DEMO)


def test_their_client_completes_the_smallest_server(smallest_server: Peer) -> None:
    assert fastagency_client(smallest_server.url, [SMALLEST]) == [_ending(["greeting"])]
