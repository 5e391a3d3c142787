"""Whole Markdown documents as pages: headings and clauses with anchors, links between them kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from .clauses import link, link_clauses

__all__ = ["Document", "Section", "read"]

_SECTION = re.compile(r"(FA-[A-Z]{3}): ")
_ADDRESS = re.compile(r"[a-z]+:|#")


@dataclass(frozen=True)
class Section:
    """One section of a document: its anchor and its heading."""

    id: str
    heading: str


@dataclass(frozen=True)
class Document:
    """A document: its title (plain text), its sections, and its HTML, which begins with the title."""

    title: str
    sections: tuple[Section, ...]
    html: Markup


def read(source: Path, pages: dict[Path, str]) -> Document:
    """Return the document in the file `source`.

    `pages` says which page each document becomes: links between them are kept, those to other files of the
    project become plain text. The sections of clauses (`FA-RES: …`) have their name as their anchor, and each
    entry of their numbered lists is a clause, with an anchor of its own.
    """
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").use(link_clauses)
    markdown.add_render_rule("table_open", lambda *_: Markup('<div class="table"><table>\n'))
    markdown.add_render_rule("table_close", lambda *_: Markup("</table></div>\n"))
    markdown.add_render_rule("fence", _fence)
    tokens = markdown.parse(source.read_text(encoding="utf-8"))
    title, sections = _anchor(tokens)
    _redirect(tokens, source, pages)
    html = Markup(markdown.renderer.render(tokens, markdown.options, {}))
    return Document(title, tuple(sections), html)


def _fence(_: object, tokens: list[Token], index: int, *__: object) -> Markup:
    code = tokens[index].content.rstrip()
    return Markup('<div class="snippet"><pre tabindex="0"><code>{}</code></pre></div>\n').format(code)


def _anchor(tokens: list[Token]) -> tuple[str, list[Section]]:
    """Give headings and clauses their anchors. Returns the title and the sections."""
    title, section, clause = "", "", ""
    sections: list[Section] = []
    for index, token in enumerate(tokens):
        following = tokens[index + 1] if index + 1 < len(tokens) else token
        if token.type == "heading_open" and token.tag == "h1":
            title = _plain(following)
        elif token.type == "heading_open":
            found = _SECTION.match(following.content)
            section = found[1] if found else ""
            anchor = section or re.sub(r"[^a-z0-9]+", "-", following.content.lower()).strip("-")
            token.attrSet("id", anchor)
            opening, text, closing = link(f"#{anchor}", "", "anchor")
            following.children = [opening, *(following.children or [text]), closing]
            if token.tag == "h2":
                sections.append(Section(anchor, _plain(following)))
        elif token.type == "list_item_open" and token.markup == "." and section:
            clause = f"{section}-{token.info}"
            token.attrSet("id", clause)
            token.attrSet("class", "clause")
        elif token.type == "inline" and clause:
            gap = Token("text", "", 0, content=" ")
            token.children = [*link(f"#{clause}", clause, "number"), gap, *(token.children or [])]
            clause = ""
    return title, sections


def _redirect(tokens: list[Token], source: Path, pages: dict[Path, str]) -> None:
    for token in tokens:
        plain = 0
        for child in token.children or ():
            target = str(child.attrGet("href") or "")
            if child.type == "link_close" and plain:
                plain -= 1
                child.tag = "span"
            if (
                child.type != "link_open"
                or _ADDRESS.match(target)
                or target.partition("#")[0] in pages.values()
            ):
                continue
            file, _, fragment = target.partition("#")
            page = pages.get((source.parent / file).resolve())
            if page is None:
                child.tag, child.attrs = "span", {}
                plain += 1
            else:
                child.attrSet("href", f"{page}#{fragment}" if fragment else page)


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or ())
