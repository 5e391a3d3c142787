"""Rust: the REST operations, where they are and what the server answers."""

from __future__ import annotations

from ..ir.model import Operation, Response
from ..ir.names import constant, pascal
from ..writer import Writer
from .rust_layout import arm, doc, literal
from .rust_types import rust_type

__all__ = ["write_operations"]

_MESSAGES = "super::messages"
# Named as in RFC 9110, 15.
_STATUSES = {
    200: "Ok",
    201: "Created",
    202: "Accepted",
    204: "NoContent",
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    413: "ContentTooLarge",
    422: "UnprocessableContent",
    429: "TooManyRequests",
    500: "InternalServerError",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}


def write_operations(out: Writer, operations: tuple[Operation, ...]) -> None:
    """Write each operation as a constant, and its answers as an enum."""
    for operation in operations:
        out.blank()
        doc(out, f"{operation.summary}. {operation.description}")
        name = out.use("crate::operation", "Operation")
        with out.block(f"pub const {constant(operation.name)}: {name} = {name} {{", "};"):
            out.line(f"name: {literal(operation.name)},")
            out.line(f"method: {literal(operation.method.upper())},")
            out.line(f"path: {literal(operation.path)},")
        _write_answers(out, operation)


def _write_answers(out: Writer, operation: Operation) -> None:
    name = f"{pascal(operation.name)}Response"
    out.blank()
    doc(out, f"What the server answers to `{operation.name}`, by status.")
    out.line("#[derive(Debug, Clone, PartialEq)]")
    out.line("#[non_exhaustive]")
    with out.block(f"pub enum {name} {{", "}"):
        for response in operation.responses:
            doc(out, f"{response.status}: {response.description}", 1)
            body = "" if response.body is None else f"({rust_type(response.body, out, _MESSAGES)})"
            out.line(f"{_variant(response)}{body},")
    out.blank()
    with out.block(f"impl {name} {{", "}"):
        doc(out, "Read the body that came with a status. None for a status that is not documented.", 1)
        doc(out, "The error is that of a body which is not what the status promises.", 1)
        head = "pub fn read(status: u16, body: &str) -> Option<serde_json::Result<Self>> {"
        with out.block(head, "}"):
            if all(response.body is None for response in operation.responses):
                out.line("let _ = body;")
            with out.block("Some(match status {", "})"):
                for response in operation.responses:
                    made = f"{name}::{_variant(response)}"
                    read = (
                        f"Ok({made})" if response.body is None else f"serde_json::from_str(body).map({made})"
                    )
                    arm(out, f"{response.status} =>", read, 3)
                out.line("_ => return None,")


def _variant(response: Response) -> str:
    return _STATUSES.get(response.status, f"Status{response.status}")
