"""What the rooms see of the engine: durable jobs that are enqueued inside a transaction."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Protocol

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

JobHandler = Callable[[str], Awaitable[None]]
"""Does one job. Runs at least once: it must find out by itself whether its work is done already.

It must not raise for what may go wrong in its own field; what it raises ends the job for good,
except a lost database, after which it is simply called again.
"""


class JobQueue(Protocol):
    async def enqueue(
        self,
        session: AsyncSession,
        job_id: str,
        kind: str,
        *arguments: str,
        delay: timedelta = timedelta(0),
    ) -> None:
        """Enqueue a job in the caller's transaction: it exists exactly when that commits.

        Args:
            job_id: Deterministic: a second job under the same id is the same job.
            kind: Names the handler: `execution` or `delivery`.
            arguments: Each is handed to the handler, such as a row's id. Several share one record
                of the engine, which costs more than most handlers; each is handled, bounded and
                repeated by itself, but after a kill the handler is called again for all of them.
            delay: Not before this long from now.
        """
        ...


def _queue(request: Request) -> JobQueue:
    queue: JobQueue = request.app.state.queue
    return queue


Jobs = Annotated[JobQueue, Depends(_queue)]
