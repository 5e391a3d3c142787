"""TypeScript's layout: comments, literals and lists as prettier prints them, so that it only has to check."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from textwrap import wrap
from typing import Any

from ..writer import Writer

__all__ = [
    "WIDTH",
    "array",
    "comment",
    "entry",
    "import_lines",
    "key",
    "literal",
    "object_literal",
    "own_key",
    "pattern",
    "union",
]

WIDTH = 100
"""Columns, as in `sdk-typescript/.prettierrc.json`."""

_INHERITED = {
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
}
"""What every object has in JavaScript."""

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def comment(out: Writer, text: str, depth: int = 0) -> None:
    """Write a doc comment, on one line where it fits. `depth` is the number of indentations it stands at."""
    text = " ".join(text.split()).replace("*/", "*\\/")
    room = WIDTH - 2 * depth
    if len(text) + 7 <= room:
        out.line(f"/** {text} */")
        return
    out.line("/**")
    for line in wrap(text, room - 3, break_long_words=False, break_on_hyphens=False):
        out.line(f" * {line}")
    out.line(" */")


def key(name: str) -> str:
    """Return the name as a property's key: quoted only where it has to be."""
    return name if _IDENTIFIER.fullmatch(name) else literal(name)


def own_key(name: str) -> str:
    """Return the name as a key of a record, where what every object has by that name would be in its way."""
    return f"[{literal(name)} as string]" if name in _INHERITED else key(name)


def literal(value: Any) -> str:
    """Return a JSON value as TypeScript, on one line."""
    if isinstance(value, dict):
        return object_literal((key(name), literal(item)) for name, item in value.items())
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    return json.dumps(value, ensure_ascii=False)


def object_literal(entries: Iterable[tuple[str, str]]) -> str:
    """Return an object with these keys and written values, on one line. A key of `...` is a spread."""
    body = ", ".join(f"...{value}" if name == "..." else f"{name}: {value}" for name, value in entries)
    return f"{{ {body} }}" if body else "{}"


def pattern(source: str) -> str:
    """Return a JSON Schema pattern as a regular expression."""
    escaped = re.sub(r"(?<!\\)/", r"\/", source)
    return f"/{escaped}/u"


def entry(out: Writer, name: str, entries: list[tuple[str, str]], depth: int) -> None:
    """Write a property that holds an object: on one line where it fits, otherwise one line a property."""
    line = f"{name}: {object_literal(entries)},"
    if len(line) + 2 * depth <= WIDTH:
        out.line(line)
        return
    with out.block(f"{name}: {{", "},"):
        for part, value in entries:
            if part == "...":
                out.line(f"...{value},")
            elif len(part) + len(value) + 3 + 2 * (depth + 1) <= WIDTH:
                out.line(f"{part}: {value},")
            else:
                out.lines(f"{part}:", f"  {value},")


def array(out: Writer, head: str, items: Iterable[str], tail: str, depth: int) -> None:
    """Write `head[items]tail`: on one line where it fits, otherwise one line an item."""
    items = list(items)
    line = f"{head}[{', '.join(items)}]{tail}"
    # Several objects that all have several properties never share a line.
    table = len(items) > 1 and all(item.startswith("{") and item.count(": ") > 1 for item in items)
    if len(line) + 2 * depth <= WIDTH and not table:
        out.line(line)
        return
    with out.block(f"{head}[", f"]{tail}"):
        out.lines(*(f"{item}," for item in items))


def union(out: Writer, head: str, branches: Iterable[str]) -> None:
    """Write `head = a | b;`: on one line where it fits, or two, otherwise one line a branch."""
    branches = list(branches)
    right = f"{' | '.join(branches)};"
    if len(head) + len(right) + 3 <= WIDTH:
        out.line(f"{head} = {right}")
        return
    out.line(f"{head} =")
    with out.indented():
        if len(right) + 2 <= WIDTH:
            out.line(right)
            return
        for branch in branches[:-1]:
            out.line(f"| {branch}")
        out.line(f"| {branches[-1]};")


def import_lines(imports: dict[str, tuple[str, ...]]) -> list[str]:
    """Return the statements that import these types by module."""
    lines = []
    for module, names in imports.items():
        line = f'import type {{ {", ".join(names)} }} from "{module}";'
        if len(line) > WIDTH:
            line = "\n".join(["import type {", *(f"  {name}," for name in names), f'}} from "{module}";'])
        lines.append(line)
    return lines
