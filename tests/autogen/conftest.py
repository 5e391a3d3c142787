"""Imports AutoGen once, past the warnings of its own code that nobody here can mend."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))

# Each is raised by AutoGen's own modules, about libraries that it uses.
_THEIRS = (
    # It validates JSON with a class that jsonschema would like to drop.
    ("jsonschema.RefResolver is deprecated", DeprecationWarning),
    # It asks every optional package for its version.
    ("Accessing jsonschema.__version__ is deprecated", DeprecationWarning),
    # Some of its models still have a `class Config`.
    ("Support for class-based `config` is deprecated", DeprecationWarning),
    # pyautogen 0.9 copies models by a method that pydantic has renamed.
    ("The `copy` method is deprecated", DeprecationWarning),
)


def pytest_configure(config: pytest.Config) -> None:
    """Let the same warnings pass while tests run: AutoGen imports some of its modules late."""
    for message, category in _THEIRS:
        config.addinivalue_line("filterwarnings", f"ignore:{message}:{category.__name__}")


with warnings.catch_warnings():
    for message, category in _THEIRS:
        warnings.filterwarnings("ignore", message, category)
    import autogen  # noqa: F401
