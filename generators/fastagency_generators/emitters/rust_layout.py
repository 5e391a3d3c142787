"""Rust's layout: names, doc comments and literals as rustfmt leaves them, so that it only has to check."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from textwrap import wrap
from typing import Any

from ..ir.names import pascal, snake
from ..writer import Writer

__all__ = [
    "WIDTH",
    "arm",
    "call",
    "doc",
    "field_name",
    "fits",
    "import_lines",
    "json_text",
    "list_arm",
    "literal",
    "type_name",
    "variant_name",
]

WIDTH = 100
"""Columns: rustfmt's own default."""

_STEP = 4
_SHORT = 60
"""What rustfmt lets the items of a list, or the arguments of a call, take on one line."""

# fmt: off
_KEYWORDS = frozenset((
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static",
    "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where",
    "while", "yield",
))
# fmt: on
_NEVER_RAW = frozenset({"crate", "self", "super"})
# fmt: off
_PRELUDE = frozenset((
    "BTreeMap", "Box", "Clone", "Copy", "Debug", "Default", "Deserialize", "Deserializer", "Drop", "Eq",
    "Err", "Fn", "From", "Into", "Iterator", "Json", "JsonObject", "None", "Ok", "Option", "Ord",
    "PartialEq", "Result", "Self", "Send", "Serialize", "Serializer", "Some", "String", "Sync",
    "Unknown", "Vec",
))
# fmt: on
_ROOTS = {"super": 0, "crate": 1}
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LINK = re.compile(r"(?<![<(])\bhttps?://[^\s<>)]*[^\s<>).,;:]")


def type_name(name: str) -> str:
    """Return the name of a type. One that would hide a name of the prelude gets a suffix."""
    wanted = pascal(name)
    return f"{wanted}Type" if wanted in _PRELUDE else wanted


def variant_name(name: str) -> str:
    """Return a name or a value as an enum's variant."""
    wanted = pascal(name) if re.search(r"[A-Za-z0-9]", name) else "Empty"
    return f"Value{wanted}" if wanted[0].isdigit() or wanted == "Self" else wanted


def field_name(name: str) -> str:
    """Return the name as a field or a variable: a raw identifier where it is a keyword."""
    wanted = snake(name)
    if wanted in _NEVER_RAW:
        return f"{wanted}_"
    if wanted in _KEYWORDS:
        return f"r#{wanted}"
    return f"_{wanted}" if wanted[0].isdigit() else wanted


def doc(out: Writer, text: str, depth: int = 0, mark: str = "///") -> None:
    """Write a doc comment. `depth` is the number of indentations it stands at."""
    for line in wrap(
        _markdown(" ".join(text.split())),
        WIDTH - _STEP * depth - len(mark) - 1,
        break_long_words=False,
        break_on_hyphens=False,
    ):
        out.line(f"{mark} {line}")


def literal(value: str) -> str:
    """Return a text as a string literal."""
    return (
        '"'
        + "".join(_ESCAPES.get(it) or (it if it.isprintable() else f"\\u{{{ord(it):x}}}") for it in value)
        + '"'
    )


def import_lines(imports: dict[str, tuple[str, ...]]) -> list[str]:
    """Return the `use` statements of these names by module, as rustfmt orders and breaks them."""
    paths = []
    for module, names in imports.items():
        ordered = sorted(names, key=lambda name: (not name[0].islower(), name))
        last = ordered[0] if len(ordered) == 1 else f"{{{', '.join(ordered)}}}"
        paths.append([*module.split("::"), last])
    paths.sort(key=lambda path: [(_ROOTS.get(step, 2), step) for step in path])
    return [_import_line("::".join(path)) for path in paths]


def _import_line(path: str) -> str:
    line = f"use {path};"
    if len(line) <= WIDTH:
        return line
    head, names = path.rstrip("}").split("{")
    lines = wrap(f"{names},", WIDTH - _STEP, break_long_words=False, break_on_hyphens=False)
    return "\n".join([f"use {head}{{", *(f"    {part}" for part in lines), "};"])


def call(out: Writer, head: str, arguments: Iterable[str], tail: str, depth: int) -> None:
    """Write `head(arguments)tail`: on one line where rustfmt does, otherwise one line an argument."""
    listed = list(arguments)
    inner = ", ".join(listed)
    if len(inner) <= _SHORT and fits(f"{head}({inner}){tail}", depth):
        out.line(f"{head}({inner}){tail}")
        return
    with out.block(f"{head}(", f"){tail}"):
        out.lines(*(f"{argument}," for argument in listed))


def arm(out: Writer, head: str, body: str, depth: int) -> None:
    """Write one arm of a `match`: on one line where it fits, otherwise with a block."""
    if fits(f"{head} {body},", depth):
        out.line(f"{head} {body},")
        return
    with out.block(f"{head} {{", "}"):
        out.line(body)


def fits(line: str, depth: int) -> bool:
    """Say whether a line fits at a depth of indentation."""
    return len(line) + _STEP * depth <= WIDTH


def list_arm(out: Writer, head: str, items: Iterable[str], depth: int) -> None:
    """Write an arm of a `match` whose body is a slice: as `arm` where it is short, otherwise one line an
    item."""
    listed = list(items)
    inner = ", ".join(listed)
    if len(inner) <= _SHORT:
        arm(out, head, f"&[{inner}]", depth)
        return
    with out.block(f"{head} &[", "],"):
        out.lines(*(f"{item}," for item in listed))


def json_text(value: Any) -> str:
    """Return a JSON value as a string literal that holds its text."""
    return literal(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _markdown(text: str) -> str:
    """Escape what rustdoc takes for a link or a tag, outside of code spans; make links of addresses."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a single backtick opens nothing
        parts[-2:] = ["\\`".join(parts[-2:])]
    for index in range(0, len(parts), 2):
        escaped = re.sub(r"([\[\]])", r"\\\1", parts[index])
        escaped = re.sub(r"<(?=[A-Za-z/!])", r"\\<", escaped)
        parts[index] = _LINK.sub(lambda found: f"<{found[0]}>", escaped)
    return "`".join(parts)
