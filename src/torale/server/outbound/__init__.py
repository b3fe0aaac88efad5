"""The only way out for addresses that users or pages give.

The operator's own settings (search, mail, model …) may point into a private network; everything
else may not, however the address is written, redirected or resolved.
"""

from torale.server.outbound.addresses import EVERYWHERE, Network, check_url
from torale.server.outbound.client import (
    Fetched,
    Outbound,
    parse_retry_after,
    user_agent,
)
from torale.server.outbound.errors import OutboundError
from torale.server.outbound.guard import Resolve, resolve
from torale.server.outbound.tls import tls_context

__all__ = [
    "EVERYWHERE",
    "Fetched",
    "Network",
    "Outbound",
    "OutboundError",
    "Resolve",
    "check_url",
    "parse_retry_after",
    "resolve",
    "tls_context",
    "user_agent",
]
