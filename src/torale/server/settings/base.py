"""Settings of an operator. Nothing else in the server reads the environment."""

from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import NoDecode, SettingsConfigDict

from torale.server.parts import Part
from torale.server.settings import clerk
from torale.server.settings.oauth import OAuthSettings
from torale.server.settings.redis import is_redis_url

Network = IPv4Network | IPv6Network


class Settings(OAuthSettings):
    """Read once at start-up from the environment or `.env`, then passed down by hand."""

    model_config = SettingsConfigDict(
        env_file=".env", frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    data_dir: Annotated[Path, Field(description="Folder of the database, key and mails.")] = Field(
        default_factory=lambda: user_data_path("torale"), alias="TORALE_DATA_DIR"
    )
    database_url: Annotated[
        str, Field(alias="DATABASE_URL", description="`postgresql://…`; unset: SQLite.")
    ] = ""
    redis_url: Annotated[
        SecretStr | None,
        Field(alias="REDIS_URL", description="`redis://…`; shares rate limits among processes."),
    ] = None
    host: Annotated[str, Field(alias="TORALE_HOST", description="Address to listen on.")] = (
        "127.0.0.1"
    )
    port: Annotated[int, Field(alias="TORALE_PORT", ge=0, le=65535, description="Port.")] = 8000
    public_url: Annotated[
        str, Field(alias="TORALE_PUBLIC_URL", description="Address in messages.")
    ] = ""
    secret_key: Annotated[
        SecretStr | None,
        Field(alias="TORALE_SECRET_KEY", description="Seals secrets; made on first start."),
    ] = None
    noauth: Annotated[
        str, Field(alias="TORALE_NOAUTH", description="Exactly `1`: one local admin, no key.")
    ] = ""
    allow_private_networks: Annotated[
        tuple[Network, ...],
        NoDecode,
        Field(
            alias="TORALE_ALLOW_PRIVATE_NETWORKS",
            description="CIDR list that fetches and webhooks may reach.",
        ),
    ] = ()
    trusted_proxies: Annotated[
        tuple[Network, ...],
        NoDecode,
        Field(
            alias="TORALE_TRUSTED_PROXIES",
            description="CIDR list of the proxies whose `X-Forwarded-For` counts.",
        ),
    ] = ()
    concurrency: Annotated[
        int,
        Field(alias="TORALE_CONCURRENCY", ge=1, le=1000, description="Executions at once."),
    ] = 20
    search: Annotated[
        str,
        Field(
            alias="TORALE_SEARCH",
            description=(
                "`auto` (whatever has a key, else `ddgs`), `none`, or a comma-separated list of"
                " `searxng:URL`, `brave`, `serper`, `tavily`, `exa`, `perplexity`, `ddgs`."
            ),
        ),
    ] = "auto"
    brave_api_key: Annotated[
        SecretStr | None, Field(alias="BRAVE_API_KEY", description="Brave Search.")
    ] = None
    serper_api_key: Annotated[
        SecretStr | None, Field(alias="SERPER_API_KEY", description="Serper (Google results).")
    ] = None
    tavily_api_key: Annotated[
        SecretStr | None, Field(alias="TAVILY_API_KEY", description="Tavily.")
    ] = None
    exa_api_key: Annotated[SecretStr | None, Field(alias="EXA_API_KEY", description="Exa.")] = None
    perplexity_api_key: Annotated[
        SecretStr | None, Field(alias="PERPLEXITY_API_KEY", description="Perplexity Search.")
    ] = None
    model: Annotated[
        str,
        Field(
            alias="TORALE_MODEL",
            description="`provider:name` of a language model; unset: the builtin judge alone.",
        ),
    ] = ""
    strong_model: Annotated[
        str,
        Field(
            alias="TORALE_STRONG_MODEL",
            description="Asked before somebody is told, when the first model says `met`.",
        ),
    ] = ""
    model_output: Annotated[
        str,
        Field(
            alias="TORALE_MODEL_OUTPUT",
            pattern="^(auto|tool|native|prompted)$",
            description="How a model gives typed output.",
        ),
    ] = "auto"
    openai_api_key: Annotated[
        SecretStr | None,
        Field(alias="OPENAI_API_KEY", description="For `openai:` and `openai-chat:` models."),
    ] = None
    openai_base_url: Annotated[
        str,
        Field(
            alias="OPENAI_BASE_URL",
            description="A compatible server, `http://host:port/v1`; unset: OpenAI's own.",
        ),
    ] = ""
    google_api_key: Annotated[
        SecretStr | None,
        Field(alias="GOOGLE_API_KEY", description="For `google:` models."),
    ] = None
    gemini_api_key: Annotated[
        SecretStr | None,
        Field(alias="GEMINI_API_KEY", description="The same, by its other name."),
    ] = None
    anthropic_api_key: Annotated[
        SecretStr | None,
        Field(alias="ANTHROPIC_API_KEY", description="For `anthropic:` models."),
    ] = None
    ollama_base_url: Annotated[
        str, Field(alias="OLLAMA_BASE_URL", description="Where Ollama answers.")
    ] = "http://127.0.0.1:11434/v1"
    ollama_api_key: Annotated[
        SecretStr | None, Field(alias="OLLAMA_API_KEY", description="For Ollama's cloud alone.")
    ] = None
    task_daily_tokens: int = Field(
        1_000_000, alias="TORALE_TASK_DAILY_TOKENS", ge=0, description="Of models; 0: no limit."
    )
    task_daily_cost: Decimal = Field(
        Decimal(1), alias="TORALE_TASK_DAILY_COST", ge=0, description="In US dollars; 0: no limit."
    )
    user_daily_tokens: int = Field(
        5_000_000, alias="TORALE_USER_DAILY_TOKENS", ge=0, description="Of all of a user's tasks."
    )
    user_daily_cost: Decimal = Field(
        Decimal(5), alias="TORALE_USER_DAILY_COST", ge=0, description="In US dollars."
    )
    corroboration: Annotated[
        str,
        Field(
            alias="TORALE_CORROBORATION",
            pattern="^(second|domains|off)$",
            description=(
                "What a `met` by one page that a search found needs: `second`, another site or a"
                " second execution; `domains`, another site; `off`, nothing."
            ),
        ),
    ] = "second"
    clerk_publishable_key: Annotated[
        str,
        AfterValidator(clerk.publishable_key),
        Field(alias="CLERK_PUBLISHABLE_KEY", description="Turns Clerk sign-in on."),
    ] = ""
    clerk_secret_key: Annotated[
        Annotated[SecretStr, AfterValidator(clerk.secret_key)] | None,
        Field(alias="CLERK_SECRET_KEY", description="Reads addresses and roles of Clerk's users."),
    ] = None
    clerk_jwt_key: Annotated[
        str,
        AfterValidator(clerk.rsa_public_key),
        Field(alias="CLERK_JWT_KEY", description="Clerk's public key as PEM; unset: fetched."),
    ] = ""
    clerk_issuer: Annotated[
        str,
        AfterValidator(clerk.web_address),
        Field(alias="CLERK_ISSUER", description="Unset: decoded from `CLERK_PUBLISHABLE_KEY`."),
    ] = ""
    clerk_api_url: Annotated[
        str,
        AfterValidator(clerk.web_address),
        Field(alias="CLERK_API_URL", description="Clerk's Backend API."),
    ] = "https://api.clerk.com"
    clerk_authorized_parties: Annotated[
        tuple[str, ...],
        NoDecode,
        AfterValidator(clerk.origins),
        Field(
            alias="CLERK_AUTHORIZED_PARTIES",
            description="Comma-separated origins that a token's `azp` must be one of.",
        ),
    ] = ()
    clerk_webhook_secret: Annotated[
        Annotated[SecretStr, AfterValidator(clerk.webhook_secret)] | None,
        Field(alias="CLERK_WEBHOOK_SECRET", description="`whsec_…`; keeps users current."),
    ] = None
    smtp_url: Annotated[
        SecretStr | None,
        Field(
            alias="SMTP_URL",
            description="`smtp://`, `smtp+starttls://` or `smtps://user:password@host:port`.",
        ),
    ] = None
    mail_from: Annotated[str, Field(alias="TORALE_MAIL_FROM", description="Sender of mails.")] = (
        "Torale <torale@localhost>"
    )
    evidence_days: Annotated[
        int, Field(alias="TORALE_EVIDENCE_DAYS", ge=1, description="Texts are kept this long.")
    ] = 90
    execution_days: Annotated[
        int,
        Field(alias="TORALE_EXECUTION_DAYS", ge=1, description="Executions are kept this long."),
    ] = 400
    log_format: Annotated[
        str, Field(alias="TORALE_LOG_FORMAT", pattern="^(auto|json|text)$", description="Logs.")
    ] = "auto"

    @field_validator("allow_private_networks", "trusted_proxies", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
        except ValueError as error:
            raise ValueError(f"{error}; list networks such as 10.0.0.0/8, ::1") from None

    @field_validator("clerk_authorized_parties", mode="before")
    @classmethod
    def _split_words(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        words = tuple(word.strip() for word in value.split(",") if word.strip())
        if value and not words:  # taken for "not set", it would let every party in
            raise ValueError("names nobody; write it as https://app.example.com, or unset it")
        return words

    @field_validator("redis_url")
    @classmethod
    def _redis_is_known(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not is_redis_url(value.get_secret_value()):
            raise ValueError("must look like redis://host:6379/0, or rediss://… for TLS")
        return value

    @field_validator("openai_base_url", "ollama_base_url")
    @classmethod
    def _url_is_http(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://, and mostly ends with /v1")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _database_is_known(cls, value: str) -> str:
        if value.startswith("postgres://"):
            value = value.replace("postgres://", "postgresql://", 1)
        if value and not value.startswith(("postgresql://", "postgresql+psycopg://")):
            raise ValueError("must start with postgresql://; leave it unset for SQLite")
        if value and not urlsplit(value).path.strip("/"):
            raise ValueError("must name a database: postgresql://user@host/database")
        return value

    @model_validator(mode="after")
    def _noauth_stays_at_home(self) -> Self:
        if self.is_noauth and not is_loopback(self.host):
            raise ValueError("TORALE_NOAUTH=1 needs TORALE_HOST=127.0.0.1")
        return self

    @model_validator(mode="after")
    def _clerk_is_whole(self) -> Self:
        parts = {
            "CLERK_SECRET_KEY": self.clerk_secret_key,
            "CLERK_JWT_KEY": self.clerk_jwt_key,
            "CLERK_AUTHORIZED_PARTIES": self.clerk_authorized_parties,
            "CLERK_WEBHOOK_SECRET": self.clerk_webhook_secret,
        }
        given = [name for name, value in parts.items() if value]
        if given and not self.clerk_instance:
            raise ValueError(f"CLERK_PUBLISHABLE_KEY: set it too, or unset {given[0]}")
        if self.clerk_instance and self.clerk_secret_key is None:
            raise ValueError("CLERK_SECRET_KEY: set it too; addresses and roles are read with it")
        return self

    @property
    def clerk_instance(self) -> str:
        """The issuer of Clerk's session tokens; empty: sign-in through Clerk is off."""
        if self.clerk_issuer or not self.clerk_publishable_key:
            return self.clerk_issuer
        return clerk.issuer_in(self.clerk_publishable_key)

    @property
    def has_model(self) -> bool:
        """Whether something judges the conditions that rules cannot."""
        return bool(self.model)

    @property
    def is_noauth(self) -> bool:
        return self.noauth == "1"

    @property
    def is_sqlite(self) -> bool:
        return not self.database_url

    @property
    def url(self) -> str:
        """Where people and messages find this server, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


SETTINGS = Part[Settings]("settings")


def is_loopback(host: str) -> bool:
    """Tell whether `host` (a name or an address) is this machine itself."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
