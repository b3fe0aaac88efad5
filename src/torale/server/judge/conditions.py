"""Compiles a condition in plain words into a predicate, or declines.

Declining keeps the builtin judge precise: a condition that holds one word more than the grammar
knows ("… or …", "unless", "for the 256 GB variant", "announced") does not compile.
"""

import re
from dataclasses import dataclass

from torale.server.judge.numbers import Amount, amounts
from torale.server.judge.predicates import (
    Availability,
    Changed,
    Contains,
    Number,
    Operator,
    Predicate,
    Stock,
    Subject,
    Watched,
)
from torale.server.judge.text import visible, words

_MAX_SUBJECT_WORDS = 7

_LEAD = re.compile(
    r"^(?:please\s+)?(?:(?:tell|notify|alert|email|message|ping|inform)\s+me|let\s+me\s+know)\b\s*"
    r"(?=when|if|once|as|that|the\s+moment|whenever|every)"
    r"|^(?:when(?:ever)?|if|once|as\s+soon\s+as|that|the\s+moment|every\s+time)\s+",
    re.IGNORECASE,
)
_TRAIL = re.compile(r"\s+(?:again|now|right\s+now|currently|at\s+the\s+moment)$", re.IGNORECASE)

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
# Words that change what a condition means. With one of them in the subject we would guess.
_BLOCKED = re.compile(
    r"\b(?:and|or|nor|unless|but|if|when|whenever|before|after|until|till|by|between|from|in|on|at|"
    r"with|without|for|not|never|no|longer|isn't|doesn't|hasn't|won't|announced?|announces|released?"
    r"|variants?|edition|any|all|each|every|average|mean|median|total|cheapest|lowest|highest|combined|"
    r"difference|changes?|changed|either|both|neither|other|than|per|off|drop|increase|decrease|"
    r"gap|discount(?:ed)?|savings?|cut|since|while|during|within|today|tomorrow|yesterday|week|"
    r"month|year|monthly|yearly|annual|weekly|hourly|that|which|who|whose|their|least|most|twice|times|first|last|next|into|via|"
    r"near|around|about|only|except|also|then|instead|likely|expected|should|could|would|might|"
    r"will|can|has|have|is|are|was|were|be|been|does|do|did|to|some|one|of\s+them|\d+\s?[kmgt]b)\b"
    r"|[;:?!,\"“”]|n't\b",
    re.IGNORECASE,
)
_ARTICLES = re.compile(
    r"\b(?:the|a|an|this|its|it|current|of|my|our|page|site|product|item|product's|item's)\b(?!\S*\.)"
    r"|'s(?=\s|$)|’s(?=\s|$)",
    re.IGNORECASE,
)
_TOPIC_NOISE = frozenset(
    words(
        "the a an of for in on at to is are and or with from by my best price cost deal buy shop "
        "store cheap cheapest online official site website web page current currently now today "
        "latest new stock availability available order where when what how much does do sale usd "
        "eur gbp sold out back restock check monitor watch track tracker"
    )
)

_IN_STOCK = (
    r"(?:back\s+)?in\s+stock|available(?:\s+(?:again|now|online|for\s+purchase|to\s+(?:buy|order)))?|"
    r"restocked|back\s+on\s+sale"
)
_OUT_OF_STOCK = (
    r"(?:completely\s+)?sold\s+out|out\s+of\s+stock|unavailable|(?:no\s+longer|not)\s+"
    r"(?:in\s+stock|available)|(?:isn|aren)['’]t\s+(?:in\s+stock|available)"
)
_STOCK = re.compile(
    r"^(?P<subject>.*?)\s*\b(?:(?:is|are|be|becomes?|comes?|gets?|goes|sells|has\s+been|shows?(?:\s+as)?|"
    r"(?:is|are)\s+now)\s+)?(?:back\s+)?"
    rf"(?:(?P<out>{_OUT_OF_STOCK}|(?<=sells\s)out)|(?P<in>{_IN_STOCK}))$",
    re.IGNORECASE,
)

