"""Makes the package of the benchmarks importable, which stands in the root and not in what is installed."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))
