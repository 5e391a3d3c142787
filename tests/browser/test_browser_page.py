"""The page of `examples/web` in Debian's Chromium, holding conversations with a real server."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from browser_showcase import create_app
from live_server import serve
from node_tools import ROOT, built_sdk, run

SCENARIOS = Path(__file__).parent / "scenarios"
SCREENSHOTS = ROOT / "test-output" / "screenshots"
DEMO = "demo"


@pytest.mark.parametrize("scenario", sorted({path.stem for path in SCENARIOS.glob("*.mjs")} - {DEMO}))
def test_page(scenario: str) -> None:
    """Each asserts on what is visible, stays inside its origin, and leaves no error in the console."""
    built_sdk()
    with serve(create_app()) as live:
        run("node", SCENARIOS / f"{scenario}.mjs", live.url, SCREENSHOTS)


def test_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo server: AutoGen's student and teacher with the offline model, and the quiz."""
    built_sdk()
    monkeypatch.syspath_prepend(ROOT / "examples")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with warnings.catch_warnings():
        # AutoGen's own modules are full of them, some only when they run.
        warnings.simplefilter("ignore", DeprecationWarning)
        import demo_server

        with serve(demo_server.create_app()) as live:
            run("node", SCENARIOS / f"{DEMO}.mjs", live.url, SCREENSHOTS)
