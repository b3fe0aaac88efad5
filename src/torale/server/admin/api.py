"""REST endpoints for operators: role `admin`, and with an API key its scope too."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request

from torale.contract.admin import (
    AdminErrors,
    AdminExecutionPage,
    AdminQueryPage,
    AdminStats,
    AdminUser,
    AdminUserPage,
    AuditOut,
    AuditPage,
    ProcessOut,
    SchedulerJob,
    SchedulerOut,
)
from torale.contract.executions import ExecutionStatus
from torale.contract.tasks import TaskState
from torale.server.admin import service, users
from torale.server.admin.rules import PageOf
from torale.server.auth.dependencies import AdminCaller
from torale.server.auth.errors import USER_MISSING
from torale.server.auth.models import UserState
from torale.server.clock import Now
from torale.server.database import Session
from torale.server.engine.base import JOB_LIST
from torale.server.errors import known_id
from torale.server.errors.handlers import responses

router = APIRouter(prefix="/admin", tags=["admin"])

UserId = Annotated[str, Path(json_schema_extra={"format": "uuid"})]
Days = Annotated[int, Query(ge=1, le=400, description="How far back to look.")]
_LIST = responses(422)
_ONE = responses(404, 409)


def _page(
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> PageOf:
    return PageOf(page, limit)


async def _unfinished(request: Request, _: AdminCaller) -> list[SchedulerJob]:
    # Before the request's transaction opens: the engine reads through a connection of its own.
    return [SchedulerJob.model_validate(job) for job in await JOB_LIST.of(request).jobs()]


Page = Annotated[PageOf, Depends(_page)]
UnfinishedJobs = Annotated[list[SchedulerJob], Depends(_unfinished)]


@router.get("/stats", responses=responses())
async def show_stats(_: AdminCaller, session: Session, now: Now) -> AdminStats:
    """Count users and tasks, and the executions and deliveries of the last 24 hours."""
    return await service.stats(session, now=now)


@router.get("/queries", responses=_LIST)
async def list_queries(
    _: AdminCaller, session: Session, page: Page, state: TaskState | None = None
) -> AdminQueryPage:
    """List everybody's tasks, newest first."""
    found, total = await service.queries(session, page, state=state)
    return AdminQueryPage(queries=found, total=total, page=page.page, limit=page.limit)


@router.get("/executions", responses=_LIST)
async def list_executions(
    _: AdminCaller,
    session: Session,
    page: Page,
    status: ExecutionStatus | None = None,
    task_id: UUID | None = None,
) -> AdminExecutionPage:
    """List everybody's executions, newest first."""
    found, total = await service.executions(session, page, status=status, task_id=task_id)
    return AdminExecutionPage(executions=found, total=total, page=page.page, limit=page.limit)


@router.get("/errors", responses=_LIST)
async def list_errors(
    _: AdminCaller, session: Session, now: Now, page: Page, days: Days = 7
) -> AdminErrors:
    """List failed executions: by kind, most first, and one by one, newest first."""
    since = now - timedelta(days=days)
    found, total = await service.executions(
        session, page, status=ExecutionStatus.FAILED, since=since
    )
    groups = await service.error_groups(session, since=since)
    return AdminErrors(
        since=since, groups=groups, errors=found, total=total, page=page.page, limit=page.limit
    )


@router.get("/users", responses=_LIST)
async def list_users(
    _: AdminCaller,
    session: Session,
    now: Now,
    page: Page,
    search: Annotated[str, Query(max_length=254, description="Part of an address.")] = "",
    state: UserState | None = None,
) -> AdminUserPage:
    """List users, newest first."""
    found, total = await users.page_of_users(session, page, now=now, search=search, state=state)
    return AdminUserPage(users=found, total=total, page=page.page, limit=page.limit)


@router.patch("/users/{user_id}/deactivate", responses=_ONE)
async def deactivate_user(
    user_id: UserId, caller: AdminCaller, session: Session, now: Now
) -> AdminUser:
    """Shut a user out: their keys are revoked and their tasks paused; nothing is deleted."""
    known = known_id(user_id, USER_MISSING)
    user = await users.deactivate(session, known, actor_id=caller.user_id, now=now)
    return (await users.show(session, [user], now=now))[0]


@router.patch("/users/{user_id}/activate", responses=_ONE)
async def activate_user(
    user_id: UserId, caller: AdminCaller, session: Session, now: Now
) -> AdminUser:
    """Let a user in again. Keys stay revoked and tasks paused until the user sees to them."""
    known = known_id(user_id, USER_MISSING)
    user = await users.activate(session, known, actor_id=caller.user_id, now=now)
    return (await users.show(session, [user], now=now))[0]


@router.get("/audit", responses=_LIST)
async def list_audit(
    _: AdminCaller,
    session: Session,
    page: Page,
    action: Annotated[str, Query(max_length=60, description="Its name's beginning.")] = "",
    user_id: UUID | None = None,
) -> AuditPage:
    """List who did what to keys, users and the service, newest first."""
    found, total = await users.page_of_audit(session, page, action=action, user_id=user_id)
    events = [AuditOut.model_validate(event) for event in found]
    return AuditPage(events=events, total=total, page=page.page, limit=page.limit)


@router.get("/scheduler/jobs", responses=responses())
async def show_scheduler(
    _: AdminCaller, jobs: UnfinishedJobs, session: Session, now: Now
) -> SchedulerOut:
    """Show the processes, the 100 oldest jobs that are not done, and the 100 tasks due next."""
    return SchedulerOut(
        processes=[ProcessOut.model_validate(row) for row in await service.processes(session)],
        overdue=await service.overdue(session, now=now),
        jobs=jobs,
        next_tasks=await service.next_tasks(session),
    )
