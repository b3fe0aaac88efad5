"""Signing in through Google and GitHub: the authorization code flow with PKCE.

The protocol's parts are Authlib's and joserfc's; what a flow needs to know again when the person
comes back is sealed in a cookie of its own, so that another browser cannot finish it and a second
tab does not disturb it.
"""

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import SecretStr

from torale.server.crypto import UnsealError, Vault
from torale.server.outbound import tls_context
from torale.server.parts import Part
from torale.server.settings.base import Settings

FLOW_LIVES = timedelta(minutes=10)
PATIENCE = timedelta(seconds=10)
MAX_BYTES = 1_000_000
MAX_SUBJECT = 255  # as OpenID Connect has it
_LEEWAY_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Provider:
    """Where somebody has an account elsewhere.

    Attributes:
        issuer: Of ID tokens (OpenID Connect); empty: `user_url` says who it is.
        emails_url: Lists addresses and which are verified, where there is no ID token.
    """

    key: str
    name: str
    client_id: str
    client_secret: SecretStr
    authorize_url: str
    token_url: str
    scope: str
    issuer: str = ""
    keys_url: str = ""
    user_url: str = ""
    emails_url: str = ""


OAUTH_PROVIDERS = Part[Mapping[str, Provider]]("oauth_providers")


@dataclass(frozen=True, slots=True)
class Flow:
    """One way there and back.

    Attributes:
        next_path: Where on this server it ends.
        user_id: Of whom the account is to be connected to; empty: it signs in.
        begun: Seconds since the epoch.
    """

    provider: str
    state: str
    nonce: str
    verifier: str
    next_path: str
    user_id: str
    begun: int


@dataclass(frozen=True, slots=True)
class OAuthProfile:
    """Who the provider says it is. `email` is verified by the provider, or None."""

    provider: str
    subject: str
    email: str | None


class OAuthFailedError(Exception):
    """It came to nothing; the message is for the operator and holds no secret."""


def providers(settings: Settings) -> dict[str, Provider]:
    """Return those that the settings name, by their key."""
    found: dict[str, Provider] = {}
    if settings.google_client_id and settings.google_client_secret is not None:
        found["google"] = Provider(
            key="google",
            name="Google",
            client_id=settings.google_client_id,
            client_secret=settings.google_client_secret,
            authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
            token_url="https://oauth2.googleapis.com/token",  # noqa: S106  (an address)
            scope="openid email",
            issuer="https://accounts.google.com",
            keys_url="https://www.googleapis.com/oauth2/v3/certs",
        )
    if settings.github_client_id and settings.github_client_secret is not None:
        found["github"] = Provider(
            key="github",
            name="GitHub",
            client_id=settings.github_client_id,
            client_secret=settings.github_client_secret,
            authorize_url="https://github.com/login/oauth/authorize",
            token_url="https://github.com/login/oauth/access_token",  # noqa: S106
            scope="read:user user:email",
            user_url="https://api.github.com/user",
            emails_url="https://api.github.com/user/emails",
        )
    return found


def begin_flow(provider: Provider, next_path: str, user_id: str, now: datetime) -> Flow:
    return Flow(
        provider=provider.key,
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        next_path=next_path,
        user_id=user_id,
        begun=int(now.timestamp()),
    )


def authorize_url(provider: Provider, flow: Flow, redirect_uri: str) -> str:
    """Return where the person goes to agree."""
    # Authlib takes 3 MB, which servers without such providers need not hold.
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # noqa: PLC0415
    from authlib.oauth2.rfc7636 import create_s256_code_challenge  # noqa: PLC0415

    more = {"nonce": flow.nonce} if provider.issuer else {}
    return str(
        prepare_grant_uri(
            provider.authorize_url,
            client_id=provider.client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=provider.scope,
            state=flow.state,
            code_challenge=create_s256_code_challenge(flow.verifier),
            code_challenge_method="S256",
            **more,
        )
    )


def cookie_of(state: str) -> str:
    """Return the name of the cookie that keeps a flow: one each, for tabs side by side."""
    return f"oauth-{hashlib.sha256(state.encode()).hexdigest()[:16]}"


def seal_flow(vault: Vault, flow: Flow) -> str:
    return vault.seal(json.dumps(asdict(flow)))


