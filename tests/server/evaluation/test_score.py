"""What the numbers of an evaluation mean."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from torale.server.evaluation.score import Answered, score
from torale.server.judge.base import Verdict

MET, NOT_MET, UNKNOWN = Verdict.MET, Verdict.NOT_MET, Verdict.UNKNOWN


def answered(truth: Verdict, said: Verdict | None, **fields: Any) -> Answered:
    plain: dict[str, Any] = {"id": "a", "compiles": True, "is_quoted": True, "seconds": 0.1}
    return Answered(truth=truth, verdict=said, **(plain | fields))


def test_precision_recall_and_what_is_worst() -> None:
    found = score(
        [
            answered(MET, MET),
            answered(MET, MET, compiles=False),
            answered(MET, UNKNOWN, compiles=False),
            answered(MET, NOT_MET),
            answered(NOT_MET, MET, is_quoted=False),
            answered(NOT_MET, NOT_MET),
            answered(UNKNOWN, UNKNOWN),
            answered(MET, None, failure="model_timeout", compiles=False),
        ]
    )

    assert found.cases == 8
    assert found.accuracy == 0.5
    assert found.precision == 2 / 3
    assert found.recall == 2 / 5
    assert found.recall_compiled == 1 / 2
    assert found.unknown == 2 / 8
    assert found.missed == 1
    assert found.unquoted == 1
    assert found.failed == 1
    assert [one.verdict for one in found.wrong] == [UNKNOWN, NOT_MET, MET, None]


def test_costs_are_known_only_when_all_are() -> None:
    known = answered(MET, MET, calls=1, cost=Decimal("0.01"))
    free = answered(MET, MET)
    unknown = answered(MET, MET, calls=2, cost=None)

    assert score([known, free, known]).cost == Decimal("0.02")
    assert score([known, unknown]).cost is None
    assert score([known, unknown]).calls == 3


def test_only_a_judge_that_can_be_relied_on_passes() -> None:
    right, wrong = answered(MET, MET), answered(NOT_MET, MET)

    assert score([right] * 99 + [wrong]).passes(0.99)
    assert not score([right] * 98 + [wrong] * 2).passes(0.99)
    assert not score([answered(MET, UNKNOWN)]).passes(0.99), "it never says met where it should"
    assert score([answered(NOT_MET, NOT_MET)]).passes(0.99), "there was nothing to say met to"
    assert not score([answered(NOT_MET, None)] * 3).passes(0.0), "it never answers"
    assert not score([]).passes(0.99)


verdicts = st.sampled_from(list(Verdict))
answers = st.lists(
    st.builds(answered, verdicts, st.none() | verdicts, compiles=st.booleans()), max_size=30
)


@given(answers=answers)
def test_shares_are_shares(answers: list[Answered]) -> None:
    found = score(answers)

    shares = (found.accuracy, found.precision, found.recall, found.unknown, found.recall_compiled)
    assert all(share is None or 0 <= share <= 1 for share in shares)
    assert len(found.wrong) + round((found.accuracy or 0) * found.cases) == found.cases
    assert found.as_json()["cases"] == len(answers)
