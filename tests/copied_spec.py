"""A copy of the spec that a test may break or extend."""

from __future__ import annotations

import shutil
from pathlib import Path

from fastagency_generators.__main__ import main

__all__ = ["PROJECT", "CopiedSpec"]

PROJECT = Path(__file__).parents[1]


class CopiedSpec:
    """A copy of `spec/` in a folder of its own, which is also where its output goes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.spec = root / "spec"
        shutil.copytree(PROJECT / "spec", self.spec, ignore=shutil.ignore_patterns("vectors"))

    def replace(self, file: str, old: str, new: str) -> None:
        """Replace a text that stands exactly once in a file; file and text must be there."""
        path = self.spec / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def append(self, file: str, text: str) -> None:
        """Add text to the end of a file, or make the file."""
        with (self.spec / file).open("a", encoding="utf-8") as out:
            out.write(text)

    def run(self, *words: str) -> int:
        """Run the command line on the copy and return its exit status."""
        return main([*words, "--spec", str(self.spec), "--out", str(self.root)])

    def outputs(self) -> list[str]:
        """Every file beside the spec's own."""
        inside = (path.relative_to(self.root) for path in self.root.rglob("*") if path.is_file())
        return sorted(
            path.as_posix()
            for path in inside
            if not path.match("spec/*.yaml") and not path.match("spec/*.md") and "schemas" not in path.parts
        )
