"""The servers of the interop tests: each is started for the first test that wants it, judged at the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite("interop")  # its helpers assert too, and shall say what was different

from interop.processes import OURS, UPSTREAM, Peer, serve_app  # noqa: E402


@pytest.fixture(scope="session")
def demo_server() -> Iterator[Peer]:
    """examples/demo_server.py."""
    with serve_app(OURS, "our_apps", "demo_server") as server:
        yield server


@pytest.fixture(scope="session")
def smallest_server() -> Iterator[Peer]:
    """examples/smallest_server.py."""
    with serve_app(OURS, "our_apps", "smallest_server") as server:
        yield server


@pytest.fixture(scope="session")
def native_server() -> Iterator[Peer]:
    """Our adapter over our registry."""
    with serve_app(OURS, "our_apps", "native") as server:
        yield server


@pytest.fixture(scope="session")
def upstream_server() -> Iterator[Peer]:
    """FastAgency's adapter over FastAgency's registry, seen by clients that do nothing wrong."""
    with serve_app(UPSTREAM, "upstream_apps", "upstream", peer="upstream") as server:
        yield server
    # What is forgiven, and no longer happens, must be forgiven no more.
    assert server.deviations == {"no close frame"}


@pytest.fixture(scope="session")
def moved_server() -> Iterator[Peer]:
    """Our adapter over FastAgency's registry: the application above after one import was changed."""
    with serve_app(UPSTREAM, "upstream_apps", "moved") as server:
        yield server
