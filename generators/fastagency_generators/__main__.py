"""The command line."""

from __future__ import annotations
import sys
from pathlib import Path
from .ir.build import build
from .ir.dump import dump
from .spec.load import load_spec


def main() -> int:
    sys.stdout.write(dump(build(load_spec(Path("spec")))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
