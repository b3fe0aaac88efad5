"""Search services that answer JSON, as data: their requests and the shape of their answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torale.server.evidence.search.base import Recency

_WORDS = {window: window.value for window in Recency}


@dataclass(frozen=True, slots=True)
class Api:
    """One service.

    Attributes:
        name: As TORALE_SEARCH and messages call it.
        title: As people call it.
        url: Where to ask; empty for what the operator runs.
        key: The setting that holds the key, or empty.
        header: What carries the key: a header's name and what stands before the key in it.
        posts: Asked by POST with a JSON body; by GET with a query otherwise.
        query: Name of the parameter with the question.
        count: Name of the parameter with the number of hits, or empty.
        recency: Name of the parameter for recent pages only.
        words: Its value for each window; empty when it takes a date (ISO 8601) instead.
        extra: Parameters that are always the same.
        results: Path to the list of hits.
        link: Field of a hit that holds its address.
        snippet: Fields of a hit that may say what the page says, the best first.
        dates: Fields of a hit that may hold its date, the best first.
        silent: Field of the answer that lists engines which gave none.
        hints: What to do about a status, as a sentence.
    """

    name: str
    title: str
    url: str = ""
    key: str = ""
    header: tuple[str, str] = ("", "")
    posts: bool = True
    query: str = "query"
    count: str = ""
    recency: str = ""
    words: Mapping[Recency, str] = field(default_factory=dict[Recency, str])
    extra: Mapping[str, object] = field(default_factory=dict[str, object])
    results: tuple[str, ...] = ("results",)
    link: str = "url"
    snippet: tuple[str, ...] = ("snippet",)
    dates: tuple[str, ...] = ()
    silent: str = ""
    hints: Mapping[int, str] = field(default_factory=dict[int, str])


SEARXNG = Api(
    name="searxng",
    title="SearXNG",
    posts=False,
    query="q",
    recency="time_range",
    words=_WORDS,
    extra={"format": "json"},
    snippet=("content",),
    dates=("publishedDate",),
    silent="unresponsive_engines",
    hints={
        403: "add `json` to `search.formats` in its settings.yml, and check `server.limiter`",
    },
)

# In the order in which `auto` asks them.
APIS = (
    Api(
        name="brave",
        title="Brave Search",
        url="https://api.search.brave.com/res/v1/web/search",
        key="BRAVE_API_KEY",
        header=("X-Subscription-Token", ""),
        posts=False,
        query="q",
        count="count",
        recency="freshness",
        words={Recency.DAY: "pd", Recency.WEEK: "pw", Recency.MONTH: "pm", Recency.YEAR: "py"},
        extra={"result_filter": "web", "text_decorations": "false"},
        results=("web", "results"),
        snippet=("description",),
        dates=("page_age", "age"),
    ),
    Api(
        name="serper",
        title="Serper",
        url="https://google.serper.dev/search",
        key="SERPER_API_KEY",
        header=("X-API-KEY", ""),
        query="q",
        count="num",
        recency="tbs",
        words={window: f"qdr:{window.value[0]}" for window in Recency},
        results=("organic",),
        link="link",
        dates=("date",),
    ),
    Api(
        name="tavily",
        title="Tavily",
        url="https://api.tavily.com/search",
        key="TAVILY_API_KEY",
        header=("Authorization", "Bearer "),
        count="max_results",
        recency="time_range",
        words=_WORDS,
        snippet=("content",),
        dates=("published_date",),
    ),
    Api(
        name="exa",
        title="Exa",
        url="https://api.exa.ai/search",
        key="EXA_API_KEY",
        header=("x-api-key", ""),
        count="numResults",
        recency="startPublishedDate",
        extra={"contents": {"highlights": True}},
        snippet=("highlights", "summary", "text"),
        dates=("publishedDate",),
    ),
    Api(
        name="perplexity",
        title="Perplexity Search",
        url="https://api.perplexity.ai/search",
        key="PERPLEXITY_API_KEY",
        header=("Authorization", "Bearer "),
        count="max_results",
        recency="search_recency_filter",
        words=_WORDS,
        dates=("date", "last_updated"),
    ),
)
