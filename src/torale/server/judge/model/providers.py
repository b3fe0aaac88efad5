"""Providers of models. Nothing of a provider is loaded before it is chosen."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from torale.server.judge.model.choice import Access, Choice

if TYPE_CHECKING:
    from pydantic_ai.models import Model
    from pydantic_ai.profiles.openai import OpenAIModelProfile

    from torale.server.judge.model.judge import LlmJudge

_NEW_WORD_ONLY = ("gpt-5", "gpt-6", "o1", "o3", "o4")  # OpenAI's own, behind somebody's gateway
_NO_KEY = "none-needed"  # the libraries insist on one


def connect(choice: Choice, access: Access) -> "LlmJudge":
    """Build the judge. This loads the provider's library, which takes some seconds."""
    from torale.server.judge.model.judge import LlmJudge

    return LlmJudge(choice.label, build_model(choice, access), output=choice.output)


def build_model(choice: Choice, access: Access) -> "Model":
    """Build the provider's model, without connecting to anything yet."""
    return _BUILDERS[choice.provider](choice, access)


def _openai(choice: Choice, access: Access) -> "Model":
    from pydantic_ai.models.openai import OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    return OpenAIResponsesModel(choice.name, provider=OpenAIProvider(api_key=access.openai_key))


def _openai_chat(choice: Choice, access: Access) -> "Model":
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    provider = OpenAIProvider(base_url=choice.url or None, api_key=access.openai_key or _NO_KEY)
    return OpenAIChatModel(choice.name, provider=provider, profile=_profile(choice))


def _ollama(choice: Choice, access: Access) -> "Model":
    from pydantic_ai.models.ollama import OllamaModel
    from pydantic_ai.providers.ollama import OllamaProvider

    provider = OllamaProvider(base_url=choice.url, api_key=access.ollama_key or _NO_KEY)
    return OllamaModel(choice.name, provider=provider, profile=_profile(choice))


def _profile(choice: Choice) -> "OpenAIModelProfile | None":
    """What a compatible server understands: most know the older word for the token limit alone."""
    from pydantic_ai.profiles.openai import OpenAIModelProfile

    if not choice.url or choice.name.startswith(_NEW_WORD_ONLY):
        return None
    return OpenAIModelProfile(openai_chat_supports_max_completion_tokens=False)


def _anthropic(choice: Choice, access: Access) -> "Model":
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    return AnthropicModel(choice.name, provider=AnthropicProvider(api_key=access.anthropic_key))


def _google(choice: Choice, access: Access) -> "Model":
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    return GoogleModel(choice.name, provider=GoogleProvider(api_key=access.google_key))


_BUILDERS: dict[str, Callable[[Choice, Access], "Model"]] = {
    "openai": _openai,
    "openai-chat": _openai_chat,
    "ollama": _ollama,
    "anthropic": _anthropic,
    "google": _google,
}
