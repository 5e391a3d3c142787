"""Hold conversations while their connections are cut, with every client that has a program for it.

    python -m faults [--conversations N] [--at-once K] [--share S] [--seed N] [--client NAME]

Prints a table. The exit status is 0 when every conversation finished and nothing was lost, repeated, out of
order or answered wrongly.
"""

from __future__ import annotations

import argparse
import sys

from .run import CLIENTS, run

_COLUMNS = (
    "finished",
    "lost",
    "repeated",
    "out_of_order",
    "answers_lost",
    "answers_doubled",
    "reconnects",
)


def main() -> int:
    """Parse the options, run, print; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--conversations", type=int, default=500)
    parser.add_argument("--at-once", type=int, default=500)
    parser.add_argument("--share", type=float, default=0.2, help="of the connections, cut every second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--client", choices=sorted(CLIENTS), action="append")
    options = parser.parse_args()
    print("| client | conversations | " + " | ".join(_COLUMNS).replace("_", " ") + " | cuts |")
    print("|---" * (len(_COLUMNS) + 3) + "|", flush=True)
    status = 0
    for name in options.client or sorted(CLIENTS):
        found = run(
            CLIENTS[name], options.conversations, options.at_once, share=options.share, seed=options.seed
        )
        cells = [str(found.counted.get(column, "?")) for column in _COLUMNS]
        print(f"| {name} | {options.conversations} | {' | '.join(cells)} | {found.cuts} |", flush=True)
        if found.status:
            status = 1
            print(found.said, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
