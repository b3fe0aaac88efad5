"""Choice of a language model by an operator. Loads no model library."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

from torale.server.errors import SettingsError

OutputMode = Literal["tool", "native", "prompted"]
_ALIASES = {"google-gla": "google", "openai-responses": "openai"}
_MODES: dict[str, OutputMode] = {"tool": "tool", "native": "native", "prompted": "prompted"}
_PROVIDERS = ("google", "openai", "anthropic", "ollama", "openai-chat")


@dataclass(frozen=True, slots=True)
class Access:
    """Keys and addresses of the providers; empty when not set."""

    openai_key: str = ""
    openai_url: str = ""
    google_key: str = ""
    anthropic_key: str = ""
    ollama_key: str = ""
    ollama_url: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A model and how to talk to it.

    Attributes:
        provider: `google`, `openai` (its Responses API), `openai-chat` (chat completions, as all
            compatible servers have), `anthropic` or `ollama`.
        url: Where, if not at the provider's own address.
        why: Why this output mode, for people.
    """

    provider: str
    name: str
    url: str
    output: OutputMode
    why: str

    @property
    def label(self) -> str:
        return f"{self.provider}:{self.name}"


def choose(text: str, access: Access, output: str = "auto", *, variable: str) -> Choice:
    """Read `provider:name`.

    Args:
        output: `auto`, or the output mode to use whatever the model.
        variable: The setting that `text` comes from, to name it.

    Raises:
        SettingsError: The provider is unknown, or its key or its package is missing.
    """
    provider, colon, name = text.strip().partition(":")
    provider = _ALIASES.get(provider, provider)
    if provider not in _PROVIDERS or not colon or not name:
        known = ", ".join(f"{provider}:…" for provider in _PROVIDERS)
        raise SettingsError(f"{variable}: {text!r} is no model; write one of {known}")
    if provider == "openai" and access.openai_url:
        provider = "openai-chat"  # a compatible server, and few of those have the Responses API
    _need_package(provider, variable)
    _need_key(provider, access, variable)
    url = {"ollama": access.ollama_url, "openai-chat": access.openai_url}.get(provider, "")
    mode, why = _mode(provider, name, url, output)
    return Choice(provider, name, url, mode, why)


def _need_package(provider: str, variable: str) -> None:
    extra, module = {
        "google": ("google", "google.genai"),
        "anthropic": ("anthropic", "anthropic"),
    }.get(provider, ("llm", "openai"))
    if not (_is_installed("pydantic_ai") and _is_installed(module)):
        raise SettingsError(
            f"{variable}: {provider}: needs more packages; run: pip install 'torale[{extra}]'"
        )


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the parent of a dotted name is missing
        return False


def _need_key(provider: str, access: Access, variable: str) -> None:
    key, name = {
        "google": (access.google_key, "GOOGLE_API_KEY"),
        "anthropic": (access.anthropic_key, "ANTHROPIC_API_KEY"),
        "openai": (access.openai_key, "OPENAI_API_KEY"),
        # A server of one's own may need no key.
        "openai-chat": (access.openai_key or access.openai_url, "OPENAI_API_KEY"),
    }.get(provider, ("none", ""))
    if not key:
        raise SettingsError(f"{name}: {variable} names a model of {provider}; set its API key")


def _mode(provider: str, name: str, url: str, output: str) -> tuple[OutputMode, str]:
    if output in _MODES:
        return _MODES[output], "as TORALE_MODEL_OUTPUT says"
    if provider == "ollama" and not name.endswith("-cloud"):
        return "native", "Ollama bounds what a local model writes by the schema"
    if provider == "openai-chat" and url:
        return "native", "compatible servers bound what a model writes by the schema"
    return "tool", "hosted models call tools well"
