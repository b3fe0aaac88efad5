"""Delivery jobs: their kind, their arguments, and the strings that these are stored as."""

from dataclasses import dataclass
from uuid import UUID

from torale.server.engine.base import JobKind


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """Make attempt `number`, counted from 1, of a delivery."""

    delivery_id: UUID
    number: int

    @property
    def job_id(self) -> str:
        return f"delivery-{self.delivery_id}-{self.number}"


@dataclass(frozen=True, slots=True)
class CodeMail:
    """Mail the code that proves whose the address of a channel is."""

    channel_id: UUID


def _encode(job: DeliveryAttempt | CodeMail) -> str:
    match job:
        case DeliveryAttempt(delivery_id, number):
            return f"{delivery_id}:{number}"
        case CodeMail(channel_id):
            return f"code:{channel_id}"


def _decode(stored: str) -> DeliveryAttempt | CodeMail:
    first, _, second = stored.partition(":")
    return CodeMail(UUID(second)) if first == "code" else DeliveryAttempt(UUID(first), int(second))


DELIVERY: JobKind[DeliveryAttempt | CodeMail] = JobKind("delivery", _encode, _decode)
