"""garbage.py: what it sets, in a process of its own, since it sets it for the whole of one."""

from __future__ import annotations

import json
import math
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
    assert math.prod(after) > 5 * math.prod(before), "the old generation is looked through less often"
    assert after[0] * after[1] <= 20_000, "the young ones are small"
    assert frozen > 10_000, "all that was imported is left out"
    assert collected > 0
