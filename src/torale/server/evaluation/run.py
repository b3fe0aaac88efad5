"""Evaluation run: from the settings to the score, as `torale evals` shows it."""

from dataclasses import dataclass
from importlib.util import find_spec

from torale.server.errors import SettingsError
from torale.server.evaluation.score import Score, score
from torale.server.judge.builtin.judge import BuiltinJudge
from torale.server.judging import open_judge
from torale.server.settings.base import Settings


@dataclass(frozen=True, slots=True)
class EvaluationPlan:
    """What to evaluate.

    Attributes:
        model: One model alone; empty for the judge that the settings name.
        builtin: The builtin judge, whatever the settings name.
        attacks: The cases under attack in place of the plain ones.
        limit: At most so many cases; 0 for all.
    """

    model: str = ""
    builtin: bool = False
    attacks: bool = False
    tags: tuple[str, ...] = ()
    limit: int = 0
    at_once: int = 4


async def evaluate(settings: Settings, wanted: EvaluationPlan) -> tuple[str, Score]:
    """Put the cases before a judge; answers its name and how it did.

    Raises:
        SettingsError: The judge cannot be built, or there is nothing to ask it.
    """
    if find_spec("pydantic_evals") is None:
        raise SettingsError("evals need more packages; run: pip install 'torale[evals]'")
    # Only here, because a server does without.
    from torale.server.evaluation import cases  # noqa: PLC0415

    asked = cases.questions(attacks=wanted.attacks, tags=wanted.tags, limit=wanted.limit)
    if not asked:
        raise SettingsError(f"--tag: no case has {' and '.join(wanted.tags)}")
    if wanted.builtin:
        answers = await cases.run(BuiltinJudge(), asked, at_once=wanted.at_once)
        return BuiltinJudge.name, score(answers)
    async with open_judge(settings, wanted.model) as judge:
        return judge.name, score(await cases.run(judge, asked, at_once=wanted.at_once))
