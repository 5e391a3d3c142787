"""What the answers of the two REST operations mean. The asking itself is generated: `_generated.rest`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import httpx
from pydantic import ValidationError

from ._generated.messages import (
    ErrorResponse,
    InitiatedWorkflow,
    InitiateWorkflowRequest,
    ValidationErrorResponse,
    WorkflowInfo,
)
from ._generated.rest import Response, UnexpectedBody
from .codec import first_fault
from .errors import FastAgencyError, MalformedMessage, RequestRefused, ServerUnreachable

__all__ = ["FAILURES", "failure", "initiate_request", "initiated_of", "refusal", "workflows_of"]

FAILURES = (httpx.RequestError, UnexpectedBody)
"""What the generated client raises for a server that does not answer as it should: give it to `failure`."""


def initiate_request(name: str, params: Mapping[str, Any], user_id: str | None) -> InitiateWorkflowRequest:
    """Return the body that announces a conversation, with a fresh id."""
    return InitiateWorkflowRequest(
        workflow_name=name, workflow_uuid=str(uuid4()), user_id=user_id, params=dict(params)
    )


def workflows_of(answer: Response[ErrorResponse | list[WorkflowInfo]]) -> list[WorkflowInfo]:
    """Return the workflows of an answer of discovery. Raises RequestRefused for an error status."""
    if isinstance(answer.parsed, list):
        return answer.parsed
    raise refusal(answer.status_code, answer.headers, answer.content)


def initiated_of(
    answer: Response[ErrorResponse | InitiatedWorkflow | ValidationErrorResponse],
) -> InitiatedWorkflow:
    """Return the conversation of an answer of initiate_workflow. Raises RequestRefused for an error."""
    if isinstance(answer.parsed, InitiatedWorkflow):
        return answer.parsed
    raise refusal(answer.status_code, answer.headers, answer.content)


def failure(url: str, error: httpx.RequestError | UnexpectedBody) -> FastAgencyError:
    """Return what one of `FAILURES` means, as an error of ours.

    An error status counts whatever its body is: a proxy on the way may have written it.
    """
    if isinstance(error, httpx.RequestError):
        return ServerUnreachable(f"{url}: {error or type(error).__name__}")
    response = error.response
    if response.is_error:
        return refusal(response.status_code, response.headers, response.content)
    return MalformedMessage(f"{url}: {first_fault(error.fault)}", response.content.decode(errors="replace"))


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> RequestRefused:
    """Return an answer with an error status as the error to raise, its body as one readable sentence."""
    detail = _detail(body) or _phrase(status)
    if "location" in headers:
        detail += f" (it points to {headers['location']})"
    return RequestRefused(status, detail, _retry_after(headers))


def _detail(body: bytes) -> str:
    """Return what an error body says, empty when it is none of ours."""
    for kind in (ErrorResponse, ValidationErrorResponse):
        try:
            detail = kind.model_validate_json(body).detail
        except ValidationError:
            continue
        if isinstance(detail, str):
            return detail
        return "; ".join(f"{'.'.join(map(str, issue.loc))}: {issue.msg}" for issue in detail)
    return ""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `Retry-After` asks for, which holds seconds or a date (RFC 9110, 10.2.3)."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdecimal():
        seconds = float(value)
        return seconds if math.isfinite(seconds) else None
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
