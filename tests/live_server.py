"""Any ASGI application on a real port, watched by the wiretap, and stopped without a trace."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any, Literal

import uvicorn
from wiretap import App, Wiretap

__all__ = ["LiveServer", "serve"]

# Bounds of waits, not expectations: they only end a test that would hang otherwise.
_START_SECONDS = 20.0
_STOP_SECONDS = 20.0
_GRACE_SECONDS = 3.0


class LiveServer:
    """A running server: `url` is "http://127.0.0.1:PORT", `wiretap` what it said and heard."""

    def __init__(self, wiretap: Wiretap, **uvicorn_options: Any) -> None:
        self.wiretap = wiretap
        self.faults: list[str] = []
        """What went wrong around the conversations: unhandled exceptions, tasks and threads that were left.
        """
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(2048)
        self.port: int = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        options: dict[str, Any] = {
            "ws": "auto",
            "log_config": None,
            "access_log": False,
            "timeout_graceful_shutdown": 5,
            **uvicorn_options,
        }
        self._config = uvicorn.Config(wiretap, **options)
        self.server = uvicorn.Server(self._config)
        self._failure: BaseException | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        """The server's event loop, once it runs."""
        self._thread = threading.Thread(target=self._run, name=f"live-server-{self.port}", daemon=True)

    def start(self) -> None:
        """Start serving, and return when connections are taken. Raises RuntimeError when the application
        cannot start.
        """
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self.server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.listener.close()
                raise RuntimeError("the server did not start") from self._failure
            time.sleep(0.002)

    def stop(self) -> None:
        """Stop as uvicorn does on a signal: open sockets are closed, what runs may finish."""
        self.server.should_exit = True
        self._thread.join(_STOP_SECONDS)
        if self._thread.is_alive():
            self.faults.append(f"the server did not stop within {_STOP_SECONDS:.0f} s")
        if self._failure is not None:
            self.faults.append(f"the server ended with {type(self._failure).__name__}: {self._failure}")
        self.listener.close()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=self._config.get_loop_factory()) as runner:
                runner.run(self._serve())
        except BaseException as error:  # the thread's owner reports it
            self._failure = error

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        await self.server.serve(sockets=[self.listener])
        deadline = time.monotonic() + _GRACE_SECONDS
        while left := asyncio.all_tasks() - {asyncio.current_task()}:
            if time.monotonic() > deadline:
                self.faults.extend(f"a task was left: {task.get_coro()}" for task in left)
                return
            await asyncio.sleep(0.01)


@contextlib.contextmanager
def serve(
    app: App,
    *,
    allow_faults: bool = False,
    client_faults: Literal["record", "ignore"] = "record",
    peer: str | None = None,
    paths: dict[str, str] | None = None,
    **uvicorn_options: Any,
) -> Iterator[LiveServer]:
    """Serve `app` with uvicorn in a thread, on a free port of the loopback interface.

    On exit the server is stopped and must have been faultless: the wiretap's `check`, no exception that
    reached uvicorn or asyncio, no task and no thread left that was not there before; otherwise
    AssertionError.

    `allow_faults`: for tests of the tests; nothing is raised, faults are in `.wiretap.faults` and `.faults`.
    `client_faults`, `peer`, `paths`: as for `Wiretap`.
    `uvicorn_options`: settings of `uvicorn.Config`, for example `ws="wsproto"`.
    """
    threads = set(threading.enumerate())
    wiretap = Wiretap(app, client_faults=client_faults, peer=peer, paths=paths)
    live = LiveServer(wiretap, **uvicorn_options)
    with _unhandled(live.faults):
        live.start()
        try:
            yield live
        except BaseException as error:
            live.stop()
            for fault in [*live.faults, *wiretap.faults]:
                error.add_note(f"besides: {fault}")
            raise
        live.stop()
    live.faults.extend(f"a thread was left: {name}" for name in _left_threads(threads))
    if "refuses by an exception" in wiretap.deviations:  # then uvicorn logs what the wiretap already knows
        live.faults = [fault for fault in live.faults if "Exception in ASGI application" not in fault]
    if allow_faults:
        return
    wiretap.check()
    if live.faults:
        raise AssertionError("the server was not faultless:\n  " + "\n  ".join(live.faults))


def _left_threads(before: set[threading.Thread]) -> list[str]:
    deadline = time.monotonic() + _GRACE_SECONDS
    while left := [thread.name for thread in threading.enumerate() if thread not in before]:
        if time.monotonic() > deadline:
            return left
        time.sleep(0.01)
    return []


class _Unhandled(logging.Handler):
    """Collects what uvicorn and asyncio log as an error: an exception that nobody handled."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._faults = faults

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().startswith("Invalid UTF-8 sequence received from client"):
            return  # uvicorn's own word on a frame that never reaches the application (close code 1007)
        error = record.exc_info[1] if record.exc_info else None
        self._faults.append(
            f"{record.name} logged: {record.getMessage().strip()}" + (f" ({error!r})" if error else "")
        )


@contextlib.contextmanager
def _unhandled(faults: list[str]) -> Iterator[None]:
    handler = _Unhandled(faults)
    loggers = [logging.getLogger(name) for name in ("uvicorn.error", "asyncio")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
