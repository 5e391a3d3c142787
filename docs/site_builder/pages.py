"""The pages: which there are, and what each template receives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import jinja2
from fastagency_generators.ir import model as ir
from markupsafe import Markup

from . import conversation, examples
from .catalogue import Catalogue
from .dialects import Dialects
from .page import layout
from .redocly import Reference
from .sequence_drawing import sequence_drawing
from .state_drawing import state_drawing

__all__ = ["own_pages", "references"]

WHAT_A_CLIENT_DOES = {
    "none": "Nothing: it is over.",
    "retry": "Wait, then start again; wait longer after each failure.",
    "resume": "Connect again and go on where it stopped.",
}
"""The `client` of a close code, in words."""


def references(bundles: Path) -> tuple[Reference, ...]:
    """Return the two pages that Redocly makes of the documents in `bundles`."""
    return (
        Reference("rest.html", "REST · FastAgency protocol", bundles / "openapi.json", "openapi"),
        Reference("websocket.html", "WebSocket · FastAgency protocol", bundles / "asyncapi.json", "asyncapi"),
    )


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
    conversations = conversation.load(protocol, sources / "conversations.yaml", replies)
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
            actions={code.code: _action(code) for code in protocol.close_codes},
            lifecycle=protocol.lifecycle,
            types={it.type for it in (*protocol.channel.from_client, *protocol.channel.from_server)},
            drawing=Markup(state_drawing(protocol.lifecycle)),
        ),
    )


def _action(code: ir.CloseCode) -> str:
    if code.code == 1000:
        return "Nothing: all is said."
    if code.client not in WHAT_A_CLIENT_DOES:
        raise ValueError(f"close code {code.code}: no words for what a client does: {code.client!r}")
    return WHAT_A_CLIENT_DOES[code.client]
