"""Comparisons in plain words: "price below 350 USD", "falls by at least 10 %"."""

import re
from dataclasses import dataclass

from torale.server.judge.builtin.conditions.predicates import Number, Operator, Step, Topic
from torale.server.judge.builtin.conditions.topics import topic_of
from torale.server.judge.text.amounts import Amount, amounts
from torale.server.judge.text.words import words

TRAIL = re.compile(r"\s+(?:again|now|right\s+now|currently|at\s+the\s+moment)$", re.IGNORECASE)

_DOWN = r"(?:drop|fall|go|get|dip|sink|come|slip|decline|decrease)"
_UP = r"(?:rise|climb|go|get|increase|jump|soar|grow|come)"
_ENDING = r"(?:s|es|ped|ing|n|ne)?"
_VERB = re.compile(
    r"\s*\b(?:(?:is|are|was|has|have|will\s+be|being|it's|'s)\s+)?"
    rf"(?:(?:currently|now|again|ever)\s+)?"
    rf"(?P<verb>(?:(?P<down>{_DOWN}(?:p?ed|es|s|ing|ne|en)?|fell|fallen|went|gone|came|got|sank)"
    rf"|(?P<up>{_UP}(?:p?ed|es|s|ing|n|en)?|rose|grew))(?:\s+down|\s+up)?|"
    r"is|are|be|becomes?|costs?|sells?\s+for|goes\s+for|priced|listed|trades?|stays?|remains?|"
    r"reads?|shows?|hits?)"
    r"(?:\s+(?:currently|now|again|at))*(?P<to>\s+to)?\s*$",
    re.IGNORECASE,
)
# Pattern, operator, and which verbs of movement may stand before it.
_OPERATORS: tuple[tuple[str, Operator, str], ...] = (
    (r"(?:less|lower)\s+than\s+or\s+equal\s+to|at\s+or\s+below|<=|≤|=<", Operator.AT_MOST, ""),
    (r"(?:more|greater)\s+than\s+or\s+equal\s+to|at\s+or\s+above|>=|≥", Operator.AT_LEAST, ""),
    (r"(?:at\s+most|no(?:t)?\s+more\s+than|up\s+to|a\s+maximum\s+of)", Operator.AT_MOST, "to"),
    (r"(?:at\s+least|no(?:t)?\s+less\s+than|a\s+minimum\s+of)", Operator.AT_LEAST, "to"),
    (r"(?:below|under|beneath|underneath)", Operator.LESS, "down"),
    (r"(?:less|lower|fewer|cheaper)\s+than|<", Operator.LESS, "to"),
    (r"(?:above|over|beyond|past)", Operator.MORE, "up"),
    (r"(?:exceeds?|exceeding|exceeded|surpass(?:es)?|tops)", Operator.MORE, "to"),
    (r"(?:more|higher|greater)\s+than|>", Operator.MORE, "to"),
    (r"(?:exactly|equals?|equal\s+to|==?)", Operator.EQUAL, ""),
)  # fmt: skip
_OPERATOR = re.compile(
    "|".join(
        rf"(?P<op{index}>(?<!\w){pattern}(?!\w)|(?<=\s){pattern}(?=\s*\W?\d))"
        if pattern[-1].isalpha() or pattern[-1] == ")"
        else rf"(?P<op{index}>{pattern})"
        for index, (pattern, _, _) in enumerate(_OPERATORS)
    ),
    re.IGNORECASE,
)
_OR_BOUND = re.compile(
    r"\s+(?:or|and)\s+(?:(?P<less>less|lower|below|under|cheaper)|(?P<more>more|higher|above|over))$",
    re.IGNORECASE,
)
_PRICE_WORD = re.compile(
    r"\b(?:prices?|costs?|costing|priced|pricing|fares?|cheaper|sells?\s+for|goes\s+for)\b",
    re.IGNORECASE,
)
_OTHER_MONEY = re.compile(
    r"\b(?:cap|capitali[sz]ation|revenue|salary|rent|fees?|tax|balance|budget|funding|valuation|"
    r"profit|income|debt|worth|volume|turnover|raised|jackpot|prize|fine|weighs?|weight|shipping)\b",
    re.IGNORECASE,
)
_USED = re.compile(r"\b(?:used|refurbished|renewed|second[- ]hand|pre-owned)\b", re.IGNORECASE)
_STEP = re.compile(
    r"^(?P<subject>.*?)\s*\b(?:(?:has|have|is|was|gets?)\s+)?(?:"
    rf"(?P<down>{_DOWN}(?:p?ed|es|s|ing|ne|en)?|fell|fallen|reduced|lowered|cut|discounted)|"
    rf"(?P<up>{_UP}(?:p?ed|es|s|ing|n|en)?|rose|grew|raised))(?:\s+(?:down|up|in\s+price))?"
    r"(?:\s+(?P<by>by))?(?:\s+(?P<over>over|more\s+than|>)|\s+(?:at\s+least|a\s+minimum\s+of|no\s+less\s+than|>=|≥))?\s*$",
    re.IGNORECASE,
)
_OR_MORE = re.compile(
    r"\s+or\s+(?:more|above|greater)$|\s+since\s+(?:the\s+)?last\s+\w+$", re.IGNORECASE
)


