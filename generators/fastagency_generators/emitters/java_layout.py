"""Java's layout: Javadoc, literals, calls and headers, all as google-java-format prints them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from ..writer import Writer

__all__ = [
    "WIDTH",
    "Call",
    "Code",
    "concatenation",
    "declaration",
    "javadoc",
    "pattern",
    "statement",
    "text",
    "word_list",
]

WIDTH = 100
"""Columns, as google-java-format has them."""

_STEP = 4
"""How far a continued line is indented."""

_CODE = re.compile(r"`([^`]+)`")
_SPECIAL = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "\\": "&#92;"}


@dataclass(frozen=True)
class Call:
    """Something with a list in parentheses. `head` is what stands before them, mostly a method's name."""

    head: str
    arguments: tuple[Code, ...]

    def __str__(self) -> str:
        return f"{self.head}({', '.join(map(str, self.arguments))})"


Code = str | Call
"""A piece of Java: one that is never broken, or a call."""


def statement(out: Writer, head: str, code: Code, tail: str = ";", *, depth: int) -> None:
    """Write `head code tail`. `head` ends in a space, or is empty; `depth` is the number of indentations.

    Too long for a line, what follows an assignment goes to the next one, and what does not fit there either
    is broken inside of its parentheses.
    """
    if 2 * depth + len(head) + len(str(code)) + len(tail) <= WIDTH:
        out.line(f"{head}{code}{tail}")
    elif head.endswith("= "):
        out.line(head.rstrip())
        out.lines(*_broken("", code, tail, 2 * depth + _STEP, " " * _STEP))
    else:
        out.lines(*_broken(head, code, tail, 2 * depth, ""))


def concatenation(out: Writer, head: str, parts: Sequence[str], *, depth: int) -> None:
    """Write `head a + b;`: on one line where it fits, otherwise one line a part."""
    line = f"{head}{' + '.join(parts)};"
    if 2 * depth + len(line) <= WIDTH:
        out.line(line)
        return
    first, *rest = parts
    lines = [head + first, *(f"{' ' * _STEP}+ {part}" for part in rest)]
    out.lines(*lines[:-1], f"{lines[-1]};")


def declaration(out: Writer, head: str, clauses: Sequence[tuple[str, Sequence[str]]], *, depth: int) -> None:
    """Write `head permits A, B {`: on one line where it fits, otherwise a line a clause, or a line a name."""
    kept = [(word, names) for word, names in clauses if names]
    line = " ".join([head, *(f"{word} {', '.join(names)}" for word, names in kept), "{"])
    if 2 * depth + len(line) <= WIDTH:
        out.line(line)
        return
    lines = [head]
    for number, (word, names) in enumerate(kept, start=1):
        tail = " {" if number == len(kept) else ""
        lines += word_list(word, names, tail, 2 * depth + _STEP)
    out.line(lines[0])
    out.lines(*(" " * _STEP + line for line in lines[1:]))


def word_list(word: str, names: Sequence[str], tail: str, column: int) -> list[str]:
    """Return `word A, B` as one line, or as a line a name. `column` is where it begins."""
    line = f"{word} {', '.join(names)}{tail}"
    if column + len(line) <= WIDTH:
        return [line]
    first, *rest = names
    lines = [f"{word} {first}", *(" " * _STEP + name for name in rest)]
    return [*(f"{line}," for line in lines[:-1]), lines[-1] + tail]


def javadoc(
    out: Writer, description: str, tags: Sequence[tuple[str, str]] = (), *, depth: int, plain: bool = True
) -> None:
    """Write a doc comment: the description, and tags such as `("@param name", "What it is.")`.

    With `plain` the texts are Markdown as the spec has it; otherwise they are Javadoc's HTML already.
    Paragraphs of the description are separated by an empty line.
    """
    convert = _html if plain else " ".join
    paragraphs = [convert(part.split()) for part in re.split(r"\n\s*\n", description.strip()) if part.strip()]
    notes = [f"{tag} {convert(said.split())}" for tag, said in tags]
    room = WIDTH - 2 * depth
    if len(paragraphs) == 1 and not notes and len(paragraphs[0]) + 7 <= room:
        out.line(f"/** {paragraphs[0]} */")
        return
    out.line("/**")
    for number, paragraph in enumerate(paragraphs):
        if number:
            out.line(" *")
        out.lines(*(f" * {line}" for line in _wrapped(("<p>" if number else "") + paragraph, room - 3)))
    if notes and paragraphs:
        out.line(" *")
    for note in notes:
        first, *rest = _wrapped(note, room - 3, "    ")
        out.line(f" * {first}")
        out.lines(*(f" * {line}" for line in rest))
    out.line(" */")


