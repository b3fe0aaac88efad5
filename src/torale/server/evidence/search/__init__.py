"""Search providers: one module each, all with the same answer."""

from torale.server.evidence.search.base import Hit, SearchError, SearchProvider
from torale.server.evidence.search.chain import build

__all__ = ["Hit", "SearchError", "SearchProvider", "build"]
