"""The built pages: all there, complete, true to the schemas, linked soundly, and content with themselves."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from functools import cache
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
    "protocol.html",
    "serving.html",
    "load.html",
    "openapi.json",
    "asyncapi.json",
}
REDOCLY = {"rest.html", "websocket.html"}


@cache
def spec(file: str) -> Any:
    """Read a file of the spec, past all of our own code."""
    return yaml.safe_load((SPEC / file).read_text(encoding="utf-8"))


def server_types() -> dict[str, str]:
    """Return the schema's file of each message of the server, by type."""
    mapping: dict[str, str] = spec("schemas/ServerMessage.yaml")["discriminator"]["mapping"]
    return mapping


def client_types() -> dict[str, str]:
    """Return the schema's file of each frame with a type that a client sends, by type."""
    messages = spec("asyncapi.yaml")["components"]["messages"].values()
    files = {it["name"]: Path(it["payload"]["$ref"]).name for it in messages}
    return {
        kind: file
        for kind, file in files.items()
        if kind not in server_types() and "type" in spec(f"schemas/{file}").get("properties", {})
    }


def fields(kind: str) -> dict[str, tuple[dict[str, Any], bool]]:
    """Return the fields that the section of a message lists, each with its schema and whether it is secret.

    What a workflow says has its own fields in `content`; those around it have a table of their own.
    """
    schema = spec(f"schemas/{(server_types() | client_types())[kind]}")
    prefix = ""
    if "content" in schema["properties"]:
        schema, prefix = spec(f"schemas/{schema['properties']['content']['$ref']}"), "content."
    secret = schema.get("x-secret", [])
    return {
        f"{prefix}{name}": (field, name in secret) for name, field in schema.get("properties", {}).items()
    }


def description(field: dict[str, Any]) -> str:
    """Return what the spec says of a field, or of the type that it names."""
    named = [field, *field.get("oneOf", [])]
    targets = [spec(f"schemas/{it['$ref']}") for it in named if "$ref" in it]
    text: str = next(it["description"] for it in (field, *targets) if "description" in it)
    return plain(text)


def plain(text: str) -> str:
    """Return Markdown as a reader sees it, on one line."""
    return " ".join(re.sub(r"`|\*\*|(?<!\s)\*|\*(?!\s)", "", text).split())


def part(site: Path, page: str, start: str, end: str) -> Page:
    """Return what a page holds from the element with the id `start` to the next text `end`."""
    html = (site / page).read_text(encoding="utf-8")
    _, found, rest = html.partition(f' id="{start}"')
    assert found, f"{page} has nothing with the id {start}"
    return read_page("<p" + rest.partition(end)[0])


@cache
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


@pytest.mark.parametrize("kind", [*server_types(), *client_types()])
def test_every_message_has_a_section_with_all_its_fields(site: Path, kind: str) -> None:
    text = " ".join(part(site, "messages.html", kind, "</section>").text.split())
    for name, (field, secret) in fields(kind).items():
        marks = f" {field['x-dialect']}" if "x-dialect" in field else ""
        marks += " secret" if secret else ""
        assert re.search(rf"(?<![\w.]){re.escape(name)}{marks} (?!secret|fastagency)", text), f"{name}{marks}"
        assert description(field) in text


def test_the_fields_around_the_content_are_marked(site: Path) -> None:
    text = " ".join(part(site, "messages.html", "envelope", "</table>").text.split())
    for name, field in spec("schemas/TextMessage.yaml")["properties"].items():
        mark = f" {field['x-dialect']}" if "x-dialect" in field else ""
        assert re.search(rf" {name}{mark} (object|string|boolean|integer) ", text), name


def test_what_only_one_dialect_has_is_in_a_section_of_its_own(site: Path) -> None:
    shown = part(site, "messages.html", "session", ' id="types"')
    only = {
        kind
        for kind, file in server_types().items()
        if "content" not in spec(f"schemas/{file}")["properties"]
    }
    assert len(only) == len(client_types()) == 5
    assert {json.loads(text)["type"] for text in shown.json} == only | set(client_types())


