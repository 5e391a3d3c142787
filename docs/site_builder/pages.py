"""The pages: which there are, and what each template receives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import jinja2
from fastagency_generators.ir import model as ir
from markupsafe import Markup

from . import document, examples
from .catalogue import Catalogue
from .clauses import CLAUSES_PAGE
from .close_codes import action, ranges
from .dialects import Dialects
from .page import layout
from .redocly import Reference
from .sequence_drawing import sequence_drawing
from .state_drawing import state_drawing
from .walk import load

__all__ = ["DOCUMENTS", "documents", "own_pages", "references"]

DOCUMENTS = {
    CLAUSES_PAGE: "spec/PROTOCOL.md",
    "serving.html": "docs/serving.md",
    "load.html": "docs/load.md",
}
"""The pages that are documents of the project, and where these stand."""


def references(bundles: Path) -> tuple[Reference, ...]:
    """Return the two pages that Redocly makes of the documents in `bundles`."""
    return (
        Reference("rest.html", "REST · FastAgency protocol", bundles / "openapi.json", "openapi"),
        Reference("websocket.html", "WebSocket · FastAgency protocol", bundles / "asyncapi.json", "asyncapi"),
    )


def documents(templates: jinja2.Environment, root: Path) -> Iterator[tuple[str, str]]:
    """Yield the file name and the HTML of each document of the project, whose folder is `root`."""
    pages = {(root / source).resolve(): page for page, source in DOCUMENTS.items()}
    for source, page in pages.items():
        template = templates.get_template("document.html.jinja")
        yield page, template.render(page=page, document=document.read(source, pages))


def own_pages(
    protocol: ir.Protocol, dialects: Dialects, templates: jinja2.Environment, sources: Path
) -> Iterator[tuple[str, str]]:
    """Yield the file name and the HTML of each page that our own templates make.

    `sources` is the folder of the templates, examples and conversations. Raises ValueError when these do not
    fit the protocol.
    """
    replies = examples.replies(protocol)
    cases = examples.cases(protocol, dialects, sources / "examples.yaml")
    catalogue = Catalogue(protocol, dialects, cases)
    yield (
        "index.html",
        templates.get_template("index.html.jinja").render(
            page="index.html",
            protocol=protocol,
            request=layout(examples.example(protocol, "InitiateWorkflowRequest")),
            javascript=(sources / "snippets" / "client.mjs").read_text(encoding="utf-8"),
            python=(sources / "snippets" / "client.py").read_text(encoding="utf-8"),
        ),
    )
    yield (
        "messages.html",
        templates.get_template("messages.html.jinja").render(
            page="messages.html",
            catalogue=catalogue,
            default_type=next(it.default_tag for it in protocol.types if isinstance(it, ir.Union)),
        ),
    )
    conversations = load(protocol, dialects, sources / "conversations.yaml", replies)
    yield (
        "conversation.html",
        templates.get_template("conversation.html.jinja").render(
            page="conversation.html",
            conversations=[(it, Markup(sequence_drawing(it))) for it in conversations],
        ),
    )
    yield (
        "ends.html",
        templates.get_template("ends.html.jinja").render(
            page="ends.html",
            codes=protocol.close_codes,
            actions={code.code: action(code) for code in protocol.close_codes},
            ranges=ranges(protocol.close_codes),
            lifecycle=protocol.lifecycle,
            types={it.type for it in (*protocol.channel.from_client, *protocol.channel.from_server)},
            drawing=Markup(state_drawing(protocol.lifecycle)),
        ),
    )
