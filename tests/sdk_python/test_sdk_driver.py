"""The conformance driver of the Python SDK, with a live server: both clients."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from driver_play import SCENES, DriverProcess, Scene
from driver_stage import stage

SDK = Path(__file__).parents[2] / "sdk-python"
DRIVER = SDK / "conformance" / "driver.py"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with stage() as address:
        yield address


@pytest.fixture(scope="module", params=[(), ("--sync",)], ids=["async", "blocking"])
def driver(request: pytest.FixtureRequest) -> Iterator[DriverProcess]:
    """One process for all scenes, as in the suite."""
    with DriverProcess([sys.executable, "-W", "error", DRIVER, *request.param]) as process:
        yield process


def test_it_says_what_it_is(driver: DriverProcess) -> None:
    version = tomllib.loads((SDK / "pyproject.toml").read_text())["project"]["version"]
    assert driver.ready["saw"] == "ready"
    assert driver.ready["subject"].startswith("fastagency-sdk for Python")
    assert (driver.ready["language"], driver.ready["version"]) == ("python", version)
    assert {"exact_integers", "raw_text"} <= set(driver.ready["features"])
    assert driver.ask("next") == {"saw": "unsupported", "do": "next"}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_scene(scene: Scene, driver: DriverProcess, url: str) -> None:
    scene(driver, url)
