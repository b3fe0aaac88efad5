"""Score of a judge by its answers to cases with a known truth. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from torale.server.judge.base import Verdict


@dataclass(frozen=True, slots=True)
class Answered:
    """One case with the answer of a judge.

    Attributes:
        verdict: None when the judge failed; `failure` then names how.
        compiles: Whether rules alone are expected to understand the condition.
        is_quoted: A verdict that was told has a quote that stands in its source.
        seconds: How long the judge took.
        cost: US dollars; None when not known.
    """

    id: str
    truth: Verdict
    verdict: Verdict | None
    compiles: bool
    is_quoted: bool
    seconds: float
    calls: int = 0
    cost: Decimal | None = None
    failure: str | None = None

    @property
    def is_right(self) -> bool:
        return self.verdict is self.truth

    @property
    def is_decided(self) -> bool:
        return self.verdict in {Verdict.MET, Verdict.NOT_MET}

    def as_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "truth": self.truth,
            "said": self.verdict,
            "failure": self.failure,
        }


@dataclass(frozen=True, slots=True)
class Score:
    """The sum of many answers. Shares are 0 to 1, and None where there was nothing to share.

    Attributes:
        precision: Of what was said to be met, how much is. What people are told depends on it.
        recall: Of what is met, how much was said to be.
        recall_compiled: The same of the conditions that rules understand.
        missed: How often `not_met` was said of what is met.
        unquoted: How many decided verdicts no quote bears out.
        cost: US dollars for all; None when a price is not known.
    """

    cases: int
    accuracy: float | None
    precision: float | None
    recall: float | None
    recall_compiled: float | None
    unknown: float | None
    missed: int
    unquoted: int
    failed: int
    calls: int
    cost: Decimal | None
    median_seconds: float
    slowest_seconds: float
    wrong: tuple[Answered, ...]

    def passes(self, min_precision: float) -> bool:
        """Whether the judge may tell people: it answers, and its `met` can be relied on.

        Without a single `met` nothing is known of its precision: it passes only where none was due.
        """
        if self.failed == self.cases:
            return False
        if self.precision is None:
            return self.recall is None
        return self.precision >= min_precision

    def as_json(self) -> dict[str, object]:
        fields = ("cases", "accuracy", "precision", "recall", "recall_compiled", "unknown")
        counts = ("missed", "unquoted", "failed", "calls", "median_seconds", "slowest_seconds")
        plain: dict[str, object] = {name: getattr(self, name) for name in (*fields, *counts)}
        cost = None if self.cost is None else str(self.cost)
        return {**plain, "cost": cost, "wrong": [answer.as_json() for answer in self.wrong]}


def score(answers: Sequence[Answered]) -> Score:
    """Sum answers up."""
    met = [answer for answer in answers if answer.truth is Verdict.MET]
    called_met = [answer for answer in answers if answer.verdict is Verdict.MET]
    compiled = [answer for answer in met if answer.compiles]
    seconds = [answer.seconds for answer in answers] or [0.0]
    return Score(
        cases=len(answers),
        accuracy=_share_right(answers),
        precision=_share_right(called_met),
        recall=_share_right(met),
        recall_compiled=_share_right(compiled),
        unknown=_share(_count(answers, Verdict.UNKNOWN), len(answers)),
        missed=_count(met, Verdict.NOT_MET),
        unquoted=sum(answer.is_decided and not answer.is_quoted for answer in answers),
        failed=_count(answers, None),
        calls=sum(answer.calls for answer in answers),
        cost=_cost(answers),
        median_seconds=median(seconds),
        slowest_seconds=max(seconds),
        wrong=tuple(answer for answer in answers if not answer.is_right),
    )


def _count(answers: Sequence[Answered], verdict: Verdict | None) -> int:
    return sum(answer.verdict is verdict for answer in answers)


def _share_right(answers: Sequence[Answered]) -> float | None:
    return _share(sum(answer.is_right for answer in answers), len(answers))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _cost(answers: Sequence[Answered]) -> Decimal | None:
    costs = [answer.cost for answer in answers if answer.calls]
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if len(known) == len(costs) else None
