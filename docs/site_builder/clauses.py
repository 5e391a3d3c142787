"""Clauses of the protocol in Markdown: `FA-RES-3` becomes a link to the page that holds it."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

__all__ = ["CLAUSES_PAGE", "link", "link_clauses"]

CLAUSES_PAGE = "protocol.html"
"""The page of the clauses; each has its number as its anchor."""

_CLAUSE = re.compile(r"\bFA-[A-Z]{3}(?:-[0-9]+)?\b")


def link_clauses(markdown: MarkdownIt) -> None:
    """Make `markdown` link each clause that a text cites, but in code, links and headings."""
    markdown.core.ruler.after("inline", "clauses", _link_all)


def link(target: str, text: str, css: str = "") -> list[Token]:
    """Return the tokens of a link."""
    opening = Token("link_open", "a", 1, attrs={"href": target})
    if css:
        opening.attrSet("class", css)
    return [opening, Token("text", "", 0, content=text), Token("link_close", "a", -1)]


def _link_all(state: StateCore) -> None:
    before = ""
    for token in state.tokens:
        if token.type == "inline" and token.children and before != "heading_open":
            token.children = _linked(token.children)
        before = token.type


def _linked(children: list[Token]) -> list[Token]:
    result: list[Token] = []
    depth = 0
    for child in children:
        depth += {"link_open": 1, "link_close": -1}.get(child.type, 0)
        if child.type != "text" or depth:
            result.append(child)
            continue
        end = 0
        for match in _CLAUSE.finditer(child.content):
            result.append(Token("text", "", 0, content=child.content[end : match.start()]))
            result += link(f"{CLAUSES_PAGE}#{match.group()}", match.group())
            end = match.end()
        result.append(Token("text", "", 0, content=child.content[end:]))
    return result
