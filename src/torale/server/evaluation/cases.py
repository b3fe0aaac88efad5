"""Case runs: the cases that ship with Torale, put before a judge through pydantic-evals."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import Evaluator, EvaluatorContext

from torale.server.evaluation.score import Answered
from torale.server.judge import casebook
from torale.server.judge.base import Judge, JudgeError, Judgement, JudgeRequest, Usage, Verdict
from torale.server.judge.verify import verify


@dataclass(frozen=True, slots=True)
class Question:
    """One case, ready to be asked."""

    id: str
    request: JudgeRequest
    truth: Verdict
    compiles: bool


def questions(*, attacks: bool, tags: Sequence[str] = (), limit: int = 0) -> list[Question]:
    """The shipped cases, or the same under attack.

    Args:
        tags: Only cases that have all of these.
        limit: At most so many, spread evenly over all; 0 for all.
    """
    if attacks:
        tagged = [
            (attack.tags, Question(attack.id, attack.request(case), case.verdict, case.compiles))
            for attack, case in casebook.load_injections()
        ]
    else:
        tagged = [
            (case.tags, Question(case.id, case.request(), case.verdict, case.compiles))
            for case in casebook.load_cases()
        ]
    fit = [question for its_tags, question in tagged if set(tags) <= set(its_tags)]
    if 0 < limit < len(fit):
        return [fit[index * len(fit) // limit] for index in range(limit)]
    return fit


class Exact(Evaluator[Question, Answered]):
    def evaluate(self, ctx: EvaluatorContext[Question, Answered]) -> bool:
        return ctx.output.is_right


class NeverFalselyMet(Evaluator[Question, Answered]):
    def evaluate(self, ctx: EvaluatorContext[Question, Answered]) -> bool:
        return ctx.output.verdict is not Verdict.MET or ctx.output.is_right


class Quoted(Evaluator[Question, Answered]):
    def evaluate(self, ctx: EvaluatorContext[Question, Answered]) -> bool:
        return ctx.output.is_quoted


async def run(judge: Judge, asked: Sequence[Question], *, at_once: int) -> list[Answered]:
    """Ask a judge every question; a judge that fails has answered wrongly."""
    dataset: Dataset[Question, Answered, None] = Dataset(
        name="cases",
        cases=[Case(name=question.id, inputs=question) for question in asked],
        evaluators=[Exact(), NeverFalselyMet(), Quoted()],
    )

    async def answer(question: Question) -> Answered:
        return await _answer(judge, question)

    report = await dataset.evaluate(
        answer, name=judge.name, max_concurrency=at_once, progress=False
    )
    if report.failures:  # a judge's failures are answers; these are ours
        raise RuntimeError(report.failures[0].error_message)
    order = {question.id: index for index, question in enumerate(asked)}
    answers = (case.output for case in report.cases)
    return sorted(answers, key=lambda answer: order[answer.id])


async def _answer(judge: Judge, question: Question) -> Answered:
    started = perf_counter()
    judgement: Judgement | None = None
    failure = None
    try:
        judgement = verify(await judge.judge(question.request), question.request.sources)
        trace = judgement.trace
    except JudgeError as error:
        failure, trace = error.kind, error.trace
    usage = trace.usage if trace is not None else Usage()
    decided = judgement is not None and judgement.verdict is not Verdict.UNKNOWN
    return Answered(
        id=question.id,
        truth=question.truth,
        verdict=judgement.verdict if judgement else None,
        compiles=question.compiles,
        is_quoted=not decided or bool(judgement and judgement.quotes),
        seconds=perf_counter() - started,
        calls=usage.calls,
        cost=usage.cost,
        failure=failure,
    )
