"""Python: the base class of models with fields that may be absent.

datamodel-code-generator gives a field that may be absent the default None, so a model by itself would write
null for it, and would take null where only a value or nothing is legal.
"""

from __future__ import annotations

from ..emit import MARK, OutputFile
from ..writer import Writer

__all__ = ["partial_module"]


def partial_module(fields: dict[str, tuple[tuple[str, bool], ...]]) -> OutputFile:
    """Return `partial.py`; `fields` are, for each model, the names on the wire and whether null is legal."""
    out = Writer()
    out.lines(
        f"# {MARK}",
        "",
        "from __future__ import annotations",
        "",
        "from collections.abc import Mapping",
        "from typing import Any, Final",
        "",
        "from pydantic import BaseModel, SerializerFunctionWrapHandler, model_serializer, model_validator",
        "",
    )
    _table(out, "MAY_BE_ABSENT", {name: [field for field, _ in them] for name, them in fields.items()})
    out.line('"""For each model the fields, as on the wire, that may be absent and have no default."""')
    out.blank()
    _table(
        out, "NOT_NULL", {name: [field for field, null in them if not null] for name, them in fields.items()}
    )
    out.line('"""Those of them that must not be null when they are there."""')
    out.blank(2)
    out.lines(_CLASS)
    return OutputFile("partial.py", out.text())


def _table(out: Writer, name: str, rows: dict[str, list[str]]) -> None:
    with out.block(f"{name}: Final[Mapping[str, tuple[str, ...]]] = {{", "}"):
        for model, fields in rows.items():
            listed = ", ".join(f'"{field}"' for field in fields) + ("," if len(fields) == 1 else "")
            out.line(f'"{model}": ({listed}),')


_CLASS = '''\
class Partial(BaseModel):
    """A model with fields that may be absent, which is not the same as null."""

    @model_validator(mode="before")
    @classmethod
    def _refuse_null(cls, data: Any) -> Any:
        """Refuse null for a field that may be absent but not null."""
        if isinstance(data, dict):
            for name in _of(cls, NOT_NULL):
                if name in data and data[name] is None:
                    raise ValueError(f"{name} must not be null; leave it out instead")
        return data

    @model_serializer(mode="wrap")
    def _leave_out_absent(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Write a field that was never set as absent, not as null."""
        written: dict[str, Any] = handler(self)
        absent = _of(type(self), MAY_BE_ABSENT)
        for name, field in type(self).model_fields.items():
            wire_name = field.alias or name
            if wire_name in absent and name not in self.model_fields_set:
                written.pop(wire_name, None)
                written.pop(name, None)
        return written


def _of(model: type, table: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The row of a model, or of the generated model that it was derived from."""
    return next((table[base.__name__] for base in model.__mro__ if base.__name__ in table), ())'''
