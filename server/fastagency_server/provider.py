"""`FastAPIProvider`: the workflows of another server, as a provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastagency_sdk import (
    AsyncClient,
    Client,
    FastAgencyError,
    Message,
    MultipleChoice,
    RequestRefused,
    Retry,
    ServerUnreachable,
    TextInput,
    Unknown,
    WorkflowCompleted,
    WorkflowStarted,
)

from .errors import Overloaded, ProviderKeyError, ProviderUnreachable, ServerError
from .ui import UI, AsyncUI
from .workflows import NativeProvider, Work

__all__ = ["FastAPIProvider"]

_ONCE = Retry(attempts=1)  # whoever asked this server can ask again itself


class FastAPIProvider(NativeProvider):
    """The workflows of the server at `fastapi_url`, a FastAgency server or one of ours.

    The paths are those of that server's adapter. `headers` go with every request and socket, for a server
    that wants to know who is calling; the users of this server are not known there. Every method but
    `prepare` raises ProviderUnreachable when the server cannot be reached or refuses the request,
    ProviderKeyError for a workflow that it does not know, and Overloaded when it is full."""

    looks_up_remotely = True

    def __init__(
        self,
        fastapi_url: str,
        initiate_workflow_path: str = "/fastagency/initiate_workflow",
        discovery_path: str = "/fastagency/discovery",
        ws_path: str = "/fastagency/ws",
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.fastapi_url = fastapi_url
        self._options: dict[str, Any] = {
            "url": fastapi_url,
            "initiate_workflow_path": initiate_workflow_path,
            "discovery_path": discovery_path,
            "ws_path": ws_path,
            "headers": headers,
            "retry": _ONCE,
            # The far conversation lives as long as the one here: in classic its end is the socket's (spec
            # FA-CLA-6).
            "dialect": "classic",
        }

    def catalogue(self) -> dict[str, str]:
        """The description of every workflow by its name, with one request."""
        try:
            with Client(**self._options) as client:
                return {info.name: info.description for info in client.discovery()}
        except FastAgencyError as error:
            raise self._own_error(error) from error

    @property
    def names(self) -> list[str]:
        """The names of the workflows."""
        return list(self.catalogue())

    def get_description(self, name: str) -> str:
        """The description of one of them."""
        try:
            return self.catalogue()[name]
        except KeyError:
            raise ProviderKeyError(f"{self.fastapi_url} has no workflow {name!r}") from None

    def prepare(self, name: str, params: dict[str, Any]) -> Work:
        """Return the workflow, ready to run as a task: what the other server says is said here."""

        async def work(ui: AsyncUI) -> str | None:
            try:
                async with AsyncClient(**self._options) as client, client.start(name, params) as conversation:
                    async for message in conversation:
                        # This server says itself that the workflow started, and how it ended.
                        if isinstance(message, Unknown | WorkflowStarted | WorkflowCompleted):
                            continue
                        answer = await ui.process_message(message)
                        if _asks(message) and answer is not None:
                            await conversation.answer(answer)
                    return conversation.result
            except FastAgencyError as error:
                raise self._own_error(error) from error

        return work

    def run(self, name: str, ui: UI, user_id: str | None = None, **params: Any) -> str | None:
        """Run a workflow on any blocking user interface, as FastAgency's applications call a provider.

        Everything that the other server says is passed on, `workflow_started` and `workflow_completed` too.
        Returns the workflow's result. `user_id` is sent along; servers ignore it.
        """
        try:
            with (
                Client(**self._options, user_id=user_id) as client,
                client.start(name, params) as conversation,
            ):
                for message in conversation:
                    if isinstance(message, Unknown):
                        continue
                    answer = ui.process_message(message)
                    if _asks(message) and answer is not None:
                        conversation.answer(answer)
                return conversation.result
        except FastAgencyError as error:
            raise self._own_error(error) from error

    def _own_error(self, error: FastAgencyError) -> ServerError:
        if isinstance(error, ServerUnreachable):
            return ProviderUnreachable(f"The server at {self.fastapi_url} cannot be reached.")
        if isinstance(error, RequestRefused):
            if error.status == 404:
                return ProviderKeyError(error.detail)
            if error.status == 503:
                return Overloaded(error.detail)
            if error.status == 504:
                return ProviderUnreachable(error.detail)
        return ProviderUnreachable(f"The server at {self.fastapi_url}: {error}")


def _asks(message: Message) -> bool:
    return isinstance(message, TextInput | MultipleChoice)
