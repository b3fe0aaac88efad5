"""Interface of the engine: durable jobs that are enqueued inside a transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Generic, Protocol, TypeVar

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

Argument = TypeVar("Argument")

JobHandler = Callable[[Argument], Awaitable[None]]
"""Does one job. Runs at least once: it must find out by itself whether its work is done already.

It must not raise for what may go wrong in its own field; what it raises ends the job for good,
except a lost database, after which it is simply called again.
"""


@dataclass(frozen=True, slots=True)
class JobKind(Generic[Argument]):
    """A kind of job, and the string that stands for its argument in the engine's records.

    Name and strings outlive a release: what one version has enqueued another one may run.
    """

    name: str
    encode: Callable[[Argument], str]
    decode: Callable[[str], Argument]

    def reading(self, handler: JobHandler[Argument]) -> JobHandler[str]:
        """Return `handler` as the engine calls it: with the stored string."""

        async def run(stored: str) -> None:
            await handler(self.decode(stored))

        return run


class JobQueue(Protocol):
    async def enqueue(
        self,
        session: AsyncSession,
        job_id: str,
        kind: JobKind[Argument],
        *arguments: Argument,
        delay: timedelta = timedelta(0),
    ) -> None:
        """Enqueue a job in the caller's transaction: it exists exactly when that commits.

        Args:
            job_id: Deterministic: a second job under the same id is the same job.
            kind: Names the handler, and how arguments are stored.
            arguments: Each is handed to the handler. Several share one record of the engine,
                which costs more than most handlers; each is handled, bounded and repeated by
                itself, but after a kill the handler is called again for all of them.
            delay: Not before this long from now.
        """
        ...


def _queue(request: Request) -> JobQueue:
    queue: JobQueue = request.app.state.queue
    return queue


Jobs = Annotated[JobQueue, Depends(_queue)]
