"""How the tests run Rust's tools: offline and locked, with the SDK's own build folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

__all__ = ["ROOT", "SDK", "TARGET", "cargo", "driver", "example"]

ROOT = Path(__file__).parents[2]
SDK = ROOT / "sdk-rust"
TARGET = SDK / "target"
"""Where everything is built, so that dependencies are built once."""

# Bounds a test that would hang; the first build of all dependencies takes minutes on a small machine.
_SECONDS = 900


def cargo(*arguments: str, cwd: Path = SDK, environment: dict[str, str] | None = None) -> str:
    """Run cargo and return what it printed. Raises AssertionError, with all output, when it fails."""
    variables = {**os.environ, "CARGO_TARGET_DIR": str(TARGET), **(environment or {})}
    done = subprocess.run(
        ["cargo", *arguments],
        cwd=cwd,
        env=variables,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def driver() -> Path:
    """Build the driver of the conformance suite and return its path."""
    return example("conformance")


def example(name: str) -> Path:
    """Build one of the SDK's examples and return its path."""
    cargo("build", "--quiet", "--locked", "--offline", "--example", name)
    return TARGET / "debug" / "examples" / name
