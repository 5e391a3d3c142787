"""Asking any provider what it offers, without holding up the event loop, and with one set of errors."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from anyio import to_thread

from .errors import InvalidParams, Overloaded, ProviderKeyError, ProviderUnreachable, UnknownWorkflow
from .workflows import NativeProvider, Provider, Work

__all__ = ["describe", "list_workflows", "work_of"]

logger = logging.getLogger(__name__)

T = TypeVar("T")

# FastAgency's own exceptions are known by name, so that nothing of it need be installed (or imported) here.
_BY_NAME: dict[str, type[ProviderUnreachable | ProviderKeyError]] = {
    "FastAgencyConnectionError": ProviderUnreachable,
    "FastAgencyKeyError": ProviderKeyError,
}

_OWN_ARGUMENTS = frozenset({"name", "ui", "user_id"})


async def list_workflows(provider: NativeProvider | Provider) -> dict[str, str]:
    """Return the description of every workflow by its name.

    Raises ProviderUnreachable and ProviderKeyError, which a chained provider's own errors are turned into,
    and Overloaded when the system has no thread left to ask a remote provider in.
    """
    if isinstance(provider, NativeProvider):
        return await _call(provider, provider.catalogue)
    return await _call(provider, lambda: {name: provider.get_description(name) for name in provider.names})


async def describe(provider: NativeProvider | Provider, name: str) -> str:
    """Return the description of one workflow. Raises UnknownWorkflow, and what `list_workflows` raises."""

    def find() -> str | None:
        if isinstance(provider, NativeProvider):
            return provider.catalogue().get(name)
        return provider.get_description(name) if name in provider.names else None

    description = await _call(provider, find)
    if description is None:
        raise UnknownWorkflow(
            f"There is no workflow {name[:80]!r}.", "The discovery route lists those there are."
        )
    return description


def work_of(
    provider: NativeProvider | Provider, name: str, params: dict[str, Any], user_id: str | None
) -> Work:
    """Return the workflow `name` of any provider, ready to run.

    A foreign provider takes the parameters as keyword arguments; running it raises InvalidParams when one of
    them has the name of an argument of its own (spec FA-CLA-7). It gets the user "None" when there is none,
    as upstream.
    """
    if isinstance(provider, NativeProvider):
        return provider.prepare(name, params)
    user = user_id or "None"

    def check() -> None:
        if taken := sorted(_OWN_ARGUMENTS & params.keys()):
            raise InvalidParams(
                f"This workflow's provider takes its parameters as keyword arguments, and {taken[0]!r} has a "
                "meaning of its own there. Rename that parameter."
            )

    if inspect.iscoroutinefunction(provider.run):

        async def work(ui: Any) -> Any:
            check()
            return await provider.run(name=name, ui=ui, user_id=user, **params)

        return work

    def run(ui: Any) -> Any:
        check()
        return provider.run(name=name, ui=ui, user_id=user, **params)

    return run


async def _call(provider: NativeProvider | Provider, find: Callable[[], T]) -> T:
    try:
        if isinstance(provider, NativeProvider) and not provider.looks_up_remotely:
            return find()
        return await _in_thread(find)
    except Exception as error:
        for kind in type(error).__mro__:
            if kind.__name__ in _BY_NAME:
                text = str(error.args[0]) if error.args else str(error)
                raise _BY_NAME[kind.__name__](text) from error
        raise


async def _in_thread(find: Callable[[], T]) -> T:
    begun = False

    def noting() -> T:
        nonlocal begun
        begun = True
        return find()

    try:
        return await to_thread.run_sync(noting)
    except RuntimeError as error:
        if begun:
            raise
        # What `threading` makes of the system's refusal (spec FA-CLS 4100, and 503 over REST).
        logger.warning("no thread to ask a provider in: %s", error)
        raise Overloaded.without_thread() from error
