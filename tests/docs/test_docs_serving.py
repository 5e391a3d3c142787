"""docs/serving.md: its programs run one after the other, and its table is what metrics.py has."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "serving.md").read_text(encoding="utf-8")


def test_its_programs_run() -> None:
    programs = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert len(programs) == 4
    command = [sys.executable, "-W", "error", "-c", "\n".join(programs)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_it_names_every_instrument() -> None:
    source = (DOCS.parent / "server" / "fastagency_server" / "metrics.py").read_text(encoding="utf-8")
    made = set(re.findall(r'create_\w+\(\s*"([\w.]+)"', source))
    assert len(made) == 8
    shown = PAGE.replace("`.ended`", "`fastagency.conversations.ended`")
    assert {name for name in made if f"`{name}`" not in shown} == set()


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert links
    assert [link for link in links if not (DOCS / link).exists()] == []