def test_what_the_announcement_adds_is_told(site: Path) -> None:
    schema = spec("schemas/InitiatedWorkflow.yaml")
    text = " ".join(part(site, "messages.html", "announced", "</table>").text.split())
    for name, field in schema["properties"].items():
        mark = f"{name} fastagency.v1{' secret' if name in schema['x-secret'] else ''} "
        assert (mark in text) == ("x-dialect" in field), name


def test_the_values_of_enums_are_explained(pages: dict[str, Page]) -> None:
    text = " ".join(pages["messages.html"].text.split())
    for name in ("SessionMode", "RejectionReason", "Outcome"):
        assert name in pages["messages.html"].ids
        for value, meaning in spec(f"schemas/{name}.yaml")["x-enumDescriptions"].items():
            assert f"{value} {plain(meaning)}" in text


def test_every_example_frame_is_valid(pages: dict[str, Page]) -> None:
    """Each JSON text of the two pages is a frame or a REST body, valid as such, and whole in its dialect."""
    types = server_types() | client_types()
    seen = []
    for text in pages["messages.html"].json + pages["conversation.html"].json:
        value = json.loads(text)
        if isinstance(value, list):
            kind, file = "discovery", "WorkflowInfo.yaml"
        elif "type" in value:
            kind, file = value["type"], types[value["type"]]
        elif "workflow_name" in value:
            kind, file = "request", "InitiateWorkflowRequest.yaml"
        elif "subprotocols" in value:
            kind, file = "response", "InitiatedWorkflow.yaml"
        else:
            kind, file = "first frame", "InitiateWorkflow.yaml"
        for item in value if isinstance(value, list) else [value]:
            faults = [error.message for error in validator(file).iter_errors(item)]
            assert not faults, f"{text}: {faults}"
            assert_whole(item, file)
        seen.append(kind)
    assert set(types) <= set(seen)
    assert {"discovery", "request", "response", "first frame"} <= set(seen)


def assert_whole(item: dict[str, Any], file: str) -> None:
    """Check that a frame has all fields of one dialect: of classic without those that it does not have."""
    properties = spec(f"schemas/{file}")["properties"]
    marked = {name for name, field in properties.items() if "x-dialect" in field}
    classic = bool(marked) and not marked & set(item)
    assert set(item) == set(properties) - (marked if classic else set()), item
    if "content" in properties:
        content = spec(f"schemas/{properties['content']['$ref']}").get("properties", {})
        later = {name for name, field in content.items() if "x-dialect" in field}
        assert set(item["content"]) == set(content) - (later if classic else set()), item


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


def test_every_close_code_stands_in_its_range(site: Path) -> None:
    """The ranges of the page hold the codes that the clauses put into them, and all of the spec's."""
    html = (site / "ends.html").read_text(encoding="utf-8")
    rows = re.findall(r"<code>([^<]*)</code></th>((?:(?!</tr>).)*#code-.*?)</tr>", html, re.DOTALL)
    shown = {name: set(re.findall(r"#code-(\d+)", row)) for name, row in rows}
    assert set().union(*shown.values()) == {str(it["code"]) for it in spec("asyncapi.yaml")["x-close-codes"]}
    clauses = (SPEC / "PROTOCOL.md").read_text(encoding="utf-8")
    for name in ("40xx", "41xx", "42xx"):
        (row,) = re.findall(rf"^\| {name} \|.*$", clauses, re.MULTILINE)
        assert shown[name] == set(re.findall(r"\((\d+)\)", row))


def test_every_state_and_transition_is_explained(pages: dict[str, Page]) -> None:
    page = pages["ends.html"]
    lifecycle = spec("asyncapi.yaml")["x-lifecycle"]
    for state in lifecycle["states"]:
        assert f"state-{state['name']}" in page.ids
        assert state["description"].replace("`", "") in page.text
    for move in lifecycle["transitions"]:
        # PyYAML reads the key `on` as true.
        assert f"From {move['from']} to {move['to']} on {move[True]}" in page.text


