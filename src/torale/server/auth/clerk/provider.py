"""Sign-in through Clerk, put together: the one object that the rest of the server sees."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import structlog

from torale.server.auth.accounts import sessions as browser_sessions
from torale.server.auth.clerk import events, sync, tokens
from torale.server.auth.clerk.fetching import ClerkFetcher
from torale.server.auth.clerk.keys import KeyCache, KeySource, OneKey
from torale.server.auth.clerk.profiles import Users
from torale.server.auth.clerk.single_flight import SingleFlight
from torale.server.auth.clerk.tokens import Session, TokenPolicy
from torale.server.auth.errors import (
    InactiveUserError,
    InvalidTokenError,
    NoVerifiedAddressError,
    SignInUnavailableError,
)
from torale.server.auth.models import User, UserState
from torale.server.auth.ports import PauseTasks
from torale.server.clock import Clock
from torale.server.database import Sessions
from torale.server.errors import NotFoundError, SettingsError
from torale.server.parts import Part
from torale.server.settings.base import Settings

log = structlog.get_logger()

_NOBODY = "user_0"  # an id that Clerk gives to nobody


@dataclass(frozen=True, slots=True)
class Identified:
    """Whose token holds. The user may be inactive.

    Attributes:
        is_new: This very request made the user from what Clerk said.
    """

    user: User
    session: Session
    is_new: bool


class Clerk:
    """Verifies Clerk's session tokens offline, and keeps its users current."""

    def __init__(
        self,
        settings: Settings,
        sessions: Sessions,
        clock: Clock,
        fetcher: ClerkFetcher | None = None,
    ) -> None:
        """Fetch nothing yet.

        Args:
            settings: Their `clerk_instance` is set.
            sessions: For transactions of its own: none is open while Clerk thinks.
            clock: The time.
            fetcher: Instead of one with the usual patience.
        """
        assert settings.clerk_secret_key is not None
        self.issuer = settings.clerk_instance
        self._sessions = sessions
        self._policy = TokenPolicy(self.issuer, frozenset(settings.clerk_authorized_parties))
        self._fetcher = fetcher or ClerkFetcher()
        self._keys = _key_source(settings, self._fetcher, clock)
        secret = settings.clerk_secret_key.get_secret_value()
        self._users = Users(settings.clerk_api_url, secret, self._fetcher)
        self._syncs: SingleFlight[User] = SingleFlight()
        webhook_secret = settings.clerk_webhook_secret
        self._webhook_secret = webhook_secret.get_secret_value() if webhook_secret else ""

    async def verify(self, raw: str, *, now: datetime) -> Session:
        """Verify a token without asking Clerk, once its keys are known.

        Raises:
            TokenExpiredError: Nothing but its time is wrong.
            InvalidTokenError: Something else is.
            SignInUnavailableError: Clerk's keys are out of reach and none is cached.
        """
        token = tokens.read(raw)
        key = await self._keys.find(token.kid, now=now)
        return tokens.verify(token, key, self._policy, now)

    async def identify(self, raw: str, *, now: datetime) -> Identified:
        """Return whose token it is, active or not; makes the user on their first request.

        Raises:
            UnauthorizedError: The token does not hold, or Clerk does not know its user.
            NoVerifiedAddressError: Clerk vouches for no address of a user who is new.
            SignInUnavailableError: Clerk is out of reach, and needed.
        """
        try:
            session = await self.verify(raw, now=now)
            async with self._sessions.begin() as transaction:
                user = await sync.find(transaction, session.user_id)
            if user is not None:
                return Identified(user, session, is_new=False)
            return Identified(await self.sync(session.user_id, now=now), session, is_new=True)
        except InvalidTokenError as error:
            log.info("clerk.token_refused", reason=error.reason)
            raise

    async def sign_in(self, raw: str, *, now: datetime) -> tuple[User, Session]:
        """Return the active user whose token it is, as Clerk knows them now.

        Whom `identify` knows already is as they were while Clerk gives no answer.

        Raises:
            InactiveUserError: The user was deactivated.
        """
        found = await self.identify(raw, now=now)
        user = found.user
        if not found.is_new:
            with suppress(SignInUnavailableError, NoVerifiedAddressError):
                user = await self.sync(found.session.user_id, now=now)
        if user.state is not UserState.ACTIVE:
            raise InactiveUserError
        return user, found.session

    async def sync(self, clerk_user_id: str, *, now: datetime) -> User:
        """Make or update a user from what Clerk says now.

        Raises:
            InvalidTokenError: Clerk has no such user.
            NoVerifiedAddressError: It vouches for no address; nothing is stored.
            SignInUnavailableError: It gave no answer.
        """
        return await self._syncs.join(clerk_user_id, lambda: self._sync_now(clerk_user_id, now))

    async def receive(
        self, headers: Mapping[str, str], body: bytes, pause_tasks: PauseTasks, *, now: datetime
    ) -> None:
        """Do what a webhook of Clerk says.

        Raises:
            NotFoundError: CLERK_WEBHOOK_SECRET is not set.
            UnsignedEventError: Clerk did not send it.
        """
        if not self._webhook_secret:
            raise NotFoundError("CLERK_WEBHOOK_SECRET is not set")
        event = events.read(self._webhook_secret, headers, body)
        async with self._sessions.begin() as transaction:
            match event:
                case events.UserChanged(profile):
                    await sync.store(transaction, profile, now=now)
                case events.UserDeleted(user_id):
                    await sync.delete(transaction, user_id, pause_tasks, now=now)
                case events.SessionOver(session_id):
                    await browser_sessions.end_of_provider(transaction, session_id)
                case None:
                    pass

    async def check(self, *, now: datetime) -> str:
        """Reach what the settings name, and say what was found.

        Raises:
            SettingsError: The keys or the API cannot be used; it names the variable.
        """
        keys = "the key of CLERK_JWT_KEY"
        if isinstance(self._keys, KeyCache):
            try:
                keys = f"{await self._keys.refresh()} key(s) at {self.issuer}"
            except SignInUnavailableError as error:
                raise SettingsError(f"CLERK_ISSUER: {error.reason}; check the address") from None
        try:
            await self._users.get(_NOBODY, now=now)
        except SignInUnavailableError as error:
            mend = "check CLERK_SECRET_KEY and CLERK_API_URL"
            raise SettingsError(f"CLERK_SECRET_KEY: {error.reason}; {mend}") from None
        return f"{keys}; the API takes CLERK_SECRET_KEY"

    async def aclose(self) -> None:
        await self._keys.aclose()
        await self._syncs.aclose()
        await self._fetcher.aclose()

    async def _sync_now(self, clerk_user_id: str, now: datetime) -> User:
        profile = await self._users.get(clerk_user_id, now=now)
        if profile is None:
            raise InvalidTokenError("Clerk does not know its user")
        if profile.email is None:
            raise NoVerifiedAddressError
        async with self._sessions.begin() as transaction:
            user = await sync.store(transaction, profile, now=now)
        if user is None:
            raise InvalidTokenError("Clerk has deleted its user")
        return user


CLERK = Part[Clerk | None]("clerk")


def build(settings: Settings, sessions: Sessions, clock: Clock) -> Clerk | None:
    """Make what the settings ask for; None when sign-in through Clerk is off."""
    return Clerk(settings, sessions, clock) if settings.clerk_instance else None


def _key_source(settings: Settings, fetcher: ClerkFetcher, clock: Clock) -> KeySource:
    if settings.clerk_jwt_key:
        return OneKey(settings.clerk_jwt_key)
    return KeyCache(settings.clerk_instance, fetcher, clock)
