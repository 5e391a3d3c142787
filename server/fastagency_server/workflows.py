"""The registry of workflows, and what a provider of workflows is."""

from __future__ import annotations

import asyncio
import inspect
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

from .errors import ProviderKeyError
from .ui import UI, AsyncUI

__all__ = ["NativeProvider", "Provider", "Work", "Workflows"]

logger = logging.getLogger(__name__)

Work = Callable[[UI], Any] | Callable[[AsyncUI], Awaitable[Any]]
"""A workflow ready to run: a plain function is given a thread and a `UI`, an `async def` a task and an
`AsyncUI`."""

WorkflowFunction = TypeVar("WorkflowFunction", bound=Callable[..., Any])


class Provider(Protocol):
    """What a `FastAPIAdapter` offers to clients: the shape that FastAgency's own providers have."""

    @property
    def names(self) -> list[str]:
        """The names of the workflows, in the order in which to list them."""

    def get_description(self, name: str) -> str:
        """The description of one of them."""

    def run(self, name: str, ui: Any, user_id: str | None = None, **params: Any) -> Any:
        """Run one of them, saying `workflow_started` first and `workflow_completed` last."""


class NativeProvider(ABC):
    """A provider of our own: it is given the parameters as one mapping, so they may hold any key (spec
    FA-CLA-7)."""

    looks_up_remotely = False
    """True when `names` and `get_description` take time; then they are called in a thread of their own."""

    @property
    @abstractmethod
    def names(self) -> list[str]:
        """The names of the workflows, in the order in which to list them."""

    @abstractmethod
    def get_description(self, name: str) -> str:
        """The description of one of them. Raises ProviderKeyError when there is none of that name."""

    def catalogue(self) -> dict[str, str]:
        """The description of every workflow by its name, in the order in which to list them."""
        return {name: self.get_description(name) for name in self.names}

    @abstractmethod
    def prepare(self, name: str, params: dict[str, Any]) -> Work:
        """Return the workflow `name`, ready to run. Raises ProviderKeyError when there is none of that
        name."""


@dataclass(frozen=True)
class _Registered:
    """A workflow function, and what its signature says: whether it is `async def`, and then whether it wants
    the blocking `UI` and so a thread."""

    function: Callable[..., Any]
    description: str
    asynchronous: bool
    in_thread: bool


class Workflows(NativeProvider):
    """A registry of workflow functions.

    A plain function `(ui: UI, params)` runs in a thread of its own. An `async def` function `(ui: AsyncUI,
    params)` runs as a task of the server's event loop and needs no thread. An `async def` function whose
    first parameter is annotated with the blocking `UI` gets a thread with an event loop in it, so that its
    blocking calls harm nobody.
    """

    def __init__(self) -> None:
        self._workflows: dict[str, _Registered] = {}

    def register(
        self, name: str, description: str, *, fail_on_redefinition: bool = False
    ) -> Callable[[WorkflowFunction], WorkflowFunction]:
        """Register the decorated function as the workflow `name`; `description` is one line for people.

        Registering a name again replaces the workflow, with a warning in the log, or raises ValueError when
        `fail_on_redefinition`. Raises TypeError when the function does not take `ui` and `params`.
        """

        def decorate(function: WorkflowFunction) -> WorkflowFunction:
            _check_signature(function)
            if name in self._workflows:
                if fail_on_redefinition:
                    raise ValueError(f"there is a workflow {name!r} already")
                logger.warning("workflow %r is registered again; the new one replaces the old", name)
            asynchronous = inspect.iscoroutinefunction(function)
            in_thread = asynchronous and _wants_blocking_ui(function)
            self._workflows[name] = _Registered(function, description, asynchronous, in_thread)
            return function

        return decorate

    @property
    def names(self) -> list[str]:
        """The names of the workflows, in the order of their registration."""
        return list(self._workflows)

    def catalogue(self) -> dict[str, str]:
        """The description of every workflow by its name, in the order of their registration."""
        return {name: found.description for name, found in self._workflows.items()}

    def get_description(self, name: str) -> str:
        """The description of the workflow `name`. Raises ProviderKeyError when there is none."""
        return self._find(name).description

    def prepare(self, name: str, params: dict[str, Any]) -> Work:
        """Return the workflow `name` with its parameters. Raises ProviderKeyError when there is none."""
        found = self._find(name)
        function = found.function
        if not found.asynchronous:
            return lambda ui: function(ui, params)
        if found.in_thread:
            return lambda ui: asyncio.run(function(ui, params))

        async def work(ui: AsyncUI) -> Any:
            return await function(ui, params)

        return work

    def run(self, name: str, ui: UI, user_id: str | None = None, **params: Any) -> str | None:
        """Run a workflow on any blocking user interface, as FastAgency's applications call a provider.

        The adapter does not use this: it calls `prepare`, where `params` may hold any key. `user_id` is part
        of the shape and not needed here. Says `workflow_started` first and `workflow_completed` last, and
        returns the result as text. A failure of the workflow is said as an `error` and becomes the result.
        Raises ProviderKeyError for no such workflow and TypeError for an `async def` one that wants an
        `AsyncUI`.
        """
        del user_id
        work = self.prepare(name, params)
        if inspect.iscoroutinefunction(work):
            raise TypeError(f"workflow {name!r} wants an AsyncUI, which only the FastAPIAdapter has")
        said: dict[str, Any] = {"sender": "Workflow", "recipient": "User"}
        ui.workflow_started(**said, name=name, description=self.get_description(name), params=params)
        try:
            value = work(cast(Any, ui))
            result = None if value is None else str(value)
        except Exception as error:
            logger.exception("workflow %r failed", name)
            ui.error(**said, short="The workflow failed.", long=str(error))
            result = f"The workflow failed. {error}"
        ui.workflow_completed(**said, result=result)
        return result

    def _find(self, name: str) -> _Registered:
        try:
            return self._workflows[name]
        except KeyError:
            raise ProviderKeyError(f"there is no workflow {name!r}") from None


def _check_signature(function: Callable[..., Any]) -> None:
    signature = inspect.signature(function)
    try:
        signature.bind(None, None)
    except TypeError:
        raise TypeError(f"a workflow takes (ui, params); {function.__qualname__} takes {signature}") from None


def _wants_blocking_ui(function: Callable[..., Any]) -> bool:
    """Say whether the first parameter is annotated with `UI`, as a class or as text."""
    first: Mapping[str, inspect.Parameter] = inspect.signature(function).parameters
    annotation = next(iter(first.values())).annotation
    if isinstance(annotation, str):
        return annotation.strip("'\"").rpartition(".")[2] == "UI"
    return annotation is UI
