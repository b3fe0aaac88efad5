"""Compiler: from a condition in plain words to a predicate, or to nothing.

Declining keeps the builtin judge precise: a condition that holds one word more than the grammar
knows ("… or …", "unless", "for the 256 GB variant", "announced") does not compile.
"""

import re
from functools import lru_cache

from torale.server.judge.builtin.conditions.comparisons import TRAIL, compile_number, compile_step
from torale.server.judge.builtin.conditions.languages import in_english
from torale.server.judge.builtin.conditions.predicates import (
    Availability,
    Changed,
    Contains,
    Entries,
    Predicate,
    Stock,
    Topic,
    Watched,
)
from torale.server.judge.builtin.conditions.topics import topic_of
from torale.server.judge.builtin.conditions.version_conditions import compile_version
from torale.server.judge.text.folding import visible

_LEAD = re.compile(
    r"^(?:please\s+)?(?:(?:tell|notify|alert|email|message|ping|inform)\s+me|let\s+me\s+know)\b\s*"
    r"(?=when|if|once|as|that|the\s+moment|whenever|every)"
    r"|^(?:when(?:ever)?|if|once|as\s+soon\s+as|that|the\s+moment|every\s+time)\s+",
    re.IGNORECASE,
)

_IN_STOCK = (
    r"(?:available\s+|back\s+)?in\s+stock|available(?:\s+(?:again|now|online|for\s+purchase|"
    r"to\s+(?:buy|order)))?|"
    r"restocked|back\s+on\s+sale"
)
_OUT_OF_STOCK = (
    r"(?:completely\s+)?sold\s+out|out\s+of\s+stock|unavailable|(?:no\s+longer|not)\s+"
    r"(?:in\s+stock|available)|(?:isn|aren)['’]t\s+(?:in\s+stock|available)"
)
_STOCK = re.compile(
    r"^(?P<subject>.*?)\s*\b(?:(?:is|are|be|becomes?|comes?|gets?|goes|sells|has\s+been|"
    r"shows?(?:\s+as)?|"
    r"(?:is|are)\s+(?:now|still))\s+)?(?:back\s+)?"
    rf"(?:(?P<out>{_OUT_OF_STOCK}|(?<=sells\s)out)|(?P<in>{_IN_STOCK}))$",
    re.IGNORECASE,
)

_THERE = re.compile(
    r"^there(?:\s+is|\s+are|'s)\s+(?:still\s+)?(?:(?:an?|any|some)\s+)?(.+?)\s+"
    r"(?:still\s+)?(?:available|left|in\s+stock)$",
    re.IGNORECASE,
)
_NONE_LEFT = re.compile(
    r"^there(?:\s+is|\s+are|'s)\s+no\s+(?:more\s+)?(.+?)\s+(?:available|left|in\s+stock)$",
    re.IGNORECASE,
)
_ON_SALE = re.compile(
    r"^(?P<subject>.*?\btickets?(?:\s+(?:for|to)\s+.+?)?)\s+(?:are|is|goe?s?|comes?)\s+"
    r"(?:now\s+)?on\s+(?:general\s+|public\s+)?sale$",
    re.IGNORECASE,
)