# A hundred, to three places, or a hundred thousand? Nobody gives a limit of the first kind.
_UNCLEAR = re.compile(r"(?<![\d.,])\d{2,3}\.\d{3}(?![\d.,])")
_LETTER = r"(?-i:[^\W\d_a-zà-öø-ÿ])"
_WHERE = re.compile(
    r"^(?P<what>.+?)(?<!\bof)(?<!\bfor)(?<!\bwith)\s+(?:at|in|on|bei|am|im|à|au|en|a)\s+"
    rf"(?:(?:the|der|dem|la|le|el|il)\s+)?(?P<place>{_LETTER}[\w'’-]*(?:\s+{_LETTER}[\w'’-]*){{0,3}})$",
    re.IGNORECASE,
)
_WHEN = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|"
    r"mittwoch|jan\w*|feb\w*|mar(?:ch)?|märz|apr(?:il)?|may|mai|june?|juni|july?|juli|aug(?:ust)?|"
    r"sep\w*|o[ck]t\w*|nov\w*|de[cz]\w*|q[1-4]|h[12]|celsius|fahrenheit)\b",
    re.IGNORECASE,
)


def compile_step(text: str, query: str) -> Step | None:
    """By how much a price moves; None for anything else."""
    text = _OR_MORE.sub("", _OR_MORE.sub("", TRAIL.sub("", text)))
    amount = _amount_at_end(text)
    if amount is None or amount.value <= 0 or not (amount.is_money or amount.unit == "%"):
        return None
    found = _STEP.match(text[: amount.start])
    subject = None if found is None else _moving_topic(found, query, is_money=amount.is_money)
    if found is None or subject is None or amount.unit is None:
        return None
    operator = Operator.MORE if found["over"] else Operator.AT_LEAST
    return Step(subject, found["up"] is not None, operator, amount.value, amount.unit)


def _moving_topic(found: re.Match[str], query: str, *, is_money: bool) -> Topic | None:
    """The subject whose price moves; None when a level is named, or something else moves."""
    named = found["subject"]
    is_level = (found["over"] or "").lower() == "over" and not found["by"]
    is_price = is_money or _PRICE_WORD.search(named) is not None
    if is_level or not is_price or _OTHER_MONEY.search(named):
        return None
    return topic_of(_PRICE_WORD.sub(" ", re.sub(r"\bprices?\s+for\b", " ", named)), query)


def compile_number(text: str, query: str) -> Number | None:
    """A price or another number against a limit; None for anything else."""
    parts = _comparison(TRAIL.sub("", text))
    if parts is None:
        return None
    amount = parts.amount
    is_price = _PRICE_WORD.search(text) is not None
    if amount.is_money and not _OTHER_MONEY.search(parts.subject):
        is_price = True
    if is_price and (
        _OTHER_MONEY.search(parts.subject) or not (amount.is_money or not amount.unit)
    ):
        return None
    return _price(parts, query) if is_price else _quantity(parts, query)


def _price(parts: "_Comparison", query: str) -> Number | None:
    used_too = _USED.search(parts.subject) is not None
    named = re.sub(r"\bprices?\s+(?:tag\s+)?for\b", " ", parts.subject, flags=re.IGNORECASE)
    subject = topic_of(_PRICE_WORD.sub(" ", _USED.sub(" ", named)), query)
    return None if subject is None else _number(subject, parts, is_price=True, used_too=used_too)


