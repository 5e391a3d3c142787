"""threads.py: a thread serves one blocking workflow after another, and the next finds nothing of the last."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Iterator
from functools import partial

import pytest
from fastagency_server import Settings, threads
from fastagency_server.threads import Threads
from server.serving import eventually


class Thing:
    """Something that a job holds."""


def hold(thing: Thing) -> None:
    """A job that has it."""
    del thing


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    eventually(lambda: set(threading.enumerate()) <= before, "a thread is left")


def pool(idle_threads: int) -> Threads:
    return Threads(Settings(idle_threads=idle_threads))


def run(pool: Threads, name: str = "job") -> threading.Thread:
    """Run a job, and return the thread that it ran in, which is idle or gone by then."""
    ran: list[threading.Thread] = []
    pool.run(name, lambda: ran.append(threading.current_thread()))
    eventually(lambda: bool(ran) and (ran[0].name != name or not ran[0].is_alive()), "the job did not run")
    return ran[0]


def idle(pool: Threads) -> int:
    return len(pool._idle)


def test_a_job_that_comes_soon_gets_the_thread_of_the_last_one() -> None:
    pool_ = pool(1)
    first = run(pool_, "workflow-1")
    eventually(lambda: idle(pool_) == 1, "no thread waits")
    assert run(pool_, "workflow-2") is first
    pool_.release()


def test_jobs_at_the_same_time_have_threads_of_their_own_and_names() -> None:
    pool_ = pool(2)
    for _ in range(2):
        names: set[str] = set()
        all_there = threading.Barrier(5)

        def job(names: set[str] = names, all_there: threading.Barrier = all_there) -> None:
            names.add(threading.current_thread().name)
            all_there.wait(20)

        for number in range(4):
            pool_.run(f"workflow-{number}", job)
        all_there.wait(20)
        assert names == {f"workflow-{number}" for number in range(4)}
        eventually(lambda: idle(pool_) == 2, "two threads wait, and no more")
    pool_.release()


def test_none_is_kept_when_none_is_wanted() -> None:
    pool_ = pool(0)
    first = run(pool_)
    first.join(20)
    assert run(pool_) is not first


def test_an_idle_thread_ends_by_itself_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_IDLE_SECONDS", 0.05)
    pool_ = pool(1)
    run(pool_).join(20)
    assert idle(pool_) == 0


def test_one_that_is_called_as_its_time_runs_out_takes_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the end of its patience and its leaving the list, somebody took it from the list."""
    monkeypatch.setattr(threads, "_IDLE_SECONDS", 0.05)
    pool_ = pool(1)
    first = run(pool_)
    eventually(lambda: idle(pool_) == 1, "no thread waits")
    with pool_._lock:
        (worker,) = pool_._idle
        pool_._idle.clear()
        threading.Event().wait(0.3)  # it has given up by now, and waits for the lock
    ran: list[threading.Thread] = []
    worker.call("late", lambda: ran.append(threading.current_thread()))
    eventually(lambda: ran == [first], "the job was lost")


def test_release_ends_those_that_are_idle_and_the_others_after_their_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threads, "_IDLE_SECONDS", 60.0)  # none ends by itself
    pool_ = pool(2)
    go_on = threading.Event()
    busy: list[threading.Thread] = []

    def job() -> None:
        busy.append(threading.current_thread())
        go_on.wait(20)

    pool_.run("busy", job)
    eventually(lambda: bool(busy), "the job did not begin")
    waiting = run(pool_)
    eventually(lambda: idle(pool_) == 1, "no thread waits")
    pool_.release()
    waiting.join(20)
    assert not waiting.is_alive()
    go_on.set()
    busy[0].join(20)
    assert not busy[0].is_alive()


def test_it_serves_again_after_a_release() -> None:
    pool_ = pool(1)
    pool_.release()
    run(pool_)
    eventually(lambda: idle(pool_) == 1, "no thread waits")
    pool_.release()


def test_an_idle_thread_holds_nothing_of_its_job() -> None:
    pool_ = pool(1)
    for _ in range(2):
        thing = Thing()
        gone = weakref.ref(thing)
        pool_.run("job", partial(hold, thing))
        del thing
        eventually(lambda: gone() is None, "it holds its job")  # noqa: B023
        eventually(lambda: idle(pool_) == 1, "no thread waits")
    pool_.release()


def test_the_next_job_does_not_find_the_last_ones_event_loop() -> None:
    pool_ = pool(1)
    found: list[str] = []

    def job() -> None:
        try:
            asyncio.get_event_loop_policy().get_event_loop()
            found.append("a loop")
        except RuntimeError:
            found.append("none")
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        loop.close()

    for number in (1, 2):
        pool_.run("job", job)
        eventually(lambda: len(found) == number and idle(pool_) == 1, "the job did not run")  # noqa: B023
    assert found == ["none", "none"]
    pool_.release()


def test_the_number_of_idle_threads_may_be_none_but_not_less() -> None:
    with pytest.raises(ValueError, match="idle_threads must not be negative"):
        Settings(idle_threads=-1)
    with pytest.raises(ValueError, match="buffered_messages must be positive"):
        Settings(buffered_messages=0)
