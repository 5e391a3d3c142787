"""The look that all pages share: the Jinja environment with its filters, and the navigation."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from .clauses import CLAUSES_PAGE, link_clauses

__all__ = ["NAVIGATION", "Link", "environment", "highlight", "inline", "layout", "prose"]


@dataclass(frozen=True)
class Link:
    """One entry of the navigation: the file of the page, and what the entry says."""

    file: str
    label: str


NAVIGATION = (
    Link("index.html", "Start"),
    Link("rest.html", "REST"),
    Link("websocket.html", "WebSocket"),
    Link("messages.html", "Messages"),
    Link("conversation.html", "A conversation"),
    Link("ends.html", "Ends and states"),
    Link(CLAUSES_PAGE, "Clauses"),
)
"""The pages, in the order of the navigation."""

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).use(link_clauses)
_TOKENS = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=\s*:)|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<literal>\b(?:true|false|null)\b)|(?P<number>-?\b\d+(?:\.\d+)?(?:[eE][-+]?\d+)?\b)"
)


def environment(folder: Path) -> jinja2.Environment:
    """Return the environment for the templates in `folder`. An unknown name in a template is an error."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters |= {"inline": inline, "prose": prose, "json": highlight}
    env.globals["navigation"] = NAVIGATION
    return env


def inline(text: str) -> Markup:
    """Render one paragraph of Markdown as HTML without a `<p>` around it."""
    return Markup(_MARKDOWN.renderInline(" ".join(text.split())))


def prose(text: str) -> Markup:
    """Render Markdown as HTML."""
    return Markup(_MARKDOWN.render(text))


def highlight(value: Any) -> Markup:
    """Render a JSON value as indented HTML in which keys, strings, numbers and literals are marked."""
    text = layout(value)
    parts: list[Markup] = []
    end = 0
    for match in _TOKENS.finditer(text):
        parts.append(escape(text[end : match.start()]))
        parts.append(Markup('<span class="{}">{}</span>').format(match.lastgroup, match.group()))
        end = match.end()
    parts.append(escape(text[end:]))
    return Markup("").join(parts)


def layout(value: Any, indent: str = "") -> str:
    """Return JSON with a line for each field; short values without objects inside them take one line."""
    flat = json.dumps(value, ensure_ascii=False)
    nested = isinstance(value, dict) and any(isinstance(item, dict) for item in value.values())
    if not isinstance(value, (dict, list)) or (indent and not nested and len(indent + flat) <= 72):
        return flat
    deeper = indent + "  "
    if isinstance(value, list):
        items = [deeper + layout(item, deeper) for item in value]
        return "[\n" + ",\n".join(items) + f"\n{indent}]"
    fields = [f"{deeper}{json.dumps(key)}: {layout(item, deeper)}" for key, item in value.items()]
    return "{\n" + ",\n".join(fields) + f"\n{indent}}}"
