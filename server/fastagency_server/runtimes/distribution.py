"""Which distribution the `autogen` module comes from: exactly one of three that overwrite each other's
files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module, metadata

__all__ = ["DISTRIBUTIONS", "AutoGenUnusable", "check", "require_autogen"]

DISTRIBUTIONS = ("autogen", "pyautogen", "ag2")
"""The distributions that install a module named `autogen`."""

_REMEDY = 'pip install "autogen[openai]>=0.14.1,<0.15"'


class AutoGenUnusable(ImportError):
    """There is no `autogen` module to work with, or two distributions have mixed their files into one."""


def check(files_of: Callable[[str], Iterable[object] | None] | None = None) -> dict[str, str]:
    """Find the distribution behind the `autogen` module.

    `files_of` lists a distribution's files (default: `importlib.metadata.files`). Returns the version by
    name; it is empty when a module lies there that no distribution claims, for example a checkout on the
    path. Raises `AutoGenUnusable`, with the remedy, when several distributions claim it.
    """
    owners = {
        name: version
        for name in DISTRIBUTIONS
        if (version := _owned_version(name, files_of or metadata.files))
    }
    if len(owners) > 1:
        mixed = " and ".join(f"{name} {version}" for name, version in owners.items())
        raise AutoGenUnusable(
            f"{mixed} are installed together. They overwrite each other's files, so the autogen module is a"
            f" mixture of them. Remedy: pip uninstall -y {' '.join(owners)} && {_REMEDY}"
        )
    return owners


def require_autogen() -> None:
    """Import the `autogen` module. Raises `AutoGenUnusable`, with the remedy, where that cannot be."""
    check()
    try:
        import_module("autogen")
    except ModuleNotFoundError as error:
        # Another missing module means a broken install: its own message says more than ours would.
        if error.name != "autogen":
            raise
        raise AutoGenUnusable(f"AutoGen is not installed. Remedy: {_REMEDY}", name="autogen") from error


def _owned_version(name: str, files_of: Callable[[str], Iterable[object] | None]) -> str | None:
    """The version of a distribution that holds the module; None when it is not installed or only points
    elsewhere.

    Some releases were mere aliases that depend on another of the three: those own no file and are no clash.
    """
    try:
        files = files_of(name)
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
    return version if any(str(file) == "autogen/__init__.py" for file in files or ()) else None
