"""The built pages: all there, complete, true to the schemas, linked soundly, and content with themselves."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from site_reader import Page, read_page

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "spec"
FILES = {
    "index.html",
    "rest.html",
    "websocket.html",
    "messages.html",
    "conversation.html",
    "ends.html",
    "openapi.json",
    "asyncapi.json",
}
REDOCLY = {"rest.html", "websocket.html"}


def spec(file: str) -> Any:
    """Read a file of the spec, past all of our own code."""
    return yaml.safe_load((SPEC / file).read_text(encoding="utf-8"))


def server_types() -> dict[str, str]:
    """Return the schema's file of each message of the server, by type."""
    mapping: dict[str, str] = spec("schemas/ServerMessage.yaml")["discriminator"]["mapping"]
    return mapping


def validator(file: str) -> Draft202012Validator:
    """Return a validator for one schema file."""
    resources = [
        (path.name, Resource.opaque(spec(f"schemas/{path.name}"))) for path in SPEC.glob("schemas/*")
    ]
    registry: Registry[Any] = Registry().with_resources(resources)
    return Draft202012Validator({"$ref": file}, registry=registry)


def test_every_page_is_there(site: Path) -> None:
    assert {path.name for path in site.iterdir()} == FILES


def test_building_again_gives_the_same_bytes(
    site: Path, build: Callable[[Path], subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "left-over.html").write_text("from an earlier build")
    assert build(tmp_path / "again").returncode == 0
    again = {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}
    assert again == {path.name: path.read_bytes() for path in site.iterdir()}


@pytest.mark.parametrize("kind", server_types())
def test_every_message_has_a_section_with_all_its_fields(pages: dict[str, Page], kind: str) -> None:
    page = pages["messages.html"]
    assert kind in page.ids
    content = spec(f"schemas/{server_types()[kind]}")["properties"]["content"]["$ref"]
    for name, field in spec(f"schemas/{content}")["properties"].items():
        assert f"content.{name}" in page.text
        assert " ".join(field["description"].replace("`", "").split()) in " ".join(page.text.split())


def test_every_example_frame_is_valid(pages: dict[str, Page]) -> None:
    """Each JSON text of the two pages is a first frame, a REST body or a message, and valid as such."""
    types = server_types()
    seen = []
    for text in pages["messages.html"].json + pages["conversation.html"].json:
        value = json.loads(text)
        if isinstance(value, list):
            kind, file = "discovery", "WorkflowInfo.yaml"
        elif "type" in value:
            kind, file = value["type"], types[value["type"]]
        elif "workflow_name" in value:
            kind, file = "request", "InitiateWorkflowRequest.yaml"
        else:
            kind, file = "first frame", "InitiateWorkflow.yaml"
        for item in value if isinstance(value, list) else [value]:
            faults = [error.message for error in validator(file).iter_errors(item)]
            assert not faults, f"{text}: {faults}"
            assert set(item) == set(spec(f"schemas/{file}")["properties"]), text
        seen.append(kind)
    assert set(types) <= set(seen)
    assert {"discovery", "request", "first frame"} <= set(seen)


def test_a_wrong_example_frame_would_be_found(pages: dict[str, Page]) -> None:
    frame = json.loads(next(text for text in pages["messages.html"].json if '"text_input"' in text))
    frame["content"]["suggestions"] = "Prime numbers"
    assert not validator("TextInput.yaml").is_valid(frame)


def test_every_close_code_is_explained(pages: dict[str, Page]) -> None:
    page = pages["ends.html"]
    for code in spec("asyncapi.yaml")["x-close-codes"]:
        assert f"code-{code['code']}" in page.ids
        for part in (str(code["code"]), code["name"], code["meaning"].replace("`", "")):
            assert part in page.text


def test_every_state_and_transition_is_explained(pages: dict[str, Page]) -> None:
    page = pages["ends.html"]
    lifecycle = spec("asyncapi.yaml")["x-lifecycle"]
    for state in lifecycle["states"]:
        assert f"state-{state['name']}" in page.ids
        assert state["description"].replace("`", "") in page.text
    for move in lifecycle["transitions"]:
        # PyYAML reads the key `on` as true.
        assert f"From {move['from']} to {move['to']} on {move[True]}" in page.text


def test_the_conversation_shows_a_question_an_invalid_answer_and_the_end(pages: dict[str, Page]) -> None:
    text = " ".join(pages["conversation.html"].text.split())
    for part in ("text_input", "None of the choices.", "That is not one of the choices.", "close 1000"):
        assert part in text


def test_the_references_name_what_they_describe(pages: dict[str, Page]) -> None:
    for path in spec("openapi.yaml")["paths"]:
        assert path in pages["rest.html"].text
    assert "/fastagency/ws" in pages["websocket.html"].text


def test_links_and_anchors_lead_somewhere(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                assert parts.scheme in ("http", "https"), f"{name}: {link}"
                continue
            if name in REDOCLY and (link.startswith("/") or parts.fragment.startswith("/")):
                continue  # Redocly's script replaces these; the browser test looks at what it makes of them
            assert not parts.path.startswith("/"), f"{name}: {link} breaks below a prefix"
            target = parts.path or name
            assert target in FILES, f"{name}: {link}"
            if parts.fragment:
                assert parts.fragment in pages[target].ids, f"{name}: {link}"


def test_the_header_is_the_same_on_every_page(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        assert [link for link in page.links if link in FILES][:7] == [
            "index.html",
            "index.html",
            "rest.html",
            "websocket.html",
            "messages.html",
            "conversation.html",
            "ends.html",
        ], name


def test_no_page_names_anything_to_load_from_outside(pages: dict[str, Page], site: Path) -> None:
    for name, page in pages.items():
        assert page.outside == [], name
        assert "default-src 'none'" in (site / name).read_text(encoding="utf-8"), name


@pytest.mark.parametrize(
    "html",
    [
        '<img src="https://example.com/logo.svg">',
        '<script src="//example.com/a.js"></script>',
        '<link rel="stylesheet" href="https://example.com/a.css">',
        "<style>p { background: url(https://example.com/a.png) }</style>",
        "<style>@import 'a.css';</style>",
        "<script>fetch('https://example.com/')</script>",
    ],
)
def test_something_to_load_from_outside_would_be_found(html: str) -> None:
    assert read_page(html).outside


def test_the_documents_are_the_bundles(site: Path) -> None:
    for name in ("openapi.json", "asyncapi.json"):
        bundle = ROOT / "server" / "fastagency_server" / "_generated" / name
        assert (site / name).read_bytes() == bundle.read_bytes()
