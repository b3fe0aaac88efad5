"""What a page's markup says of offers and dates."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.server.evidence.conftest import NOW, page
from torale.server.evidence.readers.documents import SourceRequest, read_document
from torale.server.evidence.readers.offers import condition_word
from torale.server.evidence.readers.page_facts import parse_date
from torale.server.evidence.readers.pages import read_page
from torale.server.evidence.source import Source
from torale.server.judge.base import JudgeRequest, SourceDocument, Verdict
from torale.server.judge.builtin.judge import decide
from torale.server.outbound import Fetched
from torale.server.sandbox import SAME_PROCESS

URL = "https://site.test/page"
NEW, OLD = "https://schema.org/NewCondition", "http://schema.org/RefurbishedCondition"
APRIL = datetime(2026, 4, 1, tzinfo=UTC)


def text_of(data: object, rest: str = "<p>Aurora lamp") -> str:
    script = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    return read_page(page(f"<title>Aurora lamp</title>{script}{rest}")).text


def offer(price: str, **more: object) -> dict[str, object]:
    return {"@type": "Offer", "price": price, "priceCurrency": "USD", **more}


def product(*offers: object, **more: object) -> dict[str, object]:
    return {"@type": "Product", "name": "Aurora lamp", "offers": list(offers), **more}


@pytest.mark.parametrize(
    "data, lines",
    [
        (product(offer("349.00", itemCondition=NEW, seller={"@type": "Organization", "name": "X"})),
         ["Price: 349.00 USD", "Condition: new", "Seller: X"]),
        (product(offer("199", itemCondition=OLD, availability="InStock")),
         ["Price: 199 USD (refurbished)", "Availability: in stock (refurbished)",
          "Condition: refurbished"]),
        (product(offer("349"), offer("199", itemCondition="UsedCondition")),
         ["Price: 349 USD", "Price: 199 USD (used)"]),
        (product(offer("349", seller="X"), offer("340", seller={"name": "Y"}, itemCondition=OLD)),
         ["Price: 349 USD (sold by X)", "Price: 340 USD (refurbished, sold by Y)"]),
        (product({"@type": "AggregateOffer", "lowPrice": "9", "offers": [offer("9"), offer("12")]}),
         ["Price: 9 USD", "Price: 12 USD"]),
        (product(offer("5"), itemCondition=OLD), ["Price: 5 USD (refurbished)",
                                                  "Condition: refurbished"]),
        (product({"priceSpecification": [{"price": 7, "priceCurrency": "EUR"}]}),
         ["Price: 7 EUR"]),
        (product(offer("5", itemCondition=[1], seller=[], offeredBy=7)), ["Price: 5 USD",
                                                                          "Seller: 7"]),
    ],
)  # fmt: skip
def test_offers_say_condition_and_seller(data: object, lines: list[str]) -> None:
    assert text_of(data).splitlines() == ["Aurora lamp", *lines]


@pytest.mark.parametrize(
    "html, lines",
    [
        (("<meta property='product:price:amount' content='9'><meta property='product:condition'"
         " content='refurbished'>"), ["Price: 9 (refurbished)", "Condition: refurbished"]),
        (("<span itemprop=price content=9></span><link itemprop=itemCondition"
         " href='https://schema.org/NewCondition'>"), ["Price: 9", "Condition: new"]),
    ],
)  # fmt: skip
def test_offers_in_meta_tags_say_their_condition(html: str, lines: list[str]) -> None:
    assert read_page(page(f"{html}<p>Thing")).text.splitlines() == [*lines, "Thing"]


@pytest.mark.parametrize(
    "value, word",
    [(NEW, "new"), (OLD, "refurbished"), ("UsedCondition", "used"), ("used", "used"), ("", "")],
)
def test_conditions(value: str, word: str) -> None:
    assert condition_word(value) == word


@pytest.mark.parametrize(
    "offers, verdict",
    [
        ([offer("349"), offer("199", itemCondition=OLD)], Verdict.NOT_MET),
        ([offer("299"), offer("199", itemCondition="UsedCondition")], Verdict.MET),
        ([offer("199", itemCondition=OLD)], Verdict.UNKNOWN),
    ],
)
def test_a_refurbished_offer_is_not_the_price_of_a_new_one(
    offers: list[dict[str, Any]], verdict: Verdict
) -> None:
    source = SourceDocument(URL, "Aurora lamp", text_of(product(*offers)), named=True)

    found = decide(JudgeRequest("Aurora lamp", "The price is below 300 USD", (source,), NOW))

    assert found.verdict is verdict


@pytest.mark.parametrize(
    "html",
    [
        '<meta property="og:article:published_time" content="2026-04-01">',
        '<meta name="DC.date.issued" content="2026-04-01">',
        '<meta name="DATE" content="2026/4/1">',
        '<meta name="parsely-pub-date" content="2026-04-01T00:00:00Z">',
        '<meta name="citation_publication_date" content="2026/04/01">',
        '<meta name="sailthru.date" content="2026-04-01 02:00:00 +0200">',
        '<meta itemprop="datePublished" content="2026-04-01">',
        '<meta name="publish-date" content="Wed, 01 Apr 2026 00:00:00 GMT">',
        '<meta name="date" content="yesterday"><time datetime="2026-04-01">x</time>',
        (
            '<meta name="date" content="2020-01-01">'
            '<script type="application/ld+json">{"datePublished": "2026-04-01"}</script>'
        ),
    ],
)
def test_a_page_tells_when_it_was_published(html: str) -> None:
    assert read_page(page(f"{html}<p>Some text.")).published_at == APRIL


@pytest.mark.parametrize(
    "url, found",
    [
        ("https://news.test/2026/04/01/bridge-opens", APRIL),
        ("https://news.test/world/2026/4/1/bridge", APRIL),
        ("https://news.test/2026-04-01-bridge", APRIL),
        ("https://news.test/2026-04-01/", APRIL),
        ("https://news.test/2026/04/bridge", None),
        ("https://news.test/item/20260401", None),
        ("https://news.test/2026/13/45/x", None),
        ("https://news.test/12026/04/01", None),
    ],
)
def test_an_address_may_hold_the_date(url: str, found: datetime | None) -> None:
    assert read_page(page("<p>Some text.", url)).published_at == found


@pytest.mark.parametrize("days, is_kept", [(-900, True), (0, True), (3, False), (4000, False)])
async def test_nothing_was_published_in_the_future(days: int, is_kept: bool) -> None:
    said = NOW + timedelta(days=days)
    html = f"<meta name=date content='{said.isoformat()}'><p>Some text."
    answer = Fetched(URL, 200, {"content-type": "text/html"}, html.encode())

    document = await read_document(
        answer, SourceRequest(Source(URL), named=True, now=NOW), SAME_PROCESS
    )

    assert document.published_at == (said if is_kept else None)


@pytest.mark.parametrize(
    "text", ["2026-04-01", "2026/4/1", "2026.04.01", " 2026-4-1 ", "2026/04/01T00:00:00Z"]
)
def test_dates(text: str) -> None:
    assert parse_date(text) == APRIL
