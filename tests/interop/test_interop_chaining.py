"""One server offers another's workflows: each side's provider over the other side's server."""

from __future__ import annotations

from collections.abc import Sequence

from interop.clients import OUR_CLIENTS, fastagency_client
from interop.processes import OURS, UPSTREAM, Peer, serve_app
from interop.scripts import Script
from interop.shared import OUR_FAILING, PLAIN, SILENT_AGENT, THEIR_FAILING


def _check(server: Peer, scripts: Sequence[Script]) -> None:
    OUR_CLIENTS["python-async"](server.url, scripts)
    assert [ending["code"] for ending in fastagency_client(server.url, scripts)] == [1000] * len(scripts)


def test_our_provider_over_their_server(upstream_server: Peer) -> None:
    variables = {"RELAYED_URL": upstream_server.url}
    with serve_app(OURS, "our_apps", "chained", variables=variables) as server:
        _check(server, [*PLAIN, THEIR_FAILING, SILENT_AGENT])


def test_their_provider_over_our_server(native_server: Peer) -> None:
    variables = {"RELAYED_URL": native_server.url}
    with serve_app(UPSTREAM, "upstream_apps", "relayed", variables=variables) as server:
        _check(server, [*PLAIN, OUR_FAILING])
