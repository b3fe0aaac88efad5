"""Calls that judge again what was judged: `client.tasks`."""

from uuid import UUID

from torale.contract.evidence import BacktestOut, FeedbackOut, ReplayOut
from torale.contract.tasks import BehaviorLike
from torale.sdk.transport.calls import (
    NOT_GIVEN,
    Call,
    NotGiven,
    Resource,
    S,
    given,
    operation,
    path,
)

Id = UUID | str

_TASK = "/api/v1/tasks/{}"
_EXECUTION = "/api/v1/tasks/{}/executions/{}"
_JUDGING_SECONDS = 120.0  # a history may be long, and a model may be asked


class Review(Resource[S]):
    """Verdicts, looked at again."""

    @operation
    @staticmethod
    def replay(task_id: Id, execution_id: Id) -> Call[ReplayOut]:
        """Judge the stored evidence of an execution again, by the same judge. Stores nothing.

        Raises:
            NotFoundError: You have no such task, or it has no such execution.
            ConflictError: Nothing was judged, or its texts are no longer kept.
        """
        return Call(
            method="POST",
            path=path(_EXECUTION, task_id, execution_id) + "/replay",
            body={},
            read=ReplayOut.model_validate_json,
            patience=_JUDGING_SECONDS,
        )

    @operation
    @staticmethod
    def give_feedback(
        task_id: Id, execution_id: Id, *, correct: bool, note: str = ""
    ) -> Call[FeedbackOut]:
        """Say whether a verdict was right; the latest word counts.

        Args:
            correct: Whether it was.
            note: Why, at most 500 characters; models are shown it.

        Raises:
            NotFoundError: You have no such task, or it has no such execution.
            ConflictError: The execution has no verdict.
        """
        return Call(
            method="POST",
            path=path(_EXECUTION, task_id, execution_id) + "/feedback",
            body={"correct": correct, "note": note},
            read=FeedbackOut.model_validate_json,
        )

    @operation
    @staticmethod
    def backtest(
        task_id: Id,
        *,
        condition_description: str | NotGiven = NOT_GIVEN,
        notify_behavior: BehaviorLike | NotGiven = NOT_GIVEN,
        judge: str | NotGiven = NOT_GIVEN,
    ) -> Call[BacktestOut]:
        """Judge the stored history again and tell when it would have told. Stores nothing.

        Args:
            condition_description: To try in place of the task's.
            notify_behavior: To try in place of the task's.
            judge: `builtin`, or the model that the server is set to.

        Raises:
            NotFoundError: You have no such task.
        """
        return Call(
            method="POST",
            path=path(_TASK, task_id) + "/backtest",
            body=given(
                {
                    "condition_description": condition_description,
                    "notify_behavior": notify_behavior,
                    "judge": judge,
                }
            ),
            read=BacktestOut.model_validate_json,
            patience=_JUDGING_SECONDS,
        )
