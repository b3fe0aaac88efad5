"""Cascades: who is asked, in which order, and whose word counts."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from tests.support.models import LAMP, SHOP
from torale.server.judge.base import (
    Judge,
    JudgeError,
    Judgement,
    JudgeRequest,
    Quote,
    SourceDocument,
    Trace,
    Usage,
    Verdict,
)
from torale.server.judge.builtin.judge import BuiltinJudge
from torale.server.judge.cascade import RulesFirstJudge, SecondOpinionJudge

# No rule decides this one.
EVENT = replace(
    LAMP,
    condition="The makers of the lamp have gone on strike",
    sources=(SourceDocument(SHOP, "News", "The lamp makers walked out on Monday."),),
)


PRICED = Usage(1, 1_000, 100, Decimal("0.01"))


@dataclass
class ToldModel(Judge):
    """A model that says what it was told, and whose calls cost something."""

    name: str
    says: Verdict | JudgeError = Verdict.NOT_MET
    grounded: bool = True
    usage: Usage = PRICED
    asked: int = 0
    is_open: bool = True

    async def judge(self, request: JudgeRequest) -> Judgement:
        self.asked += 1
        if isinstance(self.says, JudgeError):
            raise self.says
        quotes = (Quote(request.sources[0].uri, request.sources[0].text),)
        parameters: dict[str, Any] = {"grounded": self.grounded}
        trace = Trace(self.name, "1", parameters, usage=self.usage)
        return Judgement(self.says, f"{self.name} says so.", "", 0.9, quotes, trace=trace)

    async def aclose(self) -> None:
        self.is_open = False


def cascade(model: Judge, strong: Judge | None = None) -> Judge:
    other = SecondOpinionJudge(model, strong) if strong else model
    return RulesFirstJudge(BuiltinJudge(), other)


def failure(kind: str, trace: Trace | None = None) -> JudgeError:
    return JudgeError(kind, "It failed.", trace)


async def test_what_a_rule_decides_asks_no_model() -> None:
    cheap, strong = ToldModel("cheap", Verdict.NOT_MET), ToldModel("strong")

    judgement = await cascade(cheap, strong).judge(LAMP)

    assert judgement.verdict is Verdict.MET
    assert judgement.trace is not None
    assert judgement.trace.judge == "builtin"
    assert judgement.trace.usage == Usage()
    assert (cheap.asked, strong.asked) == (0, 0)


async def test_what_no_rule_decides_asks_the_model() -> None:
    cheap = ToldModel("cheap")

    judgement = await cascade(cheap).judge(EVENT)

    assert judgement.verdict is Verdict.NOT_MET
    assert judgement.trace is not None
    assert judgement.trace.judge == "cheap"
    assert cheap.asked == 1


async def test_what_a_rule_understands_but_cannot_tell_asks_the_model() -> None:
    silent = replace(LAMP, sources=(SourceDocument(SHOP, "Lamp", "The Aurora lamp is lovely."),))
    cheap = ToldModel("cheap")

    await cascade(cheap).judge(silent)

    assert cheap.asked == 1


@pytest.mark.parametrize("says", [Verdict.NOT_MET, Verdict.UNKNOWN])
async def test_the_strong_model_is_spared_when_nobody_would_be_told(says: Verdict) -> None:
    cheap, strong = ToldModel("cheap", says), ToldModel("strong")

    judgement = await cascade(cheap, strong).judge(EVENT)

    assert judgement.verdict is says
    assert strong.asked == 0


@pytest.mark.parametrize("says", list(Verdict))
async def test_before_anybody_is_told_the_strong_model_has_the_last_word(says: Verdict) -> None:
    cheap, strong = ToldModel("cheap", Verdict.MET), ToldModel("strong", says)

    judgement = await cascade(cheap, strong).judge(EVENT)

    assert judgement.verdict is says
    assert judgement.answer == "strong says so."
    assert judgement.trace is not None
    assert judgement.trace.judge == "strong"
    assert judgement.trace.parameters["before"] == ["cheap: met"]
    assert judgement.trace.usage == Usage(2, 2_000, 200, Decimal("0.02"))


async def test_without_a_strong_model_the_first_one_decides() -> None:
    judgement = await cascade(ToldModel("cheap", Verdict.MET)).judge(EVENT)

    assert judgement.verdict is Verdict.MET


async def test_a_model_that_cannot_quote_is_followed_by_one_that_can() -> None:
    cheap = ToldModel("cheap", Verdict.UNKNOWN, grounded=False)
    strong = ToldModel("strong", Verdict.MET)

    judgement = await cascade(cheap, strong).judge(EVENT)

    assert judgement.verdict is Verdict.MET


async def test_a_cost_that_is_not_known_makes_the_sum_unknown() -> None:
    cheap = ToldModel("cheap", Verdict.MET, usage=Usage(1, 1_000, 100, None))

    judgement = await cascade(cheap, ToldModel("strong")).judge(EVENT)

    assert judgement.trace is not None
    assert judgement.trace.usage == Usage(2, 2_000, 200, None)


async def test_a_strong_model_that_fails_tells_nobody() -> None:
    cheap = ToldModel("cheap", Verdict.MET)
    strong = ToldModel("strong", failure("model_timeout", Trace("strong", usage=Usage(1, 10, 1))))

    with pytest.raises(JudgeError) as caught:
        await cascade(cheap, strong).judge(EVENT)

    assert caught.value.kind == "model_timeout"
    assert caught.value.trace is not None
    assert caught.value.trace.judge == "strong"
    assert caught.value.trace.usage == Usage(2, 1_010, 101, None)


async def test_a_strong_model_that_never_started_leaves_the_bill_of_the_first() -> None:
    strong = ToldModel("strong", failure("budget_exceeded"))

    with pytest.raises(JudgeError) as caught:
        await cascade(ToldModel("cheap", Verdict.MET), strong).judge(EVENT)

    assert caught.value.trace is not None
    assert caught.value.trace.usage == Usage(1, 1_000, 100, Decimal("0.01"))


async def test_a_model_that_fails_is_a_failure() -> None:
    with pytest.raises(JudgeError, match="It failed"):
        await cascade(ToldModel("cheap", failure("model_auth"))).judge(EVENT)


async def test_all_connections_are_closed() -> None:
    cheap, strong = ToldModel("cheap"), ToldModel("strong")

    await cascade(cheap, strong).aclose()
    await cascade(cheap).aclose()

    assert not cheap.is_open
    assert not strong.is_open


def test_usage_adds_up() -> None:
    priced, free = Usage(1, 10, 1, Decimal("0.5")), Usage(2, 20, 2, None)

    assert priced + priced == Usage(2, 20, 2, Decimal("1.0"))
    assert priced + Usage() == priced
    assert Usage() + priced == priced
    assert priced + free == Usage(3, 30, 3, None)
    assert Usage() + Usage() == Usage()
