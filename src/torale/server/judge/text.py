"""How judges read text: what counts as the same words, and what can stand as a quote."""

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import urlsplit

from torale.server.judge.base import Quote, Source

MIN_QUOTE = 8
MAX_QUOTE = 300
_MAX_LINE = 1_000

# The categories Cc (but tab and line ends), Cf, Co and Cs. Written out, because asking
# `unicodedata` for each character of a long page takes a second.
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff]"
)
_FOLDED = str.maketrans(
    dict.fromkeys("‘’‚‛′`´", "'") | dict.fromkeys("“”„‟″«»", '"') | dict.fromkeys("‐‑‒–—―−", "-")
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^\W_]|[\"“'‘(])")
_OTHERS = re.compile(
    r"(?:(?:you\s+(?:may|might)\s+also|customers?\s+(?:who|also)|people\s+also|frequently\s+bought|"
    r"recently\s+viewed|(?:related|similar|recommended|sponsored|other|more)\s+(?:products|items)|"
    r"das\s+könnte|kunden\s+kauften|ähnliche\s+(?:produkte|artikel)|vous\s+aimerez|"
    r"produits\s+similaires|productos\s+(?:similares|relacionados)|prodotti\s+(?:simili|correlati))"
    r".{0,60}|recommended\s+for\s+you|related)\W*$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
_INSTRUCTION = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}"
    r"\b(?:instruction|prompt|rule|above|previous|prior|condition)"
    r"|\bcondition(?:\s+\w+){0,2}\s+(?:is|was|has\s+been|as|=)\s*(?:met|true|satisfied|fulfilled)"
    r"|\bcondition_met\b|\byou\s+(?:must|should|shall|have\s+to|are)\s+(?:now\s+)?"
    r"(?:answer|reply|respond|say|report|conclude|output|return|mark|an?\s+(?:ai|assistant|model))"
    r"|\bsystem\s+prompt\b|\bas\s+an\s+ai\b|\bnew\s+instructions?\b|\bverdict\s*(?:is|:|=)"
    r"|\b(?:respond|reply|answer)\s+(?:only\s+)?with\b|<\|?/?(?:system|assistant|user|im_)",
    re.IGNORECASE,
)


def visible(text: str) -> str:
    """`text` without control, hidden and private characters, white space collapsed."""
    return " ".join(_HIDDEN.sub("", text).split())


def fold(text: str) -> str:
    """What two texts share when they say the same words: to compare, not to show."""
    plain = unicodedata.normalize("NFKC", _HIDDEN.sub("", text)).casefold()
    plain = unicodedata.normalize("NFKC", plain).translate(_FOLDED)
    return " ".join(_HIDDEN.sub("", plain).split())


def is_instruction(text: str) -> bool:
    """Whether the words address the judge rather than a reader; such words prove nothing."""
    return _INSTRUCTION.search(fold(text)) is not None


def words(text: str) -> tuple[str, ...]:
    """The words of `text` for matching a subject: folded, plurals and possessives cut."""
    found = _WORD.findall(fold(text).replace("'s ", " "))
    return tuple(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in found)


def lines(text: str) -> list[str]:
    """The lines of `text` that hold something, trimmed; each is a verbatim part of it.

    Endless lines are cut, so that the work a page makes grows with its length and no faster.
    """
    return [piece for line in text.splitlines() for piece in _pieces(line.strip())]


def own_lines(text: str) -> list[str]:
    """The lines of a page up to where it turns to other products."""
    rows = lines(text)
    turns = (index for index, row in enumerate(rows) if index and _OTHERS.match(row))
    return rows[: next(turns, len(rows))]


def _pieces(line: str) -> Iterator[str]:
    while len(line) > _MAX_LINE:
        ends = [line.rfind(end, _MAX_LINE // 2, _MAX_LINE) + 1 for end in (". ", " ")]
        cut = next((end for end in ends if end), _MAX_LINE)
        piece, line = line[:cut].strip(), line[cut:].strip()
        if piece:
            yield piece
    if line:
        yield line


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
    if len(line) <= MAX_QUOTE:
        return _widened(source, line)
    wanted = fold(needle)
    for part in _windows(line):
        if wanted in fold(part):
            return Quote(source.uri, part)
    return None


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
