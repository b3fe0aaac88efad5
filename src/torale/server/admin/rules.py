"""Rules for operators, and pages of their lists. Pure."""

from dataclasses import dataclass
from uuid import UUID

from torale.server.errors import ConflictError


@dataclass(frozen=True, slots=True)
class PageOf:
    """Which part of a list is wanted: pages count from 1."""

    page: int
    limit: int

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.limit


def forbid_oneself(actor_id: UUID, user_id: UUID) -> None:
    """Keep admins from locking themselves out.

    Raises:
        ConflictError: They are about to.
    """
    if actor_id == user_id:
        raise ConflictError("You cannot deactivate yourself: ask another admin")
