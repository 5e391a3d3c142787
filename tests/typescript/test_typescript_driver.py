"""The conformance driver of the TypeScript SDK, with a live server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from driver_play import SCENES, DriverProcess, Scene
from driver_stage import stage
from language_tools import need
from node_tools import SDK, built_sdk


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with stage() as address:
        yield address


@pytest.fixture(scope="module")
def driver() -> Iterator[DriverProcess]:
    """One process for all scenes, as in the suite."""
    need("typescript")
    built_sdk()
    with DriverProcess(["node", SDK / "conformance" / "driver.mjs"]) as process:
        yield process


def test_it_says_what_it_is(driver: DriverProcess) -> None:
    version = json.loads((SDK / "package.json").read_text())["version"]
    assert driver.ready["saw"] == "ready"
    assert driver.ready["subject"] == "fastagency-sdk for TypeScript"
    assert (driver.ready["language"], driver.ready["version"]) == ("typescript", version)
    assert "exact_integers" not in driver.ready["features"]
    assert "raw_text" in driver.ready["features"]
    assert driver.ask("next") == {"saw": "unsupported", "do": "next"}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_scene(scene: Scene, driver: DriverProcess, url: str) -> None:
    scene(driver, url)


def test_lines_end_at_line_feeds_alone(driver: DriverProcess) -> None:
    """Node's own reader of lines would cut this command in two."""
    frame = json.dumps({"type": "later", "text": "\u2028"}, ensure_ascii=False)
    seen = driver.ask("decode", **{"as": "ServerMessage"}, frame=frame)
    assert seen["value"]["text"] == "\u2028"
