"""Amounts: numbers and prices in running text, with their currency or unit."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from torale.server.judge.text.units import (
    CODES,
    CURRENCIES,
    CURRENCY_WORDS,
    LOCAL_CURRENCIES,
    SCALES,
    SIGNS,
    UNITS,
)


def _either(names: dict[str, str] | list[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


_SPELLED = rf"{_either([*CODES, *CURRENCY_WORDS])}|(?-i:TRY|RON)"
_CURRENCY = rf"(?:(?<![^\W\d_])(?:{_SPELLED})(?![^\W\d_])\.?|{_either(SIGNS)})"
_NUMBER = (
    r"(?:\d{1,3}(?P<sep>[.,'’\u00a0\u202f\u2009 ])\d{3}(?:(?P=sep)\d{3})*"
    r"(?:(?!(?P=sep))[.,]\d{1,2})?"
    r"|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d{1,2})?"
    r"|\d{1,15}(?:[.,]\d{1,9})?)(?![.,'’]?\d)"
)
_AMOUNT = re.compile(
    rf"(?:(?P<before>{_CURRENCY})[^\S\n]{{0,2}}|(?<![\w.,'’]))(?P<number>{_NUMBER})"
    r"(?:[.,][-–—]{1,2})?"
    r"(?:[^\S\n]?(?P<scale>(?<=\d)[mb]|k|thousand|million|mn|billion|bn|trillion)(?![^\W_]))?"
    rf"(?:[^\S\n]{{0,2}}(?:(?P<after>{_CURRENCY})(?!\d)|(?P<unit>{_either(UNITS)})(?![^\W_])))?",
    re.IGNORECASE,
)
# Three digits behind one mark: thousands here, thousandths there ("1,579 €").
_UNCLEAR = re.compile(r"\d[.,]\d{3}(?![.,]?\d)")
_CENTS = re.compile(
    r"[€$£]\s?\d{1,3}(?:[.,'’ ]\d{3})*([.,])\d\d(?!\d)"
    r"|\d([.,])\d{1,2}(?=[^\S\n]{0,2}(?:€|\$|£|EUR|USD|GBP|CHF|Euro|%|°C))"
)
_CONTINENTAL = re.compile(
    r"\b(?:und|oder|inkl|uhr|für|bis|vous|votre|dès|avec|livraison|desde|usted|con|para|il|della|anche)\b",
    re.IGNORECASE,
)
_COMMA_COUNTRIES = frozenset(
    {"de", "at", "fr", "es", "it", "nl", "be", "pt", "pl", "se", "no", "dk", "fi"}
)
_RANGE = re.compile(r"\s*(?:-|–|—|to|bis|à)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as it stands in a line.

    Attributes:
        unit: ISO code of a currency (`KR` for an unnamed crown), `%`, `°C`, …; None without one.
        bare_sign: The currency was only a sign that several countries share.
    """

    value: Decimal
    unit: str | None
    start: int
    end: int
    bare_sign: bool = False

    @property
    def is_money(self) -> bool:
        return self.unit in CURRENCIES


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How a page writes numbers.

    Attributes:
        country: The last label of the page's host (`ca`); it settles what a bare `$` means.
        decimal_mark: `,`, `.`, `?` when the page's numbers do not tell (`1,579 €` then has two
            readings), or empty when none of them is unclear.
    """

    country: str = ""
    decimal_mark: str = ""


_ANY_STYLE = NumberStyle()


def number_style(text: str, host: str) -> NumberStyle:
    """How the page with this text and host writes numbers."""
    country = host.rpartition(".")[2]
    return NumberStyle(country, _decimal_mark_of_page(text, country))


def _decimal_mark_of_page(text: str, country: str) -> str:
    if _UNCLEAR.search(text) is None:
        return ""
    marks: set[str] = {cents[1] or cents[2] for cents in _CENTS.finditer(text)}
    if len(marks) == 1:
        return marks.pop()
    return "," if country in _COMMA_COUNTRIES or len(_CONTINENTAL.findall(text)) >= 2 else "?"


def amounts(line: str, style: NumberStyle = _ANY_STYLE) -> list[Amount]:
    """Every number of a line, left to right; one of two readings is listed twice.

    Versions, dates with points and numbers glued to letters ("256GB", "v3") are no amounts,
    and neither is what could be the cents of the number before it ("349 99 €").
    """
    matches = _AMOUNT.finditer(line)
    read = [amount for match in matches for amount in _readings(match, line, style)]
    return _share_units_in_ranges(read, line)


def parse_number(token: str, *, groups: str = ".,") -> Decimal:
    """The value of digits with separators, whatever the locale.

    `groups` names the marks that separate thousands when three digits follow a lone one, as in
    `1.299`.
    """
    digits = re.sub(r"['’\u00a0\u202f\u2009 ]", "", token)
    decimal = _decimal_mark(digits, groups)
    if decimal is None:
        return Decimal(re.sub(r"[.,]", "", digits))
    whole, _, fraction = digits.rpartition(decimal)
    return Decimal(f"{re.sub('[.,]', '', whole)}.{fraction}")


def format_amount(value: Decimal, unit: str | None) -> str:
    """One spelling for one value: `349.00 USD`, `3.4 %`, `5123`."""
    is_money = unit in CURRENCIES
    plain = value.normalize()
    exponent = plain.as_tuple().exponent
    places = max(2 if is_money else 0, -exponent if isinstance(exponent, int) else 0)
    return f"{value:.{places}f} {unit or ''}".rstrip()


def _decimal_mark(digits: str, groups: str) -> str | None:
    last = max(digits.rfind("."), digits.rfind(","))
    if last < 0:
        return None
    mark, after = digits[last], len(digits) - last - 1
    if ("," in digits and "." in digits) or digits[0] == "0":
        return mark
    if digits.count(mark) > 1 or (after == 3 and last <= 3 and mark in groups):
        return None
    return mark


def _groupings(match: re.Match[str], unit: str | None, mark: str) -> tuple[str, ...]:
    """The marks that may separate thousands in this amount; two readings where it is unclear."""
    if mark == ",":
        return (".",)
    if unit not in CURRENCIES or unit in {"USD", "GBP"} or mark == ".":
        return (",",)
    usual = ".,"
    # "€1,579" is written so in English alone; "1,579 €" may be a price at the pump.
    is_unclear = match["after"] is not None and re.fullmatch(r"\d{1,3},\d{3}", match["number"])
    return (usual, ".") if mark == "?" and is_unclear else (usual,)


def _readings(match: re.Match[str], line: str, style: NumberStyle) -> Iterator[Amount]:
    if _is_part_of_something_else(match, line):
        return
    unit, bare_sign = _unit(match, style.country)
    scale = (match["scale"] or "").upper()
    if scale in {"M", "B"} and unit not in CURRENCIES:  # "5m" is five metres
        return
    sign = -1 if _is_negative(match, line, unit) else 1
    amount = Amount(Decimal(0), unit, match.start(), match.end(), bare_sign=bare_sign)
    for groups in _groupings(match, unit, style.decimal_mark):
        value = parse_number(match["number"], groups=groups)
        amount = replace(amount, value=sign * value * SCALES.get(scale, 1))
        yield amount
    # "Aurora 18 999 USD": a model number and a price, or one number? Both readings count.
    if match["sep"] == " " and re.search(r"[A-Z]\w*\s$", line[: match.start()]):
        yield replace(amount, value=parse_number(match["number"].split(" ", 1)[1]))


def _is_negative(match: re.Match[str], line: str, unit: str | None) -> bool:
    before = line[: match.start()]
    return before.endswith(("-", "−")) and unit is not None and unit not in CURRENCIES


def _is_part_of_something_else(match: re.Match[str], line: str) -> bool:
    is_bare = match["after"] is None and match["unit"] is None and match["scale"] is None
    if is_bare and re.match(r"[^\W_]", line[match.end() : match.end() + 1]):
        return True
    looks_like_cents = re.fullmatch(r"\d\d", match["number"]) is not None
    return (
        looks_like_cents
        and match["before"] is None
        and re.search(r"\d\s$", line[: match.start()]) is not None
    )


def _unit(match: re.Match[str], country: str) -> tuple[str | None, bool]:
    """The unit of an amount, and whether it was only a sign that several countries share."""
    if match["unit"]:
        return UNITS[re.sub(r"\s+", " ", match["unit"].upper())], False
    names = [match[group].upper().rstrip(".") for group in ("before", "after") if match[group]]
    if not names:
        return None, False
    # "$350 CAD": the code says more than the sign.
    name = next((name for name in names if name not in SIGNS), names[0])
    unit = SIGNS.get(name) or CURRENCY_WORDS.get(name) or name
    sign, local = LOCAL_CURRENCIES.get(country, ("", ""))
    is_bare = name in {"$", "¥", "KR"}
    return (local if is_bare and unit == sign else unit), is_bare


def _share_units_in_ranges(read: list[Amount], line: str) -> list[Amount]:
    """In "$300-400" and "300–400 USD" the unit belongs to both ends."""
    shared = list(read)
    for index in range(len(shared) - 1):
        left, right = shared[index], shared[index + 1]
        if _RANGE.fullmatch(line[left.end : right.start]) is None:
            continue
        if left.unit is None and right.unit is not None:
            shared[index] = replace(left, unit=right.unit, bare_sign=right.bare_sign)
        elif right.unit is None and left.unit is not None:
            shared[index + 1] = replace(right, unit=left.unit, bare_sign=left.bare_sign)
    return shared
