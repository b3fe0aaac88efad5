"""From the bytes of an answer to the text of a document."""

import pickle
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.server.evidence.conftest import NOW, page
from torale.server.evidence.base import Document, DocumentKind
from torale.server.evidence.fetching.decoding import decode
from torale.server.evidence.readers.base import AnswerContent
from torale.server.evidence.readers.choice import BY_CONTENT
from torale.server.evidence.readers.documents import MAX_TEXT, SourceRequest, read_document
from torale.server.evidence.readers.feeds import is_feed
from torale.server.evidence.readers.offers import availability
from torale.server.evidence.readers.page_facts import canonical_url, parse_date
from torale.server.evidence.readers.page_text import full_text
from torale.server.evidence.readers.pages import read_page
from torale.server.evidence.source import Source
from torale.server.outbound import Fetched
from torale.server.sandbox import SAME_PROCESS

URL = "https://site.test/page"
NAMED = SourceRequest(Source(URL), named=True, now=NOW)
FOUND = SourceRequest(Source(URL), named=False, now=NOW)
SHOP = """<!doctype html><html><head><title>Widget 3000 – Shop</title>
<meta name="description" content="A widget of the third kind.">
<link rel="canonical" href="/widget?id=3#top">
<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [
 {"@type": "Organization", "name": "Shop"},
 {"@type": ["Product"], "name": "Widget", "datePublished": "2026-04-01T12:00:00+02:00",
  "offers": {"@type": "Offer", "price": "349.00", "priceCurrency": "USD",
             "availability": "https://schema.org/InStock"}}]}</script>
<script type="application/ld+json">{broken</script>
</head><body><nav><a href=/>Home</a><a href=/all>All products</a></nav>
<h1>Widget <em>3000</em></h1><p>Ships in <b>2</b> days.<br>Free returns.</p>
<table><tr><th>Weight</th><td>3 kg</td></tr><tr><th>Colour</th><td>red</td></tr></table>
<p style="display: none">Sold out</p><div hidden>secret</div><!-- note -->
<button>Add to cart</button><button>Compare</button></body></html>"""
RSS = """<?xml version="1.0" encoding="{charset}"?><rss version="2.0"><channel>
<title>Nouveautés</title><item><title>Old</title><link>/1</link>
<pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate></item>
<item><title>New &amp; &lt;b&gt;bold&lt;/b&gt;</title><link>https://site.test/2</link>
<description>&lt;p&gt;It &lt;i&gt;works&lt;/i&gt;&lt;/p&gt;</description>
<pubDate>Wed, 01 Apr 2026 23:30:00 -0200</pubDate></item><item><title>Undated</title></item>
</channel></rss>"""


def answer(body: str | bytes, kind: str = "text/html; charset=utf-8", status: int = 200) -> Fetched:
    data = body.encode() if isinstance(body, str) else body
    return Fetched(URL, status, {"content-type": kind}, data)


async def reading(body: str | bytes, kind: str = "text/html; charset=utf-8") -> Document:
    return await read_document(answer(body, kind), NAMED, SAME_PROCESS)


async def test_a_shop_page() -> None:
    document = await reading(SHOP)

    assert document == Document(
        uri="https://site.test/widget?id=3",
        title="Widget 3000 – Shop",
        text="Widget 3000 – Shop\nA widget of the third kind.\nPrice: 349.00 USD\n"
        "Availability: in stock\nWidget 3000\nShips in 2 days.\nFree returns.\nWeight | 3 kg\n"
        "Colour | red\nAdd to cart\nCompare",
        kind=DocumentKind.PAGE,
        fetched_at=NOW,
        published_at=datetime(2026, 4, 1, 10, tzinfo=UTC),
        status=200,
        named=True,
    )


async def test_a_hit_is_reduced_to_its_main_text() -> None:
    story = "".join(f"<p>The bridge will open in May, said speaker {n}.</p>" for n in range(20))
    page = f"<title>Bridge</title><footer><p>Imprint</p></footer><article>{story}</article>"

    hit = await read_document(answer(page), FOUND, SAME_PROCESS)
    short = await read_document(answer("<title>a</title><p>Price: 3 USD"), FOUND, SAME_PROCESS)

    assert "said speaker 19." in hit.text
    assert not hit.named
    assert short.text == "a\nPrice: 3 USD", "too little for an article: everything is kept"


