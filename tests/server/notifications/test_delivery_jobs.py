"""Strings that delivery jobs are stored under: other versions wrote them, and will read them."""

from uuid import UUID

import pytest

from torale.server.notifications.outbox.delivery_jobs import DELIVERY, CodeMail, DeliveryAttempt

ID = UUID("6b2c4a52-6b25-4b43-9b0e-3c1f3f0a9a11")


@pytest.mark.parametrize(
    "job, stored",
    [(DeliveryAttempt(ID, 3), f"{ID}:3"), (CodeMail(ID), f"code:{ID}")],
)
def test_a_job_is_stored_as_ever(job: DeliveryAttempt | CodeMail, stored: str) -> None:
    assert (DELIVERY.name, DELIVERY.encode(job)) == ("delivery", stored)
    assert DELIVERY.decode(stored) == job


def test_an_attempt_is_one_job() -> None:
    assert DeliveryAttempt(ID, 3).job_id == f"delivery-{ID}-3"
