"""Sandbox: a small pool of processes with limits that kill."""

import asyncio
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as WallTimeoutError
from concurrent.futures.process import BrokenProcessPool
from datetime import timedelta
from typing import ParamSpec, TypeVar

import structlog
from pebble import ProcessExpired, ProcessPool

from torale.server.sandbox.base import Runner, TooExpensiveError
from torale.server.sandbox.limits import SandboxLimits, call_within, confine

log = structlog.get_logger()

P = ParamSpec("P")
T = TypeVar("T")

WORKERS = 2
CALLS_PER_PROCESS = 500  # fragments and leaks of C libraries end with the process
IDLE_ENDS = timedelta(minutes=2)
_ATTEMPTS = 2


class Sandbox(Runner):
    """Calls functions in processes of their own, which a call that takes too much does not survive.

    Functions are importable by name; arguments and answers are plain values that can be pickled.
    The first call starts the processes, and they end when nothing was called for a while.
    """

    def __init__(
        self,
        limits: SandboxLimits | None = None,
        *,
        workers: int = WORKERS,
        preload: Sequence[str] = (),
        idle_ends: timedelta = IDLE_ENDS,
    ) -> None:
        """Start nothing yet.

        Args:
            limits: For each call; None for the usual ones.
            workers: How many calls run at once; others wait.
            preload: Modules that processes share from their start, so that no call waits for them.
            idle_ends: After so long without a call the processes end.
        """
        self._limits = limits or SandboxLimits()
        self._workers = workers
        self._preload = list(preload)
        self._idle_ends = idle_ends
        self._pool: ProcessPool | None = None
        self._calls = 0
        self._idle: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Runner.run`. Cancelling it ends the process that works on it."""
        self._calls += 1
        if self._idle is not None:
            self._idle.cancel()
        try:
            return await self._call(function, *args, **kwargs)
        finally:
            self._calls -= 1
            if not self._calls:
                loop = asyncio.get_running_loop()
                self._idle = loop.call_later(self._idle_ends.total_seconds(), self._end)

    async def _call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(_ATTEMPTS):
            pool = self._started()
            try:
                return await asyncio.wrap_future(
                    pool.schedule(
                        call_within,
                        args=(self._limits.cpu, function, *args),
                        kwargs=kwargs,
                        timeout=self._limits.wall.total_seconds(),
                    )
                )
            except MemoryError:
                raise TooExpensiveError("it takes too much memory") from None
            except WallTimeoutError:
                raise TooExpensiveError("it takes too long") from None
            except ProcessExpired as error:
                log.warning("sandbox.process_died", exitcode=error.exitcode)
                raise TooExpensiveError("the process died of it") from None
            except (BrokenProcessPool, RuntimeError):
                # An idle process was killed from outside, which pebble does not get over.
                if pool.active or attempt + 1 == _ATTEMPTS:
                    raise
                if self._pool is pool:
                    self._pool = None
        raise AssertionError  # the last attempt returned or raised

    def _started(self) -> ProcessPool:
        if self._pool is None:
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(self._preload)
            self._pool = ProcessPool(
                max_workers=self._workers,
                max_tasks=CALLS_PER_PROCESS,
                initializer=confine,
                initargs=(self._limits.memory_bytes,),
                context=context,  # pyright: ignore[reportArgumentType]  (typeshed: Pipe on Windows)
            )
        return self._pool

    def _end(self) -> None:
        task = asyncio.get_running_loop().create_task(self.aclose(), name="sandbox ends")
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def aclose(self) -> None:
        """End all processes, and whatever they work on."""
        if self._idle is not None:
            self._idle.cancel()
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            # A thread of its own: that of the loop may be gone when a server stops.
            with ThreadPoolExecutor(1) as thread:
                await asyncio.get_running_loop().run_in_executor(thread, pool.join)