@pytest.mark.parametrize(
    "offers, lines",
    [
        ('{"lowPrice": 5, "highPrice": 9.5, "priceCurrency": "EUR"}',
         "Lowest price: 5 EUR\nHighest price: 9.5 EUR"),
        ('[{"price": 1}, {"price": 2, "availability": "SoldOut"}]',
         "Price: 1\nPrice: 2\nAvailability: sold out"),
        ('{"priceSpecification": {"price": "7", "priceCurrency": "GBP"}}', "Price: 7 GBP"),
        ('{"price": true, "availability": null}', ""),
        ('"none"', ""),
    ],
)  # fmt: skip
def test_offers(offers: str, lines: str) -> None:
    html = f'<script type="application/ld+json">{{"@type":"Product","offers":{offers}}}</script>'

    text = read_page(page(html + "<p>Some text that can be read.")).text

    assert text == f"{lines}\nSome text that can be read.".strip()


def test_offers_of_several_products_are_told_apart() -> None:
    product = '{"@type":"Product","name":"%s","offers":{"price":"%s"}}'
    data = f"[{product % ('A', 1)}, {product % ('B', 2)}]"

    text = read_page(page(f'<script type="application/ld+json">{data}</script>')).text

    assert text == "A — Price: 1\nB — Price: 2"


def test_offers_in_meta_tags() -> None:
    html = """<meta property="product:price:amount" content="12.50">
    <meta property="product:price:currency" content="EUR"><link itemprop="availability"
    href="http://schema.org/OutOfStock"><p>Thing"""

    text = read_page(page(html)).text

    assert text == "Price: 12.50 EUR\nAvailability: out of stock\nThing"


@pytest.mark.parametrize(
    "value, words",
    [("https://schema.org/PreOrder", "pre order"), ("in_stock", "in stock"), ("", "")],
)
def test_availability(value: str, words: str) -> None:
    assert availability(value) == words


@pytest.mark.parametrize(
    "html",
    [
        '<script type="application/ld+json">{"datePublished": "2026-04-01"}</script>',
        '<meta property="article:published_time" content="2026-04-01T02:00:00+02:00">',
        '<article><time datetime="2026-03-31T22:00:00-02:00">yesterday</time></article>',
        '<time datetime="Wed, 01 Apr 2026 00:00:00 GMT">x</time>',
    ],
)
def test_the_date_of_publication(html: str) -> None:
    found = read_page(page(f"{html}<p>Some text.")).published_at

    assert found == datetime(2026, 4, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "0001-01-01", "9999-12-31T23:59:59-10:00", "1"])
def test_no_date(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "href, expected",
    [
        ("https://site.test/other", "https://site.test/other"),
        ("https://evil.test/other", URL),
        ("javascript:alert(1)", URL),
        ("http://0177.0.0.1/", URL),
        ("", URL),
    ],
)
def test_the_canonical_address_stays_on_its_host(href: str, expected: str) -> None:
    tree = LexborHTMLParser(f'<link rel="canonical" href="{href}">')

    assert canonical_url(tree, URL) == expected


@pytest.mark.parametrize(
    "html, title",
    [
        ("<title> A\n b </title><h1>h</h1>", "A b"),
        ('<meta property="og:title" content="Og"><h1>h</h1>', "Og"),
        ('<script type="application/ld+json">{"headline": "Line"}</script>', "Line"),
        ("<h1>Heading</h1>", "Heading"),
        ("<p>x", ""),
    ],
)
def test_titles(html: str, title: str) -> None:
    assert read_page(page(html)).title == title


