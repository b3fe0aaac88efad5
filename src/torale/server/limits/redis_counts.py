"""The counts that several processes share, in Redis."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from torale.server.errors import SettingsError
from torale.server.limits.rules import LimitDecision, LimitPolicy, Window, standings

log = structlog.get_logger()

PATIENCE_SECONDS = 1.0  # what a request waits for Redis at the most
RETRY_SECONDS = 1.0
MAX_CONNECTIONS = 20

# The rule of `rules.Trail`, as one step at the server and by its clock, so that processes agree.
# One list of times per window, in microseconds, oldest first: a list holds what its window counts.
_TAKE = """
local clock = redis.call('TIME')
local at = clock[1] * 1000000 + clock[2]
for _, key in ipairs(KEYS) do
  at = math.max(at, tonumber(redis.call('LINDEX', key, -1) or 0))
end
local fits = 1
local found = {}
for index, key in ipairs(KEYS) do
  local gone = at - ARGV[2 * index] * 1000000
  local oldest = redis.call('LINDEX', key, 0)
  while oldest and tonumber(oldest) <= gone do
    redis.call('LPOP', key)
    oldest = redis.call('LINDEX', key, 0)
  end
  local count = redis.call('LLEN', key)
  if count >= tonumber(ARGV[2 * index - 1]) then fits = 0 end
  found[index] = {count, tonumber(oldest or at)}
end
local answer = {fits, clock[1] * 1000000 + clock[2]}
for index, key in ipairs(KEYS) do
  if fits == 1 then
    redis.call('RPUSH', key, string.format('%.0f', at))
    redis.call('EXPIRE', key, ARGV[2 * index] + 1)
  end
  answer[2 * index + 1] = found[index][1] + fits
  answer[2 * index + 2] = found[index][2]
end
return answer
"""
_PROBE = LimitPolicy("probe", (Window("second", 1, 1),))


class RedisCounts:
    """Counts in Redis for as long as it answers.

    When it does not, `take` gives None at once, and Redis is tried in the background until it
    is back. Both are logged, once.
    """

    def __init__(self, url: str) -> None:
        self._redis = _connect(url)
        self._script = self._redis.register_script(_TAKE)
        self._return: asyncio.Task[None] | None = None  # while Redis is away

    async def take(self, policy: LimitPolicy, subject: str) -> LimitDecision | None:
        """Admit one request of `subject` if every window has room; None while Redis is away."""
        if self._return is not None:
            return None
        try:
            return await self._ask(policy, subject)
        except (RedisError, OSError) as error:
            self._leave(error)
            return None

    async def probe(self) -> None:
        """Count something, to see whether Redis does all that we need: a PING would not tell.

        Raises:
            RedisError: It does not.
            OSError: It is out of reach.
        """
        await self._ask(_PROBE, "torale")

    async def aclose(self) -> None:
        if self._return is not None:
            self._return.cancel()
            await asyncio.gather(self._return, return_exceptions=True)
        with suppress(RedisError, OSError):
            await self._redis.aclose()

    async def _ask(self, policy: LimitPolicy, subject: str) -> LimitDecision:
        windows = policy.windows
        # The braces keep all windows of a subject on one node of a cluster.
        base = f"torale:limits:{{{policy.name}:{subject}}}"
        keys = [f"{base}:{window.seconds}" for window in windows]
        arguments = [value for window in windows for value in (window.limit, window.seconds)]
        is_admitted, at, *pairs = map(int, await self._answer(keys, arguments))
        found = standings(windows, pairs[::2], pairs[1::2], at)
        return LimitDecision(bool(is_admitted), at, policy, found)

    async def _answer(self, keys: list[str], arguments: list[int]) -> "Sequence[Any]":
        asking = asyncio.ensure_future(self._script(keys, arguments))
        asking.add_done_callback(_retrieve)
        # Cancelled while it connects, the library may go on: whoever waits for that leaves.
        done, _ = await asyncio.wait({asking}, timeout=PATIENCE_SECONDS)
        if not done:
            asking.cancel()
            raise TimeoutError
        return cast("Sequence[Any]", asking.result())

    def _leave(self, error: Exception) -> None:
        if self._return is None:  # of all requests that fail together the first says so
            reason = str(error).partition("\n")[0] or type(error).__name__
            log.warning("limits.redis_away", reason=reason, until_then="each process counts alone")
            self._return = asyncio.create_task(self._come_back(), name="redis")

    async def _come_back(self) -> None:
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            try:
                await self.probe()
            except (RedisError, OSError):
                continue
            self._return = None
            log.info("limits.redis_back")
            return


def _retrieve(ended: "asyncio.Future[Any]") -> None:
    """Look at the error of what nobody waits for any more, lest it is logged as forgotten."""
    if not ended.cancelled():
        ended.exception()


def _connect(url: str) -> "Redis":
    # It gives up early: a limit is not worth waiting for. Nothing is dialled yet.
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=MAX_CONNECTIONS,
        timeout=PATIENCE_SECONDS,
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )
    return Redis.from_pool(pool)


async def reach(url: str) -> None:
    """Try the counts once.

    Raises:
        SettingsError: They cannot be used; the message says why.
    """
    counts = RedisCounts(url)
    try:
        await counts.probe()
    except (RedisError, OSError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise SettingsError(f"REDIS_URL: Redis cannot be used ({reason})") from None
    finally:
        await counts.aclose()
