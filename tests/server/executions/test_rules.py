"""What follows from a verdict, for any history."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import START
from torale.contract.channels import EventType
from torale.contract.tasks import NotifyBehavior, TaskState
from torale.server.evidence.base import Document, DocumentKind, Gathered, Problem
from torale.server.executions.rules import (
    MAX_FACTS,
    TROUBLE_AFTER,
    Decision,
    TaskStanding,
    change_summary,
    decide,
    failure_of,
    known_facts,
    unusable_judgement,
    with_gaps,
)
from torale.server.judge.base import Judgement, Verdict

FACTS = st.dictionaries(
    st.sampled_from(["price", "stock", "entry", "lines:0", "text:page"]),
    st.sampled_from(["399", "329", "in stock", "sold out"]),
    max_size=4,
)
VERDICTS = st.sampled_from(list(Verdict))
JUDGEMENTS = st.builds(
    Judgement,
    verdict=VERDICTS,
    answer=st.just("An answer."),
    reasoning=st.just("A reason."),
    confidence=st.floats(0, 1),
    facts=FACTS,
)
OUTCOMES = st.one_of(st.none(), JUDGEMENTS)  # None: the execution failed
HISTORIES = st.lists(OUTCOMES, max_size=12)
BEHAVIORS = st.sampled_from(list(NotifyBehavior))
NEWS = (EventType.CONDITION_MET, EventType.STATE_CHANGED)


def could_tell(outcome: Judgement | None) -> bool:
    return outcome is not None and outcome.verdict is not Verdict.UNKNOWN


def first(behavior: NotifyBehavior) -> TaskStanding:
    return TaskStanding(behavior, TaskState.ACTIVE, None, 0, told=False)


def play(behavior: NotifyBehavior, history: list[Judgement | None]) -> list[Decision]:
    """Let a task live through a history, executed by hand even when it is completed."""
    standing, decisions = first(behavior), list[Decision]()
    for outcome in history:
        decision = decide(standing, outcome)
        decisions.append(decision)
        standing = replace(
            standing,
            state=TaskState.COMPLETED if decision.completes else standing.state,
            facts=standing.facts if decision.facts is None else decision.facts,
            streak=decision.streak,
            told=decision.told,
        )
    return decisions


@given(HISTORIES)
def test_once_tells_the_first_time_and_never_again(history: list[Judgement | None]) -> None:
    decisions = play(NotifyBehavior.ONCE, history)

    met = [i for i, one in enumerate(history) if one is not None and one.verdict is Verdict.MET]
    told = [i for i, one in enumerate(decisions) if one.event is EventType.CONDITION_MET]
    assert told == met[:1]
    assert [i for i, one in enumerate(decisions) if one.completes] == told
    assert all(one.event is not EventType.STATE_CHANGED for one in decisions)


@given(JUDGEMENTS)
def test_once_tells_again_after_it_was_set_active(judgement: Judgement) -> None:
    met = replace(judgement, verdict=Verdict.MET)
    completed = replace(first(NotifyBehavior.ONCE), state=TaskState.COMPLETED)

    assert decide(completed, met).event is None
    again = decide(replace(completed, state=TaskState.ACTIVE), met)
    assert again.event is EventType.CONDITION_MET
    assert again.completes


@given(HISTORIES)
def test_always_tells_exactly_when_met(history: list[Judgement | None]) -> None:
    decisions = play(NotifyBehavior.ALWAYS, history)

    for outcome, decision in zip(history, decisions, strict=True):
        met = outcome is not None and outcome.verdict is Verdict.MET
        assert (decision.event is EventType.CONDITION_MET) == met
        assert not decision.completes


@given(HISTORIES)
def test_track_state_tells_changes_and_never_the_baseline(
    history: list[Judgement | None],
) -> None:
    decisions = play(NotifyBehavior.TRACK_STATE, history)

    known: dict[str, str] | None = None
    for outcome, decision in zip(history, decisions, strict=True):
        assert decision.event is not EventType.CONDITION_MET
        assert not decision.completes
        if outcome is None or not could_tell(outcome):
            continue
        changed = known is not None and {**known, **outcome.facts} != known
        assert (decision.event is EventType.STATE_CHANGED) == changed
        known = {**(known or {}), **outcome.facts}


@given(BEHAVIORS, HISTORIES)
def test_what_could_not_tell_changes_no_fact_and_tells_no_news(
    behavior: NotifyBehavior, history: list[Judgement | None]
) -> None:
    for outcome, decision in zip(history, play(behavior, history), strict=True):
        if not could_tell(outcome):
            assert decision.facts is None
            assert decision.change_summary is None
            assert decision.event not in NEWS
            assert not decision.completes


@given(BEHAVIORS, HISTORIES)
def test_trouble_is_told_once_a_streak_and_so_is_its_end(
    behavior: NotifyBehavior, history: list[Judgement | None]
) -> None:
    streak, is_told = 0, False
    for outcome, decision in zip(history, play(behavior, history), strict=True):
        streak = 0 if could_tell(outcome) else streak + 1
        assert (decision.event is EventType.FAILING) == (streak == TROUBLE_AFTER)
        if decision.event is EventType.RECOVERED:
            assert is_told
            assert streak == 0
        if is_told and streak == 0:
            assert decision.event is EventType.RECOVERED or decision.event in NEWS
        is_told = streak >= TROUBLE_AFTER
        assert decision.streak == streak
        assert decision.told == is_told


@given(st.one_of(st.none(), FACTS), FACTS)
def test_a_change_names_only_what_differs(
    before: dict[str, str] | None, after: dict[str, str]
) -> None:
    summary = change_summary(before, after)

    if before is None or {**before, **after} == before:
        assert summary is None
        return
    assert summary
    if summary == "The text changed.":
        return
    for part in summary.split("; "):
        old, arrow, new = part.partition(": ")[2].partition(" → ")
        assert not arrow or old != new
    for key, value in after.items():
        if before.get(key) == value:
            assert f"{key}: " not in summary


@pytest.mark.parametrize(
    "before,after,summary",
    [
        ({"price": "399 USD"}, {"price": "329 USD"}, "price: 399 USD → 329 USD"),
        ({"price": "399 USD"}, {"stock": "in stock"}, "stock: in stock"),
        ({"lines:a": "1"}, {"lines:a": "2"}, "The text changed."),
        ({"lines:a": "1", "price": "1"}, {"lines:a": "2", "price": "2"}, "price: 1 → 2"),
        ({"price": "399 USD"}, {}, None),
        (None, {"price": "399 USD"}, None),
    ],
)
def test_a_change_is_told_in_words(
    before: dict[str, str] | None, after: dict[str, str], summary: str | None
) -> None:
    assert change_summary(before, after) == summary


def test_a_long_change_is_cut() -> None:
    before = {f"fact {number}": "old" * 20 for number in range(50)}

    summary = change_summary(before, dict.fromkeys(before, "new" * 20))

    assert summary is not None
    assert len(summary) <= 500


@given(st.one_of(st.none(), FACTS), FACTS)
def test_what_is_known_stays_known(before: dict[str, str] | None, after: dict[str, str]) -> None:
    assert known_facts(before, after) == {**(before or {}), **after}


def test_facts_do_not_grow_for_ever() -> None:
    before = {f"old {number}": "1" for number in range(MAX_FACTS)}

    assert known_facts(before, {"new": "1"}) == {"new": "1"}


def document(uri: str, reason: str | None = None, *, named: bool = True) -> Document:
    return Document(uri, "", "text", DocumentKind.PAGE, START, unusable_reason=reason, named=named)


def problem(uri: str = "https://b.example", *, named: bool = True) -> Problem:
    return Problem(uri, "http_503", "The site answered 503.", named=named)


A, B = "https://a.example", "https://b.example"


@pytest.mark.parametrize(
    "documents,problems,kind",
    [
        ((), (), None),  # an empty search
        ((document(A),), (), None),
        ((document(A),), (problem(),), None),
        ((document(A, "a captcha"),), (problem(),), None),
        ((), (problem(),), "http_503"),
        ((), (problem(named=False),), "http_503"),
    ],
)
def test_only_nothing_at_all_is_a_failure(
    documents: tuple[Document, ...], problems: tuple[Problem, ...], kind: str | None
) -> None:
    failure = failure_of(Gathered(documents, problems))

    assert (failure.kind if failure else None) == kind
    if failure:
        assert B in failure.message
        assert "503" in failure.message


def test_the_message_of_a_failure_has_bounds() -> None:
    failure = failure_of(Gathered((), tuple(problem(f"{B}/{'x' * 100}") for _ in range(50))))

    assert failure is not None
    assert len(failure.message) <= 1000


def test_what_no_judge_can_read_is_unknown_with_every_reason() -> None:
    judgement = unusable_judgement(Gathered((document(A, "a captcha"),), (problem(),)))

    assert judgement is not None
    assert judgement.verdict is Verdict.UNKNOWN
    assert judgement.confidence == 0
    for said in (A, "a captcha", B, "503"):
        assert said in judgement.reasoning
    empty = unusable_judgement(Gathered((), ()))
    assert empty is not None
    assert "search found nothing" in empty.reasoning
    assert unusable_judgement(Gathered((document(A, "empty"), document(B)), ())) is None


@given(JUDGEMENTS, st.booleans(), st.booleans())
def test_a_gap_weakens_only_not_met_and_only_for_a_named_source(
    judgement: Judgement, named: bool, failed: bool
) -> None:
    gap = problem(named=named)
    gathered = (
        Gathered((document(A),), (gap,))
        if failed
        else Gathered((document(A), document(B, "a captcha", named=named)), ())
    )

    seen = with_gaps(judgement, gathered)

    assert B in seen.reasoning
    assert judgement.reasoning in seen.reasoning
    weakened = named and judgement.verdict is Verdict.NOT_MET
    assert seen.verdict is (Verdict.UNKNOWN if weakened else judgement.verdict)
    assert with_gaps(judgement, Gathered((document(A),), ())) is judgement
