"""The amounts of a page that read as prices somebody can pay now, each with its context."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from torale.server.judge.base import SourceDocument
from torale.server.judge.numbers import CODES, DOLLARS, Amount, amounts, decimal_mark
from torale.server.judge.text import host, is_instruction, own_lines, rows_with

# Before an amount, back to the amount or clause before it.
_NOT_THE_PRICE = re.compile(
    r"\b(?:was|were|old|original(?:ly)?|previous(?:ly)?|before|formerly|rrp|m\.?r\.?p|msrp|srp|"
    r"uvp|list|recommended|"
    r"ancien\s+prix|prix\s+pr[ée]c[ée]dent|precio\s+anterior|prezzo\s+precedente|bisher\w*|vortag\w*|"
    r"\w+[- ](?:tief|hoch|low|high)(?=\W*$)|"
    r"retail|statt|instead|vorher|war|avant|barr[ée]|antes|prima|invece|au\s+lieu|conseill\w+|"
    r"consigliato|recomendado|"
    r"strike\w*|crossed|strikethrough|last\s+(?:week|month|year)|yesterday|"
    r"lowest|highest|maximum|minimum|gutschein\w*|code\s+promo|cupón|buono|30[- ]day|save[sd]?|"
    r"saving|savings|discount|cash\s?back|reward|voucher|gift\s+card|"
    r"coupon|promo|code|rabatt|remise|descuento|sconto|sie\s+sparen|gespart|[ée]conomisez|ahorra|"
    r"risparmi|"
    r"payments?|win|won|trial|get|earn|match|guarantee|sign|credit|per|(?:in|as\s+of|since|"
    r"during)\s+(?:\w+\s+)?(?:19|20)\d\d|"
    r"shipping|delivery|postage|versand\w*|livraison|env[íi]os?|spedizion[ei]|freight|orders?|"
    r"trade[- ]?in|deposit|down\s*payment|instal?lments?|finance|financing|monthly|rate|rata|"
    r"raten\w*|mensualit\w+|"
    r"per\s+month|a\s+month|warranty|protection|insurance|garantie|garanzia|membership|members|"
    r"prime|students?|"
    r"subscription|from|starting|starts|as\s+low\s+as|low|up\s+to|bis\s+zu|jusqu|hasta|fino\s+a|"
    r"compared?|versus|vs|than|elsewhere|seen|competitor\w*|expect(?:s|ed)?|rumou?red|could|"
    r"might|would|should|"
    r"will|estimate[sd]?|predict\w*|forecast\w*|analysts?|target|soon|if|when|once|until|bid|"
    r"bids|bidding|auction|worth|value[d]?|tax|vat|fee|fees|includes?|plus|add|bundle|"
    r"accessor(?:y|ies)|"
    r"lowprice|highprice|history|average|drop(?:ped|s)?\s+by|not|never|no\s+longer|grundpreis|"
    r"unit\s+price|"
    r"extra|refills?|replacements?|spare|upgrade|sample|(?-i:may))\b"
    r"|\b(?:ab|d[èe]s|desde|a\s+partire\s+da|da|[àa]\s+partir\s+de)\s*(?:nur\s+|only\s+)?$"
    r"|[+≈~]\s*$|(?:^|\s)[-−]\s*$",
    re.IGNORECASE,
)
_REGULAR = re.compile(r"\b(?:regular|normal|standard|full)\b", re.IGNORECASE)
_USED = re.compile(
    r"\b(?:used|refurbished|refurb|renewed|open[- ]?box|pre-?owned|second[- ]?hand|damaged|"
    r"gebraucht\w*|generalüberholt\w*|"
    r"occasion|reconditionn\w+|usad[oa]|reacondicionad[oa]|usat[oa]|ricondizionat[oa]|b-ware)\b",
    re.IGNORECASE,
)
# What the markup of a page says of everything on it.
_USED_PAGE = re.compile(r"^condition:\s*(?:used|refurbished|damaged)", re.IGNORECASE | re.MULTILINE)
# Right behind an amount.
_OF_SOMETHING_ELSE = re.compile(
    r"^\W{0,3}(?:(?:/|per|a|each|every|pro|par|al|por|im)\s*(?:mo\b|month|monat|mois|mes\b|mese|"
    r"mth|"
    r"week|wk|year|yr|day|night|jahr|an\b)|mtl\b|monthly|pm\b|x\s*\d|×|off\b|discount|shipping|"
    r"delivery|postage|versand|"
    r"(?:in\s+)?savings?|cheaper|less\b|more\b|rrp|msrp|uvp|list\b|retail|was\b|old\b|deposit|"
    r"down\b|cash\s?back|"
    r"coupon|voucher|credit|gift|rebate|trade|(?:with|after|using|via|mit|"
    r"avec)\s+(?:[\w-]+\s+){0,2}"
    r"(?:coupon|code|voucher|trade|promo|rebate|prime|member|gutschein|contract|plan|subscription)|"
    r"(?:for|or)\s+\d+\s+(?:months|payments)|trial\b|members|first\b|for\s+(?:new|members|"
    r"students)|warranty|protection|plan\b|"
    r"refurb|used\b|renewed|open[- ]box|pre-?owned|gebraucht|before\b|bid|tax|vat|fee)"
    r"|\b(?:next\s+(?:week|month|year)|tomorrow|expected|rumou?red|starting|until\s+now|"
    r"last\s+(?:week|month|year)|ago|"
    r"yesterday|earlier|elsewhere)\b",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"^\s*\(?(?:/|per|pro|par|por|al|je|the|each)\s*(?:\d+\s*)?(?:troy\s+)?(?:l|ml|cl|dl|kg|g|lb|"
    r"lbs|oz|ounce|m|m2|m²|m³|qm|"
    r"stück|stk|st|piece|pc|unit|item|litre|liter|litro|kilo|gram|kwh|mwh|barrel|gallon|tonne|"
    r"ton|sheet|person|pers|night)\b",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:^|[^\w])(?:(?:current|sale|our|offer|deal|your|new|today'?s|special|last|ticket|einzel|"
    r"verkaufs)[ _-]?)?"
    r"(?:price|preis|prix|precio|prezzo|pre[çc]o|pris|prijs|cena|fare)"
    r"(?:\s+(?:del?|della|du|des|des|of)\s+(?:\w+\s+){0,2}\w+)?[\"']?\s*[:=]\s*[\"']?$",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W\d_]")
_CURRENCY_LINE = re.compile(
    r"(?:^|[^\w])(?:price)?_?currency(?:_?code)?[\"']?\s*[:=]\s*[\"']?([A-Z]{3})\b", re.IGNORECASE
)
_CLAUSE = re.compile(r"(?<![A-Z])[.]\s|[;!?|•·]\s|\s[-–—]\s|\s{3,}|\t")
_ASKS = re.compile(r"^[^.!]{0,120}\?")
_HAS_WORD = re.compile(r"[^\W_]")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DIGIT = re.compile(r"\d")
_PRICE_WORDS = (
    *("price", "preis", "prix", "precio", "prezzo", "preço", "preco"),
    *("pris", "prijs", "cena", "fare"),
)
_MONEY = (
    *"$€£¥₹₩₺₪฿₴₽₫",
    *(code.lower() for code in CODES),
    *("dollar", "euro", "bucks", "pound", "yen", "franc", "rupee", "zł", "kč"),
    *_PRICE_WORDS,
)
_SHORT = re.compile(r"\d\s?(?:kr|rs|fr)\b|(?:kr|rs|fr|try|ron)\.?\s?\d")
_RANGE_MARK = re.compile(r"\s*[-–—]\s*")
_BELONGS_TO_THE_NEXT = re.compile(
    r"\W*\b(?:was|old|rrp|msrp|uvp|list|list\s+price|retail|statt|less|save)\b\W*$", re.IGNORECASE
)
_MAX_LABEL = 60  # characters of a line that names the amount below or above it
_ALONE = re.compile(
    r"\W*(?:(?:now|only|just|jetzt|nur|ora|ahora|maintenant|sale|price|deal|today|incl|inkl|vat|"
    r"mwst|usd|eur|gbp|chf)\W*)*",
    re.IGNORECASE,
)
_MAX_PRICES = 1_000  # of a page: with so many, nobody knows which is meant
LABELLED, PLAIN, WEAK = range(3)


@dataclass(frozen=True, slots=True)
class Price:
    """An amount that reads as a price somebody can pay now.

    Attributes:
        tier: 0 for a labelled price, 1 for one in running text, 2 for one that counts only where
            nothing better is there: a "regular price", one per litre, one with a label of its own.
    """

    amount: Amount
    line: str
    tier: int

    @property
    def stands_alone(self) -> bool:
        """Whether the line shows this amount and says nothing of what costs so much."""
        around = f"{self.line[: self.amount.start]} {self.line[self.amount.end :]}"
        return len(around) <= _MAX_LABEL and _ALONE.fullmatch(around) is not None


def prices(source: SourceDocument, *, used_too: bool) -> Iterator[Price]:
    """Every amount of a source that reads as a price of now."""
    if not used_too and "ondition:" in source.text and _USED_PAGE.search(source.text):
        return
    country = host(source.uri).rpartition(".")[2]
    mark = decimal_mark(source.text, country)
    rows = own_lines(source.text)
    found = list(islice(_all_prices(rows, country, mark, used_too=used_too), _MAX_PRICES))
    # Next to "$499 CAD" a bare "$349" may be Canadian too.
    if any(one.amount.unit in DOLLARS for one in found):
        found = [one for one in found if not (one.amount.bare_sign and one.amount.unit == "USD")]
    shared = _shared_currency(source.text) if any(one.amount.unit is None for one in found) else ""
    for one in found:
        if one.amount.unit is None and shared:
            yield replace(one, amount=replace(one.amount, unit=shared))
        else:
            yield one


def _shared_currency(text: str) -> str:
    """The currency that a page names apart from its prices; empty for none or several."""
    codes = {code.upper() for code in _CURRENCY_LINE.findall(text)}
    return codes.pop() if len(codes) == 1 else ""


def _all_prices(rows: Sequence[str], country: str, mark: str, *, used_too: bool) -> Iterator[Price]:
    page = _Page(rows, country, mark)
    for index in _speaking_of_money(rows):
        row, found = rows[index], page.amounts(index)
        if not found or is_instruction(row):
            continue
        above, below = _neighbours(page, index)
        if not used_too and _USED.search(row):
            continue
        for before, amount, after in _in_context(row, found, above, below):
            tier = _tier(before, amount, after)
            is_used = _USED.search(f"{before} {after}") is not None
            if tier is not None and (used_too or not is_used):
                yield Price(amount, row, tier)


def _speaking_of_money(rows: Sequence[str]) -> list[int]:
    """The lines that may hold a price: numbers beside a word of money, or below one of price."""
    numbered = [index for index, row in enumerate(rows) if _DIGIT.search(row)]
    texts = [rows[index] for index in numbered]
    near = {*rows_with(texts, _MONEY)}
    near |= {at for at, text in enumerate(texts) if _SHORT.search(text.lower())}
    below = {index + 1 for index in rows_with(rows, _PRICE_WORDS)}
    return [index for at, index in enumerate(numbered) if at in near or index in below]


@dataclass(frozen=True, slots=True)
class _Page:
    """The lines of a page, and how it writes numbers."""

    rows: Sequence[str]
    country: str
    mark: str

    def amounts(self, index: int) -> list[Amount]:
        row = self.rows[index]
        if _DIGIT.search(row) is None:
            return []
        read = amounts(row, self.country, self.mark)
        return [one for one in read if not _is_year(row, one)]


def _is_year(row: str, amount: Amount) -> bool:
    return amount.unit is None and bool(_YEAR.fullmatch(row[amount.start : amount.end]))


def _neighbours(page: _Page, index: int) -> tuple[str, str]:
    """The lines around a line that may name its amount; empty where they name another one."""
    rows = page.rows

    def label(at: int) -> str:
        is_short = 0 <= at < len(rows) and len(rows[at]) <= _MAX_LABEL
        return rows[at] if is_short and not page.amounts(at) else ""

    above, below = label(index - 1), label(index + 1)
    # "New / $999 / Refurbished / $799": labels stand above.
    if above and below and index + 2 < len(rows) and page.amounts(index + 2):
        below = "" if _HAS_WORD.match(below) else below
    return above, below


def _in_context(
    row: str, found: Sequence[Amount], above: str, below: str
) -> Iterator[tuple[str, Amount, str]]:
    """Each amount with the words of its clause before and behind it.

    An amount alone on its line takes the lines around it for context ("Was" / "$449").
    """
    label = ""
    # "Orbit 9 costs $1,899": a bare number is a word of the clause.
    priced = [one for one in found if one.unit is not None] or list(found)
    starts, ends = [one.start for one in priced], [one.end for one in priced]
    for amount in found:
        earlier = bisect_right(ends, amount.start)
        start = ends[earlier - 1] if earlier else 0
        at = bisect_left(starts, amount.end)
        later = starts[at : at + 1]
        before = _CLAUSE.split(row[start : amount.start])[-1]
        if start and _RANGE_MARK.fullmatch(row[start : amount.start]):
            before = label  # "Estimate: 600 - 800"
        elif start and not _HAS_WORD.search(before) and _LABEL.search(label):
            before = label  # "Price: $329 / $399"
        label = before
        rest = row[amount.end : later[0] if later else len(row)]
        after = "elsewhere" if _ASKS.match(row[amount.end :]) else _CLAUSE.split(rest)[0]
        if later:
            after = _BELONGS_TO_THE_NEXT.sub("", after)
        if not _HAS_WORD.search(row[: amount.start]):
            before = f"{above} {before}"
        if not _HAS_WORD.search(row[amount.end :]):
            after = f"{after} {below}"
        yield before, amount, after


def _tier(before: str, amount: Amount, after: str) -> int | None:
    """How surely the amount is a price of now; None when it is not."""
    is_labelled = _LABEL.search(before) is not None
    label = " ".join(before.split()[-4:]) if is_labelled else before
    if _NOT_THE_PRICE.search(label) or _OF_SOMETHING_ELSE.search(after) or amount.value <= 0:
        return None
    if not amount.is_money and (amount.unit is not None or not is_labelled):
        return None
    is_weak = _REGULAR.search(label) or _UNIT.match(after)
    if is_weak or (not is_labelled and _is_label(before)):
        return WEAK
    return LABELLED if is_labelled else PLAIN


def _is_label(before: str) -> bool:
    """Whether an amount has a label of its own: "Assembly: $45"."""
    label = before.rstrip()
    return label.endswith((":", "=")) and _LETTER.search(label) is not None
