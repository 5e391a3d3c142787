"""The conformance driver of the Rust SDK, with a live server."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest
from driver_play import SCENES, DriverProcess, Scene
from driver_stage import stage
from language_tools import need
from rust_sdk.rust_tools import SDK
from rust_sdk.rust_tools import driver as build_driver


@pytest.fixture(scope="module", autouse=True)
def _rust() -> None:
    need("rust")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with stage() as address:
        yield address


@pytest.fixture(scope="module")
def driver() -> Iterator[DriverProcess]:
    """One process for all scenes, as in the suite."""
    with DriverProcess([build_driver()]) as process:
        yield process


def test_it_says_what_it_is(driver: DriverProcess) -> None:
    version = tomllib.loads((SDK / "Cargo.toml").read_text(encoding="utf-8"))["package"]["version"]
    assert driver.ready["saw"] == "ready"
    assert (driver.ready["language"], driver.ready["version"]) == ("rust", version)
    assert {"exact_integers", "raw_text", "sessions"} <= set(driver.ready["features"])
    for command in ("next", "cancel", "cursor", "connection"):
        assert driver.ask(command)["saw"] == "unsupported"


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_scene(scene: Scene, driver: DriverProcess, url: str) -> None:
    scene(driver, url)
