"""Whether a language's tools are there: without them its tests are skipped by name, and fail in CI."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path

import pytest

__all__ = ["lack", "need"]

_CHECK = Path(__file__).parent / "environments" / "need-language.sh"


def need(language: str) -> None:
    """Skip the calling test, by name, when the tools of `language` are missing or too old; fail it in CI."""
    missing = lack(language)
    if not missing:
        return
    why = f"the tests of {language} need {missing}; 'make setup' says how to get it"
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


@functools.cache
def lack(language: str) -> str:
    """Return what is missing of a language's tools, "" when nothing is: as the set-up decides it."""
    if language == "typescript":
        return ", ".join(program for program in ("node", "npm") if shutil.which(program) is None)
    done = subprocess.run([_CHECK, "--check", language], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        raise RuntimeError(f"{_CHECK.name}: {done.stderr}")
    return done.stdout.strip()
