"""Source text with indentation, blocks and import-on-use, for every emitter's output."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Writer"]


class Writer:
    """Collects lines of source text.

    `indent` is one step of indentation. Imports are collected by `use` while the body is written, and the
    emitter prints them in its language's form from `imports` when the body is done: nothing is imported that
    is not used.
    """

    def __init__(self, indent: str = "    ") -> None:
        self._step = indent
        self._depth = 0
        self._lines: list[str] = []
        self._imports: dict[str, set[str]] = {}

    def line(self, text: str = "") -> None:
        """Add one line at the present indentation; an empty one is never indented."""
        self._lines.append(self._step * self._depth + text if text else "")

    def lines(self, *texts: str) -> None:
        """Add several lines at the present indentation. A text with line breaks counts as several."""
        for text in texts:
            for part in text.split("\n"):
                self.line(part)

    def blank(self, count: int = 1) -> None:
        """Make sure that exactly `count` blank lines end the text so far; none at its very beginning."""
        while self._lines and not self._lines[-1]:
            self._lines.pop()
        if self._lines:
            self._lines.extend([""] * count)

    @contextmanager
    def indented(self) -> Iterator[None]:
        """Indent the lines written inside by one step."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    @contextmanager
    def block(self, head: str, tail: str | None = None) -> Iterator[None]:
        """Write `head`, the lines inside indented, then `tail` (None: the indentation is all)."""
        self.line(head)
        with self.indented():
            yield
        if tail is not None:
            self.line(tail)

    def use(self, module: str, name: str) -> str:
        """Note that `name` of `module` is used here, and return the name to write."""
        self._imports.setdefault(module, set()).add(name)
        return name

    @property
    def imports(self) -> dict[str, tuple[str, ...]]:
        """The used names by module; both sorted, so that the output does not depend on the order of use."""
        return {module: tuple(sorted(names)) for module, names in sorted(self._imports.items())}

    def text(self) -> str:
        """Return everything written, ending in exactly one line break."""
        return "\n".join(self._lines).rstrip("\n") + "\n"
