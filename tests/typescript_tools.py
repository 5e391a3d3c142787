"""TypeScript of the tests, bundled so that Node runs it, and vectors as JavaScript sees them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from node_tools import ROOT, SDK, run
from vector_judge import Vector

__all__ = ["HERE", "Outcome", "bundle", "decoded", "rounded"]

HERE = ROOT / "tests" / "typescript"

Outcome = dict[str, Any]
"""What the TypeScript codec makes of a vector: `kind`, `value` and `exact`, or `refused`."""

SAFE = 2**53
"""Beyond it JavaScript rounds integers; the frame's own text holds the digits."""


def bundle(folder: Path, *sources: Path) -> list[Path]:
    """Bundle each source, with what it imports, to an ES module in `folder`; return the modules."""
    options = ["--bundle", "--platform=node", "--format=esm", "--target=node20", "--sourcemap=inline"]
    options += ["--log-level=warning", f"--outdir={folder}", "--out-extension:.js=.mjs"]
    run(SDK / "node_modules" / ".bin" / "esbuild", *sources, *options)
    return [folder / f"{source.stem}.mjs" for source in sources]


def decoded(program: Path, folder: str, vectors: Sequence[Vector]) -> list[Outcome]:
    """Give the vectors of one folder to the bundled `vectors.ts`; return the outcomes in their order."""
    asked = [{"folder": folder, "type": vector.kind, "frame": vector.case["frame"]} for vector in vectors]
    done = subprocess.run(
        ["node", "--enable-source-maps", program],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[Outcome] = json.loads(done.stdout)
    return found


def rounded(vector: Vector) -> Vector:
    """Return the vector with the numbers that JavaScript makes of its numbers."""
    if not vector.case["valid"]:
        return vector
    return replace(vector, case={**vector.case, "expect": as_javascript(vector.case["expect"])})


def as_javascript(value: Any) -> Any:
    """Return a JSON value with its numbers as JavaScript holds them: big integers rounded, 1.0 as 1."""
    if isinstance(value, dict):
        return {name: as_javascript(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_javascript(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= SAFE:
        return float(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < SAFE:
        return int(value)
    return value
