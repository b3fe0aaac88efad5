"""Whether a page says that a thing can be bought."""

import re
from collections.abc import Iterator

from torale.server.judge.base import Source
from torale.server.judge.findings import Finding
from torale.server.judge.predicates import Availability, Stock, Subject
from torale.server.judge.prices import is_about
from torale.server.judge.text import fold, is_instruction, own_lines, quote_line, sentences, words

_OUT = re.compile(
    r"out[\s-]of[\s-]stock|outofstock|sold[\s-]?out|soldout|(?:currently|temporarily)\s+unavailable|\bunavailable\b|"
    r"(?:not|isn't|aren't|no\s+longer|never)\s+(?:currently\s+|yet\s+)?(?:in\s+stock|available|restocked)|"
    r"(?:notify|email|tell|alert)\s+me\s+(?:when|if|once).*|(?:when|once|until|if)\s+(?:it(?:'s|\s+is)\s+)?"
    r"(?:back|available|in\s+stock|restocked)|pre-?\s?orders?\b|back-?\s?order(?:ed|s)?\b|"
    r"coming\s+soon|(?:available|in\s+stock|back)\s+(?:again\s+)?soon|join\s+the\s+wait\s?list|discontinued|"
    r"(?:will|to)\s+be\s+(?:back\s+)?(?:in\s+stock|available)|available\s+(?:from|on|in)\s+"
    r"(?:\d|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|spring|summer|autumn|winter)|"
    r"\b0\s+(?:left\s+)?in\s+stock|no\s+stock\b|"
    r"ausverkauft|vergriffen|nicht\s+(?:mehr\s+)?(?:auf\s+lager|verfügbar|lieferbar|vorrätig)|derzeit\s+nicht|"
    r"vorbestell\w*|rupture\s+de\s+stock|en\s+rupture|épuisée?|indisponible|pas\s+(?:en\s+stock|disponible)|"
    r"plus\s+disponible|précommande|agotad[oa]s?|sin\s+stock|no\s+(?:está\s+|hay\s+)?disponible|sin\s+existencias|"
    r"esaurit[oa]|non\s+(?:è\s+)?disponibile|uitverkocht|esgotado|slutsåld",
)
_IN = re.compile(
    r"\bin\s+stock\b|\binstock\b|\bavailable\s+(?:now|again|to\s+(?:buy|order)|for\s+purchase)\b|"
    r"\bnow\s+available\b|\bback\s+in\s+stock\b|\bready\s+to\s+ship\b|"
    r"\bauf\s+lager\b|\b(?:sofort\s+)?(?:lieferbar|verfügbar|vorrätig)\b|\ben\s+stock\b|\bdisponible\b|"
    r"\ben\s+existencias\b|\bdisponibile\b|\bop\s+voorraad\b|\bem\s+estoque\b|\bi\s+lager\b",
)
_WEAK_IN = re.compile(
    r"\badd\s+to\s+(?:cart|basket|bag)\b|\bbuy\s+(?:it\s+)?now\b|\bin\s+den\s+warenkorb\b|"
    r"\bajouter\s+au\s+panier\b|\bañadir\s+al\s+carrito\b|\baggiungi\s+al\s+carrello\b",
)
_LABEL = re.compile(
    r"^(?:[\w .\[\]-]{0,40}[. _])?(?:availability|in[ _]?stock|is[ _]?available|available|"
    r"verfügbarkeit|"
    r"disponibilité|disponibilidad|disponibilità|stock(?:\s+status)?)\s*[:=]\s*(?P<value>.{1,60})$"
)
_YES = re.compile(r"^[\"']?(?:true|yes|ja|oui|sí|sì)\b")
_NO = re.compile(r"^[\"']?(?:false|no|nein|non|0)\b[\"'\s,.]*$")
_YES_NO_LABEL = re.compile(r"(?:in[ _]?stock|available)\s*[:=]")
# A filter, a question, a hope or a memory is not a state.
_NO_STATE = re.compile(
    r"\b(?:only\s+show|show\s+only|filter|in\s+stock\s+only|check\s+(?:if|stock|availability)|was|were|"
    r"usually|if|whether|could|might|would|should|expect\w*|rumou?r\w*|hope\w*|yesterday|last\s+week|ago|"
    r"exclude|include\s+out)\b|\?"
)


def stock_in(source: Source, predicate: Availability) -> Finding | None:
    """What the source says on a stock condition; None when it does not speak of it."""
    now = stock_now(source, predicate.subject)
    if now is None or now.holds is None:
        return now
    return Finding(source, now.value == predicate.wanted, now.value, now.quote)


def stock_now(source: Source, subject: Subject) -> Finding | None:
    """The one state that a source shows; doubtful when it shows both."""
    if not is_about(source, subject):
        return None
    seen = _near(source, subject, list(_states(source)))
    best = min((weight for weight, _, _ in seen), default=0)
    seen = [one for one in seen if one[0] == best]
    if not seen:
        return None
    if len({state for _, state, _ in seen}) > 1:
        return Finding(source, None, doubt="shows both “in stock” and “out of stock” signs")
    _, state, line = seen[0]
    return Finding(source, holds=True, value=state, quote=quote_line(source, line, line))


_Seen = tuple[int, Stock, str]


def _near(source: Source, subject: Subject, seen: list[_Seen]) -> list[_Seen]:
    """The signs in lines that name the subject; without any, all signs of its own page."""
    wanted = set(subject.words or ((), subject.topic)[not source.named])
    near = [one for one in seen if wanted and wanted <= set(words(one[2]))]
    if near:
        return near
    return seen if source.named or wanted <= set(words(source.title)) else []


def _states(source: Source) -> Iterator[_Seen]:
    """Signs with their weight: 0 for a labelled state, 1 for words, 2 for a mere buy button."""
    for line in own_lines(source.text):
        if is_instruction(line):
            continue
        label = _LABEL.match(fold(line))
        if label is not None:
            state = _labelled(fold(line), label["value"])
            if state is not None:
                yield 0, state, line
            continue
        for part in sentences(line):
            yield from ((weight, state, part) for weight, state in _spoken(fold(part)))


def _labelled(line: str, value: str) -> Stock | None:
    if _OUT.search(value):
        return Stock.OUT
    if _IN.search(value):
        return Stock.IN
    if _YES_NO_LABEL.search(line) is None:
        return None
    yes, no = _YES.match(value), _NO.match(value)
    return Stock.IN if yes else Stock.OUT if no else None


def _spoken(text: str) -> Iterator[tuple[int, Stock]]:
    rest, outs = _OUT.subn(" ", text)
    if outs and not re.search(r"\b(?:was|were|had|include|exclude|could|might|may)\b|\?", rest):
        yield 1, Stock.OUT
    if _NO_STATE.search(rest):
        return
    if _IN.search(rest):
        yield 1, Stock.IN
    elif _WEAK_IN.search(rest):
        yield 2, Stock.IN
