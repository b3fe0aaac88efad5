"""Names of jobs in the engine: their kind, and an execution's place in a job that it shares."""

from typing import NamedTuple, Self
from uuid import UUID

from torale.server.engine.base import JobKind

EXECUTION: JobKind[UUID] = JobKind("execution", str, UUID)
"""Jobs that do executions; an argument is the id of one."""


class JobPlace(NamedTuple):
    """The engine's job that does an execution, and the execution's place among those it does.

    Stored as `executions.job_id`, which is unique: `name` for the first place, `name/1` and so on.
    """

    job: str
    place: int = 0

    @classmethod
    def parse(cls, job_id: str) -> Self:
        job, _, place = job_id.partition("/")
        return cls(job, int(place or 0))

    def __str__(self) -> str:
        return f"{self.job}/{self.place}" if self.place else self.job
