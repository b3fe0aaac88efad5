"""From the settings to a judge."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.fakes import START
from tests.support.models import ModelServer, answer, refused, text, tool
from torale.server.errors import SettingsError
from torale.server.judge.builtin.judge import BuiltinJudge
from torale.server.judge.cascade import RulesFirstJudge
from torale.server.judging import build_judge, model_access, model_choices, try_models
from torale.server.settings import loading
from torale.server.settings.base import Settings

RIGHT = answer(
    quotes=[{"source": 1, "text": "Price: 4 euros"}], answer="It costs 4 euros.", facts=[]
)


@pytest.fixture(autouse=True)
def no_keys_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in ("OPENAI", "GOOGLE", "GEMINI", "ANTHROPIC", "OLLAMA"):
        monkeypatch.delenv(f"{provider}_API_KEY", raising=False)
        monkeypatch.delenv(f"{provider}_BASE_URL", raising=False)


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with ModelServer() as made:
        yield made


def settings(**values: str) -> Settings:
    return loading.load(_env_file=None, **values)


async def test_without_a_model_the_builtin_judge_works_alone() -> None:
    assert isinstance(build_judge(settings()), BuiltinJudge)
    assert await try_models(settings(), now=START) == []


async def test_with_a_model_it_comes_first() -> None:
    judge = build_judge(
        settings(TORALE_MODEL="openai:a", TORALE_STRONG_MODEL="ollama:b", OPENAI_API_KEY="sk-1")
    )

    assert isinstance(judge, RulesFirstJudge)
    assert judge.name == "openai:a"
    await judge.aclose()


def test_a_strong_model_alone_is_a_mistake() -> None:
    with pytest.raises(SettingsError, match=r"^TORALE_STRONG_MODEL: .*TORALE_MODEL"):
        build_judge(settings(TORALE_STRONG_MODEL="openai:a", OPENAI_API_KEY="sk-1"))


def test_a_mistake_in_the_strong_model_names_it() -> None:
    wrong = settings(TORALE_MODEL="ollama:a", TORALE_STRONG_MODEL="gpt-5")

    with pytest.raises(SettingsError, match=r"^TORALE_STRONG_MODEL: 'gpt-5' is no model"):
        model_choices(wrong)


@pytest.mark.parametrize("variable", ["OPENAI_BASE_URL", "OLLAMA_BASE_URL"])
def test_an_address_without_a_scheme_is_named(variable: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{variable}: must start with http"):
        settings(**{variable: "localhost:8080/v1"})


def test_keys_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(
        "OPENAI_API_KEY=sk-1\nOPENAI_BASE_URL=http://127.0.0.1:1/v1/\nGEMINI_API_KEY=g\n"
        "ANTHROPIC_API_KEY=a\nOLLAMA_API_KEY=o\nOLLAMA_BASE_URL=http://127.0.0.1:2/v1\n"
    )

    access = model_access(loading.load(_env_file=file))

    assert access.openai_key == "sk-1"
    assert access.openai_url == "http://127.0.0.1:1/v1"
    assert (access.google_key, access.anthropic_key, access.ollama_key) == ("g", "a", "o")
    assert access.ollama_url == "http://127.0.0.1:2/v1"


async def test_trying_a_model_says_how_it_did(server: ModelServer) -> None:
    named = settings(
        TORALE_MODEL="openai:small",
        TORALE_STRONG_MODEL="ollama:large",
        OPENAI_BASE_URL=server.base_url,
        OLLAMA_BASE_URL=server.base_url,
    )
    unsure = answer(verdict="unknown", quotes=[], answer="Who knows.", facts=[])
    server.script(text(RIGHT), text(unsure))

    small, large = await try_models(named, now=START)

    assert small.startswith("openai-chat:small answers (native output: ")
    assert large.startswith("ollama:large answers, but cannot tell that 4 is less than 10")


async def test_trying_a_model_that_fails_says_why(server: ModelServer) -> None:
    named = settings(
        TORALE_MODEL="openai:small", OPENAI_BASE_URL=server.base_url, TORALE_MODEL_OUTPUT="tool"
    )
    server.script(refused(401))
    with pytest.raises(SettingsError, match="does not accept the API key"):
        await try_models(named, now=START)

    server.script(tool(RIGHT))
    (said,) = await try_models(named, now=START)
    assert "as TORALE_MODEL_OUTPUT says" in said
