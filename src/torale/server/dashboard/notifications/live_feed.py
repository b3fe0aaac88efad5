"""Live feed: one query a second serves all the open pages of a process."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from torale.server.clock import Clock
from torale.server.database import Sessions
from torale.server.executions.history.live_changes import Snapshot, changed_tasks, take_snapshot
from torale.server.limits.errors import RateLimitedError
from torale.server.parts import Part

log = structlog.get_logger()

MAX_OF_USER = 5
MAX_OF_PROCESS = 500
_TRY_AGAIN_SECONDS = 30


@dataclass(eq=False, slots=True)
class Stream:
    """One open page.

    Attributes:
        changes: Tasks that changed since the page got the last ones; True for one in flight.
        is_new: No round has served it yet.
    """

    user_id: UUID
    changes: dict[UUID, bool] = field(default_factory=dict[UUID, bool])
    is_new: bool = True
    is_over: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, seconds: float) -> dict[UUID, bool]:
        """Wait until something changed, but not longer; answers what did."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.wake.wait(), seconds)
        self.wake.clear()
        found, self.changes = self.changes, {}
        return found

    def end(self) -> None:
        self.is_over = True
        self.wake.set()


class LiveFeed:
    """Looks for changes as long as a page is open, wherever the executions run."""

    def __init__(
        self, sessions: Sessions, clock: Clock, *, every: float = 1.0, heartbeat: float = 15.0
    ) -> None:
        """Take where to look; `every` and `heartbeat` are seconds."""
        self.heartbeat = heartbeat
        self._sessions = sessions
        self._clock = clock
        self._every = every
        self._streams: set[Stream] = set()
        self._watching: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def open_pages(self) -> int:
        return len(self._streams)

    def open(self, user_id: UUID) -> Stream:
        """Open a stream for a user; whoever opens it must `leave` it.

        Raises:
            RateLimitedError: The user, or this process, has as many as may be.
        """
        of_user = sum(stream.user_id == user_id for stream in self._streams)
        if self._is_closed or of_user >= MAX_OF_USER or len(self._streams) >= MAX_OF_PROCESS:
            raise RateLimitedError(_TRY_AGAIN_SECONDS)
        stream = Stream(user_id)
        self._streams.add(stream)
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch(), name="live")
        return stream

    def leave(self, stream: Stream) -> None:
        self._streams.discard(stream)

    def close(self) -> None:
        """End all streams, so that the server can stop."""
        self._is_closed = True
        for stream in self._streams:
            stream.end()

    async def closed(self) -> None:
        """Wait until the last look is over, so that the database may be closed."""
        if self._watching is not None:
            await self._watching

    async def _watch(self) -> None:
        """Look until nobody listens."""
        before: Snapshot = {}
        while self._streams and not self._is_closed:
            try:
                before = await self._round(before)
            except Exception:  # the database may be away for a while
                log.exception("loop.failed", loop="live")
            await asyncio.sleep(self._every)
        self._watching = None

    async def _round(self, before: Snapshot) -> Snapshot:
        users = {stream.user_id for stream in self._streams}
        async with self._sessions.begin() as session:
            after = await take_snapshot(session, users, now=self._clock())
        # To who has just come all is news: their page may be a moment older.
        news, all_of_it = changed_tasks(before, after), changed_tasks({}, after)
        for stream in self._streams:
            if stream.user_id not in users:
                continue  # came during the look
            changes = all_of_it if stream.is_new else news
            stream.is_new = False
            if tasks := changes.get(stream.user_id):
                stream.changes.update(tasks)
                stream.wake.set()
        return after


LIVE_FEED = Part[LiveFeed]("live_feed")
