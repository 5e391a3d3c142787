"""FastAgency's users move by one import: its registry in our adapter, its provider in our adapter."""

from __future__ import annotations

import pytest
from interop.clients import OUR_CLIENTS, fastagency_client
from interop.processes import UPSTREAM, Peer, serve_app
from interop.shared import AGENTS, PLAIN, THEIR_FAILING

_ALL = [*PLAIN, THEIR_FAILING, *AGENTS]


@pytest.mark.parametrize("client", ["python-async", "typescript"])
def test_their_registry_works_in_our_adapter(moved_server: Peer, client: str) -> None:
    OUR_CLIENTS[client](moved_server.url, _ALL)


def test_their_client_sees_the_same(moved_server: Peer) -> None:
    assert [ending["code"] for ending in fastagency_client(moved_server.url, _ALL)] == [1000] * len(_ALL)


def test_their_provider_works_in_our_adapter(moved_server: Peer) -> None:
    """A provider of FastAgency's shape that is no registry; behind it is another server."""
    variables = {"RELAYED_URL": moved_server.url}
    with serve_app(UPSTREAM, "upstream_apps", "relayed", variables=variables) as server:
        OUR_CLIENTS["python-async"](server.url, _ALL)