_QUOTED = r"[\"“”„«'‘’]\s*(?P<phrase>[^\"“”„«»]{1,200}?)\s*[\"“”»'’]"
_PLACE = (
    r"(?:(?:the|a|any|this|its|it|new|web)\s+)*(?:it|page|site|website|webpage|text|article|feed|url|"
    r"content|document|entry|item|post|headline|source|result)s?"
)
_SAYS = (
    r"(?:contains?|mentions?|says?|includes?|shows?|has|lists?|displays?|reads?|states?|features?)"
)
_SAYS_NOT = (
    r"(?:no\s+longer|stops?)\s+(?:\w+ing|\w+s)|(?:does\s*n[o']t|does\s+not|doesn’t|do\s+not|don't)\s+"
    r"(?:contain|mention|say|include|show|have|list|display|read|state)(?:\s+anymore)?"
)
_CONTAINS = re.compile(
    rf"^(?:{_PLACE}\s+)?(?:(?:now|again|still)\s+)?(?:(?P<not>{_SAYS_NOT})|{_SAYS})"
    rf"(?:\s+the)?(?:\s+(?:words?|phrases?|text|string|term))?\s*:?\s*(?:{_QUOTED}|"
    r"(?P<name>(?-i:[A-Z0-9])[\w.+-]*(?:\s(?-i:[A-Z0-9])[\w.+-]*){0,4}))$",
    re.IGNORECASE,
)
_APPEARS = re.compile(
    rf"^(?:the\s+(?:words?|phrase|text)\s+)?{_QUOTED}\s+(?:(?P<not>disappears|is\s+gone|is\s+removed|"
    r"no\s+longer\s+appears|is\s+no\s+longer\s+(?:there|shown|on\s+the\s+page))|appears|is\s+mentioned|shows\s+up|is\s+there)"
    r"(?:\s+(?:from|on|in)\s+the\s+(?:page|site|website|feed|text))?$",
    re.IGNORECASE,
)
_CHANGE = (
    r"(?:changes?|changed|updates?|gets\s+updated|ha(?:s|ve)\s+(?:changed|been\s+(?:changed|updated))"
    r"|(?:is|was)\s+(?:changed|updated|different))"
)
_SINCE = (
    r"(?:\s+(?:since\s+(?:the\s+)?last\s+(?:time|check|visit|look|run|execution)|at\s+all"
    r"|in\s+any\s+way))?"
)
_CHANGED = re.compile(
    r"^(?:(?:the|this|its|any|page's|web)\s+)*(?:(?P<price>.*?\bprice(?:\s+of\s+.*?)?)|(?P<stock>.*?\bavailability(?:\s+of\s+.*?)?)"
    r"|(?P<page>(?:page|site|website|webpage|web\s+page|text|content|contents|document|feed|anything|something|it|article)"
    r"(?:\s+(?:text|content|contents))?(?:\s+(?:of|on)\s+the\s+(?:page|site|website|document))?))?"
    rf"\s*\b{_CHANGE}{_SINCE}(?:\s+on\s+the\s+(?:page|site|website))?$",
    re.IGNORECASE,
)
_NEW_ENTRY = re.compile(
    r"^(?:there\s+(?:is|are)\s+)?(?:a|any)?\s*new\s+(?:feed\s+|blog\s+)?(?:entry|entries|items?|posts?|articles?|results?)"
    r"(?:\s+(?:in|on)\s+the\s+(?:feed|blog|page|site))?"
    r"(?:\s+(?:is|are|was|has\s+been|gets))?(?:\s+(?:appears?|published|posted|added|listed|available))?"
    r"(?:\s+(?:in|on|to)\s+the\s+(?:feed|blog|page|site))?$"
    r"|^the\s+feed\s+has\s+a\s+new\s+(?:entry|item|post|article)$",
    re.IGNORECASE,
)


def compile(condition: str, query: str = "") -> Predicate | None:  # noqa: A001
    """The predicate that `condition` states, or None when any part of it is not understood.

    `query`, the search query, names the subject when the condition does not.
    """
    text = _core(condition)
    return _contains(text) or _changed(text, query) or _number(text, query) or _stock(text, query)