def text(value: str) -> str:
    """Return a string literal."""
    escaped = json.dumps(value, ensure_ascii=False)[1:-1]
    return '"' + re.sub(r"[\u2028\u2029\ufeff\ud800-\udfff]", _unicode_escape, escaped) + '"'


def pattern(source: str) -> str:
    r"""Return a pattern of JSON Schema as one of Java.

    Java's `$` also matches before a line break at the end, and a `[` or `&&` inside of brackets is more to it
    than a character.
    """
    done = []
    inside = False
    for part in re.findall(r"\\.|[^\\]", source, re.DOTALL):
        if inside:
            done.append("\\" + part if part in "[&" else part)
            inside = part != "]"
        else:
            done.append("\\z" if part == "$" else part)
            inside = part == "["
    return "".join(done)


def _broken(head: str, code: Code, tail: str, column: int, margin: str) -> list[str]:
    """Return the lines of `head code tail` at a column, each with the margin before it."""
    line = f"{head}{code}{tail}"
    if column + len(line) <= WIDTH:
        return [margin + line]
    if isinstance(code, str) or not code.arguments:
        return [margin + part for part in _split(line, WIDTH - column)]
    inner = margin + " " * _STEP
    together = f"{', '.join(map(str, code.arguments))}){tail}"
    if column + _STEP + len(together) <= WIDTH:
        return [f"{margin}{head}{code.head}(", inner + together]
    lines = [f"{margin}{head}{code.head}("]
    for number, argument in enumerate(code.arguments, start=1):
        end = f"){tail}" if number == len(code.arguments) else ","
        lines += _broken("", argument, end, column + _STEP, inner)
    return lines


def _split(line: str, room: int) -> list[str]:
    """Return a string literal that is too long as several; anything else as it is."""
    if not line.startswith('"'):
        return [line]
    pieces = wrap(
        line, room - _STEP - 4, drop_whitespace=False, break_long_words=False, break_on_hyphens=False
    )
    first, *rest = pieces
    if not rest:
        return [line]
    # A line never begins with what the one before ended in: the blank goes to the next one.
    for index, piece in enumerate(rest):
        before = pieces[index]
        kept = before.rstrip(" ")
        pieces[index], pieces[index + 1] = kept, before[len(kept) :] + piece
    first, *rest = pieces
    parts = [first + '"', *(f'{" " * _STEP}+ "{piece}"' for piece in rest)]
    parts[-1] = parts[-1][:-1]  # the literal's own end is in the last piece
    return parts


def _wrapped(line: str, room: int, hanging: str = "") -> list[str]:
    return wrap(line, room, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)


def _html(words: Sequence[str]) -> str:
    joined = " ".join(words)
    parts = _CODE.split(joined)
    return "".join(_code(part) if index % 2 else _escaped(part) for index, part in enumerate(parts))


def _code(part: str) -> str:
    """Return a piece of code. Inside of the tag nothing can be escaped, so some code has to go without it."""
    balanced = part.count("{") == part.count("}") and part.find("{") <= part.find("}")
    return f"{{@code {part}}}" if balanced and _escaped(part) == part else f"'{_escaped(part)}'"


def _escaped(part: str) -> str:
    # A backslash could begin a Unicode escape, which counts in comments too.
    return re.sub(r"[&<>@\\]", lambda found: _SPECIAL[found[0]], part).replace("*/", "*&#47;")


def _unicode_escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
