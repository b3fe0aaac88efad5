"""Which of the amounts on a page is the price that a condition asks about."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from torale.server.judge.base import Quote, Source
from torale.server.judge.findings import Finding
from torale.server.judge.numbers import CROWNS, DOLLARS, Amount, amounts, format_amount
from torale.server.judge.predicates import Number, Subject
from torale.server.judge.text import host, is_instruction, own_lines, quote_line, words

# Before an amount, back to the amount or clause before it.
_NOT_THE_PRICE = re.compile(
    r"\b(?:was|were|old|original(?:ly)?|previous(?:ly)?|before|formerly|rrp|msrp|srp|uvp|list|"
    r"retail|statt|instead|vorher|war|avant|barr[ée]|antes|prima|strike\w*|crossed|strikethrough|"
    r"lowest|30[- ]day|save[sd]?|saving|savings|discount|cash\s?back|reward|voucher|gift\s+card|"
    r"coupon|promo|code|rabatt|remise|descuento|sconto|sie\s+sparen|gespart|[ée]conomisez|ahorra|"
    r"payments?|win|won|trial|get|earn|match|guarantee|sign|credit|per|(?:in|as\s+of|since|during)\s+(?:\w+\s+)?(?:19|20)\d\d|shipping|delivery|postage|versand\w*|livraison|env[íi]o|spedizione|freight|orders?|"
    r"trade[- ]?in|deposit|down\s*payment|instal?lments?|finance|financing|monthly|rate|rata|"
    r"per\s+month|a\s+month|warranty|protection|insurance|garantie|membership|members|prime|students?|"
    r"subscription|from|starting|starts|as\s+low\s+as|low|ab|d[èe]s|desde|da|up\s+to|bis\s+zu|"
    r"compared?|versus|vs|than|elsewhere|competitor\w*|expected|rumou?red|could|might|would|should|"
    r"will|estimate[sd]?|predict\w*|forecast\w*|analysts?|target|soon|if|when|once|until|bid|"
    r"bids|auction|worth|value[d]?|tax|vat|fee|fees|includes?|plus|add|bundle|accessor(?:y|ies)|"
    r"lowprice|highprice|history|average|drop(?:ped|s)?\s+by|not|never|no\s+longer|(?-i:may))\b"
    r"|[+≈~]\s*$|(?:^|\s)[-−]\s*$",
    re.IGNORECASE,
)
_REGULAR = re.compile(r"\b(?:regular|normal|standard|full)\b", re.IGNORECASE)
_USED = re.compile(
    r"\b(?:used|refurbished|refurb|renewed|open[- ]?box|pre-?owned|second[- ]?hand|gebraucht\w*|"
    r"occasion|reconditionn\w+|usado|usato|ricondizionato|b-ware)\b",
    re.IGNORECASE,
)
# Right behind an amount.
_OF_SOMETHING_ELSE = re.compile(
    r"^\W{0,3}(?:(?:/|per|a|each|every|pro|par|al|por|im)\s*(?:mo\b|month|monat|mois|mes\b|mese|mth|"
    r"week|wk|year|yr|day|night|jahr|an\b)|mtl\b|monthly|pm\b|x\s*\d|×|off\b|discount|shipping|delivery|postage|versand|"
    r"(?:in\s+)?savings?|cheaper|less\b|more\b|rrp|msrp|uvp|list\b|retail|was\b|old\b|deposit|down\b|cash\s?back|"
    r"coupon|voucher|credit|gift|rebate|trade|(?:with|after|using|via|mit|avec)\s+(?:\w+\s+){0,2}"
    r"(?:coupon|code|voucher|trade|promo|rebate|prime|member|gutschein|contract|plan|subscription)|"
    r"(?:for|or)\s+\d+\s+(?:months|payments)|trial\b|members|first\b|for\s+(?:new|members|students)|warranty|protection|plan\b|"
    r"refurb|used\b|renewed|open[- ]box|pre-?owned|gebraucht|before\b|bid|tax|vat|fee)"
    r"|\b(?:next\s+(?:week|month|year)|tomorrow|expected|rumou?red|starting|until\s+now|last\s+(?:week|month|year)|ago|"
    r"yesterday|earlier)\b",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:^|[^\w])(?:(?:current|sale|our|offer|deal|your|new|today'?s)[ _-]?)?"
    r"(?:price|preis|prix|precio|prezzo|pre[çc]o|pris|prijs|cena)[\"']?\s*[:=]\s*[\"']?$",
    re.IGNORECASE,
)
_SPEAKS_OF_PRICE = re.compile(
    r"\b(?:price\w*|costs?|now|sale|buy|only|offer\w*|deal|preis\w*|kostet|prix|precio|prezzo|sells?|"
    r"selling|available|trad(?:es|ing)|at)\b",
    re.IGNORECASE,
)
_CURRENCY_LINE = re.compile(
    r"(?:^|[^\w])(?:price)?_?currency(?:_?code)?[\"']?\s*[:=]\s*[\"']?([A-Z]{3})\b", re.IGNORECASE
)
_CLAUSE = re.compile(r"[.;!?|•·]\s|\s[-–—]\s|\s{3,}|\t")
_HAS_WORD = re.compile(r"[^\W_]")
_YEAR = re.compile(r"(?:19|20)\d\d")
_RANGE_MARK = re.compile(r"\s*[-–—]\s*")
_BELONGS_TO_THE_NEXT = re.compile(
    r"\W*\b(?:was|old|rrp|msrp|uvp|list|list\s+price|retail|statt|less|save)\b\W*$", re.IGNORECASE
)
_LABELLED, _PLAIN, _REGULAR_TIER = range(3)


@dataclass(frozen=True, slots=True)
class Price:
    """An amount that reads as a price somebody can pay now.

    Attributes:
        tier: 0 for a labelled price, 1 for one in running text, 2 for a "regular price".
    """

    amount: Amount
    line: str
    tier: int


def price_in(source: Source, predicate: Number) -> Finding | None:
    """What the source says on a price condition; None when it does not speak of it."""
    asked = asked_prices(source, predicate.subject, predicate.currency, used_too=predicate.used_too)
    if isinstance(asked, Finding):
        return asked
    if not asked:
        return None
    kept = [(predicate.operator.holds(one.amount.value, predicate.value), one) for one in asked]
    if len({holds for holds, _ in kept}) > 1:
        return Finding(
            source,
            None,
            doubt=f"shows several prices ({_listed(asked)}), not all on one side of the limit",
        )
    shown = kept[0][1]
    return Finding(source, kept[0][0], "; ".join(spelled(asked)), _quote(source, shown))


def price_now(source: Source, subject: Subject) -> Finding | None:
    """The one price that a source shows, whatever it is."""
    asked = asked_prices(source, subject, None, used_too=False)
    if isinstance(asked, Finding):
        return asked
    if not asked:
        return None
    values = spelled(asked)
    if len(values) > 1:
        return Finding(source, None, doubt=f"shows several prices ({_listed(asked)})")
    return Finding(source, holds=True, value=values[0], quote=_quote(source, asked[0]))


def asked_prices(
    source: Source, subject: Subject, currency: str | None, *, used_too: bool
) -> list[Price] | Finding:
    """The prices of the subject in the wanted currency; a doubtful finding if unclear."""
    if not is_about(source, subject):
        return []
    found = [
        one
        for one in prices(source, used_too=used_too)
        if _fits(one.amount.unit, currency) and _is_trusted(source, subject, one)
    ]
    best = min((one.tier for one in found), default=_LABELLED)
    found = [one for one in found if one.tier == best]
    wanted = set(subject.words)
    naming = {row for row in {one.line for one in found} if wanted <= set(words(row))}
    near = [one for one in found if one.line in naming]
    if subject.words and near:
        found = near
    elif len(spelled(found)) > 1 and not _title_names(source, subject.words):
        return Finding(source, None, doubt=f"shows several prices ({_listed(found)})")
    if currency is None and len({one.amount.unit for one in found}) > 1:
        return Finding(
            source, None, doubt="shows prices in several currencies, and the condition names none"
        )
    return found


def is_about(source: Source, subject: Subject) -> bool:
    """Whether a source speaks of the subject: all of it, or for a named page any word of it."""
    if source.named and not subject.words:
        return True
    said = set(words(f"{source.title}\n{source.text}"))
    if source.named:
        said |= set(words(source.uri))
        # Other words may be translated, but "X", "18" and "1000xm5" tell products apart.
        models = {word for word in subject.words if len(word) <= 2 or not word.isalpha()}
        return bool(said & set(subject.words)) and models <= said
    wanted = subject.words or subject.topic
    return bool(wanted) and set(wanted) <= said


def prices(source: Source, *, used_too: bool) -> Iterator[Price]:
    """Every amount of a source that reads as a price of now."""
    country = host(source.uri).rpartition(".")[2]
    found = list(_all_prices(own_lines(source.text), country, used_too=used_too))
    # Next to "$499 CAD" a bare "$349" may be Canadian too.
    if any(one.amount.unit in DOLLARS for one in found):
        found = [one for one in found if not (one.amount.bare_sign and one.amount.unit == "USD")]
    codes = {code.upper() for code in _CURRENCY_LINE.findall(source.text)}
    shared = codes.pop() if len(codes) == 1 else None
    for one in found:
        if one.amount.unit is None and shared:
            yield replace(one, amount=replace(one.amount, unit=shared))
        else:
            yield one


def spelled(found: Sequence[Price]) -> list[str]:
    return sorted({format_amount(one.amount.value, one.amount.unit) for one in found})


def _listed(found: Sequence[Price]) -> str:
    values = spelled(found)
    return ", ".join(values[:4]) + (", …" if len(values) > 4 else "")


def _quote(source: Source, price: Price) -> Quote | None:
    return quote_line(source, price.line, price.line[price.amount.start : price.amount.end])


def _fits(unit: str | None, wanted: str | None) -> bool:
    return wanted is None or unit == wanted or (wanted == "KR" and unit in CROWNS)


def _title_names(source: Source, wanted: Sequence[str]) -> bool:
    return set(wanted) <= set(words(source.title))


def _is_trusted(source: Source, subject: Subject, price: Price) -> bool:
    """A page that a search found must tie the price to the subject, by title or line."""
    if source.named:
        return True
    wanted = subject.words or subject.topic
    if set(wanted) <= set(words(price.line)):
        return True
    speaks = price.tier != _PLAIN or _SPEAKS_OF_PRICE.search(price.line) is not None
    return speaks and _title_names(source, wanted)


def _all_prices(rows: Sequence[str], country: str, *, used_too: bool) -> Iterator[Price]:
    for index, row in enumerate(rows):
        found = [one for one in amounts(row, country) if not _is_year(row, one)]
        if not found or is_instruction(row):
            continue
        above = rows[index - 1] if index else ""
        below = rows[index + 1] if index + 1 < len(rows) else ""
        for before, amount, after in _in_context(row, found, above, below):
            tier = _tier(before, amount, after)
            is_used = _USED.search(row) or _USED.search(before) or _USED.search(after)
            if tier is not None and (used_too or not is_used):
                yield Price(amount, row, tier)


def _is_year(row: str, amount: Amount) -> bool:
    return amount.unit is None and bool(_YEAR.fullmatch(row[amount.start : amount.end]))


def _in_context(
    row: str, found: Sequence[Amount], above: str, below: str
) -> Iterator[tuple[str, Amount, str]]:
    """Each amount with the words of its clause before and behind it.

    An amount alone on its line takes the lines around it for context ("Was" / "$449").
    """
    label = ""
    for index, amount in enumerate(found):
        start = found[index - 1].end if index and found[index - 1].end <= amount.start else 0
        later = [one.start for one in found if one.start >= amount.end]
        before = _CLAUSE.split(row[start : amount.start])[-1]
        if index and _RANGE_MARK.fullmatch(before):
            before = ""
        elif (
            index and not _HAS_WORD.search(before) and _LABEL.search(label)
        ):  # "Price: $329 / $399"
            before = label
        label = before
        after = _CLAUSE.split(row[amount.end : min(later, default=len(row))])[0]
        if later:
            after = _BELONGS_TO_THE_NEXT.sub("", after)
        if not _HAS_WORD.search(row[: amount.start]) and len(above) <= 60 and not amounts(above):
            before = f"{above} {before}"
        if not _HAS_WORD.search(row[amount.end :]) and len(below) <= 60:
            after = f"{after} {below}" if not amounts(below) else after
        yield before, amount, after


def _tier(before: str, amount: Amount, after: str) -> int | None:
    """How surely the amount is a price of now; None when it is not."""
    is_labelled = _LABEL.search(before) is not None
    label = " ".join(before.split()[-4:]) if is_labelled else before
    if _NOT_THE_PRICE.search(label) or _OF_SOMETHING_ELSE.search(after) or amount.value <= 0:
        return None
    if not amount.is_money and (amount.unit is not None or not is_labelled):
        return None
    if _REGULAR.search(label):
        return _REGULAR_TIER
    return _LABELLED if is_labelled else _PLAIN
