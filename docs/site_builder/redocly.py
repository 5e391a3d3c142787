"""The two reference pages, made by Redocly from the bundled documents and put into the look of the others."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

__all__ = ["RedoclyFailed", "Reference", "find_redocly", "reference_page"]

HEADER_HEIGHT = 52
"""Pixels that the header of `style.css` takes; Redocly's own sticky parts stay below it."""

_NOWHERE = "data:,"
_OUTSIDE = (
    "https://cdn.redoc.ly/redoc/logo-mini-full.svg",
    "https://cdn.redoc.ly/redoc/logo-mini.svg",
    "https://otel.cloud.redocly.com/v1/traces",
)
"""Addresses in Redocly's script that a page would load by itself: its logo, and where it reports its use."""

_HEAD, _BODY = "<!--redocly:head-->", "<!--redocly:body-->"


class RedoclyFailed(Exception):
    """Redocly is not there, or could not make a page. The text says what to do."""


@dataclass(frozen=True)
class Reference:
    """One reference page: its file, the document it shows, and Redocly's name for its kind."""

    file: str
    title: str
    document: Path
    kind: str


def find_redocly(modules: Path) -> Path:
    """Return Redocly's program in a `node_modules` folder. Raises `RedoclyFailed` when it is not there."""
    program = modules / "@redocly" / "cli" / "bin" / "cli.js"
    if not program.is_file():
        raise RedoclyFailed(
            f"there is no Redocly in {modules}: run `make docs`, which installs it, or `npm ci` in docs/"
        )
    return program


def reference_page(program: Path, reference: Reference, template: jinja2.Template) -> str:
    """Return the HTML of a reference page.

    `template` is the page around it; it receives `head` and `body` as the places where Redocly's parts go.
    Raises `RedoclyFailed` when Redocly refuses, or when its output no longer has what this module takes out.
    """
    around = template.render(title=reference.title, page=reference.file, head=_HEAD, body=_BODY)
    # Redocly's templates are Handlebars: keep it from reading anything of ours as a placeholder.
    handlebars = around.replace("{{", "\\{{")
    handlebars = handlebars.replace(_HEAD, "{{{redocHead}}}").replace(_BODY, "{{{redocHTML}}}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "page.hbs").write_text(handlebars, encoding="utf-8")
        (folder / "document.json").write_text(json.dumps(_flat(reference.document)), encoding="utf-8")
        (folder / "settings.json").write_text(json.dumps(_settings()), encoding="utf-8")
        _run(program, folder, reference)
        html = (folder / "page.html").read_text(encoding="utf-8")
    for address in _OUTSIDE:
        if address not in html:
            raise RedoclyFailed(f"{reference.file}: Redocly no longer names {address}: see what it loads now")
        html = html.replace(address, _NOWHERE)
    return html


def _run(program: Path, folder: Path, reference: Reference) -> None:
    command = ["node", str(program), "build-docs", "document.json", "--inlineBundle", "--output", "page.html"]
    command += ["--template", "page.hbs", "--title", reference.title, f"--{reference.kind}", "settings.json"]
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "CI": "true"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=os.environ | quiet, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise RedoclyFailed("there is no `node` on the PATH: install Node 20") from error
    if done.returncode != 0 or not (folder / "page.html").is_file():
        raise RedoclyFailed(f"{reference.file}: Redocly ended with {done.returncode}:\n{done.stderr.strip()}")


def _flat(document: Path) -> Any:
    """Return the document without the tags of its operations: two operations need no folding sections."""
    content = json.loads(document.read_text(encoding="utf-8"))
    for path in content.get("paths", {}).values():
        for operation in path.values():
            operation.pop("tags", None)
    content.pop("tags", None)
    return content


def _settings() -> dict[str, Any]:
    return {
        "hideDownloadButtons": True,
        "scrollYOffset": HEADER_HEIGHT,
        "hideSchemaPattern": True,
        "jsonSamplesDepth": 5,
        "schemasExpansionLevel": 3,
    }
