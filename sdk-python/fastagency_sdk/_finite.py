"""Finds numbers that JSON can write and a 64-bit float cannot hold, such as 1e999: Python reads infinity.

An infinity that nobody sent must not pass for what arrived (spec FA-CLA-7), and could not be sent on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import isfinite
from operator import attrgetter
from typing import Any, get_args

from pydantic import BaseModel

__all__ = ["free_fields", "is_finite"]


_HARMLESS = frozenset({str, int, bool, type(None)})


def is_finite(value: object) -> bool:
    """Return whether no infinity is in a JSON value, which may be a model or hold models."""
    inside: Iterable[object] = ()
    if isinstance(value, dict):
        inside = value.values()
    elif isinstance(value, list):
        inside = value
    elif isinstance(value, float):
        return isfinite(value)
    elif isinstance(value, BaseModel):
        inside = (*vars(value).values(), value.model_extra)
    # A plain loop: this is done for every message with free JSON in it, and all() takes twice as long.
    for each in inside:  # noqa: SIM110
        if type(each) not in _HARMLESS and not is_finite(each):
            return False
    return True


def free_fields(model: type[BaseModel]) -> tuple[Callable[[Any], object], ...]:
    """Return what gets those fields of a message, at any depth, that may hold a float at all.

    Most have none: so the others cost nothing.
    """
    return tuple(attrgetter(path) for path in _paths(model))


def _paths(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel) and not _is_open(kind):
            yield from (f"{name}.{path}" for path in _paths(kind))
        elif _may_hold_float(kind):
            yield name


def _may_hold_float(kind: object) -> bool:
    if kind is Any or kind is float:
        return True
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _is_open(kind) or any(True for _ in _paths(kind))
    parts = get_args(getattr(kind, "__value__", kind))  # of an alias, what it stands for
    return any(map(_may_hold_float, parts))


def _is_open(model: type[BaseModel]) -> bool:
    return model.model_config.get("extra") == "allow"
