"""The conformance driver of the Ruby SDK, with a live server."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from driver_play import SCENES, DriverProcess, Scene
from driver_stage import stage
from language_tools import need
from ruby_tools import SDK

DRIVER = SDK / "conformance" / "driver.rb"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with stage() as address:
        yield address


@pytest.fixture(scope="module")
def driver() -> Iterator[DriverProcess]:
    """One process for all scenes, as in the suite."""
    need("ruby")
    with DriverProcess(["ruby", DRIVER]) as process:
        yield process


def test_it_says_what_it_is(driver: DriverProcess) -> None:
    version = (SDK / "lib" / "fastagency_sdk" / "version.rb").read_text(encoding="utf-8")
    assert (driver.ready["subject"], driver.ready["language"]) == ("fastagency-sdk for Ruby", "ruby")
    assert re.findall(r'VERSION = "(\S+)"', version) == [driver.ready["version"]]
    assert {"exact_integers", "raw_text", "sessions"} <= set(driver.ready["features"])
    assert driver.ask("next") == {"saw": "unsupported", "do": "next"}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_scene(scene: Scene, driver: DriverProcess, url: str) -> None:
    scene(driver, url)
