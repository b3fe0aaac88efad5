"""Verification: the part of a judgement that its sources bear out.

Applied to every judge's answer, before anybody sees it.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from torale.server.judge.base import Judgement, Quote, SourceDocument, Verdict
from torale.server.judge.text.folding import fold, visible
from torale.server.judge.text.instructions import is_instruction
from torale.server.judge.text.lines import lines
from torale.server.judge.text.links import LINK, has_link, host
from torale.server.judge.text.quotes import MAX_QUOTE, MIN_QUOTE
from torale.server.judge.text.words import contains_phrase, contains_whole

MAX_ANSWER = 1_000
MAX_REASONING = 2_000
_MAX_FACTS = 100
_MAX_FACT = 2_000
_MAX_CONFIDENCE_WHEN_UNKNOWN = 0.5


def verify(judgement: Judgement, sources: Sequence[SourceDocument]) -> Judgement:
    """Return the part of `judgement` that the sources bear out.

    Quotes that do not stand in their source are dropped. A `met` that rested on one, or on no
    quote at all, becomes `unknown`. Links that are not among the sources, and characters that
    nobody can see, are removed.
    """
    texts = _Texts(sources)
    tidy = [_tidy(quote) for quote in judgement.quotes]
    kept = tuple(dict.fromkeys(quote for quote in tidy if texts.contain(quote)))
    verdict, reasoning = judgement.verdict, judgement.reasoning
    if verdict is Verdict.MET and (not kept or len(kept) < len(set(tidy))):
        verdict = Verdict.UNKNOWN
        reasoning = f"{_clean(reasoning, sources, MAX_REASONING - 100)} {_why_not_met(kept)}"
    return replace(
        judgement,
        verdict=verdict,
        answer=_clean(judgement.answer, sources, MAX_ANSWER),
        reasoning=_clean(reasoning, sources, MAX_REASONING),
        confidence=_confidence(judgement.confidence, verdict),
        quotes=kept,
        facts=_facts(judgement.facts),
        understood=visible(judgement.understood)[:MAX_ANSWER] if judgement.understood else None,
    )


def _why_not_met(kept: tuple[Quote, ...]) -> str:
    if kept:
        return "Not counted as met: a quote does not stand in the source it is attributed to."
    return "Not counted as met: no quote from the sources supports it."


class _Texts:
    """The sources, folded once each and only when asked for."""

    def __init__(self, sources: Sequence[SourceDocument]) -> None:
        self._texts: dict[str, list[str]] = {}
        self._folded: dict[str, list[str]] = {}
        for source in sources:
            self._texts.setdefault(source.uri, []).append(source.text)

    def contain(self, quote: Quote) -> bool:
        wanted = fold(quote.text)
        if len(wanted) == 0 or is_instruction(quote.text):
            return False
        if len(wanted) < MIN_QUOTE:
            return self._contain_line(quote.uri, wanted)
        if any(contains_whole(text, quote.text) for text in self._texts.get(quote.uri, ())):
            return True  # as it is, without folding a long text
        return any(contains_phrase(text, wanted) for text in self._fold(quote.uri))

    def _contain_line(self, uri: str, wanted: str) -> bool:
        """A few characters stand in any text by chance: they count only as a line of their own."""
        texts = self._texts.get(uri, ())
        return len(wanted) >= 3 and any(
            fold(line) == wanted for text in texts for line in lines(text)
        )

    def _fold(self, uri: str) -> list[str]:
        if uri not in self._folded:
            self._folded[uri] = [fold(text) for text in self._texts.get(uri, ())]
        return self._folded[uri]


def _tidy(quote: Quote) -> Quote:
    text = visible(quote.text)
    if len(text) > MAX_QUOTE:
        text = text[: MAX_QUOTE + 1].rsplit(" ", 1)[0][:MAX_QUOTE]
    return Quote(quote.uri, text)


def _clean(text: str, sources: Sequence[SourceDocument], limit: int) -> str:
    def keep(link: re.Match[str]) -> str:
        address = link[0].rstrip(".,;:!?)]}'’")
        is_known = _is_known(address, sources) or _is_known(link[0], sources)
        return link[0] if is_known else "[link removed]"

    shown = visible(text)
    shown = LINK.sub(keep, shown) if has_link(shown) else shown
    return shown if len(shown) <= limit else shown[: limit - 1].rstrip() + "…"


def _is_known(address: str, sources: Sequence[SourceDocument]) -> bool:
    """Whether it is the address of a source, or one that a feed lists on its own site."""
    return any(
        address == source.uri
        or (f"<{address}>" in source.text and host(address) == host(source.uri) != "")
        for source in sources
    )


def _confidence(value: float, verdict: Verdict) -> float:
    bounded = min(1.0, max(0.0, value)) if math.isfinite(value) else 0.0
    return min(bounded, _MAX_CONFIDENCE_WHEN_UNKNOWN) if verdict is Verdict.UNKNOWN else bounded


def _facts(facts: Mapping[str, str]) -> dict[str, str]:
    kept = list(facts.items())[:_MAX_FACTS]
    return {visible(name)[:_MAX_FACT]: visible(value)[:_MAX_FACT] for name, value in kept}
