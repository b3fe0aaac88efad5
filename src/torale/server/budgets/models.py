"""Tables of what models have used up, and of the room that is reserved for their calls."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, Date, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from torale.server.database import Base


class Spending(Base):
    """Use of models by one task or user on one day, reservations included."""

    __tablename__ = "spending"
    __table_args__ = (CheckConstraint("scope IN ('task', 'user')", name="known_scope"),)

    scope: Mapped[str] = mapped_column(String(8), primary_key=True)
    scope_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True, index=True)  # in UTC
    tokens: Mapped[int] = mapped_column(BigInteger)
    cost: Mapped[int] = mapped_column(BigInteger)  # in billionths of a US dollar


class SpendingReservation(Base):
    """Room for one call to a model, from before the call until its end."""

    __tablename__ = "spending_reservations"
    __table_args__ = (
        Index("ix_spending_reservations_user_id_expires_at", "user_id", "expires_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID]
    task_id: Mapped[UUID | None]  # null for a preview
    day: Mapped[date] = mapped_column(Date)
    tokens: Mapped[int] = mapped_column(BigInteger)
    cost: Mapped[int] = mapped_column(BigInteger)
    # By then the call is over, or its process is dead.
    expires_at: Mapped[datetime]
