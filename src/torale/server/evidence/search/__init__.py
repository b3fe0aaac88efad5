"""Search: one protocol, services as data, one memory for all who ask."""

from datetime import timedelta

from torale.server.evidence.search.base import Hit, SearchError, SearchProvider
from torale.server.evidence.search.chain import Chain, build, providers

SEARCH_TIMEOUT = timedelta(seconds=10)  # leaves time for the next one, and for reading

__all__ = ["SEARCH_TIMEOUT", "Chain", "Hit", "SearchError", "SearchProvider", "build", "providers"]
