"""Passages: the parts of the sources that speak of the question, to show to a model. Pure.

A page is cut where its lines begin, so that an advertisement more at its top moves no passage:
equal passages have an equal digest, and what was judged once is not judged again.
"""

import hashlib
import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from torale.server.judge.base import Passage, SourceDocument
from torale.server.judge.text.folding import fold, visible
from torale.server.judge.text.instructions import is_instruction
from torale.server.judge.text.lines import lines, sentences
from torale.server.judge.text.words import words

WINDOW_WORDS = 120
PER_SOURCE = 3
MAX_SOURCES = 8

_K1, _B = 1.2, 0.75
_MAX_TEXT = 400_000  # characters of one source
_MAX_LINES = 5_000
_MAX_STARTS = 400
_MAX_WINDOW = 1_500  # characters, for text that does without spaces
# A window that scores less than this share of the best one holds but the commonest words.
_WORTHWHILE = 0.1
# Scripts that write no spaces between words: they are matched by pairs of characters.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]{2,}")


def select(query: str, condition: str, sources: Sequence[SourceDocument]) -> tuple[Passage, ...]:
    """Choose at most 3 passages of about 120 words from each of at most 8 sources.

    Sources that the user named come first and are never left out for saying nothing on the
    subject. The order is that of the sources and of their text. Deterministic.
    """
    wanted = sorted(_terms(f"{query} {condition}"))
    pages = [_IndexedPage(source, wanted) for source in sources]
    weights = _weights(wanted, pages)
    ranked = [_Ranked(page, page.best(weights)) for page in pages if page.lines]
    floor = _WORTHWHILE * max((page.score for page in ranked), default=0.0)
    fit = [page for page in ranked if page.source.named or page.score >= floor]
    chosen = sorted(fit, key=lambda page: (not page.source.named, -page.score))[:MAX_SOURCES]
    return tuple(
        Passage(page.source.uri, page.page.text(window))
        for page in fit
        if page in chosen
        for window in page.windows(floor)
    )


def digest(passages: Sequence[Passage]) -> str:
    """SHA-256 of the passages, in hex: equal for equal words, however they are set."""
    parts = sorted(f"{passage.uri}\x00{fold(passage.text)}" for passage in passages)
    return hashlib.sha256("\x01".join(parts).encode(errors="replace")).hexdigest()


def excerpt(query: str, condition: str, text: str, limit: int) -> str:
    """The words of a document that speak most of the question: one line, `limit` characters.

    The document's first words when none speaks of it; words that address the judge are left out.
    """
    wanted = sorted(_terms(f"{query} {condition}"))
    page = _IndexedPage(SourceDocument("", "", text), wanted)
    if not page.lines:
        return ""
    weights = _weights(wanted, [page])
    best = page.best(weights)[0]
    parts = [
        sentence
        for line in page.lines[best.start : best.end]
        for sentence in sentences(line)
        if not is_instruction(sentence)
    ]
    worth = [sum(weights.get(term, 0.0) for term in _terms(part)) for part in parts]
    start = max(range(len(parts)), key=lambda index: (worth[index], -index), default=0)
    plain = visible(" ".join(parts[start:]))
    return plain if len(plain) <= limit else f"{plain[: limit - 1].rsplit(None, 1)[0]}…"


@dataclass(frozen=True, slots=True)
class _Window:
    start: int
    end: int
    score: float


class _IndexedPage:
    """The lines of one source, and where the wanted terms stand in them."""

    def __init__(self, source: SourceDocument, wanted: Sequence[str]) -> None:
        self.source = source
        self.lines = lines(source.text[:_MAX_TEXT])[:_MAX_LINES]
        known = frozenset(wanted)
        self.found = [
            Counter(term for term in _terms_of(line) if term in known) for line in self.lines
        ]
        self._sizes = list(accumulate((len(line.split()) for line in self.lines), initial=0))
        self._chars = list(accumulate((len(line) for line in self.lines), initial=0))

    def text(self, window: _Window) -> str:
        return "\n".join(self.lines[window.start : window.end])

    def best(self, weights: dict[str, float]) -> list[_Window]:
        """The best windows that do not overlap, best first; the page's head if nothing matches."""
        windows = sorted(
            (self._window(start, weights) for start in self._starts(weights)),
            key=lambda window: (-window.score, window.start),
        )
        kept: list[_Window] = []
        for window in windows:
            if all(window.end <= other.start or other.end <= window.start for other in kept):
                kept.append(window)
            if len(kept) == PER_SOURCE:
                break
        return kept or [self._window(0, weights)]

    def _starts(self, weights: dict[str, float]) -> list[int]:
        """Lines that hold a wanted term, with the line above them: a heading, or a date."""
        matching = [index for index, found in enumerate(self.found) if found]
        if len(matching) > _MAX_STARTS:
            matching.sort(key=lambda index: -sum(weights[term] for term in self.found[index]))
        return sorted({max(0, index - 1) for index in matching[:_MAX_STARTS]})

    def _window(self, start: int, weights: dict[str, float]) -> _Window:
        by_words = bisect_left(self._sizes, self._sizes[start] + WINDOW_WORDS)
        by_chars = bisect_left(self._chars, self._chars[start] + _MAX_WINDOW)
        end = min(max(start + 1, min(by_words, by_chars)), len(self.lines))
        counts: Counter[str] = Counter()
        for found in self.found[start:end]:
            counts.update(found)
        long = (self._sizes[end] - self._sizes[start]) / WINDOW_WORDS
        damping = _K1 * (1 - _B + _B * long)
        score = sum(weights[t] * n * (_K1 + 1) / (n + damping) for t, n in sorted(counts.items()))
        return _Window(start, end, score)


@dataclass(frozen=True, slots=True, eq=False)
class _Ranked:
    page: _IndexedPage
    best: list[_Window]

    @property
    def source(self) -> SourceDocument:
        return self.page.source

    @property
    def score(self) -> float:
        return self.best[0].score

    def windows(self, floor: float) -> list[_Window]:
        others = (window for window in self.best[1:] if window.score >= floor)
        return sorted([self.best[0], *others], key=lambda window: window.start)


def _weights(wanted: Sequence[str], pages: Sequence[_IndexedPage]) -> dict[str, float]:
    """How much each term tells, by how few lines of all the pages hold it (BM25's idf)."""
    total = sum(len(page.lines) for page in pages)
    holding: Counter[str] = Counter()
    for page in pages:
        for found in page.found:
            holding.update(found.keys())
    return {
        term: math.log(1 + (total - holding[term] + 0.5) / (holding[term] + 0.5)) for term in wanted
    }


def _terms(text: str) -> set[str]:
    return set(_terms_of(text))


def _terms_of(text: str) -> list[str]:
    found = list(words(text))
    for run in _UNSPACED.findall(text):
        found += [run[index : index + 2] for index in range(len(run) - 1)]
    return found
