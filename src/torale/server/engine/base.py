"""Interface of the engine: durable jobs that are enqueued inside a transaction."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Generic, Protocol, TypeVar

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.parts import Part

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


@dataclass(frozen=True, slots=True)
class JobInfo:
    """One unfinished job, for operators."""

    id: str
    status: str
    executor_id: str | None


class JobList(Protocol):
    async def jobs(self) -> Sequence[JobInfo]:
        """List unfinished jobs, oldest first."""
        ...


JOB_LIST = Part[JobList]("job_list")
JOB_QUEUE = Part[JobQueue]("job_queue")
Jobs = Annotated[JobQueue, Depends(JOB_QUEUE)]
