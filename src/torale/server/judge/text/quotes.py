"""Quotes: verbatim parts of a source, short enough to show."""

import re
from collections.abc import Iterator

from torale.server.judge.base import Quote, SourceDocument
from torale.server.judge.text.folding import fold
from torale.server.judge.text.instructions import is_instruction
from torale.server.judge.text.lines import lines, sentences
from torale.server.judge.text.links import LINK, has_link

MIN_QUOTE = 8
MAX_QUOTE = 300


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
