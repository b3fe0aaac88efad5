"""Rules of what follows from a verdict. Pure: no database, no network, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from torale.contract.channels import EventType
from torale.contract.tasks import NotifyBehavior, TaskState
from torale.server.evidence.base import Document, Gathered, Problem
from torale.server.judge.base import Judgement, Verdict, visible_facts
from torale.server.judge.facts import renamed

TROUBLE_AFTER = 3
MAX_TAKEOVERS = 3
MAX_FACTS = 100


@dataclass(frozen=True, slots=True)
class Failure:
    """An execution that has no verdict."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class TaskStanding:
    """A task as it was when its execution ended.

    Attributes:
        told: Its user was notified of the trouble.
    """

    behavior: NotifyBehavior
    state: TaskState
    facts: Mapping[str, str] | None
    streak: int
    told: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """Decision on an ended execution: what it changes, and whom it notifies.

    Attributes:
        event: What to notify the user's channels of, if anything.
        facts: The task's new known facts; None leaves them as they are.
        completes: The task has done what it was made for.
    """

    event: EventType | None
    completes: bool
    facts: Mapping[str, str] | None
    change_summary: str | None
    streak: int
    told: bool


def failure_of(gathered: Gathered) -> Failure | None:
    """Return the failure of a check that retrieved nothing although there was something to."""
    if gathered.documents or not gathered.problems:
        return None
    first = gathered.problems[0]
    reasons = "; ".join(f"{problem.uri}: {problem.reason}" for problem in gathered.problems)
    return Failure(first.kind, f"Nothing could be retrieved. {reasons}"[:1000])


def unusable_judgement(gathered: Gathered) -> Judgement | None:
    """Return the verdict on evidence that no judge can read, or None if one can."""
    if gathered.usable:
        return None
    reasons = [f"{page.uri}: {page.unusable_reason}" for page in gathered.documents]
    reasons += [f"{problem.uri}: {problem.reason}" for problem in gathered.problems]
    found = "Nothing that was retrieved can be read. " + "; ".join(reasons)
    return Judgement(
        verdict=Verdict.UNKNOWN,
        answer="Could not tell.",
        reasoning=(found if reasons else "The search found nothing.")[:2000],
        confidence=0.0,
    )


def with_gaps(judgement: Judgement, gathered: Gathered) -> Judgement:
    """List what is missing from the evidence.

    Without a source that the user named, `not_met` becomes `unknown`: the missing page may have
    said otherwise.
    """
    gaps = list(_gaps(gathered.problems, gathered.documents))
    if not gaps:
        return judgement
    missing = "Not read: " + "; ".join(f"{uri} ({reason})" for uri, reason, _ in gaps) + "."
    reasoning = f"{judgement.reasoning} {missing}".strip()[:2000]
    named = any(is_named for _, _, is_named in gaps)
    if judgement.verdict is Verdict.NOT_MET and named:
        return replace(
            judgement,
            verdict=Verdict.UNKNOWN,
            answer="Could not tell: a source of the task could not be read.",
            reasoning=reasoning,
            confidence=0.0,
        )
    return replace(judgement, reasoning=reasoning)


def _gaps(
    problems: Sequence[Problem], documents: Sequence[Document]
) -> Sequence[tuple[str, str, bool]]:
    failed = [(problem.uri, problem.reason, problem.named) for problem in problems]
    unusable = [
        (page.uri, page.unusable_reason, page.named) for page in documents if page.unusable_reason
    ]
    return [*failed, *unusable]


def decide(standing: TaskStanding, judgement: Judgement | None) -> Decision:
    """Decide what an ended execution changes, and whether the user is notified.

    Args:
        judgement: The verified verdict; None if the execution failed.
    """
    if judgement is None or judgement.verdict is Verdict.UNKNOWN:
        return _could_not_tell(standing)
    summary = change_summary(standing.facts, judgement.facts)
    event = _event(standing, judgement, changed=summary is not None)
    completes = (
        event is EventType.CONDITION_MET
        and standing.behavior is NotifyBehavior.ONCE
        and standing.state is not TaskState.COMPLETED
    )
    if event is None and standing.told:
        event = EventType.RECOVERED
    return Decision(
        event=event,
        completes=completes,
        facts=known_facts(standing.facts, judgement.facts),
        change_summary=summary,
        streak=0,
        told=False,
    )


def give_up(standing: TaskStanding) -> Decision:
    """Decide on an execution that is given up: it counts as trouble, and notifies nobody."""
    return replace(_could_not_tell(standing), event=None, told=standing.told)


def known_facts(before: Mapping[str, str] | None, after: Mapping[str, str]) -> Mapping[str, str]:
    """Return all that is known now: a fact whose source was not read this time stays known."""
    known = before or {}
    found = renamed(after, known)
    merged = {**known, **found}
    return merged if len(merged) <= MAX_FACTS else found


def _could_not_tell(standing: TaskStanding) -> Decision:
    streak = standing.streak + 1
    notifies = streak >= TROUBLE_AFTER and not standing.told
    return Decision(
        event=EventType.FAILING if notifies else None,
        completes=False,
        facts=None,
        change_summary=None,
        streak=streak,
        told=standing.told or notifies,
    )


def _event(standing: TaskStanding, judgement: Judgement, *, changed: bool) -> EventType | None:
    met = judgement.verdict is Verdict.MET
    if standing.behavior is NotifyBehavior.TRACK_STATE:
        return EventType.STATE_CHANGED if changed else None
    if standing.behavior is NotifyBehavior.ONCE and standing.state is TaskState.COMPLETED:
        return None  # told already; it tells again only after it was set active again
    return EventType.CONDITION_MET if met else None


def change_summary(before: Mapping[str, str] | None, after: Mapping[str, str]) -> str | None:
    """Say what changed from what to what, or None if nothing did or there was no before.

    Only facts that are known on both sides or new count: a source that was not read this time
    is not a change. Neither is another wording of the same facts.
    """
    if before is None:
        return None
    found = renamed(after, before)
    changed = {key: found[key] for key in sorted(found) if before.get(key) != found[key]}
    if not changed:
        return None
    changes = [_change(key, before.get(key), fact) for key, fact in visible_facts(changed).items()]
    return "; ".join(changes)[:500] or "The text changed."


def _change(key: str, before: str | None, after: str) -> str:
    name = key.removeprefix("excerpt:")
    return f"{name}: {after}" if before is None else f"{name}: {before} → {after}"


def last_execution(
    execution_id: str,
    status: str,
    *,
    met: bool | None = None,
    started_at: datetime | None = None,
    completed_at: datetime | None = None,
) -> dict[str, object]:
    """Return what a task row keeps of its newest execution."""
    return {
        "id": execution_id,
        "condition_met": met,
        "status": status,
        "started_at": started_at.isoformat() if started_at else None,
        "completed_at": completed_at.isoformat() if completed_at else None,
    }
