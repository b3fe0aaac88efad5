"""Service: all parts of a process and its loops. Where all rooms but the application meet."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from filelock import FileLock, Timeout
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from torale.server import migrations
from torale.server.audit.retention import RetentionRound
from torale.server.auth import service as auth_service
from torale.server.auth.accounts import first_admin, proofs
from torale.server.auth.accounts import sessions as browser_sessions
from torale.server.auth.accounts.oauth import OAuthClient
from torale.server.auth.accounts.own_accounts import Accounts
from torale.server.auth.accounts.passwords import Passwords
from torale.server.auth.clerk import provider as clerk_provider
from torale.server.auth.key_uses import KeyUses
from torale.server.auth.keys import Keys
from torale.server.budgets.ledger import BudgetLedger, daily_limits_of
from torale.server.clock import Clock, utc_now
from torale.server.crypto import Vault
from torale.server.database import connect, connect_reader, connect_sync, make_sessions
from torale.server.engine.dbos_engine import Engine
from torale.server.engine.process_locks import RETENTION_LOCK, try_lock
from torale.server.errors import SettingsError
from torale.server.evidence import build_gatherer
from torale.server.executions.checker import Checker
from torale.server.executions.dispatching.dispatcher import Dispatcher
from torale.server.executions.dispatching.job_names import EXECUTION
from torale.server.executions.dispatching.sweeper import Sweeper
from torale.server.executions.execution_job import ExecutionJob
from torale.server.judge.corroborate import Rule
from torale.server.judging import build_judge
from torale.server.limits import LimitPolicies, make_limits
from torale.server.notifications.channels.registry import make_senders
from torale.server.notifications.jobs import DeliveryJob
from torale.server.notifications.mails.account_mails import AccountMailJob
from torale.server.notifications.outbox.delivery_jobs import DELIVERY
from torale.server.notifications.outbox.lost_jobs import revive
from torale.server.outbound import Outbound
from torale.server.parts import Part
from torale.server.sandbox import Sandbox
from torale.server.settings import data_folder
from torale.server.settings.base import Settings
from torale.server.telemetry import Metrics

log = structlog.get_logger()

DISPATCH_EVERY = timedelta(seconds=1)
BEAT_EVERY = timedelta(seconds=5)
WRITE_USES_EVERY = timedelta(seconds=1)
SWEEP_EVERY = timedelta(seconds=10)
FORGET_EVERY = timedelta(hours=1)
JOB_RECORDS_KEPT = timedelta(days=7)
ROUND_ENDS = timedelta(seconds=1)
STALE_AFTER = timedelta(seconds=30)
_IN_SANDBOX = ("torale.server.evidence.readers.documents", "torale.server.judge.corroborate")


class Service:
    """Everything that one process holds. Built by the composition roots, handed down by hand."""

    def __init__(
        self,
        settings: Settings,
        *,
        kind: str,
        executes: bool,
        clock: Clock = utc_now,
        policies: LimitPolicies | None = None,
    ) -> None:
        """Build all parts; `policies` are the rate limits, if not those of the product."""
        self.settings = settings
        self.clock = clock
        self.executes = executes
        self.metrics = Metrics()
        self.vault = Vault(data_folder.secret_key(settings))
        self._database = connect(settings)
        self.sessions = make_sessions(self._database)
        self.keys = Keys(connect_reader(settings))
        self.key_uses = KeyUses()
        self.limits = make_limits(settings, policies)
        self.clerk = clerk_provider.build(settings, self.sessions, clock)
        self.outbound = Outbound(settings.allow_private_networks)
        self._sandbox = Sandbox(preload=_IN_SANDBOX)
        self.gatherer = build_gatherer(settings, clock, self._sandbox)
        self.senders = make_senders(settings, self.outbound)
        self._judge = build_judge(settings, self._sandbox)
        self.checker = self._build_checker()
        self.engine = Engine(settings, self.sessions, clock, kind=kind)
        self.accounts = Accounts(self.sessions, Passwords(), proofs.Proofs(self.vault, self.engine))
        self.oauth = OAuthClient()
        self.setup_token: str | None = None
        self.dispatcher = Dispatcher(self.sessions, self.engine, clock, self.metrics)
        self._sweeper = Sweeper(self.sessions, self.engine, clock, self.metrics)
        self._executions: ExecutionJob | None = None
        self._loops: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        if executes:
            self._handle_jobs()

    def _build_checker(self) -> Checker:
        ledger = BudgetLedger(self.sessions, daily_limits_of(self.settings), self.clock)
        rule = Rule(self.settings.corroboration)
        return Checker(self.gatherer, self._judge, ledger, rule, self._sandbox)

    def _handle_jobs(self) -> None:
        self._executions = execution = ExecutionJob(
            self.sessions,
            self.engine,
            self.checker,
            self.clock,
            self.metrics,
            self.settings.url,
        )
        delivery = DeliveryJob(
            sessions=self.sessions,
            jobs=self.engine,
            senders=self.senders,
            vault=self.vault,
            settings=self.settings,
            clock=self.clock,
            metrics=self.metrics,
        )
        self.engine.handle(EXECUTION, execution.run, at_once=self.settings.concurrency)
        # More than executions: a message mostly waits, and receivers that hang must not fill it.
        slots = self.settings.concurrency * 5
        self.engine.handle(DELIVERY, delivery.run, at_once=slots)
        mails = AccountMailJob(self.sessions, self.accounts, self.senders.mailer, self.clock)
        self.engine.handle(proofs.ACCOUNT_MAIL, mails.run, at_once=self.settings.concurrency)

    async def start(self) -> None:
        """Launch the engine and the loops on the running event loop."""
        if self.settings.is_noauth:
            async with self.sessions.begin() as session:
                await auth_service.ensure_local_user(session, now=self.clock())
        elif self.clerk is None:
            async with self.sessions.begin() as session:
                self.setup_token = await first_admin.offer(session, self.vault, now=self.clock())
        await self.engine.start()
        self._loop(BEAT_EVERY, "heartbeat", self._beat)
        self._loop(WRITE_USES_EVERY, "key uses", self._write_uses)
        if self.executes:
            self._loop(DISPATCH_EVERY, "dispatcher", self.dispatcher.tick)
            self._loop(SWEEP_EVERY, "sweeper", self._sweep)
            self._loop(FORGET_EVERY, "retention", self._forget)

    async def stop(self) -> None:
        """End the loops, let running jobs end, close every connection."""
        self._stopping.set()
        if self._loops:
            # A round that is cut off may leave a transaction open, which locks all of SQLite.
            await asyncio.wait(self._loops, timeout=ROUND_ENDS.total_seconds())
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        self._loops.clear()
        await self.engine.stop()
        if self._executions is not None:
            await self._executions.aclose()
        with suppress(SQLAlchemyError, OSError):  # no more than a second's uses
            await self._write_uses()
        await self.limits.aclose()
        await self._judge.aclose()
        await self.gatherer.aclose()
        await self._sandbox.aclose()
        await self.outbound.aclose()
        if self.clerk is not None:
            await self.clerk.aclose()
        self.accounts.passwords.close()
        await self.oauth.aclose()
        await self.keys.aclose()
        await self._database.dispose()

    def _loop(self, every: timedelta, name: str, action: Callable[[], Awaitable[object]]) -> None:
        async def forever() -> None:
            while not self._stopping.is_set():
                try:
                    await action()
                except Exception:  # a loop outlives whatever goes wrong in one round
                    log.exception("loop.failed", loop=name)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), every.total_seconds())

        self._loops.append(asyncio.create_task(forever(), name=name))

    async def _write_uses(self) -> None:
        await self.key_uses.write(self.sessions, now=self.clock())

    async def _beat(self) -> None:
        await self.engine.beat(self.clock())

    async def _sweep(self) -> None:
        await self._sweeper.sweep()
        async with self.sessions.begin() as session:
            await revive(session, self.engine, self.engine.unfinished, now=self.clock())

    async def _forget(self) -> None:
        now = self.clock()
        async with self.sessions.begin() as session:
            await browser_sessions.forget(session, now=now)
            await proofs.forget(session, now=now)
        batches = RetentionRound(
            now=now,
            evidence_days=self.settings.evidence_days,
            execution_days=self.settings.execution_days,
        )
        while not (batches.is_over or self._stopping.is_set()):
            async with self.sessions.begin() as session:
                if not await try_lock(session, RETENTION_LOCK):
                    return
                await batches.delete_batch(session)
            await asyncio.sleep(0)  # whoever waits for the database comes in between
        forgotten = 1
        while forgotten and not self._stopping.is_set():
            forgotten = await self.engine.forget(before=now - JOB_RECORDS_KEPT)

    async def is_dispatching(self, now: datetime) -> bool:
        """Tell whether some process looks for due tasks: this one, or a worker elsewhere."""
        fresh = now - STALE_AFTER
        if self.executes:
            return self.dispatcher.last_tick is not None and self.dispatcher.last_tick > fresh
        return await self.engine.is_executing(since=fresh)


SERVICE = Part[Service]("service")


def prepare(settings: Settings) -> FileLock | None:
    """Migrate the database, and on SQLite make sure that nobody else uses it.

    Returns the lock that the caller must hold as long as it runs, or None on PostgreSQL.

    Raises:
        SettingsError: The data folder or the database cannot be used; the message says why.
    """
    folder = data_folder.open_data_dir(settings)
    lock = None
    if settings.is_sqlite:
        lock = FileLock(folder / "torale.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise SettingsError(
                f"TORALE_DATA_DIR: another Torale process is using {folder}; stop it, name "
                "another folder, or set DATABASE_URL to run several processes on PostgreSQL"
            ) from None
    migrate(settings)
    return lock


def migrate(settings: Settings) -> None:
    """Bring the database to the newest schema.

    Raises:
        SettingsError: It cannot be reached.
    """
    engine = connect_sync(settings)
    try:
        migrations.upgrade(engine)
    except OperationalError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        raise SettingsError(f"DATABASE_URL: the database cannot be used ({reason})") from None
    finally:
        engine.dispose()


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Run a worker until `stop` is set: it dispatches and executes, and answers no requests."""
    service = Service(settings, kind="worker", executes=True)
    await service.start()
    log.info("worker.started", executor_id=service.engine.executor_id)
    try:
        await stop.wait()
    finally:
        await service.stop()
