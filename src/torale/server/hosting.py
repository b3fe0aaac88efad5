"""Operator's commands beside serving: keys, checks, verification."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy import text

from torale.contract.auth import Scope
from torale.server.audit.chain_report import ChainReport
from torale.server.audit.verification import verify
from torale.server.auth import service as auth_service
from torale.server.auth.clerk import provider as clerk_provider
from torale.server.clock import utc_now
from torale.server.database import connect, make_sessions
from torale.server.errors import SettingsError, ToraleError
from torale.server.evidence.fetching.politeness import Timing
from torale.server.evidence.search import SEARCH_TIMEOUT, SearchError, SearchProvider, providers
from torale.server.judging import try_models
from torale.server.limits import check_limits
from torale.server.notifications.mails.mailer import Mailer
from torale.server.outbound import Outbound
from torale.server.settings import data_folder
from torale.server.settings.base import Settings
from torale.server.worker import migrate

PATIENCE_SECONDS = 20
MODEL_PATIENCE_SECONDS = 180  # a local model loads first, and may be asked twice


async def make_key(settings: Settings, *, email: str, name: str, admin: bool) -> str:
    """Make an API key for `email`, and the user if new; answers the plain key.

    Raises:
        SettingsError: The database cannot be used, or the address or the name is no good.
    """
    await asyncio.to_thread(_open_database, settings)
    scopes = [Scope.READ, Scope.WRITE] + ([Scope.ADMIN] if admin else [])
    database = connect(settings)
    try:
        async with make_sessions(database).begin() as session:
            now = utc_now()
            user = await auth_service.find_or_make_user(session, email, is_admin=admin, now=now)
            _, plain = await auth_service.create_key(session, user.id, name, scopes, None, now)
    except ToraleError as error:
        raise SettingsError(error.detail) from None
    finally:
        await database.dispose()
    return plain


async def verify_evidence(settings: Settings, task_id: str | None) -> ChainReport:
    """Look for evidence that was altered after it was written, of one task or of all.

    Raises:
        SettingsError: The database cannot be used, or there is no such task.
    """
    try:
        wanted = None if task_id is None else UUID(task_id)
    except ValueError:
        raise SettingsError(f"--task: {task_id!r} is no id of a task") from None
    await asyncio.to_thread(_open_database, settings)
    database = connect(settings)
    try:
        sessions, days = make_sessions(database), settings.evidence_days
        report = await verify(sessions, now=utc_now(), evidence_days=days, task_id=wanted)
    finally:
        await database.dispose()
    if wanted is not None and not report.heads:
        raise SettingsError(f"--task: there is no task {wanted}")
    return report


def _open_database(settings: Settings) -> None:
    data_folder.open_data_dir(settings)
    migrate(settings)


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one check; `detail` says how to mend what failed."""

    name: str
    ok: bool
    detail: str


async def check_all(settings: Settings) -> list[Checked]:
    """Reach everything that the settings name."""
    return [
        await _checked("data folder", lambda: _check_folder(settings)),
        await _checked("database", lambda: _check_database(settings)),
        await _checked("sign-in", lambda: _check_clerk(settings)),
        await _checked("rate limits", lambda: check_limits(settings)),
        await _checked("mail", lambda: _check_mail(settings)),
        *await _check_search(settings),
        await _checked("judge", lambda: _check_judge(settings), seconds=MODEL_PATIENCE_SECONDS),
    ]


async def _checked(
    name: str, check: Callable[[], Awaitable[str]], *, seconds: int = PATIENCE_SECONDS
) -> Checked:
    try:
        async with asyncio.timeout(seconds):
            return Checked(name, ok=True, detail=await check())
    except TimeoutError:
        return Checked(name, ok=False, detail=f"no answer within {seconds} s")
    except (SettingsError, SearchError, OSError) as error:
        return Checked(name, ok=False, detail=str(error))


async def _check_folder(settings: Settings) -> str:
    await asyncio.to_thread(data_folder.open_data_dir, settings)
    data_folder.secret_key(settings)
    return str(settings.data_dir)


async def _check_database(settings: Settings) -> str:
    await asyncio.to_thread(migrate, settings)
    database = connect(settings)
    async with database.connect() as connection:
        await connection.execute(text("SELECT 1"))
    await database.dispose()
    return "SQLite" if settings.is_sqlite else "PostgreSQL"


async def _check_clerk(settings: Settings) -> str:
    database = connect(settings)
    clerk = clerk_provider.build(settings, make_sessions(database), utc_now)
    if clerk is None:
        return "Clerk is off: CLERK_PUBLISHABLE_KEY is not set"
    try:
        return await clerk.check(now=utc_now())
    finally:
        await clerk.aclose()


async def _check_mail(settings: Settings) -> str:
    mailer = Mailer(settings)
    if settings.smtp_url is None:
        return "SMTP_URL is not set: mails are written as .eml files to the data folder"
    await mailer.check()
    return "the mail server answers"


async def _check_search(settings: Settings) -> list[Checked]:
    """Ask every provider on its own: a chain would hide a broken one behind the next."""
    trusted = Outbound.trusted(timeout=SEARCH_TIMEOUT)
    try:
        chain = providers(settings, trusted, Timing(clock=utc_now))
    except SettingsError as error:
        return [Checked("search", ok=False, detail=str(error))]
    try:
        asked = [
            _checked(f"search ({provider.name})", partial(_ask, provider)) for provider in chain
        ]
        none = Checked("search", ok=True, detail="none: tasks need `sources`")
        return list(await asyncio.gather(*asked)) or [none]
    finally:
        await trusted.aclose()


async def _ask(provider: SearchProvider) -> str:
    found = await provider.search("weather today", limit=1)
    return "it answers" + ("" if found else ", but found nothing")


async def _check_judge(settings: Settings) -> str:
    tried = await try_models(settings, now=utc_now())
    builtin = "builtin: numbers, prices, stock, phrases and changed pages"
    return "; then ".join((builtin, *tried))
