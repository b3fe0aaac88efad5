"""Facts that a page states in its markup: its dates, its own address."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import cast

import httpx2
from selectolax.lexbor import LexborHTMLParser

Json = Mapping[str, object]

_MAX_NODES = 2_000
_EARLIEST = 1990
_NESTED = ("@graph", "mainEntity", "itemListElement", "item", "hasVariant")
# In lower case; the surest first.
_DATE_NAMES = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "citation_publication_date",
    "citation_online_date",
    "dc.date.issued",
    "dcterms.issued",
    "dcterms.created",
    "dc.date",
    "dcterms.date",
    "publish-date",
    "publishdate",
    "publish_date",
    "publication_date",
    "pubdate",
    "date",
)
_MAX_META = 300
# https://news.example/2026/04/01/title: only a whole date between slashes is one.
_DATE_IN_PATH = re.compile(r"/((?:19|20)\d\d)[/-]([01]?\d)[/-]([0-3]?\d)(?=[/._-]|$)")


def attribute(tree: LexborHTMLParser, selector: str, name: str) -> str:
    """Return an attribute of the first match, or an empty string."""
    node = tree.css_first(selector)
    return "" if node is None else squeeze(node.attributes.get(name) or "")


def squeeze(text: str) -> str:
    return " ".join(text.split())


def linked_data(tree: LexborHTMLParser) -> list[Json]:
    """Return the objects of the page's JSON-LD that describe the page, not its neighbours."""
    found: list[Json] = []
    for script in tree.css("script[type='application/ld+json']"):
        try:
            data: object = json.loads(script.text())
        except (ValueError, RecursionError):
            continue
        found += _objects(data)
    return found[:_MAX_NODES]


def _objects(data: object) -> Iterator[Json]:
    waiting: list[object] = [data]
    for _ in range(_MAX_NODES):
        if not waiting:
            return
        value = waiting.pop(0)
        if isinstance(value, list):
            waiting += cast(list[object], value)
        elif isinstance(value, dict):
            item = cast(Json, value)
            yield item
            waiting += [item[name] for name in _NESTED if name in item]


def published_at(tree: LexborHTMLParser, data: list[Json], url: str = "") -> datetime | None:
    """Return when the page says it was published, in UTC.

    What it says in its markup comes first, a date in its address last.
    """
    claims = [plain(item.get("datePublished")) for item in data]
    claims += _dates_in_meta(tree)
    claims += [
        attribute(tree, "[itemprop=datePublished]", "datetime"),
        attribute(tree, "time[pubdate]", "datetime"),
        attribute(tree, "article time[datetime], main time[datetime]", "datetime"),
        attribute(tree, "time[datetime]", "datetime"),
        *("-".join(found) for found in _DATE_IN_PATH.findall(url[:2_000])[:1]),
    ]
    return next((moment for claim in claims if (moment := parse_date(claim))), None)


def _dates_in_meta(tree: LexborHTMLParser) -> list[str]:
    dates: dict[str, str] = {}
    for node in tree.css("meta")[:_MAX_META]:
        given = node.attributes
        name = given.get("property") or given.get("name") or given.get("itemprop") or ""
        dates.setdefault(name.lower(), squeeze(given.get("content") or ""))
    return [dates[name] for name in _DATE_NAMES if name in dates]


def parse_date(text: str) -> datetime | None:
    """Parse an ISO 8601 or e-mail date into UTC; without a time zone it is taken as UTC."""
    text = text.strip()
    try:
        moment = datetime.fromisoformat(_SLOPPY.sub(_spelled_out, text))
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
    if moment.year < _EARLIEST or moment.year > 9000:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


# 2026/4/1 and 2026-4-1 are as clear as 2026-04-01.
_SLOPPY = re.compile(r"^(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})(?!\d)")


def _spelled_out(found: re.Match[str]) -> str:
    return f"{found[1]}-{found[2]:0>2}-{found[3]:0>2}"


def canonical_url(tree: LexborHTMLParser, url: str) -> str:
    """Return the address the page prefers if it is on the same host, else `url`."""
    link = attribute(tree, "link[rel~=canonical]", "href")
    if not link:
        return url
    try:
        here = httpx2.URL(url)
        there = here.join(link).copy_with(fragment=None, userinfo=b"")
    except (httpx2.InvalidURL, ValueError):
        return url
    same = there.scheme in {"http", "https"} and (there.host, there.port) == (here.host, here.port)
    return str(there) if same else url


def plain(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return squeeze(str(value))
