"""From TORALE_SEARCH to a provider: the first of the list that answers."""

from collections.abc import Sequence
from importlib.util import find_spec

from torale.server.errors import SettingsError
from torale.server.evidence.fetcher import Fetcher
from torale.server.evidence.search.base import DEFAULT_LIMIT, Hit, SearchError, SearchProvider
from torale.server.evidence.search.ddgs_provider import Ddgs
from torale.server.evidence.search.searxng import Searxng
from torale.server.outbound import EVERYWHERE, check_url

_KNOWN = "use `auto`, `none`, or a comma-separated list of `searxng:URL`, `ddgs`"


class Chain:
    """Asks its providers in order until one gives an answer, be it an empty one."""

    def __init__(self, providers: Sequence[SearchProvider]) -> None:
        self._providers = tuple(providers)

    @property
    def name(self) -> str:
        return ", ".join(one.name for one in self._providers)

    async def search(self, query: str, *, limit: int = DEFAULT_LIMIT) -> Sequence[Hit]:
        failures: list[SearchError] = []
        for provider in self._providers:
            try:
                return await provider.search(query, limit=limit)
            except SearchError as error:
                failures.append(error)
        raise SearchError(failures[-1].kind, " ".join(one.detail for one in failures))


def build(setting: str, trusted: Fetcher) -> SearchProvider | None:
    """Make the provider that `setting` asks for; None for `none`.

    Args:
        setting: The value of TORALE_SEARCH.
        trusted: Reaches addresses from the operator's own settings.

    Raises:
        SettingsError: It asks for something that is not there.
    """
    setting = setting.strip()
    if setting == "auto":
        return Ddgs() if _has_ddgs() else None
    if setting in {"none", ""}:
        return None
    providers = [_provider(one.strip(), trusted) for one in setting.split(",") if one.strip()]
    return providers[0] if len(providers) == 1 else Chain(providers)


def _provider(setting: str, trusted: Fetcher) -> SearchProvider:
    name, _, rest = setting.partition(":")
    if name == "searxng":
        return Searxng(_address(rest), trusted)
    if setting != "ddgs":
        raise SettingsError(f"TORALE_SEARCH: {setting!r} is unknown; {_KNOWN}")
    if not _has_ddgs():
        raise SettingsError(
            "TORALE_SEARCH: `ddgs` is not installed; install `torale[server,ddgs]` or name another"
        )
    return Ddgs()


def _address(url: str) -> str:
    try:
        return check_url(url, EVERYWHERE)
    except ValueError as error:
        raise SettingsError(
            f"TORALE_SEARCH: {error} Write `searxng:http://localhost:8080`"
        ) from None


def _has_ddgs() -> bool:
    return find_spec("ddgs") is not None
