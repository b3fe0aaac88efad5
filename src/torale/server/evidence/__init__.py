"""Evidence: what a verdict may rest on. Knows no database."""

from torale.server.clock import Clock
from torale.server.evidence.fetching.fetcher import Fetcher
from torale.server.evidence.fetching.politeness import Timing
from torale.server.evidence.fetching.robots import Robots
from torale.server.evidence.gatherer import WebAccess, WebGatherer
from torale.server.evidence.search import SEARCH_TIMEOUT, build
from torale.server.outbound import Outbound, user_agent
from torale.server.sandbox import Runner
from torale.server.settings.base import Settings


def build_gatherer(settings: Settings, clock: Clock, runner: Runner) -> WebGatherer:
    """Connect a gatherer to the web, as the operator set it. Close it when done.

    Args:
        runner: Calls the readers; it is not closed with the gatherer.

    Raises:
        SettingsError: TORALE_SEARCH asks for something that is not there.
    """
    timing = Timing(clock=clock)
    trusted = Outbound.trusted(timeout=SEARCH_TIMEOUT)
    guarded = Outbound(settings.allow_private_networks, user_agent=user_agent(settings.public_url))
    fetcher = Fetcher(guarded, timing)
    search = build(settings, trusted, timing)
    owned = (fetcher, trusted, guarded) if search is None else (search, fetcher, trusted, guarded)
    return WebGatherer(WebAccess(fetcher, Robots(fetcher, timing), search, runner, owned))
