"""The pages in a real browser: nothing is asked of the network, nothing goes wrong, nothing is cut off."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live_server import serve
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
SCREENSHOTS = ROOT / "test-output" / "screenshots"
SECONDS = 170


def open_pages(prefix: str, names: list[str], screenshots: Path | None = None) -> dict[str, dict[str, Any]]:
    """Open pages below `prefix` and return what was seen, by page name.

    With a folder for `screenshots` on a desktop in light and on a phone in dark, otherwise on a desktop only.
    """
    # Node looks for modules beside the script's folder and above it: tests/node_modules.
    command = [
        "node",
        str(Path(__file__).parent / "open_pages.mjs"),
        CHROMIUM,
        str(screenshots or ""),
        prefix,
    ]
    command += [prefix + name for name in names]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    report: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return {address.removeprefix(prefix): seen for address, seen in report.items()}


@pytest.fixture(scope="module")
def names(site: Path) -> list[str]:
    """The file names of the pages."""
    return sorted(path.name for path in site.glob("*.html"))


def assert_content(report: dict[str, dict[str, Any]], names: list[str]) -> None:
    """Check that each page was seen, needed nothing, had no error, and fitted into its window."""
    assert sorted(report) == names
    for name, seen in report.items():
        assert seen["requests"] == [], name
        assert seen["problems"] == [], name
        assert seen["tooWide"] == [], name
        assert len(seen["text"]) > 1000, name
        assert [link for link in seen["links"] if link.startswith("/")] == [], f"{name} breaks below a prefix"
    assert "List the workflows" in report["rest.html"]["text"]
    assert "Messages, server to client" in report["websocket.html"]["text"]


@pytest.mark.timeout(200)
def test_the_pages_from_files(site: Path, names: list[str]) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    report = open_pages(f"{site.as_uri()}/", names, SCREENSHOTS)
    assert_content(report, names)


@pytest.fixture
def prefix(site: Path) -> Iterator[str]:
    """The address of the site on a server, below some prefix."""
    with serve(Starlette(routes=[Mount("/some/where", StaticFiles(directory=site))])) as live:
        yield f"{live.url}/some/where/"


def test_the_pages_from_a_server_below_a_prefix(prefix: str, names: list[str]) -> None:
    assert_content(open_pages(prefix, names), names)


def test_a_request_would_be_seen(site: Path, tmp_path: Path) -> None:
    """A page that loads an image from outside: kept from it by our policy, and seen without the policy."""
    html = (site / "index.html").read_text(encoding="utf-8")
    image = '<img src="http://outside.example/logo.png" alt=""></main>'
    (tmp_path / "guarded.html").write_text(html.replace("</main>", image), encoding="utf-8")
    (tmp_path / "open.html").write_text(
        html.replace("</main>", image)
        .replace("default-src 'none'", "default-src *")
        .replace("img-src data:", ""),
        encoding="utf-8",
    )
    report = open_pages(f"{tmp_path.as_uri()}/", ["guarded.html", "open.html"])
    assert "Content Security Policy" in report["guarded.html"]["problems"][0]
    assert report["open.html"]["requests"][0] == "http://outside.example/logo.png"
