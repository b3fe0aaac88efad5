"""What is kept of a judgement beside its documents, so that it can be judged the same again. Pure.

Small parts are two columns of the execution; large ones are one evidence text, which retention
forgets with the pages.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from pydantic import TypeAdapter, ValidationError

from torale.server.executions.checker import CheckResult, JudgeInput
from torale.server.executions.evidence_trail.chain import canonical
from torale.server.executions.search_freshness import BY_HAND
from torale.server.judge.base import Passage, Trace

MAX_REPLY = 20_000
MAX_PASSAGES = 60_000
# Characters of known facts that a row of the execution may hold.
_MAX_FACTS_IN_ROW = 2_000
_ASKED = TypeAdapter(JudgeInput)
_PASSAGES = TypeAdapter(list[Passage])


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """What is stored of one check.

    Attributes:
        asked: What the judge was asked, without what is too large for a row.
        trace: How it judged: judge, prompt version, parameters, usage; None without a trace.
        text: The large parts; None when there are none.
    """

    asked: Mapping[str, Any] | None = None
    trace: Mapping[str, Any] | None = None
    text: str | None = None

    @property
    def sha256(self) -> str | None:
        """The name that the large parts are stored under."""
        return None if self.text is None else sha256(self.text.encode()).hexdigest()


def keep(finding: CheckResult) -> EvidenceRecord:
    """Return what of a check is worth storing beside its documents."""
    if finding.asked is None:
        return EvidenceRecord()
    large: dict[str, Any] = {}
    # Who pays and how fresh a search had to be says nothing about the verdict.
    subject = replace(finding.asked.subject, payer=None, terms=BY_HAND)
    asked = replace(finding.asked, subject=subject)
    facts = subject.facts
    if facts and len(canonical(facts)) > _MAX_FACTS_IN_ROW:
        large["facts"] = dict(facts)
        asked = replace(asked, subject=replace(subject, facts=None))
    if finding.trace is not None:
        large |= _large(finding.trace)
    return EvidenceRecord(
        asked=_ASKED.dump_python(asked, mode="json", exclude_defaults=True),
        trace=None if finding.trace is None else _small(finding.trace),
        text=canonical(large) if large else None,
    )


def _large(trace: Trace) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    room = MAX_PASSAGES
    passages: list[Mapping[str, str]] = []
    for one in trace.passages:
        room -= len(one.text)
        if room >= 0:
            passages.append({"uri": one.uri, "text": one.text})
    if passages:
        parts["passages"] = passages
    if trace.reply:
        parts["reply"] = trace.reply[:MAX_REPLY]
    return parts


def _small(trace: Trace) -> dict[str, Any]:
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
class Large:
    """The large parts of a trail, read back."""

    facts: Mapping[str, str] | None = None
    passages: tuple[Passage, ...] = ()
    reply: str | None = None


def read(text: str | None) -> Large:
    """Read what `Kept.text` holds."""
    parts: dict[str, Any] = {} if text is None else json.loads(text)
    passages = tuple(_PASSAGES.validate_python(parts.get("passages", [])))
    return Large(parts.get("facts"), passages, parts.get("reply"))


def recall(asked: Mapping[str, Any], large: Large) -> JudgeInput | None:
    """Return what the judge was asked then; None for what another release kept otherwise."""
    try:
        known = _ASKED.validate_python(dict(asked))
    except ValidationError:
        return None
    if large.facts is None:
        return known
    return replace(known, subject=replace(known.subject, facts=large.facts))
