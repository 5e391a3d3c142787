"""The page of `examples/web` in Debian's Chromium, holding conversations with a real server."""

from __future__ import annotations

from pathlib import Path

import pytest
from live_server import serve
from node_tools import ROOT, built_sdk, run
from showcase import create_app

SCENARIOS = Path(__file__).parent / "scenarios"
SCREENSHOTS = ROOT / "test-output" / "screenshots"


@pytest.mark.parametrize("scenario", sorted(path.stem for path in SCENARIOS.glob("*.mjs")))
def test_page(scenario: str) -> None:
    """Each scenario asserts on what is visible, stays inside its origin, and leaves no error in the console."""
    built_sdk()
    with serve(create_app()) as live:
        run("node", SCENARIOS / f"{scenario}.mjs", live.url, SCREENSHOTS)
