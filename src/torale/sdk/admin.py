"""Calls of operators. The credential needs the role and the scope `admin`."""

from typing import Literal

from torale.contract.admin import (
    AdminErrors,
    AdminExecution,
    AdminExecutionPage,
    AdminQuery,
    AdminQueryPage,
    AdminStats,
    AdminUser,
    AdminUserPage,
    AuditOut,
    AuditPage,
    SchedulerOut,
)
from torale.contract.tasks import StateLike
from torale.sdk.tasks import Id, Status
from torale.sdk.transport.calls import (
    Call,
    PageCall,
    Resource,
    S,
    listing,
    operation,
    paged,
    path,
    sliced,
)

_USER = "/admin/users/{}"

_read_queries = sliced(AdminQueryPage.model_validate_json, lambda found: found.queries)
_read_executions = sliced(AdminExecutionPage.model_validate_json, lambda found: found.executions)
_read_users = sliced(AdminUserPage.model_validate_json, lambda found: found.users)
_read_audit = sliced(AuditPage.model_validate_json, lambda found: found.events)


class Admin(Resource[S]):
    """For operators: `client.admin`. Anybody else gets ForbiddenError."""

    @operation
    @staticmethod
    def stats() -> Call[AdminStats]:
        """Count users and tasks, and the executions and deliveries of the last 24 hours."""
        return Call(method="GET", path="/admin/stats", read=AdminStats.model_validate_json)

    @listing
    @staticmethod
    def queries(
        *, state: StateLike | None = None, page: int = 1, limit: int = 20
    ) -> PageCall[AdminQuery]:
        """List everybody's tasks, newest first."""
        return paged("/admin/queries", _read_queries, page=page, limit=limit, state=state)

    @listing
    @staticmethod
    def executions(
        *,
        status: Status | None = None,
        task_id: Id | None = None,
        page: int = 1,
        limit: int = 20,
    ) -> PageCall[AdminExecution]:
        """List everybody's executions, newest first."""
        return paged(
            "/admin/executions",
            _read_executions,
            page=page,
            limit=limit,
            status=status,
            task_id=task_id,
        )

    @operation
    @staticmethod
    def errors(*, days: int = 7, page: int = 1, limit: int = 20) -> Call[AdminErrors]:
        """Return the executions that failed in the last `days`: by kind, and one by one."""
        return Call(
            method="GET",
            path="/admin/errors",
            query={"days": days, "page": page, "limit": limit},
            read=AdminErrors.model_validate_json,
        )

    @listing
    @staticmethod
    def users(
        *,
        search: str | None = None,
        state: Literal["active", "inactive"] | None = None,
        page: int = 1,
        limit: int = 20,
    ) -> PageCall[AdminUser]:
        """List users, newest first.

        Args:
            search: Part of an address.
            state: Only users in this state.
            page: The first page to fetch; iterating goes on from there.
            limit: Users on a page, 1 to 100.
        """
        return paged(
            "/admin/users", _read_users, page=page, limit=limit, search=search, state=state
        )

    @operation
    @staticmethod
    def scheduler_jobs() -> Call[SchedulerOut]:
        """Return the processes, what is queued and what is due next."""
        return Call(
            method="GET", path="/admin/scheduler/jobs", read=SchedulerOut.model_validate_json
        )

    @operation
    @staticmethod
    def deactivate_user(user_id: Id) -> Call[AdminUser]:
        """Shut a user out: their keys are revoked and their tasks paused; nothing is deleted."""
        return Call(
            method="PATCH",
            path=path(_USER, user_id) + "/deactivate",
            read=AdminUser.model_validate_json,
        )

    @operation
    @staticmethod
    def activate_user(user_id: Id) -> Call[AdminUser]:
        """Let a user in again. Keys stay revoked and tasks paused until the user sees to them."""
        return Call(
            method="PATCH",
            path=path(_USER, user_id) + "/activate",
            read=AdminUser.model_validate_json,
        )

    @listing
    @staticmethod
    def audit(
        *,
        action: str | None = None,
        user_id: Id | None = None,
        page: int = 1,
        limit: int = 20,
    ) -> PageCall[AuditOut]:
        """List who did what to keys, users and the service, newest first.

        Args:
            action: How its name begins: `api_key.`.
            user_id: Only what was done to this user.
            page: The first page to fetch; iterating goes on from there.
            limit: Events on a page, 1 to 100.
        """
        return paged(
            "/admin/audit", _read_audit, page=page, limit=limit, action=action, user_id=user_id
        )