_QUOTED = r"[\"“”„«'‘’]\s*(?P<phrase>[^\"“”„«»]{1,200}?)\s*[\"“”»'’]"
_PLACE = (
    r"(?:(?:the|a|any|this|its|it|new|web)\s+)*(?:it|page|site|website|webpage|text|article|feed|"
    r"url|"
    r"content|document|entry|item|post|headline|source|result)s?"
)
_CONTAINS_VERB = (
    r"(?:contains?|mentions?|says?|includes?|shows?|has|lists?|displays?|reads?|states?|features?)"
)
_CONTAINS_NOT = (
    r"(?:no\s+longer|stops?)\s+(?:\w+ing|\w+s)|(?:does\s*n[o']t|does\s+not|doesn’t|do\s+not|"
    r"don't)\s+"
    r"(?:contain|mention|say|include|show|have|list|display|read|state)(?:\s+anymore)?"
)
_CONTAINS = re.compile(
    rf"^(?:{_PLACE}\s+)?(?:(?:now|again|still)\s+)?(?:(?P<not>{_CONTAINS_NOT})|{_CONTAINS_VERB})"
    rf"(?:\s+the)?(?:\s+(?:words?|phrases?|text|string|term))?\s*:?\s*(?:{_QUOTED}|"
    r"(?P<name>(?-i:[A-Z0-9])[\w.+-]*(?:\s(?-i:[A-Z0-9])[\w.+-]*){0,4}))$",
    re.IGNORECASE,
)
_APPEARS = re.compile(
    rf"^(?:the\s+(?:words?|phrase|text)\s+)?{_QUOTED}\s+(?:(?P<not>disappears|is\s+gone|"
    rf"is\s+removed|"
    r"no\s+longer\s+appears|is\s+no\s+longer\s+(?:there|shown|on\s+the\s+page))|appears|"
    r"is\s+mentioned|shows\s+up|is\s+there)"
    r"(?:\s+(?:from|on|in)\s+the\s+(?:page|site|website|feed|text))?$",
    re.IGNORECASE,
)
_CHANGE = (
    r"(?:changes?|changed|updates?|gets\s+updated|ha(?:s|ve)\s+(?:changed|been\s+(?:changed|"
    r"updated))"
    r"|(?:is|was)\s+(?:changed|updated|different))"
)
_SINCE = (
    r"(?:\s+(?:since\s+(?:the\s+)?last\s+(?:time|check|visit|look|run|execution)|at\s+all"
    r"|in\s+any\s+way))?"
)
_CHANGED = re.compile(
    r"^(?:(?:the|this|its|any|page's|web)\s+)*(?:(?P<price>.*?\bprice(?:\s+of\s+.*?)?)|"
    r"(?P<stock>.*?\bavailability(?:\s+of\s+.*?)?)"
    r"|(?P<page>(?:page|site|website|webpage|web\s+page|text|content|contents|document|feed|"
    r"anything|something|it|article)"
    r"(?:\s+(?:text|content|contents))?(?:\s+(?:of|on)\s+the\s+(?:page|site|website|document))?))?"
    rf"\s*\b{_CHANGE}{_SINCE}(?:\s+on\s+the\s+(?:page|site|website))?$",
    re.IGNORECASE,
)
_LIST = (
    r"(?:feed|blog|page|site|website|list|search|results?|channel|podcast|archive|index|"
    r"timeline|results\s+page)"
)
_ITEM = (
    r"(?:entry|entries|items?|posts?|articles?|results?|episodes?|videos?|papers?|postings?|"
    r"openings?|vacanc(?:y|ies)|"
    r"listings?|notices?|stor(?:y|ies)|announcements?|jobs?|positions?|hits?|headlines?|issues?|"
    r"chapters?|events?)"
)
_KIND = r"(?:feed|blog|search|job|press|podcast|news|video|rss|web|forum)"
_APPEARED = (
    r"(?:(?:is|are|was|were|has\s+been|have\s+been|gets?)\s+)?(?:now\s+)?(?:appears?|appeared|"
    r"published|posted|added|listed|"
    r"released|out|available|found|shows?\s+up|comes?\s+(?:up|out|in)|there)"
)
_NEW_ENTRY = re.compile(
    rf"^(?:there(?:\s+is|\s+are|'s)\s+|(?:the\s+)?{_LIST}\s+(?:has|shows|gets|publishes|"
    rf"lists)\s+)?(?:an?|any|some)?\s*"
    rf"new\s+(?:{_KIND}\s+)?{_ITEM}(?:\s+(?:in|on|to|of)\s+(?:the|this|my)\s+(?:\w+\s+)?{_LIST})?"
    r"(?:\s+(?:(?:about|on|regarding)\s+(?P<about>[^\"“”]{1,80}?)"
    r"|(?:(?:that|which)\s+)?(?:mentions?|mentioning|contains?|containing|says|with|titled|"
    r"includes?|including)"
    r"(?:\s+the\s+(?:words?|phrase|term))?\s+(?:[\"“„«'‘](?P<phrase>[^\"“”„«»]{1,200}?)[\"“”»'’]|"
    r"(?P<name>(?-i:[A-Z0-9])[\w.+-]*))"
    r"(?:\s+in\s+(?:the|its)\s+title)?))?"
    rf"(?:\s+{_APPEARED})?(?:\s+(?:in|on|to)\s+(?:the|this|"
    rf"my)\s+(?:\w+\s+)?{_LIST})?(?:\s+since\s+(?:the\s+)?last\s+\w+)?$",
    re.IGNORECASE,
)


def compile_condition(condition: str, query: str = "") -> Predicate | None:
    """The predicate that `condition` states, or None when any part of it is not understood.

    `query`, the search query, names the subject when the condition does not. English, or German,
    French, Spanish or Italian in its plainest forms.
    """
    return _compiled(condition, query)


@lru_cache(maxsize=2048)
def _compiled(condition: str, query: str) -> Predicate | None:
    text = _core(condition)
    predicates = (_parse(form, query) for form in (text, *map(_core, in_english(text))))
    return next((predicate for predicate in predicates if predicate is not None), None)


def _parse(text: str, query: str) -> Predicate | None:
    return (
        _entries(text, query)
        or _contains(text)
        or compile_version(text, query)
        or _changed(text, query)
        or compile_step(text, query)
        or compile_number(text, query)
        or _stock(text, query)
    )


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


def _entries(text: str, query: str) -> Entries | None:
    found = _NEW_ENTRY.match(text)
    if found is None:
        return None
    if found["about"]:
        about = topic_of(found["about"], query)
        return Entries(about) if about is not None and about.words else None
    return Entries(phrase=visible(found["phrase"] or found["name"] or ""))


def _changed(text: str, query: str) -> Changed | None:
    found = _CHANGED.match(TRAIL.sub("", text))
    if found is None:
        return None
    for group, watched in (("price", Watched.PRICE), ("stock", Watched.STOCK)):
        if found[group]:
            named = re.sub(rf"\b{watched}\b", " ", found[group], flags=re.IGNORECASE)
            subject = topic_of(named, query)
            return None if subject is None else Changed(watched, subject)
    return Changed(Watched.PAGE, Topic())


def _stock(text: str, query: str) -> Availability | None:
    plain = _NONE_LEFT.sub(r"\1 is sold out", TRAIL.sub("", text))
    plain = _THERE.sub(r"\1 is available", plain)
    found = _STOCK.match(plain)
    on_sale = _ON_SALE.match(plain) if found is None else found
    if on_sale is None:
        return None
    subject = topic_of(on_sale["subject"], query)
    if subject is None:
        return None
    return Availability(subject, Stock.OUT if found and found["out"] else Stock.IN)
