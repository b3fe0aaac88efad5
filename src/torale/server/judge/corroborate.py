"""Corroboration: what a `met` needs beside its quotes. Applied after `verify`. Pure.

A wrong `met` is the worst answer of all: somebody is told. Everything here only takes a `met` back.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

from torale.server.judge.base import Judgement, JudgeRequest, SourceDocument, Verdict
from torale.server.judge.builtin.conditions.compiler import compile_condition
from torale.server.judge.builtin.conditions.predicates import Entries
from torale.server.judge.recheck import recheck
from torale.server.judge.text.links import host
from torale.server.judge.verify import MAX_REASONING, verify

CLOCKS_DIFFER = timedelta(days=1)
_ONE_SITE_CONFIDENCE = 0.6


class Rule(StrEnum):
    """What a `met` needs that rests on one page which the user did not name."""

    SECOND = "second"  # another site says so too, or a second execution finds it again
    DOMAINS = "domains"  # another site says so too
    OFF = "off"


def verify_and_corroborate(
    judgement: Judgement, request: JudgeRequest, rule: Rule, *, is_second: bool = False
) -> Judgement:
    """Return what of a judge's answer stands; see `verify` and `corroborate`."""
    return corroborate(verify(judgement, request.sources), request, rule, is_second=is_second)


def corroborate(
    judgement: Judgement, request: JudgeRequest, rule: Rule, *, is_second: bool = False
) -> Judgement:
    """Return `judgement`, or a weaker one if its `met` does not hold.

    Args:
        judgement: As `verify` left it.
        request: What was asked.
        rule: What the operator wants of a single page.
        is_second: The last execution that could tell would have met the condition but for this.
    """
    if judgement.verdict is not Verdict.MET:
        return judgement
    doubt = _doubt(judgement, request)
    if doubt:
        return _doubted(judgement, doubt)
    quoted = _quoted(judgement, request.sources)
    if _is_old_news(quoted, request):
        return _known_before(judgement, request)
    is_sure = rule is Rule.OFF or _is_corroborated(quoted)
    return judgement if is_sure else _alone(judgement, request, rule, is_second=is_second)


def is_state(condition: str, query: str) -> bool:
    """Tell whether a condition asks for what holds now (a price), and for nothing that happens."""
    predicate = compile_condition(condition, query)
    return predicate is not None and not isinstance(predicate, Entries)


def site(uri: str) -> str:
    """Return whose an address is: the registrable domain, or the host where there is none."""
    # Slow to import, and only needed where a search found what decides.
    from tld import get_fld  # noqa: PLC0415

    # Private suffixes too: two pages on github.io belong to two people.
    domain = get_fld(uri, fail_silently=True, search_private=True)
    if domain:
        return domain
    name = host(uri)
    # An unknown suffix, as on an intranet. Of an address in numbers every part counts.
    return name if name.replace(".", "").isdigit() else ".".join(name.split(".")[-2:])


def _doubt(judgement: Judgement, request: JudgeRequest) -> str | None:
    """Return what speaks against a `met` in its own words; None if nothing does."""
    if judgement.as_of is not None and judgement.as_of > request.now + CLOCKS_DIFFER:
        return f"{judgement.as_of:%Y-%m-%d} has not come yet"
    predicate = compile_condition(request.condition, request.query)
    if predicate is None:
        return None
    is_met = recheck(predicate, judgement.quotes, request.sources, now=request.now)
    return "computed from what is quoted, the condition does not hold" if is_met is False else None


def _quoted(judgement: Judgement, sources: Sequence[SourceDocument]) -> list[SourceDocument]:
    uris = {quote.uri for quote in judgement.quotes}
    return [source for source in sources if source.uri in uris]


def _is_corroborated(quoted: Sequence[SourceDocument]) -> bool:
    """Whether the user named one of the sources, or two of them belong to different people."""
    is_named = any(source.named for source in quoted)
    return is_named or len({site(source.uri) for source in quoted}) > 1


def _is_old_news(quoted: Sequence[SourceDocument], request: JudgeRequest) -> bool:
    """Whether the first look found only what was published before anybody asked.

    What a page states of now is no news and no matter of its age: a price, a stock level. Neither
    is a page that the user named, which changes under its old date.
    """
    since = request.watched_since
    if (
        since is None
        or request.previous is not None
        or not quoted
        or is_state(request.condition, request.query)
    ):
        return False
    return all(
        not source.named and source.published_at is not None and source.published_at < since
        for source in quoted
    )


def _known_before(judgement: Judgement, request: JudgeRequest) -> Judgement:
    since = f"{request.watched_since:%Y-%m-%d}" if request.watched_since else ""
    why = (
        "No news: the sources that say so were published before the task was created on"
        f" {since}. From now on, what is new is told."
    )
    return replace(
        judgement,
        verdict=Verdict.NOT_MET,
        answer=f"Known before this task was created: {judgement.answer}",
        reasoning=_with(judgement.reasoning, why),
    )


def _alone(
    judgement: Judgement, request: JudgeRequest, rule: Rule, *, is_second: bool
) -> Judgement:
    where = site(judgement.quotes[0].uri) if judgement.quotes else "one source"
    if request.watched_since is None:  # a preview tells nobody, and has no second execution
        needs = "another site" if rule is Rule.DOMAINS else "another site or a second execution"
        why = f"Only {where} says so: a task would wait for {needs}."
        weaker = min(judgement.confidence, _ONE_SITE_CONFIDENCE)
        return replace(judgement, confidence=weaker, reasoning=_with(judgement.reasoning, why))
    if rule is Rule.DOMAINS:
        return _doubted(judgement, f"only {where} says so, and no other site")
    if is_second:
        why = f"Only {where} says so, for the second time."
        return replace(judgement, reasoning=_with(judgement.reasoning, why))
    doubted = _doubted(judgement, f"only {where} says so; a second execution has to find it too")
    return replace(doubted, is_unconfirmed=True)


def _doubted(judgement: Judgement, why: str) -> Judgement:
    return replace(
        judgement,
        verdict=Verdict.UNKNOWN,
        reasoning=_with(judgement.reasoning, f"Not counted as met: {why}."),
        confidence=min(judgement.confidence, 0.5),
    )


def _with(reasoning: str, why: str) -> str:
    return f"{reasoning[: MAX_REASONING - len(why) - 1]} {why}".strip()
