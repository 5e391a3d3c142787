"""Every client's codec beside its language's bare JSON parser, on the frames of the message vectors.

Each client ships a program that measures itself and prints one JSON line; here they are built, run one after
the other, and put into one table. A language whose tools or whose program are missing is named as skipped.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .peers import OUTPUT, ROOT
from .report import table

__all__ = ["CODECS", "Codec", "CodecFailed", "Codecs", "measure"]

FRAMES = ROOT / "spec" / "vectors" / "messages"
BUILT = OUTPUT / "bench"
FIGURES = ("decode_per_second", "bare_decode_per_second", "encode_per_second", "bare_encode_per_second")


class CodecFailed(Exception):
    """A program that is there could not be built or run. The message has its own words."""


@dataclass(frozen=True)
class Codec:
    """How one language's program is built and run.

    `source` is the program's source below the root, `tools` the commands that it needs, `needs` what must
    have been built before, with the command that does it. `build` (when there is something to build) and
    `run` are run in `folder`; the folder of the frames and the seconds are added to `run`.
    """

    language: str
    title: str
    folder: str
    source: str
    tools: tuple[str, ...]
    run: tuple[str, ...]
    build: tuple[str, ...] | None = None
    needs: dict[str, str] = field(default_factory=dict)

    def lack(self) -> str | None:
        """Say what is missing, None when nothing is."""
        if absent := [tool for tool in self.tools if shutil.which(tool) is None]:
            return f"{', '.join(absent)} not found"
        for path in (self.source, *self.needs):
            if not (ROOT / self.folder / path).exists():
                return f"{self.folder}/{path} is missing" + (
                    f": {self.needs[path]}" if path in self.needs else ""
                )
        return None


CODECS = (
    Codec(
        "python",
        "Python",
        folder="sdk-python",
        source="bench/codec.py",
        tools=(),
        run=(sys.executable, "bench/codec.py"),
    ),
    Codec(
        "typescript",
        "TypeScript",
        folder="sdk-typescript",
        source="bench/codec.mjs",
        tools=("node",),
        run=("node", "bench/codec.mjs"),
        needs={"dist/node.js": "make sdk-typescript"},
    ),
    Codec(
        "go",
        "Go",
        folder="sdk-go",
        source="bench/main.go",
        tools=("go",),
        build=("go", "build", "-o", str(BUILT / "codec-go"), "./bench"),
        run=(str(BUILT / "codec-go"),),
    ),
    Codec(
        "java",
        "Java",
        folder="sdk-java",
        source="bench/codecs",
        tools=("java", "mvn"),
        build=("mvn", "--quiet", "--offline", "test-compile"),
        run=("sh", "bench/codecs"),
    ),
    Codec(
        "ruby",
        "Ruby",
        folder="sdk-ruby",
        source="bench/codec.rb",
        tools=("ruby",),
        run=("ruby", "-Ilib", "bench/codec.rb"),
    ),
    Codec(
        "rust",
        "Rust",
        folder="sdk-rust",
        source="examples/bench.rs",
        tools=("cargo",),
        build=("cargo", "build", "--quiet", "--locked", "--offline", "--release", "--example", "bench"),
        run=("target/release/examples/bench",),
    ),
)


@dataclass
class Codecs:
    """What was measured, by language, and what was skipped, with the reason."""

    seconds: float
    figures: dict[str, dict[str, float]] = field(default_factory=dict)
    bare: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def markdown(self) -> str:
        """The section of the report."""
        rows = [
            [
                codec.title,
                f"{found['decode_per_second']:,.0f}",
                f"{found['bare_decode_per_second']:,.0f}",
                _share(found["decode_per_second"], found["bare_decode_per_second"]),
                f"{found['encode_per_second']:,.0f}",
                f"{found['bare_encode_per_second']:,.0f}",
                _share(found["encode_per_second"], found["bare_encode_per_second"]),
                self.bare[codec.language],
            ]
            for codec in CODECS
            if (found := self.figures.get(codec.language)) is not None
        ]
        head = ["client", "decoded/s", "bare", "share", "encoded/s", "bare", "share", "bare is"]
        parts = [
            "## Codecs",
            f"Messages a second on one thread, in {self.seconds:g} s each. Bare is the language's parser "
            "alone: it knows no types, checks no fields and fills in nothing.",
            table(head, rows),
        ]
        if self.skipped:
            titles = {codec.language: codec.title for codec in CODECS}
            skipped = "; ".join(f"{titles[language]} ({why})" for language, why in self.skipped.items())
            parts.append(f"Skipped: {skipped}.")
        return "\n\n".join(parts) + "\n"


def measure(seconds: float, say: Callable[[str], None]) -> Codecs:
    """Build and run every language's program; `say` gets a line of progress each. Raises CodecFailed."""
    report = Codecs(seconds)
    BUILT.mkdir(parents=True, exist_ok=True)
    for codec in CODECS:
        if (lack := codec.lack()) is not None:
            report.skipped[codec.language] = lack
            say(f"codec of {codec.title}: skipped, {lack}")
            continue
        if codec.build is not None:
            _run(codec, codec.build)
        said = _run(codec, (*codec.run, str(FRAMES), str(seconds)))
        report.figures[codec.language], report.bare[codec.language] = _read(codec, said)
        say(f"codec of {codec.title}: measured")
    return report


def _run(codec: Codec, command: tuple[str, ...]) -> str:
    folder = ROOT / codec.folder
    program = Path(command[0])
    start = str(folder / program) if (folder / program).exists() else command[0]
    done = subprocess.run([start, *command[1:]], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise CodecFailed(
            f"{' '.join(command)} in {codec.folder} ended with {done.returncode}: {said[-2000:]}"
        )
    return done.stdout


def _read(codec: Codec, said: str) -> tuple[dict[str, float], str]:
    try:
        line = json.loads(said)
        figures = {name: float(line[name]) for name in FIGURES}
        if line["language"] != codec.language or min(figures.values()) <= 0:
            raise ValueError(line)
        return figures, str(line["bare"])
    except (ValueError, KeyError, TypeError) as error:
        raise CodecFailed(f"the bench of {codec.title} printed what it should not: {said[:500]!r}") from error


def _share(ours: float, bare: float) -> str:
    return f"{ours / bare:.0%}"
