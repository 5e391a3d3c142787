"""Runs a client's fault program behind a proxy that cuts connections."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from live_server import serve

from .proxy import cutting
from .workflow import application

__all__ = ["CLIENTS", "FaultRun", "run"]

ROOT = Path(__file__).parents[2]

CLIENTS: dict[str, list[str]] = {
    "go": ["go", "run", "-C", str(ROOT / "sdk-go"), "./conformance/faults"],
    "python": [sys.executable, str(ROOT / "sdk-python" / "conformance" / "faults.py")],
    "ruby": ["ruby", str(ROOT / "sdk-ruby" / "conformance" / "faults.rb")],
    "rust": [
        *("cargo", "run", "--quiet", "--locked", "--offline", "--example", "faults"),
        *("--manifest-path", str(ROOT / "sdk-rust" / "Cargo.toml"), "--"),
    ],
    "typescript": ["node", str(ROOT / "sdk-typescript" / "conformance" / "faults.mjs")],
}
"""How each client's fault program is started; the URL and the numbers follow."""

_SECONDS = 900  # ends a run that would hang otherwise


@dataclass(frozen=True)
class FaultRun:
    """What a program counted, what it said besides, and how many connections were cut under it."""

    status: int
    counted: dict[str, Any]
    said: str
    cuts: int


def run(command: Sequence[str], conversations: int, at_once: int, *, share: float, seed: int) -> FaultRun:
    """Hold so many conversations, `at_once` of them at a time, while a share of all connections is cut every
    second."""
    with serve(application()) as live, cutting(live.port, share, 1.0, seed) as proxy:
        url = f"http://127.0.0.1:{proxy.port}"
        numbers = ("--conversations", str(conversations), "--at-once", str(at_once))
        done = subprocess.run(
            [*command, url, *numbers], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        cuts = proxy.cuts
    counted = json.loads(done.stdout) if done.stdout else {}
    return FaultRun(done.returncode, counted, done.stderr, cuts)
