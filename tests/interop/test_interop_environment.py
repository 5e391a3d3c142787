"""Our packages install beside FastAgency: one environment satisfies the requirements of both.

The SDK's and the server's own tests run there too; `make test` does that.
"""

from __future__ import annotations

from interop.processes import UPSTREAM, run_program


def test_every_requirement_is_met_beside_fastagency() -> None:
    [found] = run_program(UPSTREAM, "check_requirements")
    assert found["unmet"] == []
    versions = found["versions"]
    assert versions["fastagency"] == "0.10.2"
    assert versions["websockets"].startswith("13."), "the oldest release that we say we support"
    assert "fastagency-protocol" in versions
