"""Failures of tasks."""

from torale.server.errors import NotFoundError

TASK_MISSING = "Task not found"


class TaskNotFoundError(NotFoundError):
    def __init__(self) -> None:
        super().__init__(TASK_MISSING)