def test_the_conversation_shows_a_question_an_invalid_answer_and_the_end(site: Path) -> None:
    text = " ".join(part(site, "conversation.html", "whole", "<h2").text.split())
    for shown in ("text_input", "None of the choices.", "That is not one of the choices.", "close 1000"):
        assert shown in text


def frames(site: Path, conversation: str) -> list[dict[str, Any]]:
    """Return the frames of a conversation, in order."""
    texts = part(site, "conversation.html", conversation, "<h2").json
    return [frame for frame in map(json.loads, texts) if "type" in frame]


def test_a_resume_is_drawn_that_loses_nothing(site: Path) -> None:
    shown = frames(site, "resumed")
    assert [frame["seq"] for frame in shown if "seq" in frame] == [1, 2, 3, 4, 3, 4, 5, 6]
    resume = next(frame for frame in shown if frame["type"] == "resume_workflow")
    ready = [frame for frame in shown if frame["type"] == "session_ready"]
    assert (resume["after_seq"], resume["epoch"]) == (2, ready[0]["epoch"])
    assert [(frame["mode"], frame["head_seq"]) for frame in ready] == [("fresh", 0), ("replay", 4)]
    assert [frame["type"] for frame in shown].count("answer") == 1
    assert shown[-1]["content"]["outcome"] == "completed"


def test_two_tabs_are_drawn_of_which_one_is_refused(site: Path) -> None:
    shown = frames(site, "tabs")
    second, first = (frame for frame in shown if frame["type"] == "answer")
    accepted = next(frame for frame in shown if frame["type"] == "answer_accepted")
    rejected = next(frame for frame in shown if frame["type"] == "answer_rejected")
    question = next(frame for frame in shown if frame["type"] == "multiple_choice")
    assert (accepted["answer_id"], rejected["answer_id"]) == (second["answer_id"], first["answer_id"])
    assert {first["question_uuid"], second["question_uuid"]} == {question["uuid"]}
    assert rejected["reason"] == "question_closed"
    assert accepted["value"] == second["value"] != first["value"]


def test_the_references_name_what_they_describe(pages: dict[str, Page]) -> None:
    for path in spec("openapi.yaml")["paths"]:
        assert path in pages["rest.html"].text
    assert "/fastagency/ws" in pages["websocket.html"].text


def test_every_clause_has_an_anchor_and_its_text(site: Path, pages: dict[str, Page]) -> None:
    source = (SPEC / "PROTOCOL.md").read_text(encoding="utf-8")
    clauses = []
    for section in re.split(r"^## ", source, flags=re.MULTILINE)[1:]:
        name = section[:6]
        assert name in pages["protocol.html"].ids
        for number, text in re.findall(r"^(\d+)\. (.*(?:\n   .*)*)", section, re.MULTILINE):
            shown = part(site, "protocol.html", f"{name}-{number}", "</li>").text
            assert " ".join(shown.split()).endswith(plain(text)), f"{name}-{number}"
            clauses.append(f"{name}-{number}")
    assert len(clauses) > 50
    assert {link[1:] for link in pages["protocol.html"].links if re.fullmatch(r"#FA-\w+-\d+", link)} == set(
        clauses
    )


def test_clauses_that_are_cited_are_links(pages: dict[str, Page]) -> None:
    assert {"protocol.html#FA-RES-1", "protocol.html#FA-SEC-2"} <= set(pages["messages.html"].links)
    assert "protocol.html#FA-SEC-2" in pages["serving.html"].links
    assert "load.html" in pages["serving.html"].links
    assert "protocol.html" in pages["index.html"].links


@pytest.mark.parametrize("name", ["serving", "load"])
def test_the_guides_are_published(pages: dict[str, Page], name: str) -> None:
    source = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    outside_code = re.sub(r"^```.*?^```", "", source, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.*)", outside_code, re.MULTILINE)
    assert len(headings) > 2
    for heading in headings:
        assert plain(heading) in " ".join(pages[f"{name}.html"].text.split())


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
        assert [link for link in page.links if link in FILES][:8] == [
            "index.html",
            "index.html",
            "rest.html",
            "websocket.html",
            "messages.html",
            "conversation.html",
            "ends.html",
            "protocol.html",
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
