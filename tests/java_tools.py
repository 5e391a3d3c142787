"""The Java SDK as the tests use it: built with Maven, offline, and driven by its conformance driver."""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from language_tools import need

__all__ = ["ROOT", "SDK", "built_sdk", "java", "maven", "observations"]

ROOT = Path(__file__).parents[1]
SDK = ROOT / "sdk-java"

# A bound of waits, not an expectation: it only ends a test that would hang otherwise.
_SECONDS = 300.0


def maven(*goals: str, folder: Path = SDK) -> str:
    """Run Maven offline in a folder and return what it said. Fails the test when Maven does."""
    need("java")
    done = subprocess.run(
        ["mvn", "--offline", "--batch-mode", "--no-transfer-progress", *goals],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@functools.cache
def built_sdk() -> str:
    """Compile the SDK, its tests and its driver, once; return the class path for compiling against them."""
    maven("--quiet", "test-compile")
    target = SDK / "target"
    dependencies = (target / "compile.classpath").read_text(encoding="utf-8").strip()
    return f"{target / 'test-classes'}:{target / 'classes'}:{dependencies}"


def java(arguments: Sequence[str | Path], text: str = "", classpath: str | None = None) -> str:
    """Run a class of the SDK's tests with `text` on its stdin; return its stdout. Fails when it does."""
    done = subprocess.run(
        ["java", "-XX:TieredStopAtLevel=1", "-cp", classpath or built_sdk(), *map(str, arguments)],
        input=text,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def observations(commands: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the conformance driver commands and return its observations, without the greeting."""
    built_sdk()
    done = subprocess.run(
        [SDK / "conformance" / "driver"],
        input="".join(json.dumps(command) + "\n" for command in commands),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    # Not splitlines: a text may hold a line separator of its own (U+2028).
    ready, *seen = map(json.loads, done.stdout.rstrip("\n").split("\n"))
    assert ready["saw"] == "ready"
    return seen
