"""Manual launcher: executions that a user starts by hand."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.executions import ExecutionStatus, Trigger
from torale.server.engine.base import JobQueue
from torale.server.errors import ConflictError
from torale.server.executions.dispatching.job_names import EXECUTION
from torale.server.executions.models import Execution
from torale.server.executions.rules import last_execution
from torale.server.tasks.models import Task


class ManualLauncher:
    """Starts executions by hand. Implements `tasks.ports.Launcher`."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue

    async def launch(self, session: AsyncSession, task: Task, *, now: datetime) -> UUID:
        """See `tasks.ports.Launcher.launch`."""
        execution = Execution(
            id=uuid4(),
            task_id=task.id,
            trigger=Trigger.MANUAL,
            status=ExecutionStatus.PENDING,
            grounding_sources=[],
            created_at=now,
        )
        execution.job_id = f"manual-{execution.id}"
        try:
            async with session.begin_nested():
                session.add(execution)
        except IntegrityError:
            raise ConflictError(
                "An execution of this task is already pending or running; wait for it to end."
            ) from None
        task.last_execution = last_execution(str(execution.id), ExecutionStatus.PENDING)
        await self._queue.enqueue(session, execution.job_id, EXECUTION, execution.id)
        return execution.id
