"""Offers in a page's markup: price, currency, availability, condition, seller (schema.org)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import cast

from selectolax.lexbor import LexborHTMLParser

from torale.server.evidence.readers.page_facts import Json, attribute, plain, squeeze

_MAX_OFFERS = 10
_MAX_CELL = 200
_PRODUCTS = ("Product", "ProductGroup", "IndividualProduct", "ProductModel", "Vehicle", "Event")
_PRICES = (("price", "Price"), ("lowPrice", "Lowest price"), ("highPrice", "Highest price"))
_WORD_BREAK = re.compile(r"(?<=[a-z])(?=[A-Z])|[_-]")


@dataclass(frozen=True, slots=True)
class Offer:
    """One way to buy a thing, in words.

    Attributes:
        prices: With their labels.
        condition: `new`, `refurbished`, `used`, `damaged` …
    """

    prices: tuple[tuple[str, str], ...] = ()
    availability: str = ""
    condition: str = ""
    seller: str = ""


def offer_lines(tree: LexborHTMLParser, data: list[Json]) -> list[str]:
    """Return `Price: 349.00 USD` and `Availability: in stock` as the markup states them.

    What is not new says so on each of its lines; so does the seller where there are several.
    """
    products = [item for item in data if _is_a(item, *_PRODUCTS)][:_MAX_OFFERS]
    lines: list[str] = []
    for product in products:
        name = plain(product.get("name"))[:_MAX_CELL] if len(products) > 1 else ""
        prefix = f"{name} — " if name else ""
        lines += [prefix + line for line in _lines(_offers(product))]
    return list(dict.fromkeys(lines)) or _lines([_offer_in_meta(tree)])


def _lines(offers: list[Offer]) -> list[str]:
    sellers = {offer.seller for offer in offers}
    conditions = {offer.condition for offer in offers}
    lines = [line for offer in offers for line in _shown(offer, is_market=len(sellers) > 1)]
    # Said once more where it holds for everything.
    lines += _line("Condition", conditions.pop() if len(conditions) == 1 else "")
    return lines + list(_line("Seller", sellers.pop() if len(sellers) == 1 else ""))


def _shown(offer: Offer, *, is_market: bool) -> Iterator[str]:
    marks = [offer.condition] if offer.condition not in {"", "new"} else []
    marks += [f"sold by {offer.seller}"] if is_market and offer.seller else []
    note = f" ({', '.join(marks)})" if marks else ""
    for label, price in offer.prices:
        yield from _line(label, price, note)
    yield from _line("Availability", offer.availability, note)


def _line(label: str, value: str, note: str = "") -> Iterator[str]:
    if value:
        yield f"{label}: {squeeze(value)[:_MAX_CELL]}{note}"


def _offers(product: Json) -> list[Offer]:
    found = [_offer(offer) for offer in _nested(_listed(product.get("offers")))]
    condition = condition_word(plain(product.get("itemCondition")))
    return [replace(offer, condition=offer.condition or condition) for offer in found]


def _nested(offers: Iterable[Json]) -> list[Json]:
    """Return each offer, and those that an aggregate lists, which say more than it does."""
    kept: list[Json] = []
    for offer in offers:
        inner = _listed(offer.get("offers"))
        kept += inner or [offer]
    return kept[:_MAX_OFFERS]


def _listed(value: object) -> list[Json]:
    listed = cast(list[object], value) if isinstance(value, list) else [value]
    return [cast(Json, item) for item in listed if isinstance(item, dict)][:_MAX_OFFERS]


def _offer(offer: Json) -> Offer:
    if "price" not in offer:
        for specification in _listed(offer.get("priceSpecification"))[:1]:
            offer = {**specification, **offer}
    currency = plain(offer.get("priceCurrency"))
    priced = [(label, plain(offer.get(name))) for name, label in _PRICES]
    return Offer(
        prices=tuple((label, f"{price} {currency}") for label, price in priced if price),
        availability=availability(plain(offer.get("availability"))),
        condition=condition_word(plain(offer.get("itemCondition"))),
        seller=_name(offer.get("seller") or offer.get("offeredBy")),
    )


def _name(party: object) -> str:
    """Return the name of an organization or a person, given as a text or as an object."""
    for entry in _listed(party):
        return plain(entry.get("name"))[:_MAX_CELL]
    return plain(party)[:_MAX_CELL]


def _offer_in_meta(tree: LexborHTMLParser) -> Offer:
    def stated(name: str, item: str, *attributes: str) -> str:
        given = (
            attribute(tree, f"meta[property='{kind}:{name}']", "content")
            for kind in ("product", "og")
        )
        marked = (
            attribute(tree, f"[itemprop={item}]", where) for where in (*attributes, "content")
        )
        return next((value for value in (*given, *marked) if value), "")

    price = stated("price:amount", "price")
    currency = stated("price:currency", "priceCurrency")
    return Offer(
        prices=(("Price", f"{price} {currency}"),) if price else (),
        availability=availability(stated("availability", "availability", "href")),
        condition=condition_word(stated("condition", "itemCondition", "href")),
    )


def availability(value: str) -> str:
    """Return `out of stock` for `https://schema.org/OutOfStock`."""
    word = value.rstrip("/").rpartition("/")[2]
    return squeeze(_WORD_BREAK.sub(" ", word)).lower()


def condition_word(value: str) -> str:
    """Return `refurbished` for `https://schema.org/RefurbishedCondition`."""
    return availability(value).removesuffix(" condition")[:_MAX_CELL]


def _is_a(item: Json, *names: str) -> bool:
    kind = item.get("@type")
    kinds = cast(list[object], kind) if isinstance(kind, list) else [kind]
    return any(plain(name).rpartition("/")[2] in names for name in kinds)
