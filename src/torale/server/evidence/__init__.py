"""Retrieves what a verdict may rest on. Knows no database."""

from torale.server.clock import Clock
from torale.server.config import Settings
from torale.server.evidence.fetcher import Fetcher
from torale.server.evidence.gatherer import Doors, WebGatherer
from torale.server.evidence.politeness import Timing
from torale.server.evidence.robots import Robots
from torale.server.evidence.search import build
from torale.server.outbound import Outbound, user_agent


def build_gatherer(settings: Settings, clock: Clock) -> WebGatherer:
    """Connect a gatherer to the web, as the operator set it. Close it when done.

    Raises:
        SettingsError: TORALE_SEARCH asks for something that is not there.
    """
    timing = Timing(clock=clock)
    trusted = Outbound.trusted()
    guarded = Outbound(settings.allow_private_networks, user_agent=user_agent(settings.public_url))
    operators, fetcher = Fetcher(trusted, timing), Fetcher(guarded, timing)
    return WebGatherer(
        Doors(
            fetcher=fetcher,
            robots=Robots(fetcher, timing),
            search=build(settings.search, operators),
            owned=(operators, fetcher, trusted, guarded),
        )
    )
