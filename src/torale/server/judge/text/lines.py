"""Lines and sentences of a page, and the part of it that speaks of its own subject."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from torale.server.judge.text.folding import fold

_MAX_LINE = 1_000
_MAX_HEADING = 80
_TIME = re.compile(
    r"\b\d+\s*(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?)\s+ago\b|"
    r"\b\d{1,2}:\d{2}(?::\d{2})?\b"
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^\W_]|[\"“'‘(])")
# The first three letters of every heading that the two patterns below know.
_HEADING_STARTS = frozenset(
    (
        *("you", "cus", "peo", "fre", "rec", "rel", "sim", "spo", "oth", "mor", "com", "das"),
        *("kun", "ähn", "pas", "and", "vou", "aut", "pro", "otr", "alt", "acc", "zub", "use"),
        *("ver", "rev", "rat", "que", "q&a", "q &", "faq", "dis", "bew", "kom", "fra", "avi"),
        *("opi", "res", "wir"),
    )
)
_OTHER_PRODUCTS = re.compile(
    r"(?:(?:you\s+(?:may|might)\s+also|customers?\s+(?:who|also)|people\s+also|frequently\s+bought|"
    r"recently\s+viewed|(?:related|similar|recommended|sponsored|other|more)\s+"
    r"(?:products|items|sellers|offers|buying)|compare\s+with|complete\s+the\s+set|"
    r"das\s+könnte|kunden\s+kauften|wird\s+oft\s+zusammen|ähnliche\s+(?:produkte|artikel)|passendes\s+zubehör|"
    r"andere\s+anbieter|"
    r"vous\s+aimerez|autres\s+vendeurs|produits\s+similaires|"
    r"productos\s+(?:similares|relacionados)|otros\s+vendedores|prodotti\s+(?:simili|correlati)|"
    r"altri\s+venditori)"
    r".{0,60}|recommended\s+for\s+you|related|accessories|zubehör|accessoires)\W*$",
    re.IGNORECASE,
)
# What customers write stands below. Menus name these too, so they count below a price or a state.
_REVIEWS = re.compile(
    r"(?:(?:customer|user|product|verified)?\s*(?:reviews|ratings|comments)|questions\s+(?:and|"
    r"&)\s+answers|"
    r"q\s?&\s?a|faqs?|discussion|kundenbewertungen|bewertungen|kundenmeinungen|kommentare|"
    r"fragen\s+und\s+antworten|"
    r"avis(?:\s+(?:des\s+)?clients)?|commentaires|opiniones|reseñas|comentarios|recensioni|"
    r"commenti)"
    r"\s*(?:\(\d[\d.,]*\))?\W*$",
    re.IGNORECASE,
)
_OFFER = re.compile(
    r"\d\s?(?:[€$£¥₹]|[A-Z]{3}\b|kr\b)|[€$£¥₹]\s?\d|\b[A-Z]{3}\s?\d|stock|sold out|available"
)


def lines(text: str) -> list[str]:
    """Return the lines of `text` that are not empty, trimmed; each is a verbatim part of it.

    Endless lines are cut, so that the work a page makes grows with its length and no faster.
    """
    rows = [row for line in text.splitlines() if (row := line.strip())]
    if max(map(len, rows), default=0) <= _MAX_LINE:
        return rows
    return [piece for row in rows for piece in _pieces(row)]


def own_lines(text: str) -> list[str]:
    """Return the lines of a page up to where it turns to other products, or to reviews."""
    rows = lines(text)
    headings = [
        index
        for index, row in enumerate(rows)
        if index and len(row) <= _MAX_HEADING and row[:3].lower() in _HEADING_STARTS
    ]
    for index in headings:
        if _OTHER_PRODUCTS.match(rows[index]):
            return rows[:index]
        if _REVIEWS.match(rows[index]):
            return rows[: _end_after_offer(rows, headings)]
    return rows


def _end_after_offer(rows: Sequence[str], headings: Sequence[int]) -> int:
    """The index of the first heading of other things below the first price or state."""
    offer = next((at for at, row in enumerate(rows) if _OFFER.search(row)), len(rows))
    turns = (at for at in headings if _OTHER_PRODUCTS.match(rows[at]) or _REVIEWS.match(rows[at]))
    return next((at for at in turns if at > offer), len(rows))


def _pieces(line: str) -> Iterator[str]:
    while len(line) > _MAX_LINE:
        ends = [line.rfind(end, _MAX_LINE // 2, _MAX_LINE) + 1 for end in (". ", " ")]
        cut = next((end for end in ends if end), _MAX_LINE)
        piece, line = line[:cut].strip(), line[cut:].strip()
        if piece:
            yield piece
    if line:
        yield line


def rows_with(rows: Sequence[str], needles: Sequence[str]) -> list[int]:
    """Return the indices of the lines with one of the lower-case words, part of a word included.

    For the few lines of a page that are worth a closer look.
    """
    text = "\n".join(rows).lower()
    ends = list(accumulate(len(row) + 1 for row in rows))
    if not rows or len(text) + 1 != ends[-1]:  # some letters grow when they are lowered
        return list(range(len(rows)))
    found: set[int] = set()
    for needle in needles:
        at = text.find(needle)
        while at >= 0:
            row = bisect_right(ends, at)
            found.add(row)
            at = text.find(needle, ends[row])
    return sorted(found)


def without_times(row: str) -> str:
    """Return the folded line without clocks and "5 minutes ago", which change by themselves."""
    folded = fold(row)
    return _TIME.sub("", folded).strip() if ":" in folded or " ago" in folded else folded


def sentences(line: str) -> list[str]:
    return [part for part in _SENTENCE_END.split(line) if part]
