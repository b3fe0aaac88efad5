"""robots.txt: the pages that a site keeps from programs nobody sent to it by name."""

import asyncio
from collections import OrderedDict
from typing import Protocol

import httpx2
from protego import Protego

from torale.server.evidence.fetching.fetcher import Fetcher
from torale.server.evidence.fetching.politeness import Timing
from torale.server.outbound import Fetched, OutboundError

AGENT = "Torale"
_SECONDS_KEPT = 24 * 3600.0
_SECONDS_KEPT_AFTER_FAILURE = 600.0
_MAX_SITES = 500
_MAX_BYTES = 500_000  # RFC 9309: at least this much must be read


class Rules(Protocol):
    def can_fetch(self, url: str, user_agent: str) -> bool: ...


class Robots:
    """The robots.txt of the sites met lately."""

    def __init__(self, fetcher: Fetcher, timing: Timing, *, max_sites: int = _MAX_SITES) -> None:
        self._fetcher = fetcher
        self._timing = timing
        self._max_sites = max_sites
        self._sites: OrderedDict[str, tuple[float, Rules]] = OrderedDict()

    async def allows(self, url: str) -> bool:
        """Tell whether the site lets us read `url`; a robots.txt that cannot be had forbids."""
        try:
            site = str(httpx2.URL(url).join("/robots.txt").copy_with(userinfo=b""))
        except (httpx2.InvalidURL, ValueError):
            return False
        expiry, rules = self._sites.get(site, (0.0, None))
        if rules is None or expiry <= self._timing.monotonic():
            rules = await self._learn(site)
        return rules.can_fetch(url, AGENT)

    async def _learn(self, site: str) -> Rules:
        try:
            answer = await self._fetcher.fetch(site)
        except OutboundError:
            text, kept = _FORBIDDEN, _SECONDS_KEPT_AFTER_FAILURE
        else:
            text, kept = _text(answer)
        rules: Rules = await asyncio.to_thread(Protego.parse, text)
        self._sites[site] = (self._timing.monotonic() + kept, rules)
        self._sites.move_to_end(site)
        if len(self._sites) > self._max_sites:
            self._sites.popitem(last=False)
        return rules


_FORBIDDEN = "User-agent: *\nDisallow: /"


def _text(answer: Fetched) -> tuple[str, float]:
    """Return what to parse and for how long it holds, as RFC 9309 reads the status."""
    if answer.status == 200:
        return answer.body[:_MAX_BYTES].decode(errors="replace"), _SECONDS_KEPT
    if answer.status < 500 and answer.status != 429:
        return "", _SECONDS_KEPT  # there are no rules
    return _FORBIDDEN, _SECONDS_KEPT_AFTER_FAILURE
