"""Whether a language's tools are there: without them its tests are skipped by name, and fail in CI."""

from __future__ import annotations

import os
import shutil

import pytest

__all__ = ["PROGRAMS", "need"]

PROGRAMS = {
    "go": ("go", "gofmt"),
    "java": ("java", "javac", "mvn"),
    "ruby": ("ruby", "rubocop"),
    "rust": ("cargo", "rustfmt", "cargo-clippy"),
    "typescript": ("node", "npm"),
}
"""The programs of each language, as `make setup` finds or installs them."""


def need(language: str) -> None:
    """Skip the calling test, by name, when a program of `language` is missing; fail it when CI=true."""
    missing = [program for program in PROGRAMS[language] if shutil.which(program) is None]
    if not missing:
        return
    why = f"the tools of {language} are missing: {', '.join(missing)}; 'make setup' says how to get them"
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)
