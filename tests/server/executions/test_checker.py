"""One check: whatever goes wrong has a name."""

from dataclasses import dataclass, field, replace

import pytest

from tests.support.fakes import FakeClock, FakeGatherer
from torale.server.evidence.base import Problem
from torale.server.evidence.source import Source
from torale.server.executions.checker import Checker, CheckRequest
from torale.server.judge.base import (
    Judge,
    JudgeError,
    Judgement,
    JudgeRequest,
    Quote,
    Verdict,
)

SHOP, OTHER = "https://shop.example/lamp", "https://other.example/lamp"
PAGE = "Aurora lamp\nPrice: 329.00 USD"
SUBJECT = CheckRequest(
    "Price of the lamp", "The price is below 350 USD", (Source(SHOP),), {"price": "399 USD"}
)


@dataclass
class ToldJudge(Judge):
    """Answers what a test says, and keeps what it was asked."""

    answer: Judgement | Exception
    asked: list[JudgeRequest] = field(default_factory=list[JudgeRequest])
    name = "told"

    async def judge(self, request: JudgeRequest) -> Judgement:
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def web(clock: FakeClock) -> FakeGatherer:
    return FakeGatherer(clock, pages={SHOP: PAGE})


def met(*quotes: Quote) -> Judgement:
    return Judgement(Verdict.MET, "It costs 329 USD.", "329 is below 350.", 0.9, quotes)


async def test_the_judge_sees_what_is_usable_and_what_was_known(
    web: FakeGatherer, clock: FakeClock
) -> None:
    judge = ToldJudge(met(Quote(SHOP, "329.00 USD")))
    web.unusable[OTHER] = "a captcha"
    subject = replace(SUBJECT, sources=(Source(SHOP), Source(OTHER)))

    finding = await Checker(web, judge).check(subject, now=clock())

    (asked,) = judge.asked
    assert [one.uri for one in asked.sources] == [SHOP]
    assert asked.previous == {"price": "399 USD"}
    assert asked.now == clock()
    assert finding.failure is None
    assert finding.judgement is not None
    assert finding.judgement.verdict is Verdict.MET
    assert "a captcha" in finding.judgement.reasoning
    assert [one.uri for one in finding.documents] == [SHOP, OTHER]


@pytest.mark.parametrize(
    "quote",
    [Quote(SHOP, "Price: 1.00 USD"), Quote("https://nobody.example", "329.00 USD")],
)
async def test_a_quote_that_is_not_there_is_no_proof(
    web: FakeGatherer, clock: FakeClock, quote: Quote
) -> None:
    finding = await Checker(web, ToldJudge(met(quote))).check(SUBJECT, now=clock())

    assert finding.judgement is not None
    assert finding.judgement.verdict is Verdict.UNKNOWN


async def test_a_judge_that_fails_is_a_failure_with_its_kind(
    web: FakeGatherer, clock: FakeClock
) -> None:
    judge = ToldJudge(JudgeError("model_timeout", "The model did not answer."))

    finding = await Checker(web, judge).check(SUBJECT, now=clock())

    assert finding.judgement is None
    assert finding.failure is not None
    assert finding.failure.kind == "model_timeout"
    assert finding.failure.message == "The model did not answer."
    assert [one.uri for one in finding.documents] == [SHOP], "what was read is kept"


async def test_a_bug_ends_the_execution_and_tells_no_secret(
    web: FakeGatherer, clock: FakeClock
) -> None:
    judge = ToldJudge(RuntimeError("sk_secret"))

    finding = await Checker(web, judge).check(SUBJECT, now=clock())

    assert finding.failure is not None
    assert finding.failure.kind == "internal_error"
    assert "sk_secret" not in finding.failure.message


async def test_no_judge_is_asked_about_nothing(web: FakeGatherer, clock: FakeClock) -> None:
    judge = ToldJudge(met())
    web.pages.clear()

    empty = await Checker(web, judge).check(SUBJECT, now=clock())
    web.problems = [Problem(SHOP, "timeout", "It did not answer in time.", named=True)]
    failed = await Checker(web, judge).check(SUBJECT, now=clock())

    assert judge.asked == []
    assert empty.judgement is not None
    assert empty.judgement.verdict is Verdict.UNKNOWN
    assert failed.failure is not None
    assert failed.failure.kind == "timeout"