@pytest.mark.parametrize(
    "body, kind",
    [
        ("<p>Größe</p>".encode("latin-1"), "text/html; charset=iso-8859-1"),
        ("<p>Größe</p>".encode("latin-1"), "text/html"),
        ("<meta charset='windows-1252'><p>Größe</p>".encode("cp1252"), "text/html"),
        ("<meta charset='nonsense'><p>Größe</p>".encode(), "text/html"),
        ("<meta charset='utf-16'><p>Größe</p>".encode(), "text/html; charset=rot13"),
        ("\ufeff<p>Größe</p>".encode(), "text/html; charset=latin-1"),
        ("<p>Größe</p>".encode("utf-16"), "text/html"),
        ("<p>Größe</p>".encode("utf-32"), "text/html"),
        (b"<p>Gr\xc3\xb6\xc3\x9fe</p>\xe2\x82", "text/html"),
    ],
)
async def test_charsets(body: bytes, kind: str) -> None:
    assert "Größe" in (await reading(body, kind)).text


def test_an_xml_declaration_names_the_charset() -> None:
    text = '<?xml version="1.0" encoding="koi8-r"?><p>Привет</p>'

    assert decode(text.encode("koi8-r"), "") == text


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1"])
async def test_a_feed(charset: str) -> None:
    body = RSS.format(charset=charset).encode(charset)

    document = await reading(body, "application/rss+xml")

    assert document.kind is DocumentKind.FEED
    assert document.title == "Nouveautés"
    assert document.text.splitlines() == [
        "Nouveautés",
        "2026-04-02 New & bold — It works <https://site.test/2>",
        "2026-03-02 Old <https://site.test/1>",
        "Undated",
    ]
    assert document.published_at == datetime(2026, 4, 2, 1, 30, tzinfo=UTC)


async def test_an_atom_feed_of_many_entries_is_cut_at_fifty() -> None:
    entries = "".join(
        f"<entry><title>Entry {n}</title><updated>2026-01-01T00:00:{n:02}Z</updated></entry>"
        for n in range(60)
    )
    atom = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title>{entries}</feed>'

    lines = (await reading(atom, "text/plain")).text.splitlines()

    assert (len(lines), lines[1]) == (51, "2026-01-01 Entry 59")


async def test_a_feed_without_entries_is_still_read() -> None:
    document = await reading("<rss version='2.0'><channel></channel></rss>", "text/xml")

    assert (document.kind, document.text) == (DocumentKind.FEED, "The feed has no entries.")
    assert document.unusable_reason is None


async def test_a_feed_with_an_impossible_date() -> None:
    item = "<item><title>x</title><pubDate>Mon, 02 Mar 99999 10:00:00 GMT</pubDate></item>"

    document = await reading(f"<rss version='2.0'><channel>{item}</channel></rss>", "text/xml")

    assert document.text.endswith("x")


@pytest.mark.parametrize(
    "start, is_one",
    [
        ('<?xml version="1.0"?>\n<!-- made by <rss> --><rss version="2.0">', True),
        ("<rdf:RDF xmlns='x'>", True),
        ("<!doctype html><title>About <feed> and <rss></title>", False),
        ("<!-- x --" * 400, False),
        ("words <rss>", False),
    ],
)
def test_a_feed_is_known_by_its_first_element(start: str, is_one: bool) -> None:
    assert is_feed(start) is is_one


async def test_a_feed_names_no_file() -> None:
    document = await reading("<feed>file:///etc/passwd</feed>", "text/xml")

    assert "root" not in document.text


@pytest.mark.parametrize(
    "body, text",
    [
        ('{"a": {"b": [1, {"c": null}]}, "p": 349.00, "t": true}',
         "a.b[0]: 1\na.b[1].c: null\np: 349.00\nt: true"),
        ('["x  y", [], {}]', "[0]: x y\n[1]: []\n[2]: {}"),
        ("42", "42"),
        ("1" * 5_000, "1" * 2_000),
        ("{not json", "{not json"),
        ("[" * 100_000, "[" * 100_000),
    ],
)  # fmt: skip
async def test_json(body: str, text: str) -> None:
    document = await reading(body, "application/json")

    assert document.text == text
    assert document.unusable_reason is None


async def test_json_is_cut() -> None:
    document = await reading(str(list(range(10_000))), "text/plain")

    assert (document.kind, len(document.text.splitlines())) == (DocumentKind.JSON, 5_000)


