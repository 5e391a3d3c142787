"""Refuse what the IR cannot say.

Every rule reports all that it finds; nothing is generated from a spec with a fault. The defaults and examples
are checked against the types only when all else is sound, as it takes the IR to read them.
"""

from __future__ import annotations

from .lint_asyncapi import lint_asyncapi
from .lint_openapi import lint_openapi
from .lint_references import lint_references
from .lint_schemas import lint_schemas
from .lint_values import lint_values
from .load import DOCUMENTS, Fault, Spec

__all__ = ["lint"]


def lint(spec: Spec) -> list[Fault]:
    """Return every fault of the spec, in the order of files and pointers; none means that it can be built."""
    faults = [*spec.faults, *lint_references(spec), *lint_schemas(spec)]
    if all(document in spec.files for document in DOCUMENTS):
        faults += lint_openapi(spec)
        faults += lint_asyncapi(spec)
    if not faults:
        faults = lint_values(spec)
    return sorted(set(faults))
