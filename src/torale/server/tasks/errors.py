"""Why something cannot be done with a task."""

from torale.contract.tasks import TaskState
from torale.server.errors import ConflictError, NotFoundError

TASK_MISSING = "Task not found"


class TaskNotFoundError(NotFoundError):
    def __init__(self) -> None:
        super().__init__(TASK_MISSING)


class TransitionError(ConflictError):
    def __init__(self, current: TaskState, wanted: TaskState) -> None:
        super().__init__(f"A {current} task cannot become {wanted}")
