"""Strings that jobs are stored under: other versions wrote them, and will read them."""

from uuid import UUID

import pytest

from torale.server.auth.accounts.proofs import ACCOUNT_MAIL
from torale.server.engine.base import JobKind
from torale.server.executions.dispatching.job_names import EXECUTION, JobPlace

ID = UUID("6b2c4a52-6b25-4b43-9b0e-3c1f3f0a9a11")


@pytest.mark.parametrize(
    "kind, name, stored",
    [
        (EXECUTION, "execution", "6b2c4a52-6b25-4b43-9b0e-3c1f3f0a9a11"),
        (ACCOUNT_MAIL, "account-mail", "proof:6b2c4a52-6b25-4b43-9b0e-3c1f3f0a9a11"),
    ],
)
def test_a_job_is_stored_as_ever(kind: JobKind[UUID], name: str, stored: str) -> None:
    assert (kind.name, kind.encode(ID)) == (name, stored)
    assert kind.decode(stored) == ID


@pytest.mark.parametrize(
    "place, stored",
    [(JobPlace("task-1"), "task-1"), (JobPlace("task-1", 4), "task-1/4")],
)
def test_a_place_in_a_job_is_stored_as_ever(place: JobPlace, stored: str) -> None:
    assert str(place) == stored
    assert JobPlace.parse(stored) == place
