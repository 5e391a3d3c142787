"""Our clients hold FastAgency's workflows with FastAgency's server."""

from __future__ import annotations

import pytest
from interop.clients import OUR_CLIENTS
from interop.processes import Peer
from interop.shared import PLAIN, SILENT_AGENT, THEIR_FAILING


@pytest.mark.parametrize("client", OUR_CLIENTS)
def test_our_client_completes_the_workflows_of_their_server(upstream_server: Peer, client: str) -> None:
    OUR_CLIENTS[client](upstream_server.url, [*PLAIN, THEIR_FAILING, SILENT_AGENT])
