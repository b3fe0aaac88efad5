"""The wire shape of checking a verdict: evidence, replay, backtest, feedback."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from torale.contract.base import Input, Moment, Output, Text


class FeedbackIn(Input):
    """What the user says of a verdict. The latest word counts."""

    correct: bool
    note: Annotated[Text, Field(max_length=500, description="Why; models are shown it.")] = ""


class FeedbackOut(Output):
    execution_id: UUID
    correct: bool
    note: str
    created_at: Moment
    updated_at: Moment
