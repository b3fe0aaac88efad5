"""Which model an operator means, and what is missing for it."""

import pytest

from torale.server.errors import SettingsError
from torale.server.judge.model import choice as models
from torale.server.judge.model.choice import Access, choose

ALL = Access(
    openai_key="sk-o",
    google_key="g",
    anthropic_key="a",
    ollama_url="http://127.0.0.1:11434/v1",
)
LOCAL = Access(openai_url="http://127.0.0.1:8080/v1")


@pytest.fixture(autouse=True)
def everything_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(_: str) -> object:
        return object()

    monkeypatch.setattr(models, "find_spec", find)


@pytest.mark.parametrize(
    "text, access, label, output",
    [
        ("google:gemini-3.8-flash", ALL, "google:gemini-3.8-flash", "tool"),
        ("google-gla:gemini-3.8-flash", ALL, "google:gemini-3.8-flash", "tool"),
        ("openai:gpt-5.4-mini", ALL, "openai:gpt-5.4-mini", "tool"),
        ("openai-chat:gpt-5.4-mini", ALL, "openai-chat:gpt-5.4-mini", "tool"),
        ("anthropic:claude-haiku-5-5", ALL, "anthropic:claude-haiku-5-5", "tool"),
        ("ollama:qwen3:8b", ALL, "ollama:qwen3:8b", "native"),
        ("ollama:gpt-oss:120b-cloud", ALL, "ollama:gpt-oss:120b-cloud", "tool"),
        (" openai-chat:local ", LOCAL, "openai-chat:local", "native"),
        ("openai:local", LOCAL, "openai-chat:local", "native"),
    ],
)
def test_a_model_is_read_with_its_output_mode(
    text: str, access: Access, label: str, output: str
) -> None:
    choice = choose(text, access, variable="TORALE_MODEL")

    assert choice.label == label
    assert choice.output == output
    assert choice.why


@pytest.mark.parametrize("output", ["tool", "native", "prompted"])
def test_the_operator_knows_better_which_output_works(output: str) -> None:
    choice = choose("ollama:qwen3", ALL, output, variable="TORALE_MODEL")

    assert choice.output == output
    assert "TORALE_MODEL_OUTPUT" in choice.why


@pytest.mark.parametrize("text", ["gpt-5", "mistral:large", "openai:", ":gpt", "", "openai"])
def test_what_is_no_model_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match=r"TORALE_STRONG_MODEL: .* google:…, openai:…"):
        choose(text, ALL, variable="TORALE_STRONG_MODEL")


@pytest.mark.parametrize(
    "text, key",
    [
        ("google:x", "GOOGLE_API_KEY"),
        ("anthropic:x", "ANTHROPIC_API_KEY"),
        ("openai:x", "OPENAI_API_KEY"),
        ("openai-chat:x", "OPENAI_API_KEY"),
    ],
)
def test_a_missing_key_is_named(text: str, key: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{key}: TORALE_MODEL names a model of"):
        choose(text, Access(), variable="TORALE_MODEL")


@pytest.mark.parametrize(
    "text, missing, extra",
    [
        ("google:x", "google.genai", "google"),
        ("anthropic:x", "anthropic", "anthropic"),
        ("openai:x", "openai", "llm"),
        ("ollama:x", "pydantic_ai", "llm"),
    ],
)
def test_a_missing_package_is_named_with_its_mend(
    monkeypatch: pytest.MonkeyPatch, text: str, missing: str, extra: str
) -> None:
    def find(module: str) -> object | None:
        if module == missing and "." in module:
            raise ModuleNotFoundError(module)
        return None if module == missing else object()

    monkeypatch.setattr(models, "find_spec", find)

    with pytest.raises(SettingsError, match=rf"pip install 'torale\[{extra}\]'"):
        choose(text, ALL, variable="TORALE_MODEL")
