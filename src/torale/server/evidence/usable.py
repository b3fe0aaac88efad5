"""Unusable pages: they answer, but show nothing of what was asked for. Pure.

Every rule looks at what is left once the suspicious words are taken away: an article about
captchas, or a shop with a login box, has plenty left.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus

from torale.server.evidence.fetching.decoding import is_binary, media_type
from torale.server.evidence.walls import (
    CONSENT_PROOF,
    CONSENT_TITLE,
    CONSENT_WORDS,
    LOADING,
    LOGIN_WORDS,
    MISSING_LINE,
    MISSING_TITLE,
    PAY_OR_CONSENT,
    WALL_HINTS,
    WALL_MARKUP,
    WALL_SERVICES,
    WALL_TITLE,
    WALL_WORDS,
)

_SHORT = 1_500  # no wall says more
_LITTLE = 400
_NEXT_TO_NOTHING = 30
_PLACEHOLDER = 120
_HEADINGS = 3
_LONGEST_CONSENT = 30_000  # it may list a thousand partners

_GOODS = re.compile(
    r"[$€£¥₹]\s?\d|\d[\d.,]{0,15}\s?(?:[$€£¥₹]|usd|eur|gbp|jpy|chf|kr\b)|\bin stock\b"
    r"|\bout of stock\b|\bsold out\b|add to (?:cart|basket|bag)",
    re.IGNORECASE,
)
_SENTENCES = re.compile(r"\n|(?<=[.!?])\s+")

_BINARY_TYPES = ("image/", "audio/", "video/", "font/", "model/")
_BINARY_APPLICATIONS = re.compile(
    r"application/(?:pdf|zip|gzip|x-|octet-stream|msword|java-archive|wasm|vnd\.(?!.*(?:json|xml)$))"
)
_TEXT_APPLICATIONS = re.compile(r"application/x-(?:ndjson|yaml|javascript|rss|atom|xml|json)")
_MAGIC = (b"%PDF-", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b", b"\x7fELF")
_MAX_ODD_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class PageSignals:
    """What a page shows, for judging whether it is the page at all.

    Attributes:
        text: What a reader sees, title excluded.
        facts: Prices and availability that the markup states.
        markup: The HTML as it came.
        rest: The text around the form that asks for a password; None when there is no such form,
            or when it is a small box in the page's header.
    """

    title: str
    text: str
    facts: str = ""
    markup: str = ""
    rest: str | None = None


def refusal(status: int, found: str | None) -> str | None:
    """Name an answer that is no page by its status, unless what was `found` in it says more."""
    if found == _WALL or 200 <= status < 300:
        return found
    if status == HTTPStatus.UNAUTHORIZED:
        return "login: the site answered 401 Unauthorized"
    return f"the site answered {status_line(status)}"


def status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def not_text(body: bytes, content_type: str) -> str | None:
    """Name a body that holds no text, by its type and by its bytes."""
    kind = media_type(content_type)
    declared = kind.startswith(_BINARY_TYPES) or (
        _BINARY_APPLICATIONS.match(kind) and not _TEXT_APPLICATIONS.match(kind)
    )
    # SVG is text, but what it shows is not; octet-stream is what servers call what they don't know.
    if declared and kind != "application/octet-stream":
        return f"not text: {kind}"
    if body.startswith(_MAGIC) or is_binary(body):
        return f"not text: binary data sent as {kind or 'nothing in particular'}"
    return None


_ODD = re.compile(r"[\ufffd\x00-\x08\x0b\x0e-\x1f]")


def garbled(text: str) -> str | None:
    """Name text that is none once decoded: compressed twice, encrypted, or another charset."""
    start = text[:4_000]
    odd = len(_ODD.findall(start))
    return "not text: unreadable characters" if odd > max(3, len(start) * _MAX_ODD_SHARE) else None


def unusable(page: PageSignals) -> str | None:
    """Name what stands in place of the page, or None when it is the page."""
    for reason, stands_in_place in _RULES:
        if stands_in_place(page):
            return reason
    return None


def _is_empty(page: PageSignals) -> bool:
    if len(page.text) > _PLACEHOLDER or _shows_goods(page):
        return False
    return not page.text or LOADING.match(page.text) is not None


def _is_wall(page: PageSignals) -> bool:
    if len(page.text) > _SHORT or _shows_goods(page):
        return False
    if not page.text and WALL_SERVICES.search(page.markup):
        return True
    if WALL_TITLE.match(page.title):
        return len(page.text) <= _LITTLE or _has_wall_signs(page)
    has_sign = WALL_WORDS.search(page.text) or (
        WALL_MARKUP.search(page.markup) and WALL_HINTS.search(page.title + " " + page.text)
    )
    return bool(has_sign) and len(_without(page.text, WALL_WORDS)) <= _LITTLE // 2


def _has_wall_signs(page: PageSignals) -> bool:
    return bool(WALL_WORDS.search(page.text) or WALL_MARKUP.search(page.markup))


def _is_login(page: PageSignals) -> bool:
    if page.rest is None or _shows_goods(page):
        return False
    heading = page.rest.partition("\n")[0]
    says_so = LOGIN_WORDS.search(page.title) or LOGIN_WORDS.search(heading)
    return not page.rest or (len(page.rest) <= _LITTLE and says_so is not None)


def _is_consent(page: PageSignals) -> bool:
    if len(page.text) > _LONGEST_CONSENT:
        return False
    words = {word.lower() for word in CONSENT_WORDS.findall(page.text)}
    if _shows_goods(page) or len(words) < 2 or not words & CONSENT_PROOF:
        return False
    rest = _without(page.text, CONSENT_WORDS)
    if CONSENT_TITLE.match(page.title):
        return len(rest) <= _SHORT
    return len(rest) < min(_NEXT_TO_NOTHING, len(page.text) // 4)


def _is_consent_or_pay(page: PageSignals) -> bool:
    """Agree to advertising or subscribe: the price is that of the subscription."""
    if page.facts or len(page.text) > _SHORT or not PAY_OR_CONSENT.search(page.text):
        return False
    words = {word.lower() for word in CONSENT_WORDS.findall(page.text)}
    rest = _without(_without(page.text, CONSENT_WORDS), PAY_OR_CONSENT)
    if len(words) < 3 or not words & CONSENT_PROOF:
        return False
    return len(rest) <= _LITTLE // 2 and not _GOODS.search(rest)


def _is_missing(page: PageSignals) -> bool:
    if len(page.text) > _LITTLE * 2 or _shows_goods(page):
        return False
    if MISSING_TITLE.match(page.title):
        return True
    # The title may be that of the site; then it stands as a heading of its own.
    first = page.text.split("\n", _HEADINGS)[:_HEADINGS]
    return len(page.text) <= _LITTLE and any(MISSING_LINE.match(line) for line in first)


def _shows_goods(page: PageSignals) -> bool:
    """A price or a stock level is hardly ever part of a wall."""
    return bool(page.facts) or _GOODS.search(page.text) is not None


def _without(text: str, words: re.Pattern[str]) -> str:
    """Drop every sentence that holds one of `words`."""
    return " ".join(part for part in _SENTENCES.split(text) if part and not words.search(part))


_WALL = "captcha or bot wall: the site asks for proof that a human is reading"
_CONSENT = "consent wall: the page is shown only after agreeing to cookies"
_RULES = (
    (_WALL, _is_wall),
    ("error page: the site says that the page is missing", _is_missing),
    ("login form: the page is shown only after signing in", _is_login),
    (_CONSENT, _is_consent),
    (_CONSENT, _is_consent_or_pay),
    ("empty: the page shows no text without running its scripts", _is_empty),
)
