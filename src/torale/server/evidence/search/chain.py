"""Chain of search providers, from the settings: the first that answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import structlog
from pydantic import SecretStr

from torale.server.errors import SettingsError
from torale.server.evidence.base import SearchFreshness
from torale.server.evidence.fetching.fetcher import LONGEST_PAUSE
from torale.server.evidence.fetching.politeness import Timing, backoff
from torale.server.evidence.search.apis import APIS, SEARXNG, Api
from torale.server.evidence.search.base import DEFAULT_LIMIT, Hit, SearchError, SearchProvider
from torale.server.evidence.search.ddgs_provider import Ddgs
from torale.server.evidence.search.json_search import JsonSearch
from torale.server.evidence.search.memory import SearchMemory
from torale.server.outbound import EVERYWHERE, Outbound, check_url
from torale.server.settings.base import Settings

MAX_ATTEMPTS = 3
_APIS = {api.name: api for api in APIS}
_KNOWN = "use `auto`, `none`, or a comma-separated list of `searxng:URL`, {} and `ddgs`".format(
    ", ".join(f"`{api.name}`" for api in APIS)
)

log = structlog.get_logger(__name__)


class Chain:
    """Asks its providers in order until one gives an answer, be it an empty one.

    Whatever keeps one from answering, the next is asked at once. Only when none has answered are
    those asked again whose failure may pass, twice at most.
    """

    def __init__(
        self, providers: Sequence[SearchProvider], timing: Timing, memory: SearchMemory
    ) -> None:
        self._providers = tuple(providers)
        self._timing = timing
        self._memory = memory

    @property
    def name(self) -> str:
        return ", ".join(provider.name for provider in self._providers)

    async def search(
        self, query: str, freshness: SearchFreshness, *, limit: int = DEFAULT_LIMIT
    ) -> Sequence[Hit]:
        """Return the best hits, best first.

        Raises:
            SearchError: None of the providers gave an answer.
        """
        waiting, failures = list(self._providers), dict[SearchProvider, SearchError]()
        for attempt in range(1, MAX_ATTEMPTS + 1):
            for provider in waiting:
                try:
                    return await self._memory.search(
                        provider,
                        query,
                        limit=limit,
                        fresh=freshness.fresh,
                        max_age=freshness.max_age,
                    )
                except SearchError as error:
                    log.warning("search.failed", provider=provider.name, kind=error.kind)
                    failures[provider] = error
            waiting = [provider for provider in waiting if failures[provider].retryable]
            if not waiting or attempt == MAX_ATTEMPTS:
                break
            pauses = [pause for provider in waiting if (pause := failures[provider].pause)]
            pause = backoff(attempt, min(pauses, default=None), LONGEST_PAUSE)
            await self._timing.sleep(pause.total_seconds())
        last = list(failures.values())[-1]
        raise SearchError(last.kind, " ".join(failure.detail for failure in failures.values()))

    async def aclose(self) -> None:
        """Give up what is under way."""
        await self._memory.aclose()


@dataclass(frozen=True, slots=True)
class Making:
    """What providers are made of.

    Attributes:
        trusted: Reaches addresses from the operator's own settings.
    """

    settings: Settings
    trusted: Outbound
    timing: Timing

    def api(self, api: Api) -> SearchProvider:
        key = _key_of(self.settings, api)
        if not key:
            raise SettingsError(
                f"TORALE_SEARCH: `{api.name}` needs a key: set {api.key}, or name another provider"
            )
        return JsonSearch(api, self.trusted, self.timing.clock, key=key)

    def searxng(self, url: str) -> SearchProvider:
        address = f"{_address(url).rstrip('/').removesuffix('/search')}/search"
        return JsonSearch(SEARXNG, self.trusted, self.timing.clock, url=address)


def build(settings: Settings, trusted: Outbound, timing: Timing) -> Chain | None:
    """Make the search that TORALE_SEARCH asks for; None for `none`.

    Args:
        settings: Those of the server.
        trusted: Reaches addresses from the operator's own settings.
        timing: For dates, pauses and expiry.

    Raises:
        SettingsError: It asks for something that is not there.
    """
    made = providers(settings, trusted, timing)
    return Chain(made, timing, SearchMemory(timing.monotonic)) if made else None


def providers(settings: Settings, trusted: Outbound, timing: Timing) -> Sequence[SearchProvider]:
    """Make each provider that TORALE_SEARCH asks for, in its order.

    Raises:
        SettingsError: It asks for something that is not there.
    """
    setting = settings.search.strip()
    make = Making(settings, trusted, timing)
    if setting == "auto":
        configured = [make.api(api) for api in APIS if _key_of(settings, api)]
        return configured or ([Ddgs()] if _has_ddgs() else [])
    if setting in {"none", ""}:
        return []
    return [_provider(word.strip(), make) for word in setting.split(",") if word.strip()]


def _provider(setting: str, make: Making) -> SearchProvider:
    name, _, rest = setting.partition(":")
    if name == "searxng":
        return make.searxng(rest)
    if setting in _APIS:
        return make.api(_APIS[setting])
    if setting != "ddgs":
        raise SettingsError(f"TORALE_SEARCH: {setting!r} is unknown; {_KNOWN}")
    if not _has_ddgs():
        raise SettingsError(
            "TORALE_SEARCH: `ddgs` is not installed; install `torale[server,ddgs]` or name another"
        )
    return Ddgs()


def _key_of(settings: Settings, api: Api) -> str:
    """Return the operator's key for a service, or nothing.

    Raises:
        SettingsError: It cannot be one; the message does not show it.
    """
    given: SecretStr | None = getattr(settings, api.key.lower())
    key = given.get_secret_value().strip() if given is not None else ""
    if not key.isascii() or not key.isprintable() or " " in key:
        raise SettingsError(f"{api.key}: this is no key; copy it again, without spaces or quotes")
    return key


def _address(url: str) -> str:
    try:
        return check_url(url, EVERYWHERE)
    except ValueError as error:
        raise SettingsError(
            f"TORALE_SEARCH: {error} Write `searxng:http://localhost:8080`"
        ) from None


def _has_ddgs() -> bool:
    return find_spec("ddgs") is not None
