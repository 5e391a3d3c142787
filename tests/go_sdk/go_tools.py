"""How the tests run Go: offline, in the SDK's folder unless told."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

__all__ = ["ROOT", "SDK", "STATICCHECK", "environment", "go"]

ROOT = Path(__file__).parents[2]
SDK = ROOT / "sdk-go"
STATICCHECK = ("tool", f"-modfile={SDK / 'tools' / 'go.mod'}", "staticcheck")


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a Go command: nothing is fetched, and no file of a module is changed."""
    return {**os.environ, "GOPROXY": "off", "GOFLAGS": "-mod=readonly -buildvcs=false", **more}


def go(*words: str | Path, cwd: Path = SDK, **more: str) -> str:
    """Run a Go command and return what it said. Fails with all of that when the command does."""
    done = subprocess.run(
        ["go", *words],
        cwd=cwd,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, f"go {' '.join(map(str, words))}:\n{done.stdout}"
    return done.stdout
