"""What may happen in one REST exchange, judged from `spec/openapi.yaml`."""

from __future__ import annotations

import functools
from typing import Any

from wire_spec import NameTwice, Openapi, lookup, schema_faults, strict_faults, strict_json

__all__ = ["RestWatch", "documented_paths"]


@functools.cache
def _openapi() -> Openapi:
    return Openapi()


def documented_paths() -> frozenset[str]:
    """The paths of the REST operations, as in the spec."""
    return frozenset(_openapi().paths)


_BODY_BYTES = 1024 * 1024  # as much as a frame may have (close code 1009); beyond it a server may refuse


class RestWatch:
    """One request on a documented path and its response.

    `server_faults` and `client_faults` are lines of text; `status` is the response's, None before it came.
    """

    def __init__(self, method: str, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        self.method, self.path = method.lower(), path
        self.status: int | None = None
        self.server_faults: list[str] = []
        self.client_faults: list[str] = []
        self._request_type = _media_type(headers)
        self._request_body: bytes | None = b""
        self._request_complete = False
        self._response_headers: list[tuple[bytes, bytes]] = []
        self._response_body = b""

    def client_sent(self, event: dict[str, Any]) -> None:
        """The application receives an ASGI event."""
        if event["type"] == "http.request" and self._request_body is not None:
            self._request_body += event.get("body", b"")
            self._request_complete = not event.get("more_body", False)

    def server_sent(self, event: dict[str, Any]) -> None:
        """The application sends an ASGI event."""
        if event["type"] == "http.response.start":
            self.status = event["status"]
            self._response_headers = list(event.get("headers", ()))
        elif event["type"] == "http.response.body":
            self._response_body += event.get("body", b"")
            if not event.get("more_body", False):
                self._judge()

    def server_raised(self, error: BaseException) -> None:
        """The application let an exception out."""
        self._server_fault(f"raised {type(error).__name__}: {error}")

    def server_returned(self) -> None:
        """The application is done with this request."""
        if self.status is None:
            self._server_fault("returned without a response")

    def _judge(self) -> None:
        assert self.status is not None
        if self.method not in _openapi().paths[self.path]:
            # HTTP itself says what a method gets that is not there; OPTIONS belongs to CORS.
            if self.status != 405 and self.method != "options":
                self._server_fault(f"answered {self.status} to a method that is not in the spec, not 405")
            return
        reference = _openapi().response(self.path, self.method, self.status)
        if reference is None:
            self._server_fault(f"answered {self.status}, which is not in the spec")
            return
        self._judge_response(reference)
        self._judge_request()

    def _judge_response(self, reference: str) -> None:
        response = lookup(reference)
        media_type = _media_type(self._response_headers)
        if media_type not in response["content"]:
            self._server_fault(
                f"answered {self.status} as {media_type or 'no content type'}, not as in the spec"
            )
            return
        present = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self._response_headers
        }
        for name, header in response.get("headers", {}).items():
            value = present.get(name.lower())
            if value is None:
                if header.get("required"):
                    self._server_fault(f"answered {self.status} without the header {name}")
            elif header["schema"]["type"] == "integer" and not value.isdecimal():
                self._server_fault(f"answered {self.status} with {name}: {value}, which is no integer")
        try:
            body = strict_json(self._response_body)
        except ValueError as error:
            self._server_fault(f"answered {self.status} with a body that is not JSON: {error}")
            return
        place = reference + "/content/application~1json/schema"
        for fault in strict_faults(place, body, extended=True):
            self._server_fault(f"answered {self.status}, body: {fault}")

    def _judge_request(self) -> None:
        place = _openapi().request_body(self.path, self.method)
        if place is None or not self._request_complete or self._request_body is None:
            return
        try:
            faults = schema_faults(place, strict_json(self._request_body))
        except NameTwice as error:
            self.client_faults.append(f"{self._name}: request body: {error}")
            return  # readers differ about it: the server may take it or refuse it
        except ValueError as error:
            faults = [f"not JSON: {error}"]
        if faults and self.status == 200:
            self._server_fault(f"took a request body that is wrong: {faults[0]}")
        if not faults and self._request_type != "application/json":
            faults = [f"its content type is {self._request_type or 'missing'}"]
        elif not faults and self.status == 400 and len(self._request_body) > _BODY_BYTES:
            faults = [f"it is larger than {_BODY_BYTES} bytes"]
        elif not faults and self.status in (400, 422):
            self._server_fault(
                f"refused a request body that is right: {self.status} {self._response_body[:200]!r}"
            )
        self.client_faults.extend(f"{self._name}: request body: {fault}" for fault in faults)

    @property
    def _name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def _server_fault(self, text: str) -> None:
        self.server_faults.append(f"{self._name}: the server {text}")


def _media_type(headers: list[tuple[bytes, bytes]]) -> str:
    for name, value in headers:
        if name.lower() == b"content-type":
            return value.decode("latin-1").partition(";")[0].strip().lower()
    return ""
