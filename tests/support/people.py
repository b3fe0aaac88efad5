"""People who use a server, and stand-ins for the rooms above tasks."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

import httpx2
from fastapi import APIRouter, FastAPI
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.routing import BaseRoute

from tests.support.fakes import FakeClock
from torale.contract.auth import Scope
from torale.contract.channels import ChannelOut
from torale.contract.tasks import ChannelTarget, EmailTarget, Regression, Target, TargetOut
from torale.server.auth import service
from torale.server.auth.clerk.provider import CLERK
from torale.server.auth.key_uses import KEY_USES, KeyUses
from torale.server.auth.keys import KEYS, Keys
from torale.server.clock import CLOCK, Clock
from torale.server.database import SESSIONS, Sessions, SingleReads
from torale.server.errors import ConflictError, InvalidFieldError
from torale.server.errors.handlers import install_error_handlers
from torale.server.limits import LIMITS, LimitPolicies, LimitPolicy, Limits, Window
from torale.server.parts import parts_of
from torale.server.settings.base import SETTINGS, Settings
from torale.server.tasks.models import Task
from torale.server.tasks.ports import RunRegressionCheck

READ_WRITE = (Scope.READ, Scope.WRITE)
# For tests that are not about limits: the real ones would be used up, as some clocks stand still.
_MANY = (Window("minute", 1_000_000, 60),)
GENEROUS = LimitPolicies(
    LimitPolicy("callers", _MANY),
    LimitPolicy("admins", _MANY),
    LimitPolicy("failures", _MANY, max_subjects=100),
)
BASE_URL = "http://127.0.0.1:8000"


@dataclass
class FakeChannelBook:
    """Keeps the channels of tasks exactly when the transaction that assigned them commits."""

    kept: dict[UUID, list[TargetOut]] = field(default_factory=dict[UUID, list[TargetOut]])
    channels: set[UUID] = field(default_factory=set[UUID])

    async def assign(
        self, session: AsyncSession, task: Task, targets: Sequence[Target], *, now: datetime
    ) -> None:
        shown = [self._show(index, target) for index, target in enumerate(targets)]
        pending: dict[UUID, list[TargetOut]] = session.info.setdefault("channels", {})
        pending[task.id] = shown

        def keep(_: object) -> None:
            self.kept[task.id] = shown

        event.listen(session.sync_session, "after_commit", keep, once=True)

    def _show(self, index: int, target: Target) -> TargetOut:
        if isinstance(target, ChannelTarget):
            if target.id not in self.channels:
                raise InvalidFieldError("notifications", index, "id", message="Channel not found")
            return TargetOut(type="channel", channel_id=target.id, id=target.id)
        if isinstance(target, EmailTarget):
            return TargetOut(type="email", channel_id=uuid4(), address=target.address)
        return TargetOut(type="webhook", channel_id=uuid4(), url=target.url)

    async def of_tasks(
        self, session: AsyncSession, task_ids: Sequence[UUID]
    ) -> Mapping[UUID, Sequence[TargetOut]]:
        known = {**self.kept, **session.info.get("channels", {})}
        return {task_id: known[task_id] for task_id in task_ids if task_id in known}

    async def of_user(self, session: AsyncSession, user_id: UUID) -> Sequence[ChannelOut]:
        return ()


@dataclass
class FakeLauncher:
    """Keeps an execution exactly when its transaction commits, one per task at a time."""

    in_flight: dict[UUID, UUID] = field(default_factory=dict[UUID, UUID])

    async def launch(self, session: AsyncSession, task: Task, *, now: datetime) -> UUID:
        if task.id in self.in_flight:
            raise ConflictError("An execution of this task is pending or running already")
        execution_id = uuid4()
        task.last_execution = {
            "id": str(execution_id),
            "condition_met": None,
            "status": "pending",
            "started_at": None,
            "completed_at": None,
        }
        await session.flush()

        def keep(_: object) -> None:
            self.in_flight[task.id] = execution_id

        event.listen(session.sync_session, "after_commit", keep, once=True)
        return execution_id


class FakeRegressionCheck:
    """A regression set of no cases."""

    async def prepare(self, session: AsyncSession, task: Task) -> RunRegressionCheck:
        async def run() -> Sequence[Regression]:
            return ()

        return run


@dataclass
class Person:
    """Somebody with a key."""

    user_id: UUID
    key_id: UUID
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


async def make_person(
    sessions: Sessions,
    email: str,
    clock: FakeClock,
    *,
    scopes: Sequence[Scope] = READ_WRITE,
    is_admin: bool = False,
) -> Person:
    async with sessions.begin() as session:
        user = await service.find_or_make_user(session, email, is_admin=is_admin, now=clock())
        key, plain = await service.create_key(session, user.id, "Test", scopes, None, clock())
        return Person(user.id, key.id, plain)


_BUILT: dict[tuple[int, ...], APIRouter] = {}


def _routes(routers: Sequence[APIRouter]) -> list[BaseRoute]:
    """Return the routes of some rooms; building them takes longer than most tests."""
    known = tuple(map(id, routers))  # no other routers get these: what is built keeps them
    if known not in _BUILT:
        whole = _BUILT[known] = APIRouter()
        for router in routers:
            whole.include_router(router)
    return _BUILT[known].routes


def build_app(settings: Settings, sessions: Sessions, clock: Clock, *routers: APIRouter) -> FastAPI:
    """Build an application of some rooms; a test adds the parts that only they need."""
    app = FastAPI(routes=_routes(routers))
    install_error_handlers(app)
    parts = parts_of(app)
    parts[SETTINGS] = settings
    parts[SESSIONS] = sessions
    parts[KEYS] = Keys(SingleReads(sessions.kw["bind"]))
    parts[KEY_USES] = KeyUses()
    parts[LIMITS] = Limits(GENEROUS)
    parts[CLOCK] = clock
    parts[CLERK] = None
    return app


@asynccontextmanager
async def browse(app: FastAPI, person: Person | None = None) -> AsyncGenerator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    headers = person.headers if person else {}
    async with httpx2.AsyncClient(
        transport=transport, base_url=BASE_URL, headers=headers
    ) as client:
        yield client
