from __future__ import annotations

from .load import Fault, Spec


def lint(spec: Spec) -> list[Fault]:
    """TEMP"""
    return list(spec.faults)
