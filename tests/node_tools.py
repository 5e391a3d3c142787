"""Node for tests: running it, and the TypeScript SDK's build."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path

__all__ = ["ROOT", "SDK", "TSC", "built_sdk", "run"]

ROOT = Path(__file__).parents[1]
SDK = ROOT / "sdk-typescript"
TSC = SDK / "node_modules" / ".bin" / "tsc"

# A bound, not an expectation: it only ends a run that would hang otherwise.
_SECONDS = 120


def run(*command: str | Path, cwd: Path = ROOT, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command and return what it printed. With `check`, a failure is an AssertionError."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if check and done.returncode:
        raise AssertionError(
            f"{Path(command[0]).name} failed with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        )
    return done


@functools.cache
def built_sdk() -> Path:
    """Build the TypeScript SDK, unless its build is newer than its sources; return the build's folder."""
    if not TSC.exists():
        raise AssertionError("sdk-typescript has no node_modules: run `make test`, or `npm ci` there")
    dist = SDK / "dist"
    sources = [*SDK.glob("src/**/*"), *SDK.glob("scripts/*"), *SDK.glob("*.json")]
    newest = max(path.stat().st_mtime for path in sources)
    outputs = [dist / "index.js", dist / "node.js", dist / "node.d.ts"]
    if not all(path.exists() and path.stat().st_mtime >= newest for path in outputs):
        run("node", "scripts/build.mjs", cwd=SDK)
    return dist
