"""Ruby's tools, as the tests of the Ruby client call them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

__all__ = ["HERE", "ROOT", "SDK", "rubocop", "run"]

ROOT = Path(__file__).parents[1]
SDK = ROOT / "sdk-ruby"
HERE = ROOT / "tests" / "ruby_sdk"

# Ends a test that would hang otherwise.
_SECONDS = 300


def run(
    *command: str | Path,
    cwd: Path = ROOT,
    input: str | None = None,
    environment: dict[str, str] | None = None,
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run a command and return what it printed. Raises AssertionError with that when it fails, unless told
    not to.
    """
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        input=input,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    assert not check or done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done


def rubocop(*paths: Path, config: Path = SDK / ".rubocop.yml") -> None:
    """Have rubocop check files or folders. Raises AssertionError with its words."""
    run("rubocop", "--cache", "false", "--config", config, "--format", "simple", *paths)