async def test_plain_text() -> None:
    document = await reading("  one \n\n two\tthree", "text/plain")

    assert document.text == "one\ntwo three"
    assert (await reading(" \n", "text/plain")).unusable_reason == "empty: there is no text"


async def test_long_text_is_cut_and_marked() -> None:
    document = await reading("word " * 50_000, "text/plain")

    assert (len(document.text), document.truncated) == (MAX_TEXT, True)


@pytest.mark.parametrize(
    "body, kind",
    [
        (b"\x89PNG\r\n", "image/png"),
        (b"%PDF-1.7", "application/pdf"),
        (b"%PDF-1.7", "text/html"),
        (b"text", "application/pdf"),
        (b"a\0b", "application/octet-stream"),
        (b"abc", "application/vnd.ms-excel"),
        (bytes(range(1, 32)) * 9, "text/html"),
        (b"\xff" * 50, "text/html; charset=utf-8"),
        (b"<div>" * 3_000, "text/html"),
    ],
)
async def test_what_is_no_text_is_named(body: bytes, kind: str) -> None:
    document = await reading(body, kind)

    assert document.unusable_reason is not None
    assert document.unusable_reason.startswith("not text")
    assert document.text == ""


@pytest.mark.parametrize(
    "kind", ["application/octet-stream", "application/vnd.github+json", "application/x-ndjson", ""]
)
async def test_text_of_a_strange_type_is_text(kind: str) -> None:
    assert (await reading("Plain words.", kind)).text == "Plain words."


@pytest.mark.parametrize(
    "status, body, reason",
    [
        (404, "<title>Not Found</title>gone", "the site answered 404 Not Found"),
        (403, "<p>no", "the site answered 403 Forbidden"),
        (403, "<title>Just a moment...</title>", "captcha or bot wall"),
        (401, "<p>no", "login"),
        (499, "", "the site answered 499"),
        (304, "", "the site answered 304 Not Modified"),
    ],
)
async def test_a_refusal_is_named(status: int, body: str, reason: str) -> None:
    document = await read_document(answer(body, status=status), NAMED, SAME_PROCESS)

    assert (document.status, document.text) == (status, "")
    assert (document.unusable_reason or "").startswith(reason)


async def test_a_reader_that_breaks_ends_nothing() -> None:
    def broken(content: AnswerContent) -> None:
        raise RuntimeError(content.text)

    document = await read_document(answer("{}"), replace(NAMED, reader=broken), SAME_PROCESS)

    assert document.unusable_reason == "not text: the document could not be read"


def test_readers_can_be_sent_to_another_process() -> None:
    content = page("<p>Price: 349 USD")

    for _, reader in BY_CONTENT:
        send = pickle.dumps((reader, content, reader(content)))
        assert pickle.loads(send) == (reader, content, reader(content))


@pytest.mark.parametrize(
    "html", ["<p><b>" * 50_000, "<br>" * 100_000, "<p>x" * 50_000, "<p>" + "1" * 900_000]
)
def test_odd_markup_is_read_in_time(html: str) -> None:
    started = time.monotonic()

    read_page(page(html))

    assert time.monotonic() - started < 5


async def test_comparisons_in_scripts_are_no_tags() -> None:
    script = "<script>" + "if (i<n) {};" * 3_000 + "</script>"

    assert (await reading(script + "<p>Price: 349 USD</p>")).text == "Price: 349 USD"
    assert (await reading("<p>Price: 349 USD</p>" + script[:-9])).text == "Price: 349 USD"


async def test_a_very_large_hit_is_not_given_to_the_extractor() -> None:
    page = "<p>Price: 349 USD</p>" + "<p>more words</p>" * 130_000

    hit = await read_document(answer(page), FOUND, SAME_PROCESS)

    assert hit.text.startswith("Price: 349 USD")
    assert hit.truncated


def test_blocks_and_inline_elements() -> None:
    root = LexborHTMLParser("a<p>b <i>c</i>d</p>e<ul><li>f<li>g</ul><td>h").root

    assert root is not None
    assert full_text(root) == "a\nb cd\ne\nf\ng\nh"
