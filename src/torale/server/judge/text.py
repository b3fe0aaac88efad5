"""How judges read text: what counts as the same words, and what can stand as a quote."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urlsplit

from torale.server.judge.base import Quote, Source

MIN_QUOTE = 8
MAX_QUOTE = 300
_MAX_LINE = 1_000
_MAX_HEADING = 80
# What is worked out of a text serves several questions about it. Longer texts are rare and large.
_MAX_REMEMBERED = 100_000

# The categories Cc (but tab and line ends), Cf, Co and Cs. Written out, because asking
# `unicodedata` for each character of a long page takes a second.
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff]"
)
_ASCII_FOLDED: dict[int, str | None] = {
    **dict.fromkeys((*range(9), *range(14, 28), 127)),
    ord("`"): "'",
}
_FOLDED = str.maketrans(
    dict.fromkeys("‘’‚‛′`´", "'") | dict.fromkeys("“”„‟″«»", '"') | dict.fromkeys("‐‑‒–—―−", "-")
)
_RESTLESS = re.compile(
    r"\b\d+\s*(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?)\s+ago\b|"
    r"\b\d{1,2}:\d{2}(?::\d{2})?\b"
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^\W_]|[\"“'‘(])")
_OTHERS = re.compile(
    r"(?:(?:you\s+(?:may|might)\s+also|customers?\s+(?:who|also)|people\s+also|frequently\s+bought|"
    r"recently\s+viewed|(?:related|similar|recommended|sponsored|other|more)\s+"
    r"(?:products|items|sellers|offers|buying)|compare\s+with|complete\s+the\s+set|"
    r"das\s+könnte|kunden\s+kauften|ähnliche\s+(?:produkte|artikel)|passendes\s+zubehör|"
    r"andere\s+anbieter|"
    r"vous\s+aimerez|autres\s+vendeurs|produits\s+similaires|"
    r"productos\s+(?:similares|relacionados)|otros\s+vendedores|prodotti\s+(?:simili|correlati)|"
    r"altri\s+venditori)"
    r".{0,60}|recommended\s+for\s+you|related|accessories|zubehör|accessoires)\W*$",
    re.IGNORECASE,
)
# What customers write stands below. Menus name these too, so they count below a price or a state.
_CUSTOMERS = re.compile(
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
_WORD = re.compile(r"[^\W_]+")
# Most lines hold none of these words, and one look tells.
_INSTRUCTION_WORD = re.compile(
    r"ignor|disregard|forget|overrid|condition|system|\bas an ai\b|instruction|verdict|respond|"
    r"repl(?:y|ie)|answer|"
    r"<\|?/?(?:sys|ass|user|im_)|you (?:must|should|shall|have|are)|prompt|assistant|vergiss|"
    r"bedingung|"
    r"antworte|anweisung|oublie|répond|consigne|olvid|condición|respond|responde|dimentica|"
    r"condizione|rispond|"
    r"\[/?inst\]|end of (?:source|document|page|text)|\bsource \d+ (?:end|begin)"
)
_INSTRUCTION = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}"
    r"\b(?:instruction|prompt|rule|above|previous|prior|condition|source|text|page)"
    r"|\bcondition(?:\s+\w+){0,2}\s+(?:is|was|has\s+been|as|=)\s*(?:now\s+|already\s+)?(?:met|"
    r"true|satisfied|fulfilled)"
    r"|\bcondition[_ ]met\b|\byou\s+(?:must|should|shall|have\s+to|are)\s+(?:now\s+)?"
    r"(?:answer|reply|respond|say|report|conclude|output|return|mark|an?\s+(?:ai|assistant|model))"
    r"|\bsystem\s*(?:prompt|message|override|note|instruction)|^\W*(?:system|assistant|"
    r"developer)\s*[:>\]]"
    r"|\bas\s+an\s+ai\b|\bnew\s+instructions?\b|\bverdict\W{0,3}(?:is|:|=)"
    r"|\b(?:note|message|instructions?)\s+(?:to|for)\s+(?:the\s+)?(?:ai|assistant|model|judge|"
    r"evaluator|llm|agent)"
    r"|\b(?:respond|reply|answer)\s+(?:only\s+)?with\b|<\|?/?(?:system|assistant|user|im_)|"
    r"\[/?inst\]"
    r"|\bend\s+of\s+(?:source|document|untrusted|page\s+text)|\b(?:begin|end)\s+source\b|"
    r"\bsource\s+\d+\s+(?:ends?|begins?)\b"
    r"|\b(?:ignorier\w*|vergiss|vergessen\s+sie)\b.{0,40}\b(?:anweisung|vorherig|obig|bisherig|"
    r"regel)"
    r"|\bbedingung\s+(?:ist|wurde|gilt\s+als)\s+(?:\w+\s+){0,2}(?:erfüllt|wahr|eingetreten)|"
    r"\bantworte\w*\s+(?:nur\s+)?mit\b"
    r"|\b(?:ignore[zr]?|oublie[zr]?)\b.{0,40}\b(?:instruction|consigne|précédent|règle)"
    r"|\bcondition\s+est\s+(?:\w+\s+){0,2}(?:remplie|satisfaite|vraie)|"
    r"\bréponde?[zs]?\s+(?:uniquement\s+)?(?:par|avec)\b"
    r"|\b(?:ignora|ignore|olvid[ae])\b.{0,40}\b(?:instrucci|anterior|regla)"
    r"|\bcondición\s+(?:se\s+(?:ha\s+)?cumpl\w+|está\s+cumplida|es\s+verdadera)|"
    r"\bresponde\s+(?:solo\s+)?con\b"
    r"|\b(?:ignora|dimentica)\b.{0,40}\b(?:istruzion|precedent|regol)"
    r"|\bcondizione\s+è\s+(?:\w+\s+){0,2}(?:soddisfatta|vera|verificata)|"
    r"\brispondi\s+(?:solo\s+)?con\b",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"<?\b(?:[a-z][a-z0-9+.-]{1,20}://|www\.|mailto:|javascript:|data:)[^\s<>\"“”]+>?",
    re.IGNORECASE,
)


def visible(text: str) -> str:
    """`text` without control, hidden and private characters, white space collapsed."""
    return " ".join(_HIDDEN.sub("", text).split())


def fold(text: str) -> str:
    """What two texts share when they say the same words: to compare, not to show."""
    if text.isascii():
        return " ".join(text.translate(_ASCII_FOLDED).lower().split())
    plain = unicodedata.normalize("NFKC", _HIDDEN.sub("", text)).casefold()
    plain = unicodedata.normalize("NFKC", plain).translate(_FOLDED)
    return " ".join(_HIDDEN.sub("", plain).split())


def is_instruction(text: str) -> bool:
    """Whether the words address the judge rather than a reader; such words prove nothing."""
    folded = fold(text)
    return _INSTRUCTION_WORD.search(folded) is not None and _INSTRUCTION.search(folded) is not None


def words(text: str) -> tuple[str, ...]:
    """The words of `text` for matching a subject: folded, plurals and possessives cut."""
    found = _WORD.findall(fold(text).replace("'s ", " "))
    return tuple(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in found)


def word_set(text: str) -> frozenset[str]:
    """The different words of `text`, as `words` reads them."""
    return _word_set(text) if len(text) <= _MAX_REMEMBERED else frozenset(words(text))


@lru_cache(maxsize=32)
def _word_set(text: str) -> frozenset[str]:
    return frozenset(words(text))


def lines(text: str) -> list[str]:
    """The lines of `text` that hold something, trimmed; each is a verbatim part of it.

    Endless lines are cut, so that the work a page makes grows with its length and no faster.
    """
    return [piece for line in text.splitlines() for piece in _pieces(line.strip())]


def own_lines(text: str) -> list[str]:
    """The lines of a page up to where it turns to other products, or to what customers say."""
    rows = lines(text)
    has_offer = False
    for index, row in enumerate(rows):
        is_heading = index and len(row) <= _MAX_HEADING
        if is_heading and (_OTHERS.match(row) or (has_offer and _CUSTOMERS.match(row))):
            return rows[:index]
        has_offer = has_offer or _OFFER.search(row) is not None
    return rows


def _pieces(line: str) -> Iterator[str]:
    while len(line) > _MAX_LINE:
        ends = [line.rfind(end, _MAX_LINE // 2, _MAX_LINE) + 1 for end in (". ", " ")]
        cut = next((end for end in ends if end), _MAX_LINE)
        piece, line = line[:cut].strip(), line[cut:].strip()
        if piece:
            yield piece
    if line:
        yield line


def steady(row: str) -> str:
    """The folded line without clocks and "5 minutes ago", which change by themselves."""
    return _RESTLESS.sub("", fold(row)).strip()


def sentences(line: str) -> list[str]:
    return [part for part in _SENTENCE_END.split(line) if part]


def contains_phrase(folded: str, phrase: str) -> bool:
    """Whether the folded phrase stands in the folded text as whole words."""
    before = r"(?<![a-z0-9])" if phrase[:1].isalnum() else ""
    after = r"(?![a-z0-9])" if phrase[-1:].isalnum() else ""
    return re.search(before + re.escape(phrase) + after, folded) is not None


def host(uri: str) -> str:
    """The host of an address without `www.`; empty when it has none."""
    try:
        return (urlsplit(uri).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def quote_line(source: Source, line: str, needle: str = "") -> Quote | None:
    """A quote of `line`, cut around `needle` when the line is too long for one.

    None when the line is addressed to the judge, or when nothing of it can be quoted.
    """
    if is_instruction(line) or len(fold(line)) == 0:
        return None
    line = _without_links(line, fold(needle))
    if len(line) <= MAX_QUOTE:
        return _widened(source, line)
    wanted = fold(needle)
    for part in _windows(line):
        if wanted in fold(part):
            return Quote(source.uri, part)
    return None


def _without_links(line: str, wanted: str) -> str:
    """The stretch between the links of a line that holds the words: a quote needs no address."""
    if _LINK.search(line) is None:
        return line
    parts = [part.strip(" \t<(-–—") for part in _LINK.split(line)]
    holding = [part for part in parts if part and wanted in fold(part)]
    return max(holding, key=len, default=line)


def first_line(source: Source) -> Quote | None:
    """The first words of a document that can be quoted: proof that it was read."""
    for line in lines(source.text):
        quote = quote_line(source, line)
        if quote is not None and len(quote.text) >= 3:
            return quote
    return None


def _widened(source: Source, line: str) -> Quote:
    """The line, with its neighbour when it is too short to say much ("$349")."""
    if len(line) >= MIN_QUOTE:
        return Quote(source.uri, line)
    above = source.text[: max(0, source.text.find(line))].rstrip().splitlines()[-1:]
    start = source.text.rfind(above[0], 0, source.text.find(line)) if above else 0
    wider = source.text[start : source.text.find(line) + len(line)].strip()
    fits = len(wider) <= MAX_QUOTE and line in wider and not is_instruction(wider)
    return Quote(source.uri, wider if fits else line)


def _windows(line: str) -> Iterator[str]:
    """Parts of a long line short enough to quote: its sentences, then runs of its words."""
    yield from (part for part in sentences(line) if len(part) <= MAX_QUOTE)
    starts = [found.start() for found in re.finditer(r"\S+", line)]
    for start in starts:
        part = line[start : start + MAX_QUOTE]
        whole = part.rsplit(None, 1)[0] if len(part) == MAX_QUOTE else part
        yield whole.strip()
