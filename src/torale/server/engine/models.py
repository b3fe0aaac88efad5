"""Table of the processes that are alive."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from torale.server.database import Base


class Process(Base):
    """A running server or worker. A heartbeat that stopped means that its jobs are free."""

    __tablename__ = "processes"

    executor_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    executes: Mapped[bool]
    started_at: Mapped[datetime]
    heartbeat_at: Mapped[datetime] = mapped_column(index=True)
