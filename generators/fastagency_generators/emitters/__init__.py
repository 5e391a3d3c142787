"""The registry of what is generated. A new language is one module here and one line in `targets`."""

from __future__ import annotations

from ..emit import Target, language
from .bundle import BundleTarget
from .go import GoEmitter
from .java import JavaEmitter
from .python import PythonTarget
from .ruby import RubyEmitter
from .rust import RustEmitter
from .typescript import TypeScriptEmitter
from .vectors import VectorsTarget

__all__ = ["targets"]


def targets() -> list[Target]:
    """Return every target, in the order in which they are generated."""
    return [
        PythonTarget(),
        language(TypeScriptEmitter),
        language(RubyEmitter),
        language(JavaEmitter),
        language(GoEmitter),
        language(RustEmitter),
        BundleTarget(),
        VectorsTarget(),
    ]