def _core(condition: str) -> str:
    text = visible(condition).rstrip(" .!")
    previous = ""
    while previous != text:
        previous, text = text, _LEAD.sub("", text).strip()
    return text


def _contains(text: str) -> Contains | None:
    found = _CONTAINS.match(text) or _APPEARS.match(text)
    if found is None:
        return None
    phrase = found["phrase"] or found.groupdict().get("name") or ""
    return Contains(visible(phrase), negated=bool(found["not"]))


def _changed(text: str, query: str) -> Changed | None:
    if _NEW_ENTRY.match(text):
        return Changed(Watched.ENTRIES, Subject())
    found = _CHANGED.match(_TRAIL.sub("", text))
    if found is None:
        return None
    for group, watched in (("price", Watched.PRICE), ("stock", Watched.STOCK)):
        if found[group]:
            named = re.sub(rf"\b{watched}\b", " ", found[group], flags=re.IGNORECASE)
            subject = _subject(named, query)
            return None if subject is None else Changed(watched, subject)
    return Changed(Watched.PAGE, Subject())


def _stock(text: str, query: str) -> Availability | None:
    found = _STOCK.match(_TRAIL.sub("", text))
    if found is None:
        return None
    subject = _subject(found["subject"], query)
    if subject is None:
        return None
    return Availability(subject, Stock.OUT if found["out"] else Stock.IN)


@dataclass(frozen=True, slots=True)
class _Comparison:
    subject: str
    operator: Operator
    amount: Amount


def _number(text: str, query: str) -> Number | None:
    parts = _comparison(_TRAIL.sub("", text))
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
    named = _USED.sub(
        " ", re.sub(r"\bprices?\s+(?:tag\s+)?for\b", " ", parts.subject, flags=re.IGNORECASE)
    )
    subject = _subject(_PRICE_WORD.sub(" ", named), query)
    if subject is None or (not is_price and not subject.words):
        return None
    used_too = _USED.search(parts.subject) is not None
    return Number(subject, parts.operator, amount.value, amount.unit, is_price, used_too)


def _comparison(text: str) -> _Comparison | None:
    bound = _OR_BOUND.search(text)
    if bound:
        text = text[: bound.start()]
    found = _amount_at_end(text)
    if found is None:
        return None
    left = text[: found.start].rstrip(" -")
    if text[found.start - 1 : found.start] == "-":
        return None
    sign = _operator_at_end(left, is_bounded=bound is not None)
    if sign is None:
        return None
    subject, operator = sign
    if bound:
        operator = Operator.AT_MOST if bound["less"] else Operator.AT_LEAST
    return _Comparison(subject, operator, found)


def _amount_at_end(text: str) -> Amount | None:
    """The one amount of a comparison: the last words of it."""
    found = amounts(text)
    if not found or text[found[-1].end :].strip(" .") or found[-1].value < 0:
        return None
    if len({one.start for one in found}) < len(found):  # two readings of the same digits
        return None
    return found[-1]


def _operator_at_end(left: str, *, is_bounded: bool) -> tuple[str, Operator] | None:
    """The subject before the operator, and the operator, when its verb agrees with it."""
    matches = [one for one in _OPERATOR.finditer(left) if not left[one.end() :].strip()]
    if not matches:
        return _verb_alone(left, is_bounded=is_bounded)
    index = int((matches[0].lastgroup or "op0").removeprefix("op"))
    _, operator, kind = _OPERATORS[index]
    before = left[: matches[0].start()].rstrip()
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
    return _reached(subject, verb["verb"])


def _reached(subject: str, verb: str) -> tuple[str, Operator] | None:
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


def _subject(named: str, query: str) -> Subject | None:
    """None when the name holds words whose meaning matters and is not understood."""
    text = " ".join(_ARTICLES.sub(" ", re.sub(r"\s+for$", "", named)).split()).strip(" -'’")
    if text and (_BLOCKED.search(text) or not words(text)):
        return None
    if len(text.split()) > _MAX_SUBJECT_WORDS:
        return None
    topic = tuple(word for word in words(query) if word not in _TOPIC_NOISE)
    return Subject(text, words(text), topic)
