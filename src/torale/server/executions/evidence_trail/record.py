"""Record of a judgement beside its documents, so that it can be judged the same again. Pure.

Small parts are two columns of the execution; large ones are one evidence text, which retention
forgets with the pages.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TypedDict

from pydantic import TypeAdapter, ValidationError

from torale.server.executions.checker import CheckResult, JudgeInput
from torale.server.executions.evidence_trail.chain import canonical
from torale.server.executions.search_freshness import BY_HAND
from torale.server.judge.base import Passage, Trace

MAX_REPLY = 20_000
MAX_PASSAGES = 60_000
# Characters of known facts that a row of the execution may hold.
_MAX_FACTS_IN_ROW = 2_000
_INPUT = TypeAdapter(JudgeInput)
_PASSAGES = TypeAdapter(list[Passage])


class StoredUsage(TypedDict):
    calls: int
    input_tokens: int
    output_tokens: int
    cost: str | None


class StoredTrace(TypedDict):
    """How it was judged, without what is too large for a row: `executions.trace`."""

    judge: str
    prompt_version: str | None
    parameters: Mapping[str, object]
    usage: StoredUsage


class _LargeJson(TypedDict, total=False):
    facts: Mapping[str, str]
    passages: list[Mapping[str, str]]
    reply: str


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """What is stored of one check.

    Attributes:
        asked: What the judge was asked, without what is too large for a row.
        trace: None without a trace.
        text: The large parts; None when there are none.
    """

    asked: Mapping[str, object] | None = None
    trace: StoredTrace | None = None
    text: str | None = None

    @property
    def sha256(self) -> str | None:
        """The name that the large parts are stored under."""
        return None if self.text is None else sha256(self.text.encode()).hexdigest()


def record_of(result: CheckResult) -> EvidenceRecord:
    """Return what of a check is worth storing beside its documents."""
    if result.asked is None:
        return EvidenceRecord()
    large: _LargeJson = {}
    # Who pays and how fresh a search had to be says nothing about the verdict.
    request = replace(result.asked.subject, payer=None, freshness=BY_HAND)
    asked = replace(result.asked, subject=request)
    facts = request.facts
    if facts and len(canonical(facts)) > _MAX_FACTS_IN_ROW:
        large["facts"] = dict(facts)
        asked = replace(asked, subject=replace(request, facts=None))
    if result.trace is not None:
        large |= _large_of(result.trace)
    return EvidenceRecord(
        asked=_INPUT.dump_python(asked, mode="json", exclude_defaults=True),
        trace=None if result.trace is None else _small_of(result.trace),
        text=canonical(large) if large else None,
    )


def _large_of(trace: Trace) -> _LargeJson:
    parts: _LargeJson = {}
    room = MAX_PASSAGES
    passages: list[Mapping[str, str]] = []
    for passage in trace.passages:
        room -= len(passage.text)
        if room >= 0:
            passages.append({"uri": passage.uri, "text": passage.text})
    if passages:
        parts["passages"] = passages
    if trace.reply:
        parts["reply"] = trace.reply[:MAX_REPLY]
    return parts


def _small_of(trace: Trace) -> StoredTrace:
    usage = trace.usage
    return {
        "judge": trace.judge,
        "prompt_version": trace.prompt_version,
        "parameters": json.loads(canonical(trace.parameters)),
        "usage": {
            "calls": usage.calls,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cost": None if usage.cost is None else str(usage.cost),
        },
    }


@dataclass(frozen=True, slots=True)
class LargeParts:
    """The large parts of a record, read back."""

    facts: Mapping[str, str] | None = None
    passages: tuple[Passage, ...] = ()
    reply: str | None = None


def read_large_parts(text: str | None) -> LargeParts:
    """Read back what `EvidenceRecord.text` holds."""
    parts: _LargeJson = {} if text is None else json.loads(text)
    passages = tuple(_PASSAGES.validate_python(parts.get("passages", [])))
    return LargeParts(parts.get("facts"), passages, parts.get("reply"))


def judge_input_of(asked: Mapping[str, object], large: LargeParts) -> JudgeInput | None:
    """Return what the judge was asked then; None for what another release stored otherwise."""
    try:
        known = _INPUT.validate_python(dict(asked))
    except ValidationError:
        return None
    if large.facts is None:
        return known
    return replace(known, subject=replace(known.subject, facts=large.facts))