def _quantity(parts: "_Comparison", query: str) -> Number | None:
    """A number that is no price, perhaps measured somewhere: "the level at Kaub"."""
    where = _WHERE.match(parts.subject.strip())
    if where is not None and _WHEN.search(where["place"]):
        return None
    subject = topic_of(where["what"] if where else parts.subject, query)
    if subject is None or not subject.words:
        return None
    if where is None:
        return _number(subject, parts)
    place = words(where["place"])
    text = f"{subject.text} ({where['place']})"
    return _number(Topic(text, (*subject.words, *place), subject.topic), parts, place=place)


def _number(
    subject: Topic,
    parts: "_Comparison",
    *,
    is_price: bool = False,
    used_too: bool = False,
    place: tuple[str, ...] = (),
) -> Number:
    amount = parts.amount
    return Number(subject, parts.operator, amount.value, amount.unit, is_price, used_too, place)


@dataclass(frozen=True, slots=True)
class _Comparison:
    subject: str
    operator: Operator
    amount: Amount


def _comparison(text: str) -> _Comparison | None:
    bound = _OR_BOUND.search(text)
    if bound:
        text = text[: bound.start()]
    found = _amount_at_end(text)
    if found is None:
        return None
    left = text[: found.start].rstrip(" -")
    if text[found.start - 1 : found.start] == "-" and found.value > 0:
        return None
    ending = _operator_at_end(left, is_bounded=bound is not None)
    if ending is None:
        return None
    subject, operator = ending
    if bound:
        operator = Operator.AT_MOST if bound["less"] else Operator.AT_LEAST
    return _Comparison(subject, operator, found)


def _amount_at_end(text: str) -> Amount | None:
    """The amount that ends a comparison; None where it has two readings."""
    found = amounts(text)
    if not found or text[found[-1].end :].strip(" ."):
        return None
    if len({amount.start for amount in found}) < len(found):  # two readings of the same digits
        return None
    last = found[-1]
    is_unclear = last.value < 1_000 and _UNCLEAR.search(text[last.start : last.end])
    return None if is_unclear else last


def _operator_at_end(left: str, *, is_bounded: bool) -> tuple[str, Operator] | None:
    """The subject before the operator, and the operator, when its verb agrees with it."""
    matches = _OPERATOR.finditer(left)
    found = next((match for match in matches if not left[match.end() :].strip()), None)
    if found is None:
        return _verb_alone(left, is_bounded=is_bounded)
    index = int((found.lastgroup or "op0").removeprefix("op"))
    _, operator, kind = _OPERATORS[index]
    before = left[: found.start()].rstrip()
    verb = _VERB.search(before)
    if verb is None:
        return before, operator
    return (before[: verb.start()], operator) if _agrees(verb, kind) else None


def _verb_alone(left: str, *, is_bounded: bool) -> tuple[str, Operator] | None:
    """Reads "is 350 or less", "is $350" and "drops to 300"."""
    verb = _VERB.search(left)
    if verb is None:
        return None
    subject, moves = left[: verb.start()], bool(verb["down"] or verb["up"])
    if moves and not verb["to"]:  # "drops 50": by how much, not to what
        return None
    if is_bounded or not moves:
        return subject, Operator.EQUAL
    return _level_reached(subject, verb["verb"])


def _level_reached(subject: str, verb: str) -> tuple[str, Operator] | None:
    if re.match(
        r"drop|fall|dip|sink|slip|decline|decrease|fell|sank|go\w*\s+down", verb, re.IGNORECASE
    ):
        return subject, Operator.AT_MOST
    if re.match(r"rise|rose|climb|increase|jump|soar|grow|grew|go\w*\s+up", verb, re.IGNORECASE):
        return subject, Operator.AT_LEAST
    return None


def _agrees(verb: re.Match[str], kind: str) -> bool:
    """Whether verb and operator name a level rather than the size of a step.

    "drops below 10" and "drops to less than 10" do; "drops more than 10" does not.
    """
    if not (verb["down"] or verb["up"]):
        return True
    if verb["to"]:
        return True
    either_way = re.match(r"(?:go|get|come|went|gone|came|got)", verb["verb"], re.IGNORECASE)
    return bool((verb["down"] and kind == "down") or (kind == "up" and (verb["up"] or either_way)))
