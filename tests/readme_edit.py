"""The README's edit of the spec, "add a message type", carried out as it stands there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from copied_spec import PROJECT, CopiedSpec

__all__ = ["README", "blocks", "extended_spec", "section"]

README = (PROJECT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """Return the text of one section of the README."""
    return README.split(f"\n## {title}", 1)[1].split("\n## ", 1)[0]


def blocks(language: str, title: str = "Change the protocol") -> list[str]:
    """Return the fenced blocks of one language in a section, that about adding a message type unless told."""
    return re.findall(rf"^```{language}\n(.*?)^```$", section(title), re.DOTALL | re.MULTILINE)


def extended_spec(root: Path) -> CopiedSpec:
    """Copy the spec to `root`; add `image_message`, its types and a field of `error`, as the README does."""
    copied = CopiedSpec(root)
    (commands,) = blocks("sh")
    subprocess.run(["bash", "-euc", commands], cwd=root, check=True)
    subprocess.run(["git", "apply"], cwd=root, input=blocks("diff")[0], text=True, check=True)
    return copied
