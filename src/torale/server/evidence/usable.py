"""Pages that answer but show nothing of what was asked for. Pure.

Every rule looks at what is left once the suspicious words are taken away: an article about
captchas, or a shop with a login box, has plenty left.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus

from torale.server.evidence.decoding import is_binary, media_type

_SHORT = 1_500  # no wall says more
_LITTLE = 400
_NEXT_TO_NOTHING = 30
_PLACEHOLDER = 120

_WALL_TITLE = re.compile(
    r"\s*(?:just a moment|attention required|access denied|access to this page has been denied"
    r"|pardon our interruption|checking your browser|ddos-guard|robot check|bot verification"
    r"|security (?:check|verification)|human verification|captcha|verif(?:y|ying) (?:that )?you"
    r"|are you (?:a )?(?:human|robot)|you have been blocked|one more step|sorry, you have been)\b",
    re.IGNORECASE,
)
_WALL_WORDS = re.compile(
    r"(?:verify|confirm|prove|checking|making sure)(?: that| if)? you(?:'re|’re| are)"
    r"(?: a| not a)? (?:human|robot|bot)|i(?:'m|’m| am) not a robot|press (?:&|and) hold"
    r"|unusual (?:traffic|activity) from|(?:solve|complete|enter) the captcha"
    r"|enable javascript and cookies to continue|checking your browser before"
    r"|review the security of your connection|automated (?:access|requests|queries)"
    r"|why have i been blocked|needs? to confirm you are"
    r"|performance (?:&|and) security by cloudflare|type the characters you see",
    re.IGNORECASE,
)
_WALL_MARKUP = re.compile(
    r"px-captcha|cf-challenge|cf_chl_|challenge-form|_incapsula_resource|captcha-delivery\.com"
    r"|h-captcha|g-recaptcha|cf-turnstile|awswafcaptcha|geetest_|arkoselabs",
    re.IGNORECASE,
)
_WALL_HINTS = re.compile(
    r"captcha|robot|human|security check|verif|blocked|denied|challenge|^\s*$", re.IGNORECASE
)
_LOGIN_WORDS = re.compile(
    r"\b(?:log ?-?in|sign ?-?in|log on|login|anmelden|einloggen|connexion|se connecter"
    r"|iniciar sesi[oó]n|accedi|entrar|inloggen|passwor[dt]|forgot)\b",
    re.IGNORECASE,
)
_CONSENT_TITLE = re.compile(
    r"\s*(?:before you continue|bevor sie |avant d|consent|cookie consent|your privacy"
    r"|we value your privacy|privacy settings)",
    re.IGNORECASE,
)
_CONSENT_WORDS = re.compile(
    r"cookie|consent|privacy|accept|reject|agree|manage (?:my )?(?:choices|options|preferences)"
    r"|more options|personal data|personali[sz]|advertis|vendors|partners|your choices|einwillig"
    r"|datenschutz|zustimm|ablehnen|accepter|refuser|before you continue",
    re.IGNORECASE,
)
_CONSENT_PROOF = frozenset({"cookie", "consent", "privacy", "einwillig", "datenschutz"})
_MISSING_TITLE = re.compile(
    r"\s*(?:(?:error\s*)?40[34]\b|(?:the )?page (?:was |could )?not (?:be )?found|not found"
    r"|page (?:does not|doesn[’']t) exist|(?:internal )?server error|50[0234]\b"
    r"|bad gateway|service unavailable|seite nicht gefunden|page introuvable)",
    re.IGNORECASE,
)
_GOODS = re.compile(
    r"[$€£¥₹]\s?\d|\d[\d.,]{0,15}\s?(?:[$€£¥₹]|usd|eur|gbp|jpy|chf|kr\b)|\bin stock\b"
    r"|\bout of stock\b|\bsold out\b|add to (?:cart|basket|bag)",
    re.IGNORECASE,
)
# What a page says before its scripts have run. Other short texts are real: "Sold out".
_LOADING = re.compile(
    r"\W*(?:loading|please wait|initiali[sz]ing|(?:please |you (?:need|have) to )?enable javascript"
    r"|javascript (?:is|must)|this (?:app|site|page) (?:needs|requires|works best))",
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
class Look:
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


def unusable(look: Look) -> str | None:
    """Name what stands in place of the page, or None when it is the page."""
    for reason, stands_in_place in _RULES:
        if stands_in_place(look):
            return reason
    return None


def _is_empty(look: Look) -> bool:
    if _shows_goods(look) or len(look.text) > _PLACEHOLDER:
        return False
    return not look.text or _LOADING.match(look.text) is not None


def _is_wall(look: Look) -> bool:
    if len(look.text) > _SHORT or _shows_goods(look):
        return False
    if _WALL_TITLE.match(look.title):
        return len(look.text) <= _LITTLE or _has_wall_signs(look)
    has_sign = _WALL_WORDS.search(look.text) or (
        _WALL_MARKUP.search(look.markup) and _WALL_HINTS.search(look.title + " " + look.text)
    )
    return bool(has_sign) and len(_without(look.text, _WALL_WORDS)) <= _LITTLE // 2


def _has_wall_signs(look: Look) -> bool:
    return bool(_WALL_WORDS.search(look.text) or _WALL_MARKUP.search(look.markup))


def _is_login(look: Look) -> bool:
    if look.rest is None or _shows_goods(look):
        return False
    heading = look.rest.partition("\n")[0]
    says_so = _LOGIN_WORDS.search(look.title) or _LOGIN_WORDS.search(heading)
    return not look.rest or (len(look.rest) <= _LITTLE and says_so is not None)


def _is_consent(look: Look) -> bool:
    words = {one.lower() for one in _CONSENT_WORDS.findall(look.text)}
    if _shows_goods(look) or len(words) < 2 or not words & _CONSENT_PROOF:
        return False
    rest = _without(look.text, _CONSENT_WORDS)
    if _CONSENT_TITLE.match(look.title):
        return len(rest) <= _SHORT
    return len(rest) < min(_NEXT_TO_NOTHING, len(look.text) // 4)


def _is_missing(look: Look) -> bool:
    return (
        _MISSING_TITLE.match(look.title) is not None
        and len(look.text) <= _LITTLE * 2
        and not _shows_goods(look)
    )


def _shows_goods(look: Look) -> bool:
    """A price or a stock level is never part of a wall."""
    return bool(look.facts) or _GOODS.search(look.text) is not None


def _without(text: str, words: re.Pattern[str]) -> str:
    """Drop every sentence that holds one of `words`."""
    return " ".join(one for one in _SENTENCES.split(text) if one and not words.search(one))


_WALL = "captcha or bot wall: the site asks for proof that a human is reading"
_RULES = (
    (_WALL, _is_wall),
    ("error page: the site says that the page is missing", _is_missing),
    ("login form: the page is shown only after signing in", _is_login),
    ("consent wall: the page is shown only after agreeing to cookies", _is_consent),
    ("empty: the page shows no text without running its scripts", _is_empty),
)
