"""Export: all that is a user's, as one JSON document that is written while it is read.

What leaves is named column by column: one that is added later stays inside until somebody decides.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy import ColumnElement, inspect, or_, select, tuple_

from torale.server.auth.models import (
    ApiKey,
    ApiKeyAddress,
    AuditEvent,
    Identity,
    User,
    UserSession,
)
from torale.server.database import Base, Sessions
from torale.server.executions.evidence_trail import evidence_store
from torale.server.executions.models import Execution, Feedback
from torale.server.notifications.models import Channel, Delivery, TaskChannel
from torale.server.notifications.service import Channels
from torale.server.tasks.models import Task

PAGE = 100
_EVIDENCE_PAGE = 5  # executions at a time: each may have read megabytes

EXPORTED: Mapping[type[Base], str] = {
    User: "id clerk_user_id email email_verified name timezone role state created_at updated_at",
    Identity: "id provider subject email created_at",
    UserSession: "id method address agent created_at last_seen_at ends_at",
    ApiKey: "id name key_prefix scopes state expires_at last_used_at revoked_at created_at",
    ApiKeyAddress: "key_id address first_used_at",
    AuditEvent: "id actor_id user_id action detail created_at",
    Task: (
        "id name search_query condition_description schedule timezone notify_behavior state "
        "sources next_run_at last_known_state feedback created_at updated_at deleted_at"
    ),
    Execution: (
        "id task_id trigger due_at status started_at completed_at condition_met result "
        "grounding_sources notification change_summary error_message error_type created_at "
        "chain_position chain_hash"
    ),
    Feedback: "execution_id task_id correct note created_at updated_at",
    TaskChannel: "task_id channel_id position",
    Delivery: (
        "id task_id execution_id channel_id event data status attempts status_code last_error "
        "created_at delivered_at"
    ),
}


async def write(
    sessions: Sessions, channels: Channels, user_id: UUID, now: datetime
) -> AsyncIterator[str]:
    """Write a user's things down, piece by piece: one JSON object of lists.

    Each page is a short transaction of its own, so that a slow reader holds nothing; what changes
    meanwhile may be in it or not. Secrets are in none of it: neither keys nor addresses that are
    keys themselves, as channels show them.
    """
    yield f'{{"exported_at": {json.dumps(to_jsonable_python(now))}'
    for name, model, wanted in _lists(user_id):
        yield f',\n"{name}": ['
        async for piece in _joined(_rows(sessions, model, wanted, PAGE)):
            yield piece
        yield "]"
    for name, rows in (
        ("channels", _channels(sessions, channels, user_id)),
        ("evidence", _evidence(sessions, user_id)),
    ):
        yield f',\n"{name}": ['
        async for piece in _joined(rows):
            yield piece
        yield "]"
    yield "}\n"


def _lists(user_id: UUID) -> Sequence[tuple[str, type[Base], ColumnElement[bool]]]:
    tasks = select(Task.id).where(Task.user_id == user_id)
    keys = select(ApiKey.id).where(ApiKey.user_id == user_id)
    about = or_(AuditEvent.user_id == user_id, AuditEvent.actor_id == user_id)
    return (
        ("user", User, User.id == user_id),
        ("identities", Identity, Identity.user_id == user_id),
        ("sessions", UserSession, UserSession.user_id == user_id),
        ("api_keys", ApiKey, ApiKey.user_id == user_id),
        ("api_key_addresses", ApiKeyAddress, ApiKeyAddress.key_id.in_(keys)),
        ("tasks", Task, Task.user_id == user_id),
        ("task_channels", TaskChannel, TaskChannel.task_id.in_(tasks)),
        ("executions", Execution, Execution.task_id.in_(tasks)),
        ("feedback", Feedback, Feedback.task_id.in_(tasks)),
        ("notifications", Delivery, Delivery.user_id == user_id),
        ("audit", AuditEvent, about),
    )


async def _joined(rows: AsyncIterator[Mapping[str, Any]]) -> AsyncIterator[str]:
    mark = "\n"
    async for row in rows:
        yield mark + json.dumps(to_jsonable_python(row), ensure_ascii=False)
        mark = ",\n"


async def _rows(
    sessions: Sessions, model: type[Base], wanted: ColumnElement[bool], size: int
) -> AsyncIterator[Mapping[str, Any]]:
    """Read rows in the order of their keys, a page at a time."""
    mapper = inspect(model)
    keys = [mapper.get_property_by_column(column).key for column in mapper.primary_key]
    key = tuple_(*(getattr(model, name) for name in keys))
    columns = [getattr(model, name) for name in EXPORTED[model].split()]
    query = select(*columns).where(wanted).order_by(*key).limit(size)
    after: tuple[Any, ...] | None = None
    while True:
        page = query if after is None else query.where(key > after)
        async with sessions.begin() as session:
            found = (await session.execute(page)).mappings().all()
        for row in found:
            yield dict(row)
        if len(found) < size:
            return
        after = tuple(found[-1][name] for name in keys)


async def _channels(
    sessions: Sessions, channels: Channels, user_id: UUID
) -> AsyncIterator[Mapping[str, Any]]:
    number, total = 1, 1
    while (number - 1) * PAGE < total:
        async with sessions.begin() as session:
            found, total = await channels.page(session, user_id, page=number, limit=PAGE)
            shown: list[Channel] = list(found)
        for channel in shown:
            yield channels.show(channel).model_dump(exclude={"secret"})
        number += 1


async def _evidence(sessions: Sessions, user_id: UUID) -> AsyncIterator[Mapping[str, Any]]:
    tasks = select(Task.id).where(Task.user_id == user_id)
    mine = Execution.task_id.in_(tasks)
    async for row in _rows(sessions, Execution, mine, _EVIDENCE_PAGE):
        async with sessions.begin() as session:
            documents = await evidence_store.load_for_wire(session, row["id"])
        for document in documents:
            yield {"execution_id": row["id"], **document.model_dump()}
