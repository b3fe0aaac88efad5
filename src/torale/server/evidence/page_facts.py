"""What a page says about itself in its markup: dates, prices, its own address."""

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
_MAX_OFFERS = 10
_MAX_CELL = 200
_EARLIEST = 1990
_NESTED = ("@graph", "mainEntity", "itemListElement", "item", "hasVariant")
_PRICES = (("price", "Price"), ("lowPrice", "Lowest price"), ("highPrice", "Highest price"))
_DATE_META = (
    "meta[property='article:published_time']",
    "meta[itemprop=datePublished]",
    "meta[name=date]",
    "meta[name='dc.date']",
    "meta[name='DC.date.issued']",
    "meta[name=pubdate]",
)


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
        one = waiting.pop(0)
        if isinstance(one, list):
            waiting += cast(list[object], one)
        elif isinstance(one, dict):
            item = cast(Json, one)
            yield item
            waiting += [item[name] for name in _NESTED if name in item]


def published_at(tree: LexborHTMLParser, data: list[Json]) -> datetime | None:
    """Return when the page says it was published, in UTC."""
    claims = [_string(one.get("datePublished")) for one in data]
    claims += [attribute(tree, selector, "content") for selector in _DATE_META]
    claims += [
        attribute(tree, "[itemprop=datePublished]", "datetime"),
        attribute(tree, "time[pubdate]", "datetime"),
        attribute(tree, "article time[datetime], main time[datetime]", "datetime"),
        attribute(tree, "time[datetime]", "datetime"),
    ]
    return next((moment for claim in claims if (moment := parse_date(claim))), None)


def parse_date(text: str) -> datetime | None:
    """Parse an ISO 8601 or e-mail date into UTC; without a time zone it is taken as UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
    if moment.year < _EARLIEST or moment.year > 9000:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


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


def offer_lines(tree: LexborHTMLParser, data: list[Json]) -> list[str]:
    """Return `Price: 349.00 USD` and `Availability: in stock` as the markup states them."""
    products = [one for one in data if _is_a(one, "Product", "ProductGroup", "Vehicle", "Event")]
    lines: list[str] = []
    for product in products[:_MAX_OFFERS]:
        name = _string(product.get("name"))[:_MAX_CELL] if len(products) > 1 else ""
        prefix = f"{name} — " if name else ""
        lines += [prefix + line for offer in _offers(product) for line in _offer(offer)]
    return list(dict.fromkeys(lines)) or _meta_offer(tree)


def _offers(product: Json) -> list[Json]:
    offers = product.get("offers")
    listed = cast(list[object], offers) if isinstance(offers, list) else [offers]
    return [cast(Json, one) for one in listed if isinstance(one, dict)][:_MAX_OFFERS]


def _offer(offer: Json) -> Iterator[str]:
    currency = _string(offer.get("priceCurrency"))
    specification = offer.get("priceSpecification")
    if isinstance(specification, dict) and "price" not in offer:
        offer = {**cast(Json, specification), **offer}
        currency = currency or _string(offer.get("priceCurrency"))
    for name, label in _PRICES:
        price = _string(offer.get(name))
        yield from _line(label, f"{price} {currency}", price)
    available = availability(_string(offer.get("availability")))
    yield from _line("Availability", available, available)


def _meta_offer(tree: LexborHTMLParser) -> list[str]:
    price = (
        attribute(tree, "meta[property='product:price:amount']", "content")
        or attribute(tree, "meta[property='og:price:amount']", "content")
        or attribute(tree, "[itemprop=price]", "content")
    )
    currency = (
        attribute(tree, "meta[property='product:price:currency']", "content")
        or attribute(tree, "meta[property='og:price:currency']", "content")
        or attribute(tree, "[itemprop=priceCurrency]", "content")
    )
    available = availability(
        attribute(tree, "meta[property='product:availability']", "content")
        or attribute(tree, "meta[property='og:availability']", "content")
        or attribute(tree, "[itemprop=availability]", "href")
        or attribute(tree, "[itemprop=availability]", "content")
    )
    return [
        *_line("Price", f"{price} {currency}", price),
        *_line("Availability", available, available),
    ]


def _line(label: str, value: str, given: str) -> Iterator[str]:
    if given:
        yield f"{label}: {squeeze(value)[:_MAX_CELL]}"


def availability(value: str) -> str:
    """Return `out of stock` for `https://schema.org/OutOfStock`."""
    word = value.rstrip("/").rpartition("/")[2]
    return squeeze(re.sub(r"(?<=[a-z])(?=[A-Z])|[_-]", " ", word)).lower()


def _is_a(item: Json, *names: str) -> bool:
    kind = item.get("@type")
    kinds = cast(list[object], kind) if isinstance(kind, list) else [kind]
    return any(_string(one).rpartition("/")[2] in names for one in kinds)


def _string(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return squeeze(str(value))
