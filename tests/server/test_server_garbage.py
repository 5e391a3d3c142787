"""garbage.py: what it sets, in a process of its own, since it sets it for the whole of one."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import gc, json
from fastagency_server import calm_garbage_collector
before = gc.get_threshold()
calm_garbage_collector()
class Cycle: pass
cycle = Cycle(); cycle.itself = cycle; del cycle
print(json.dumps([before, gc.get_threshold(), gc.get_freeze_count(), gc.collect()]))
"""


def test_the_old_generation_is_left_alone_and_young_garbage_still_goes() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    before, after, frozen, collected = json.loads(done.stdout)
    assert after[2] >= 100 * before[2]
    assert frozen > 10_000, "all that was imported is left out"
    assert collected > 0
