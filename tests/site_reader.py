"""Reads the built pages as a parser sees them: anchors, links, snippets, and what would be loaded."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

__all__ = ["Page", "read_page"]

_LOADING = {
    "src",
    "srcset",
    "data",
    "poster",
    "background",
    "action",
    "formaction",
    "manifest",
    "ping",
    "xlink:href",
}
_OUTSIDE = re.compile(r"^\s*(https?:|wss?:)?//", re.IGNORECASE)
_CSS = re.compile(r"""url\(\s*["']?\s*(?:https?:)?//|@import""", re.IGNORECASE)
_SCRIPT = re.compile(
    r"""(?:fetch|import|Worker|EventSource|WebSocket|importScripts|sendBeacon)\(\s*["'`](?:https?:|wss?:)?//"""
)


@dataclass
class Page:
    """What one page holds.

    `text` is what a reader sees, `ids` its anchors, `links` the targets of `<a>`, `snippets` the code to
    copy by kind, `json` every highlighted JSON text, `outside` whatever would be loaded from elsewhere.
    """

    text: str = ""
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    snippets: dict[str, str] = field(default_factory=dict)
    json: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)


def read_page(html: str) -> Page:
    """Parse one page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._raw: str | None = None
        self._pre: str | None = None
        self._kind = ""
        self._marked = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if "id" in values:
            self.page.ids.add(values["id"])
        for name, value in values.items():
            loads = name in _LOADING or (name == "href" and tag not in ("a", "area"))
            if (loads and _OUTSIDE.match(value)) or (name == "style" and _CSS.search(value)):
                self.page.outside.append(f"<{tag} {name}={value!r}>")
        if tag == "a" and "href" in values:
            self.page.links.append(values["href"])
        if tag in ("script", "style"):
            self._raw = tag
        if tag == "pre":
            self._pre, self._kind, self._marked = "", values.get("data-snippet", ""), False
        if self._pre is not None and tag == "span":
            self._marked = True

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._raw = None

    def handle_endtag(self, tag: str) -> None:
        if tag == self._raw:
            self._raw = None
        if tag == "pre" and self._pre is not None:
            if self._kind:
                self.page.snippets[self._kind] = self._pre
            if self._marked:
                self.page.json.append(self._pre)
            self._pre = None

    def handle_data(self, data: str) -> None:
        if self._raw == "style" and (found := _CSS.search(data)):
            self.page.outside.append(f"style: {data[found.start() : found.start() + 60]}")
        elif self._raw == "script" and (found := _SCRIPT.search(data)):
            self.page.outside.append(f"script: {data[found.start() : found.start() + 60]}")
        elif self._raw is None:
            self.page.text += data
            if self._pre is not None:
                self._pre += data
