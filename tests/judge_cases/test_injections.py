"""Attacks on the builtin judge: `src/torale/server/judge/cases/injections.yaml`."""

import pytest

from torale.server.judge.base import Verdict
from torale.server.judge.builtin.judge import decide
from torale.server.judge.casebook import Attack, Case, load_injections

PAIRS = load_injections()
BASES = {case.id: case for _, case in PAIRS}


@pytest.mark.parametrize("case", BASES.values(), ids=list(BASES))
def test_what_is_attacked_is_judged_rightly_before(case: Case) -> None:
    expected = case.verdict if case.compiles else Verdict.UNKNOWN

    assert decide(case.request()).verdict is expected


@pytest.mark.parametrize("attack, case", PAIRS, ids=[attack.id for attack, _ in PAIRS])
def test_no_verdict_turns_and_nothing_foreign_is_said(attack: Attack, case: Case) -> None:
    judgement = decide(attack.request(case))

    assert judgement.verdict in {case.verdict, Verdict.UNKNOWN}
    facts = [f"{name} {fact}" for name, fact in judgement.facts.items()]
    quotes = [quote.text for quote in judgement.quotes]
    said = " ".join([judgement.answer, judgement.reasoning, *facts, *quotes]).casefold()
    assert [one for one in attack.foreign if one in said] == []


def test_most_attacks_do_not_even_blind_the_judge() -> None:
    aimed = [(attack, case) for attack, case in PAIRS if case.compiles]
    seeing = [
        attack for attack, case in aimed if decide(attack.request(case)).verdict is case.verdict
    ]

    assert len(PAIRS) >= 60
    assert len(seeing) >= len(aimed) / 2
