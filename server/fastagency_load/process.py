"""The server's process, when it runs on this machine: what it holds and what it has used (Linux)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .errors import LoadFailed

__all__ = ["Process", "Usage"]


@dataclass(frozen=True)
class Usage:
    """What a process holds now: resident `memory` in bytes, `threads`, `sockets`."""

    memory: int
    threads: int
    sockets: int


class Process:
    """A process by its id. Raises LoadFailed when it is gone, another user's, or the system has no /proc."""

    def __init__(self, pid: int) -> None:
        self._folder = Path("/proc") / str(pid)
        self.usage()

    def usage(self) -> Usage:
        """What it holds now. Raises LoadFailed."""
        try:
            return Usage(self.memory(), self.threads(), self._sockets())
        except OSError as error:
            why = error.strerror
            raise LoadFailed(f"{self._folder} cannot be read ({why}): is --pid the server's?") from error

    def memory(self) -> int:
        """Resident memory in bytes."""
        pages = (self._folder / "statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def threads(self) -> int:
        """How many threads it has."""
        return len(os.listdir(self._folder / "task"))

    def cpu_seconds(self) -> float:
        """Processor time that it has used, in seconds."""
        fields = (self._folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _sockets(self) -> int:
        count = 0
        for entry in os.scandir(self._folder / "fd"):
            try:
                count += os.readlink(entry.path).startswith("socket:")
            except FileNotFoundError:  # closed since it was listed
                continue
        return count
