"""Users and their API keys, over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from torale.contract.auth import KeyCreate, KeyCreated, KeyOut, SyncedUserOut, UserOut
from torale.contract.base import Message
from torale.server.auth import rules, service
from torale.server.auth.clerk.provider import CLERK
from torale.server.auth.dependencies import ClerkCaller, Reader, Writer
from torale.server.auth.errors import KEY_MISSING
from torale.server.auth.idempotent_endpoints import ONCE_UNKEPT
from torale.server.auth.models import ApiKey, KeyState
from torale.server.auth.route import CallerRoute
from torale.server.clock import Now
from torale.server.database import SESSIONS, Session
from torale.server.errors import known_id
from torale.server.errors.handlers import responses

router = APIRouter(prefix="/auth", tags=["auth"], route_class=CallerRoute)

KeyId = Annotated[str, Path(json_schema_extra={"format": "uuid"})]


@router.post("/sync-user", responses=responses(413, 422))
async def sync_user(
    caller: ClerkCaller, request: Request, session: Session, now: Now
) -> SyncedUserOut:
    """Make or update your user from what Clerk says now. A body is ignored."""
    clerk = CLERK.of(request)
    # Asked before the first statement: no transaction is open while Clerk thinks.
    if clerk and caller.clerk_user_id and not caller.is_new:
        await clerk.sync(caller.clerk_user_id, now=now)
    return SyncedUserOut.model_validate(await service.get_user(session, caller.user_id))


@router.get("/me", responses=responses(422))
async def show_me(caller: Reader, request: Request) -> UserOut:
    """Tell whose credential this is."""
    created_at = caller.created_at
    if created_at is None:  # a session would be open for every caller if it were a dependency
        async with SESSIONS.of(request)() as session:
            created_at = (await service.get_user(session, caller.user_id)).created_at
    return UserOut(id=caller.user_id, email=caller.email, state=caller.state, created_at=created_at)


@router.post(
    "/api-keys",
    status_code=HTTPStatus.CREATED,
    responses=responses(409, 413, 422),
    dependencies=[ONCE_UNKEPT],
)
async def create_key(
    spec: KeyCreate, caller: Writer, session: Session, now: Now, response: Response
) -> KeyCreated:
    """Make an API key. Its text is told this once and never again."""
    scopes = rules.scopes_of_new_key(spec.scopes, is_admin=caller.is_admin, scopes=caller.scopes)
    key, plain = await service.create_key(
        session, caller.user_id, spec.name, scopes, spec.expires_at, now
    )
    response.headers["Cache-Control"] = "no-store"
    return KeyCreated.model_validate({**_fields(key, now=now), "key": plain})


@router.get("/api-keys", responses=responses())
async def list_keys(caller: Reader, session: Session, now: Now) -> Sequence[KeyOut]:
    """List the newest 200 API keys, revoked ones included."""
    keys = await service.list_keys(session, caller.user_id)
    return [KeyOut.model_validate(_fields(key, now=now)) for key in keys]


@router.delete("/api-keys/{key_id}", responses=responses(404, 422))
async def revoke_key(key_id: KeyId, caller: Writer, session: Session, now: Now) -> Message:
    """Revoke an API key, at once and for good."""
    await service.revoke_key(session, caller.user_id, known_id(key_id, KEY_MISSING), now=now)
    return Message(message="API key revoked successfully")


def _fields(key: ApiKey, *, now: datetime) -> dict[str, Any]:
    is_over = key.expires_at is not None and key.expires_at <= now
    expired = key.state is KeyState.ACTIVE and is_over
    return {
        "id": key.id,
        "key_prefix": key.key_prefix,
        "name": key.name,
        "scopes": key.scopes,
        "state": "expired" if expired else key.state.value,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "created_at": key.created_at,
    }