def open_flow(
    vault: Vault, sealed: str, provider: str, state: str, *, now: datetime
) -> Flow | None:
    """Return the flow that this browser began with this provider under this state."""
    try:
        flow = Flow(**json.loads(vault.unseal(sealed)))
    except (UnsealError, ValueError, TypeError):
        return None
    is_its = hmac.compare_digest(flow.state.encode(), state.encode())
    age = now.timestamp() - flow.begun
    is_fresh = 0 <= age <= FLOW_LIVES.total_seconds()
    return flow if is_its and is_fresh and flow.provider == provider else None


class OAuthClient:
    """Talks to the providers. Their addresses are ours, not a caller's."""

    def __init__(self) -> None:
        self._client = httpx2.AsyncClient(
            headers={"Accept": "application/json"},
            timeout=PATIENCE.total_seconds(),
            follow_redirects=False,
            verify=tls_context(),
            trust_env=False,
        )

    async def profile(
        self, provider: Provider, flow: Flow, code: str, redirect_uri: str, now: datetime
    ) -> OAuthProfile:
        """Trade the code for who it is.

        Raises:
            OAuthFailedError: The provider refused, answered nonsense or somebody else's token.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": flow.verifier,
            "client_id": provider.client_id,
            "client_secret": provider.client_secret.get_secret_value(),
        }
        tokens = _mapping(await self._ask("POST", provider.token_url, form=form))
        if provider.issuer:
            keys = _mapping(await self._ask("GET", provider.keys_url))
            return read_id_token(provider, str(tokens.get("id_token", "")), keys, flow.nonce, now)
        return await self._look_up(provider, str(tokens.get("access_token", "")))

    async def _look_up(self, provider: Provider, token: str) -> OAuthProfile:
        if not token:
            raise OAuthFailedError(f"{provider.name} gave no access token")
        user = _mapping(await self._ask("GET", provider.user_url, bearer=token))
        subject = user.get("id")
        if not isinstance(subject, int) or isinstance(subject, bool):
            raise OAuthFailedError(f"{provider.name} named no user")
        listed = await self._ask("GET", provider.emails_url, bearer=token)
        return OAuthProfile(provider.key, str(subject), _primary_of(listed))

    async def _ask(
        self, method: str, url: str, *, form: Mapping[str, str] | None = None, bearer: str = ""
    ) -> object:
        host = httpx2.URL(url).host
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        try:
            async with (
                asyncio.timeout(PATIENCE.total_seconds()),
                self._client.stream(method, url, data=form, headers=headers) as answer,
            ):
                if not answer.is_success:
                    raise OAuthFailedError(f"{host} answered {answer.status_code}")
                body = b""
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > MAX_BYTES:
                        raise OAuthFailedError(f"{host} answered too much")
                return json.loads(body)
        except (TimeoutError, httpx2.HTTPError, ValueError, RecursionError) as error:
            raise OAuthFailedError(f"{host}: {type(error).__name__}") from None

    async def aclose(self) -> None:
        await self._client.aclose()


OAUTH_CLIENT = Part[OAuthClient]("oauth_client")


def read_id_token(
    provider: Provider, raw: str, keys: Mapping[str, Any], nonce: str, now: datetime
) -> OAuthProfile:
    """Verify an ID token: signature, issuer, audience, nonce, time.

    Raises:
        OAuthFailedError: It is not the provider's, not for us, not of this flow, or not current.
    """
    from authlib.oidc.core import CodeIDToken  # noqa: PLC0415  (as above)

    options = {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": provider.client_id},
    }
    try:
        key_set = KeySet.import_key_set({"keys": list(keys.get("keys", []))})
        token = jwt.decode(raw, key_set, algorithms=["RS256"])
        params = {"nonce": nonce, "client_id": provider.client_id}
        claims = CodeIDToken(token.claims, token.header, options, params)
        claims.validate(int(now.timestamp()), _LEEWAY_SECONDS)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise OAuthFailedError(f"the ID token: {type(error).__name__}") from None
    subject, email = token.claims.get("sub"), token.claims.get("email")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT:
        raise OAuthFailedError("the ID token names no user")
    is_verified = token.claims.get("email_verified") is True and isinstance(email, str)
    return OAuthProfile(provider.key, subject, str(email) if is_verified else None)


def _primary_of(listed: object) -> str | None:
    if not isinstance(listed, list):
        return None
    for entry in listed:
        if (
            isinstance(entry, dict)
            and entry.get("primary") is True
            and entry.get("verified") is True
        ):
            email: object = entry.get("email")
            return email if isinstance(email, str) else None
    return None


def _mapping(told: object) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        raise OAuthFailedError("the answer is no JSON object")
    return told
