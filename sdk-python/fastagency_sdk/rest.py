"""The two REST operations without the I/O: what to ask, and what an answer means."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from pydantic import TypeAdapter, ValidationError

from ._generated.messages import (
    ErrorResponse,
    InitiatedWorkflow,
    InitiateWorkflowRequest,
    ValidationErrorResponse,
    WorkflowInfo,
)
from .codec import encode, first_fault
from .errors import MalformedMessage, RequestRefused

__all__ = ["initiate_body", "read_discovery", "read_initiated", "refusal"]

_WORKFLOWS = TypeAdapter(list[WorkflowInfo])
_INITIATED = TypeAdapter(InitiatedWorkflow)
_T = TypeVar("_T")


def initiate_body(name: str, params: dict[str, Any], user_id: str | None) -> str:
    """Return the body that announces a conversation, with a fresh id.

    Raises ValueError for params that JSON cannot say (spec FA-CLA-7).
    """
    return encode(
        InitiateWorkflowRequest(
            workflow_name=name, workflow_uuid=str(uuid4()), user_id=user_id, params=params
        )
    )


def read_discovery(response: httpx.Response) -> list[WorkflowInfo]:
    """Return the workflows. Raises RequestRefused for an error status, MalformedMessage for a wrong body."""
    return _read(response, _WORKFLOWS)


def read_initiated(response: httpx.Response) -> InitiatedWorkflow:
    """Return the conversation. Raises RequestRefused for an error status, MalformedMessage for another body."""
    return _read(response, _INITIATED)


def refusal(status: int, reason: str, headers: Mapping[str, str], body: bytes) -> RequestRefused:
    """Return what an error response says, as the error to raise. `reason` stands in for a body that says
    nothing.
    """
    return RequestRefused(status, _detail(body) or reason or "no reason given", _retry_after(headers))


def _read(response: httpx.Response, adapter: TypeAdapter[_T]) -> _T:
    if response.status_code != httpx.codes.OK:
        reason = response.reason_phrase
        if response.has_redirect_location:
            reason = f"{reason}, to {response.headers['location']}"
        raise refusal(response.status_code, reason, response.headers, response.content)
    try:
        return adapter.validate_json(response.content, strict=True)
    except ValidationError as error:
        why = f"{response.request.url.path}: {first_fault(error)}"
        raise MalformedMessage(why, response.content.decode(errors="replace")) from error


def _detail(body: bytes) -> str:
    """Return what an error body says as one readable sentence, empty when it is none of ours."""
    try:
        return ErrorResponse.model_validate_json(body).detail
    except ValidationError:
        pass
    try:
        issues = ValidationErrorResponse.model_validate_json(body).detail
    except ValidationError:
        return ""
    return "; ".join(f"{'.'.join(map(str, issue.loc))}: {issue.msg}" for issue in issues)


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
