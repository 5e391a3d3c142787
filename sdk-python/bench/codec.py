"""Measures the codec beside Python's own json: python codec.py <vectors/messages folder> <seconds>

Takes every valid frame of a known type and prints one JSON line: how many frames are decoded and encoded in a
second, by the codec and by `json` alone. The rounds are interleaved, so that a busy moment hits all alike.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from fastagency_sdk.codec import decode, encode

ROUNDS = 5


def frames_of(folder: Path) -> list[str]:
    """Return every frame of the vectors that a codec must take and knows the type of."""
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    cases = [case for document in documents for case in document["cases"]]
    return [case["frame"] for case in cases if case["valid"] and case["expect_type"] != "Unknown"]


def rate(function: Callable[[Any], object], inputs: Iterable[Any], seconds: float) -> float:
    """Return how often in a second `function` does its work, over all inputs again and again."""
    done = 0
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds:
        for each in inputs:
            function(each)
            done += 1
    return done / passed


def main() -> None:
    """Measure, and print the medians of the rounds."""
    frames, seconds = frames_of(Path(sys.argv[1])), float(sys.argv[2])
    messages, values = [decode(frame) for frame in frames], [json.loads(frame) for frame in frames]
    work: dict[str, tuple[Callable[[Any], object], list[Any]]] = {
        "decode_per_second": (decode, frames),
        "bare_decode_per_second": (json.loads, frames),
        "encode_per_second": (encode, messages),
        "bare_encode_per_second": (json.dumps, values),
    }
    rates: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, (function, inputs) in work.items():
            rates[name].append(rate(function, inputs, seconds / ROUNDS / len(work)))
    medians = {name: round(statistics.median(found)) for name, found in rates.items()}
    print(json.dumps({"language": "python", **medians, "bare": "json, into dicts"}))


if __name__ == "__main__":
    main()
