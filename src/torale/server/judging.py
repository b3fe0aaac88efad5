"""Judge factory: the judge that the settings name. The judge room itself reads no settings."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from pydantic import SecretStr

from torale.server.errors import SettingsError
from torale.server.judge.base import Judge, JudgeError, JudgeRequest, SourceDocument, Verdict
from torale.server.judge.builtin.judge import BuiltinJudge
from torale.server.judge.cascade import RulesFirstJudge, SecondOpinionJudge
from torale.server.judge.model.choice import Access, Choice, choose
from torale.server.judge.model.providers import connect
from torale.server.sandbox import SAME_PROCESS, Runner
from torale.server.settings.base import Settings


def build_judge(settings: Settings, runner: Runner = SAME_PROCESS) -> Judge:
    """Build the judge that the settings name; without a model, the builtin one alone.

    A new kind of judge is composed here, behind the rules or beside the models.

    Raises:
        SettingsError: A model is not known, or lacks its key or its package.
    """
    access = model_access(settings)
    models: list[Judge] = [connect(choice, access) for choice in model_choices(settings)]
    if not models:
        return BuiltinJudge(runner)
    model, *strong = models
    return RulesFirstJudge(
        BuiltinJudge(runner), SecondOpinionJudge(model, *strong) if strong else model
    )


@asynccontextmanager
async def open_judge(settings: Settings, model: str = "") -> AsyncGenerator[Judge]:
    """Build one model's judge by itself, or without a model the one that the settings name.

    Raises:
        SettingsError: A model is not known, or lacks its key or its package.
    """
    judge = _build_model(settings, model) if model else build_judge(settings)
    try:
        yield judge
    finally:
        await judge.aclose()


def _build_model(settings: Settings, model: str) -> Judge:
    access = model_access(settings)
    return connect(choose(model, access, settings.model_output, variable="--model"), access)


def model_choices(settings: Settings) -> list[Choice]:
    """Read which models the settings name: none, one, or one and the strong one.

    Raises:
        SettingsError: A model is not known, or lacks its key or its package.
    """
    if settings.strong_model and not settings.model:
        raise SettingsError("TORALE_STRONG_MODEL: it is asked after TORALE_MODEL; set that too")
    named = {"TORALE_MODEL": settings.model, "TORALE_STRONG_MODEL": settings.strong_model}
    access = model_access(settings)
    return [
        choose(text, access, settings.model_output, variable=variable)
        for variable, text in named.items()
        if text
    ]


def model_access(settings: Settings) -> Access:
    """Pick the keys and addresses of the model providers out of the settings."""

    def plain(secret: SecretStr | None) -> str:
        return secret.get_secret_value() if secret else ""

    return Access(
        openai_key=plain(settings.openai_api_key),
        openai_url=settings.openai_base_url,
        google_key=plain(settings.google_api_key or settings.gemini_api_key),
        anthropic_key=plain(settings.anthropic_api_key),
        ollama_key=plain(settings.ollama_api_key),
        ollama_url=settings.ollama_base_url,
    )


async def try_models(settings: Settings, *, now: datetime) -> Sequence[str]:
    """Ask each model an easy question, and report how it did.

    Raises:
        SettingsError: One does not answer, or cannot be asked; the message says why.
    """
    access = model_access(settings)
    return [await _try(choice, access, now) for choice in model_choices(settings)]


async def _try(choice: Choice, access: Access, now: datetime) -> str:
    page = SourceDocument(
        "https://shop.example/lamp", "Lamp", "Desk lamp\nPrice: 4 euros\nIn stock"
    )
    question = JudgeRequest("price of the lamp", "It costs less than 10 euros", (page,), now)
    judge = connect(choice, access)
    try:
        judgement = await judge.judge(question)
    except JudgeError as error:
        raise SettingsError(error.detail) from None
    finally:
        await judge.aclose()
    right = "" if judgement.verdict is Verdict.MET else ", but cannot tell that 4 is less than 10"
    return f"{choice.label} answers{right} ({choice.output} output: {choice.why})"
