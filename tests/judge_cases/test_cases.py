"""The builtin judge on every case that ships: `src/torale/server/judge/cases/*.yaml`."""

import pytest

from torale.server.judge.base import Verdict
from torale.server.judge.builtin.conditions.compiler import compile_condition
from torale.server.judge.builtin.judge import decide
from torale.server.judge.casebook import HELD_OUT, Case, load_cases
from torale.server.judge.text.folding import fold

CASES = load_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_verdict_is_right_or_withheld(case: Case) -> None:
    request = case.request()

    judgement = decide(request)

    assert judgement.verdict in {case.verdict, Verdict.UNKNOWN}, judgement.reasoning
    assert (compile_condition(case.condition, case.query) is not None) is case.compiles
    assert judgement.quotes or judgement.verdict is Verdict.UNKNOWN
    for quote in judgement.quotes:
        texts = [fold(one.text) for one in request.sources if one.uri == quote.uri]
        assert any(fold(quote.text) in text for text in texts)


@pytest.mark.parametrize("cases", [CASES, load_cases(HELD_OUT)], ids=["all", "held out"])
def test_what_is_true_is_mostly_told(cases: tuple[Case, ...]) -> None:
    verdicts = [(case, decide(case.request()).verdict) for case in cases]
    met = [case for case, verdict in verdicts if verdict is Verdict.MET]
    true = [case for case in cases if case.compiles and case.verdict is Verdict.MET]
    told = [case for case in met if case.verdict is Verdict.MET]
    clear = [
        verdict
        for case, verdict in verdicts
        if case.compiles and case.verdict is not Verdict.UNKNOWN
    ]
    decided = [verdict for verdict in clear if verdict is not Verdict.UNKNOWN]

    assert len(told) / len(met) >= 0.99, "precision on met"
    assert len(told) / len(true) >= 0.9, "recall on met"
    assert len(decided) / len(clear) >= 0.9, "a judge that always declines is never wrong"


def test_the_cases_are_many_and_varied() -> None:
    ids = [case.id for case in CASES]
    adversarial = [case for case in CASES if "adversarial" in case.tags]
    tags = {tag for case in CASES for tag in case.tags}

    assert len(set(ids)) == len(ids) >= 250
    assert len(adversarial) >= len(CASES) / 3
    assert len(load_cases(HELD_OUT)) >= len(CASES) / 3.3
    assert {"de", "fr", "es", "it", "shop", "tickets", "version", "weather", "jobs"} <= tags
