"""Verdict cache: a model is not asked again while it would be asked the same. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from pydantic import TypeAdapter, ValidationError

from torale.server.judge.base import Judgement, JudgeRequest, Quote, Trace, Verdict
from torale.server.judge.passages import digest, select
from torale.server.judge.text.folding import fold

# The world moves on even where a page stands still.
LONGEST = timedelta(days=7)
UNCHANGED = "unchanged evidence"
_MAX_REASONING = 2_000

# What a condition says of time in en, de, fr, es, it: its verdict may change by itself.
_OF_TIME = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday|now|currently|still|yet|soon|days?|weeks?|weekends?"
    r"|months?|years?|hours?|minutes?|until|till|before|after|within|since|during|deadline|expir\w+"
    r"|due|ago|last|next|heute|morgen|gestern|jetzt|noch|tage?n?|wochen?|monate?n?|jahre?n?|stunden?"
    r"|bis|vor|nach|seit|innerhalb|frist|aujourd'hui|demain|hier|jours?|semaines?|mois|an(?:s|nées?)?"
    r"|heures?|avant|après|depuis|hoy|mañana|ayer|días?|semanas?|mes(?:es)?|años?|horas?|antes"
    r"|después|desde|oggi|domani|ieri|giorn[io]|settiman[ae]|mes[ei]|ann[oi]|or[ae]|prima|dopo"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|(?:19|20)\d\d)\b"
)
# A change is news once: the same page does not change again.
_OF_CHANGE = re.compile(
    r"\b(?:chang\w+|differ\w*|updat\w+|new(?:er|est|ly)?|again|anymore|increas\w+|decreas\w+"
    r"|dropp?\w*|ris(?:e[sn]?|ing)|rose|fall(?:s|en)?|fell|mov(?:e[sd]?|ing)|geänder\w*|änder\w*"
    r"|neue?[nrsm]?|wieder|steig\w+|sink\w+|fäll\w*|chang[eé]\w*|nouve\w+|augment\w+|baiss\w+"
    r"|cambi\w+|nuev\w+|sub[ei]\w*|baj\w+|nuov\w+|aument\w+|scend\w+)\b"
)


@dataclass(frozen=True, slots=True)
class Settled:
    """A verdict of a model, and what it was asked.

    Attributes:
        key: Names what was asked: condition, question, evidence, examples, and the judge.
        at: UTC, when it was judged.
    """

    key: str
    at: datetime
    verdict: Verdict
    answer: str
    reasoning: str
    confidence: float
    quotes: tuple[Quote, ...] = ()
    facts: Mapping[str, str] | None = None
    as_of: datetime | None = None


_SETTLED = TypeAdapter(Settled)


def dump(settled: Settled) -> dict[str, object]:
    """Return what is stored of it."""
    stored: dict[str, object] = _SETTLED.dump_python(settled, mode="json", exclude_defaults=True)
    return stored


def load(stored: Mapping[str, object] | None) -> Settled | None:
    """Read what was stored; None for what another release wrote otherwise."""
    if stored is None:
        return None
    try:
        return _SETTLED.validate_python(dict(stored))
    except ValidationError:
        return None


def settle(judgement: Judgement, request: JudgeRequest, judge: str) -> Settled | None:
    """Return what is to be kept of a verdict; None when no model was asked, or it cannot tell."""
    trace = judgement.trace
    if trace is None or not trace.usage.calls or judgement.verdict is Verdict.UNKNOWN:
        return None
    return Settled(
        key=_key(request, judge),
        at=request.now,
        verdict=judgement.verdict,
        answer=judgement.answer,
        reasoning=judgement.reasoning,
        confidence=judgement.confidence,
        quotes=judgement.quotes,
        facts=dict(judgement.facts),
        as_of=judgement.as_of,
    )


def carry_over(settled: Settled | None, request: JudgeRequest, judge: str) -> Judgement | None:
    """Return the verdict that still holds; None when the judge has to be asked.

    It does while the passages, the condition and the judge are the same, for a week; for the rest
    of the day if the condition speaks of time. A `met` of a condition about a change never does.
    """
    if settled is None or not _is_fresh(settled, request) or settled.key != _key(request, judge):
        return None
    since = f"{settled.at:%Y-%m-%d %H:%M}"
    why = f"The evidence is the same as on {since} UTC, when it was judged: {settled.reasoning}"
    return Judgement(
        settled.verdict,
        settled.answer,
        why[:_MAX_REASONING],
        settled.confidence,
        settled.quotes,
        settled.facts or {},
        as_of=settled.as_of,
        trace=Trace(f"{judge} ({UNCHANGED})", parameters={"unchanged_since": since}),
    )


def is_carried(judgement: Judgement) -> bool:
    """Return whether a verdict was carried over."""
    return judgement.trace is not None and "unchanged_since" in judgement.trace.parameters


def _is_fresh(settled: Settled, request: JudgeRequest) -> bool:
    condition = fold(request.condition)
    if settled.verdict is Verdict.MET and _OF_CHANGE.search(condition):
        return False
    if _OF_TIME.search(condition):
        return settled.at.date() == request.now.date()
    return timedelta(0) <= request.now - settled.at < LONGEST


def _key(request: JudgeRequest, judge: str) -> str:
    passages = digest(select(request.query, request.condition, request.sources))
    examples = [
        f"{example.verdict}|{example.correct}|{example.answer}|{example.note}"
        for example in request.examples
    ]
    parts = [judge, request.query, request.condition, passages, *examples]
    return sha256("\x00".join(parts).encode(errors="replace")).hexdigest()
