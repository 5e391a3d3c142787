"""Each known failure of FastAgency, shown on FastAgency, and the same check passed by our server.

The marks are strict: a check that FastAgency passes one day makes the test fail, and its entry has to go.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from interop.behaviours import BEHAVIOURS, Behaviour
from interop.processes import UPSTREAM, Peer, serve_app

# Bounds of waits. FastAgency gets a short one, since what is waited for does not come there.
_OURS_SECONDS = 60.0
_THEIRS_SECONDS = 5.0


@pytest.fixture(scope="module")
def theirs() -> Iterator[Peer]:
    """FastAgency's adapter over its registry, known to do wrong."""
    with serve_app(
        UPSTREAM, "upstream_apps", "upstream", peer="upstream", client_faults="ignore", judged=False
    ) as server:
        yield server


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda behaviour: behaviour.name)
def test_our_server(behaviour: Behaviour, moved_server: Peer) -> None:
    behaviour.check(moved_server.url, _OURS_SECONDS)


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(
            behaviour,
            id=behaviour.name,
            marks=pytest.mark.xfail(
                strict=True,
                raises=(AssertionError, TimeoutError),
                reason=f"FastAgency 0.10.2: {behaviour.theirs}",
            ),
        )
        for behaviour in BEHAVIOURS
    ],
)
def test_fastagencys_server(behaviour: Behaviour, theirs: Peer) -> None:
    behaviour.check(theirs.url, _THEIRS_SECONDS)
