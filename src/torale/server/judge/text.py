"""How judges read text: what counts as the same words, and what can stand as a quote."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from urllib.parse import urlsplit

from torale.server.judge.base import Quote, SourceDocument

MIN_QUOTE = 8
MAX_QUOTE = 300
_MAX_LINE = 1_000
_MAX_HEADING = 80
# What is worked out of a text serves several questions about it. Longer texts are rare and large.
_WORTH_KEEPING, _MAX_REMEMBERED = 1_000, 100_000

# The categories Cc (but tab and line ends), Cf, Co and Cs. Written out, because asking
# `unicodedata` for each character of a long page takes a second.
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff]"
)
_FOLDED = (("'", "‘’‚‛′`´"), ('"', "“”„‟″«»"), ("-", "‐‑‒–—―−"))
_RESTLESS = re.compile(
    r"\b\d+\s*(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?)\s+ago\b|"
    r"\b\d{1,2}:\d{2}(?::\d{2})?\b"
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^\W_]|[\"“'‘(])")
# The first three letters of every heading that the two patterns below know.
_HEADINGS = frozenset(
    (
        *("you", "cus", "peo", "fre", "rec", "rel", "sim", "spo", "oth", "mor", "com", "das"),
        *("kun", "ähn", "pas", "and", "vou", "aut", "pro", "otr", "alt", "acc", "zub", "use"),
        *("ver", "rev", "rat", "que", "q&a", "q &", "faq", "dis", "bew", "kom", "fra", "avi"),
        *("opi", "res", "wir"),
    )
)
_OTHERS = re.compile(
    r"(?:(?:you\s+(?:may|might)\s+also|customers?\s+(?:who|also)|people\s+also|frequently\s+bought|"
    r"recently\s+viewed|(?:related|similar|recommended|sponsored|other|more)\s+"
    r"(?:products|items|sellers|offers|buying)|compare\s+with|complete\s+the\s+set|"
    r"das\s+könnte|kunden\s+kauften|wird\s+oft\s+zusammen|ähnliche\s+(?:produkte|artikel)|passendes\s+zubehör|"
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
LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]{0,20}://|www\.)[^\s<>\"“”]+"
    r"|(?:mailto|javascript|data|tel):[^\s<>\"“”]+"
    r"|\b(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}/[^\s<>\"“”]*",
    re.IGNORECASE,
)


_LINK_SIGNS = ("/", "www.", "mailto:", "javascript:", "data:", "tel:")


def has_link(text: str) -> bool:
    """Whether a text may hold a link: cheap, and never wrong when it says no."""
    folded = text.lower()
    return any(sign in folded for sign in _LINK_SIGNS)


def visible(text: str) -> str:
    """`text` without control, hidden and private characters, white space collapsed."""
    plain = " ".join(text.split())
    # Hidden characters are not printable, and asking so is a hundred times as fast.
    return plain if plain.isprintable() else " ".join(_HIDDEN.sub("", text).split())


def fold(text: str) -> str:
    """What two texts share when they say the same words: to compare, not to show."""
    return _folded(text) if _WORTH_KEEPING <= len(text) <= _MAX_REMEMBERED else _fold(text)


@lru_cache(maxsize=32)
def _folded(text: str) -> str:
    return _fold(text)


def _fold(text: str) -> str:
    plain = visible(text)
    if plain.isascii():
        return plain.replace("`", "'").lower()
    folded = plain.casefold()
    is_normal = all(unicodedata.is_normalized("NFKC", one) for one in (plain, folded))
    if not is_normal:
        folded = unicodedata.normalize("NFKC", plain).casefold()
        folded = unicodedata.normalize("NFKC", folded)
    for mark, alike in _FOLDED:
        for one in alike:
            if one in folded:
                folded = folded.replace(one, mark)
    return folded if is_normal else visible(folded)


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
    return frozenset(words(text))


def holds_word(folded: str, word: str) -> bool:
    """Whether a folded text holds a word, as `words` gives it, in the singular or the plural."""
    return holds_whole(folded, word) or (len(word) >= 3 and holds_whole(folded, f"{word}s"))


def holds_whole(text: str, part: str) -> bool:
    """Whether a part of a text begins and ends where words do."""
    at = text.find(part)
    while at >= 0:
        end = at + len(part)
        if not text[max(at - 1, 0) : at].isalnum() and not text[end : end + 1].isalnum():
            return True
        at = text.find(part, at + 1)
    return False


def rows_with(rows: Sequence[str], needles: Sequence[str]) -> list[int]:
    """The indices of the lines that hold one of the lower-case words, part of a word included.

    For the few lines of a page that are worth a closer look.
    """
    text = "\n".join(rows).lower()
    ends = list(accumulate(len(row) + 1 for row in rows))
    if not rows or len(text) + 1 != ends[-1]:  # some letters grow when they are lowered
        return list(range(len(rows)))
    found: set[int] = set()
    for needle in needles:
        at = text.find(needle)
        while at >= 0:
            row = bisect_right(ends, at)
            found.add(row)
            at = text.find(needle, ends[row])
    return sorted(found)


def lines(text: str) -> list[str]:
    """The lines of `text` that hold something, trimmed; each is a verbatim part of it.

    Endless lines are cut, so that the work a page makes grows with its length and no faster.
    """
    rows = [row for line in text.splitlines() if (row := line.strip())]
    if max(map(len, rows), default=0) <= _MAX_LINE:
        return rows
    return [piece for row in rows for piece in _pieces(row)]


def own_lines(text: str) -> list[str]:
    """The lines of a page up to where it turns to other products, or to what customers say."""
    rows = lines(text)
    headings = [
        index
        for index, row in enumerate(rows)
        if index and len(row) <= _MAX_HEADING and row[:3].lower() in _HEADINGS
    ]
    for index in headings:
        if _OTHERS.match(rows[index]):
            return rows[:index]
        if _CUSTOMERS.match(rows[index]):
            offers = (at for at, row in enumerate(rows) if _OFFER.search(row))
            first = next(offers, len(rows))
            end = next((at for at in headings if at > first and _is_turn(rows[at])), len(rows))
            return rows[:end]
    return rows


def _is_turn(row: str) -> bool:
    return (_OTHERS.match(row) or _CUSTOMERS.match(row)) is not None


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
    folded = fold(row)
    return _RESTLESS.sub("", folded).strip() if ":" in folded or " ago" in folded else folded


def sentences(line: str) -> list[str]:
    return [part for part in _SENTENCE_END.split(line) if part]


def contains_phrase(folded: str, phrase: str) -> bool:
    """Whether the folded phrase stands in the folded text as whole words."""
    if phrase not in folded:
        return False
    before = r"(?<![a-z0-9])" if phrase[:1].isalnum() else ""
    after = r"(?![a-z0-9])" if phrase[-1:].isalnum() else ""
    return re.search(before + re.escape(phrase) + after, folded) is not None


def host(uri: str) -> str:
    """The host of an address without `www.`; empty when it has none."""
    try:
        return (urlsplit(uri).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def quote_line(source: SourceDocument, line: str, needle: str = "") -> Quote | None:
    """A quote of `line`, cut around `needle` when the line is too long for one.

    None when the line is addressed to the judge, or when nothing of it can be quoted.
    """
    wanted = fold(needle)
    plain = "" if is_instruction(line) else _without_links(line, wanted)
    if not fold(plain):
        return None
    if len(plain) <= MAX_QUOTE:
        return _widened(source, plain)
    fitting = (part for part in _windows(plain) if wanted in fold(part))
    return next((Quote(source.uri, part) for part in fitting), None)


def _without_links(line: str, wanted: str) -> str:
    """The stretch between the links of a line that holds the words: a quote needs no address.

    Empty when the words are part of a link.
    """
    parts = LINK.split(line) if has_link(line) else [line]
    if len(parts) == 1:
        return line
    parts = [part.strip(" \t<>(\"'=-–—") for part in parts]
    return max((part for part in parts if part and wanted in fold(part)), key=len, default="")


def first_line(source: SourceDocument) -> Quote | None:
    """The first words of a document that can be quoted: proof that it was read."""
    for line in lines(source.text):
        quote = quote_line(source, line)
        # A few characters count only as a line of their own.
        is_line = quote is not None and len(fold(quote.text)) >= 3 and quote.text == line
        if quote is not None and (is_line or len(fold(quote.text)) >= MIN_QUOTE):
            return quote
    return None


def _widened(source: SourceDocument, line: str) -> Quote:
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
