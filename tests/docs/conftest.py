"""The site, built once for all tests of this folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from site_reader import Page, read_page

ROOT = Path(__file__).parents[2]
BUILDER = ROOT / "docs" / "build_site.py"

sys.path.insert(0, str(BUILDER.parent))  # as running it does: site_builder is no installed package


@pytest.fixture(scope="session")
def build() -> Callable[[Path], subprocess.CompletedProcess[str]]:
    """The command that builds the site into a folder."""

    def run(output: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(BUILDER), "--output", str(output)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    return run


@pytest.fixture(scope="session")
def site(
    build: Callable[[Path], subprocess.CompletedProcess[str]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of the built site."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    done = build(folder)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return folder


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[str, Page]:
    """Every page of the site, by its file name."""
    return {path.name: read_page(path.read_text(encoding="utf-8")) for path in sorted(site.glob("*.html"))}
