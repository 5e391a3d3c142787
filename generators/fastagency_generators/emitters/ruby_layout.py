"""Ruby's layout: comments, literals and arguments as rubocop takes them, so that it only has to check."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import Any

from ..emit import MARK
from ..writer import Writer

__all__ = [
    "WIDTH",
    "call",
    "collection",
    "comment",
    "literal",
    "module_file",
    "pattern",
    "symbol",
    "symbols",
    "words_array",
]

WIDTH = 120
"""Columns, as rubocop has it."""

_PLAIN_SYMBOL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*[?!]?")
_PLAIN_WORD = re.compile(r"[A-Za-z0-9_.:/-]+")
_INTERPOLATION = re.compile(r"#(?=[{$@])")


def comment(out: Writer, text: str, depth: int) -> None:
    """Write a comment, wrapped. `depth` is the number of indentations it stands at."""
    room = WIDTH - 2 * depth - 2
    for line in wrap(" ".join(text.split()), room, break_long_words=False, break_on_hyphens=False):
        out.line(f"# {line}")


def literal(value: Any) -> str:
    """Return a JSON value as Ruby, on one line."""
    match value:
        case None:
            return "nil"
        case bool():
            return "true" if value else "false"
        case str():
            return _INTERPOLATION.sub(r"\\#", json.dumps(value, ensure_ascii=False))
        case list():
            return f"[{', '.join(map(literal, value))}]"
        case dict():
            entries = ", ".join(f"{literal(name)} => {literal(item)}" for name, item in value.items())
            return f"{{ {entries} }}" if entries else "{}"
    return json.dumps(value)


def symbol(name: str) -> str:
    """Return the name as a symbol."""
    return f":{name}" if _PLAIN_SYMBOL.fullmatch(name) else f":{literal(name)}"


def symbols(names: Iterable[str]) -> str:
    """Return the names as an array of symbols, in percent form where that can be and pays."""
    names = list(names)
    if len(names) > 1 and all(_PLAIN_WORD.fullmatch(name) for name in names):
        return f"%i[{' '.join(names)}]"
    return f"[{', '.join(map(symbol, names))}]"


def words_array(words: Iterable[str]) -> str:
    """Return the texts as an array of strings, in percent form where that can be and pays."""
    words = list(words)
    if len(words) > 1 and all(_PLAIN_WORD.fullmatch(word) for word in words):
        return f"%w[{' '.join(words)}]"
    return literal(words)


def pattern(source: str) -> str:
    r"""Return a JSON Schema pattern as a regular expression.

    In Ruby `^` and `$` match at every line break; what JSON Schema means by them is `\A` and `\z`.
    """
    found, in_class, at = [], False, 0
    while at < len(source):
        char = source[at]
        if char == "\\":
            found.append(source[at : at + 2])
            at += 2
            continue
        in_class = char == "[" or (in_class and char != "]")
        anchor = None if in_class else {"^": r"\A", "$": r"\z"}.get(char)
        found.append(anchor or char)
        at += 1
    regexp = "".join(found)
    if "/" in regexp or _INTERPOLATION.search(regexp):
        return f"Regexp.new({literal(regexp)})"
    return f"/{regexp}/"


def call(out: Writer, name: str, arguments: Sequence[str], depth: int) -> None:
    """Write `name a, b`: on one line where it fits, otherwise one line an argument."""
    line = f"{name} {', '.join(arguments)}"
    if len(line) + 2 * depth <= WIDTH:
        out.line(line)
        return
    last = len(arguments) - 1
    for number, argument in enumerate(arguments):
        head = name if number == 0 else " " * len(name)
        out.line(f"{head} {argument}{'' if number == last else ','}")


def collection(out: Writer, head: str, items: Iterable[str], brackets: str, depth: int, tail: str) -> None:
    """Write `head[items]tail`: on one line where it fits, otherwise one line an item."""
    items = list(items)
    opening, closing = brackets[0], brackets[1]
    space = " " if opening == "{" and items else ""
    line = f"{head}{opening}{space}{', '.join(items)}{space}{closing}{tail}"
    if len(line) + 2 * depth <= WIDTH:
        out.line(line)
        return
    with out.block(f"{head}{opening}", f"{closing}{tail}"):
        for item in items[:-1]:
            out.line(f"{item},")
        out.line(items[-1])


def module_file(body: str, *, signature: bool = False) -> str:
    """Return a whole file: the mark, and the body inside of the SDK's module."""
    heads = [f"# {MARK}"] if signature else ["# frozen_string_literal: true", "", f"# {MARK}"]
    lines = [f"  {line}" if line else "" for line in body.strip("\n").split("\n")]
    return "\n".join([*heads, "", "module FastAgency", *lines, "end"]) + "\n"
