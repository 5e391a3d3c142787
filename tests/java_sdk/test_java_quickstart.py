"""The Java SDK beside the real server: the README's examples, and the conformance driver."""

from __future__ import annotations

import re
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from driver_play import SCENES, DriverProcess, Scene
from driver_stage import stage
from fastagency_server import UI, FastAPIAdapter, Workflows
from fastapi import FastAPI
from java_tools import SDK, built_sdk, java
from live_server import serve

workflows = Workflows()


@workflows.register(name="simple_learning", description="For the quickstart of the README")
def simple_learning(ui: UI, params: dict[str, Any]) -> str:
    """Ask for a subject and a level."""
    subject = ui.text_input(sender="Workflow", prompt="Which subject?", suggestions=["Fractions"])
    level = ui.multiple_choice(sender="Workflow", prompt="How hard?", choices=["Easy", "Hard"])
    ui.text_message(sender="Teacher", body=f"{subject}, {level}.")
    return f"level {params['level']}"


README = (SDK / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```java\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def play(example: str, folder: Path, *arguments: Path) -> list[str]:
    """Compile an example without a warning, run it as it stands but for the address, return what it says."""
    assert example.count("http://localhost:8008") == 1
    (name,) = re.findall(r"public class (\w+)", example)
    app = FastAPI()
    app.include_router(FastAPIAdapter(provider=workflows).router)
    with serve(app) as live:
        source = folder / f"{name}.java"
        source.write_text(example.replace("http://localhost:8008", live.url), encoding="utf-8")
        command = ["javac", "-Xlint:all", "-Werror", "-cp", built_sdk(), "-d", str(folder), str(source)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return java([name, *arguments], classpath=f"{folder}:{built_sdk()}").splitlines()


def test_quickstart_of_the_readme(tmp_path: Path) -> None:
    """The first example."""
    assert play(EXAMPLES[0], tmp_path) == [
        "simple_learning - For the quickstart of the README",
        "Teacher: Fractions, Easy.",
        "It ended with: level 1",
    ]


def test_a_conversation_that_survives_its_process(tmp_path: Path) -> None:
    """The second: it is left at a question, and taken up again from the stored cursor."""
    assert play(EXAMPLES[1], tmp_path, tmp_path / "cursor.json") == [
        "What was shown is out of date: the conversation comes anew.",
        "Teacher: Easy, Easy.",
        "It ended: completed",
    ]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The server of the scenes."""
    with stage() as address:
        yield address


@pytest.fixture(scope="module")
def driver() -> Iterator[DriverProcess]:
    """One process for all scenes, as in the suite."""
    built_sdk()
    with DriverProcess([SDK / "conformance" / "driver"]) as process:
        yield process


def test_the_driver_says_what_it_is(driver: DriverProcess) -> None:
    """Its greeting has the version of the manifest."""
    space = {"pom": "http://maven.apache.org/POM/4.0.0"}
    version = ElementTree.parse(SDK / "pom.xml").findtext("pom:version", namespaces=space)
    assert (driver.ready["saw"], driver.ready["language"]) == ("ready", "java")
    assert driver.ready["version"] == version
    assert driver.ask("next") == {"saw": "unsupported", "do": "next"}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_the_driver_plays(scene: Scene, driver: DriverProcess, url: str) -> None:
    """What every driver of ours does."""
    scene(driver, url)
