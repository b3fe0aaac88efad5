"""Evidence trail of an execution, as the wire shows it."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.evidence import FeedbackOut, TrailOut
from torale.server.executions.evidence_trail import evidence_store, record
from torale.server.executions.models import EvidenceText, Execution, Feedback
from torale.server.judge.builtin.judge import BuiltinJudge


async def show(session: AsyncSession, execution_id: UUID) -> TrailOut:
    """Return what an execution read and how it was judged."""
    query = (
        select(
            Execution.result,
            Execution.asked,
            Execution.trace,
            Execution.chain_position,
            Execution.chain_hash,
            EvidenceText.compressed,
        )
        .outerjoin(EvidenceText, EvidenceText.sha256 == Execution.trail_sha256)
        .where(Execution.id == execution_id)
    )
    found = (await session.execute(query)).one()
    feedback = await session.get(Feedback, execution_id)
    asked = found.asked or {"subject": {}}
    trace = found.trace or {}
    judge = trace.get("judge") or (found.result or {}).get("judge")
    large = record.read_large_parts(evidence_store.decompressed(found.compressed))
    chain = {"position": found.chain_position, "hash": found.chain_hash}
    return TrailOut.model_validate(
        {
            "evidence": await evidence_store.load_for_wire(session, execution_id),
            "query": asked["subject"].get("query"),
            "condition": asked["subject"].get("condition"),
            "judged_at": asked.get("at"),
            "judge": judge,
            "model": None if judge == BuiltinJudge.name else judge,
            "prompt_version": trace.get("prompt_version"),
            "parameters": trace.get("parameters", {}),
            "passages": [{"uri": passage.uri, "text": passage.text} for passage in large.passages],
            "reply": large.reply,
            "usage": trace.get("usage"),
            "chain": chain if found.chain_position is not None else None,
            "feedback": FeedbackOut.model_validate(feedback) if feedback else None,
        }
    )
