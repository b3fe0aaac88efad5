"""Accounts of our own: an address, and a password that is set only by whoever reads its mail.

The address decides the user's id, as it does for users whom the operator makes: so whoever
proves the address of such a user becomes them, and two sign-ups at once are one user.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.auth import rules
from torale.server.auth.accounts import proofs
from torale.server.auth.accounts import sessions as browser_sessions
from torale.server.auth.accounts.passwords import Passwords, check_password
from torale.server.auth.accounts.proofs import Proofs
from torale.server.auth.models import Password, Proof, ProofPurpose, User, UserState
from torale.server.auth.service import audit, ensure_user
from torale.server.database import Sessions
from torale.server.errors import InvalidFieldError
from torale.server.parts import Part


class AccountMailKind(StrEnum):
    """What an account mail says."""

    CODE = "code"
    ALREADY_THERE = "already_there"
    RESET_LINK = "reset_link"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Accounts:
    """What people do with their accounts. Every answer is the same for known and unknown ones.

    Attributes:
        sessions: For a look of its own: no transaction is open while argon2 works.
    """

    sessions: Sessions
    passwords: Passwords
    proofs: Proofs

    async def check(self, email: str, password: str) -> str | None:
        """Return what `sign_in` wants, if the password is that of the address.

        Takes as long whether there is such a user or not.
        """
        async with self.sessions.begin() as session:
            kept = await session.get(Password, rules.local_user_id(email))
        stored = kept.hash if kept else None
        return stored if await self.passwords.matches(password, stored) else None

    async def has_password(self, email: str) -> bool:
        """Tell whether an address has an account with a password."""
        async with self.sessions.begin() as session:
            return await _has_password(session, email)

    async def address_of_link(self, token: str, *, now: datetime) -> str | None:
        """Return whose password a link sets, while it lasts."""
        async with self.sessions.begin() as session:
            proof = await self.proofs.find_link(session, token, now=now)
        return proof.email if proof is not None else None

    async def sign_in(self, session: AsyncSession, email: str, checked: str) -> User | None:
        """Return the user whose password was checked; None if it was changed, or they are out."""
        user = await session.get(User, rules.local_user_id(email))
        kept = await session.get(Password, user.id) if user is not None else None
        holds = kept is not None and kept.hash == checked
        return user if user is not None and holds and user.state is UserState.ACTIVE else None

    async def ask_sign_up(
        self, session: AsyncSession, email: str, password_hash: str, *, now: datetime
    ) -> Proof:
        """Have a code mailed; an address that has an account is told so instead."""
        has_password = await _has_password(session, email)
        return await self.proofs.ask(
            session,
            ProofPurpose.SIGN_UP,
            email,
            now,
            is_real=not has_password,
            password_hash=password_hash,
        )

    async def ask_again(
        self, session: AsyncSession, proof_id: UUID, *, now: datetime
    ) -> Proof | None:
        """Have another code mailed for a sign-up that nobody completed."""
        proof = await session.get(Proof, proof_id)
        if proof is None or proof.password_hash is None:
            return None
        return await self.ask_sign_up(session, proof.email, proof.password_hash, now=now)

    async def confirm(
        self, session: AsyncSession, proof_id: UUID, code: str, *, now: datetime
    ) -> tuple[Proof | None, User | None]:
        """Complete a sign-up: with the right code its user is there and has the password.

        The proof is None when it is over; the user is None when the code was wrong.
        """
        proof, is_right = await self.proofs.try_code(session, proof_id, code, now=now)
        if proof is None or not is_right or proof.password_hash is None:
            return proof, None
        user = await ensure_user(session, proof.email, now=now)
        if user.state is not UserState.ACTIVE:
            return proof, None
        user.email_verified = True
        await self._set(session, user, proof.password_hash, "account.signed_up", now=now)
        return proof, user

    async def ask_reset(self, session: AsyncSession, email: str, *, now: datetime) -> None:
        """Have a link mailed; an address without account gets nothing, and takes as long."""
        user = await session.get(User, rules.local_user_id(email))
        is_real = user is not None and user.state is UserState.ACTIVE
        await self.proofs.ask(session, ProofPurpose.RESET, email, now, is_real=is_real)

    async def reset(
        self, session: AsyncSession, token: str, password_hash: str, *, now: datetime
    ) -> User | None:
        """Set a new password by a link, once; answers None when the link is over.

        All sessions of the user end.
        """
        proof = await self.proofs.find_link(session, token, now=now, lock=True)
        if proof is None:
            return None
        user = await session.get(User, rules.local_user_id(proof.email))
        if user is None or user.state is not UserState.ACTIVE:
            return None
        user.email_verified = True
        await self._set(session, user, password_hash, "account.password_reset", now=now)
        return user

    async def set_password(
        self, session: AsyncSession, user: User, password_hash: str, *, now: datetime
    ) -> None:
        """Set the password of a user who proved who they are. All their sessions end."""
        await self._set(session, user, password_hash, "account.password_set", now=now)

    async def _set(
        self, session: AsyncSession, user: User, password_hash: str, action: str, *, now: datetime
    ) -> None:
        kept = await session.get(Password, user.id)
        if kept is None:
            session.add(Password(user_id=user.id, hash=password_hash, changed_at=now))
        else:
            kept.hash = password_hash
            kept.changed_at = now
        user.updated_at = now
        await browser_sessions.end_all(session, user.id)
        await proofs.use_up(session, user.email.lower())
        audit(session, action, actor_id=user.id, user_id=user.id, detail={}, now=now)
        await session.flush()

    async def what_to_tell(
        self, session: AsyncSession, proof: Proof, *, now: datetime
    ) -> AccountMailKind:
        """Tell what the mail of a proof says, at the moment that it is sent."""
        if proof.expires_at <= now:
            return AccountMailKind.NOTHING
        if self.proofs.is_real(proof):
            is_code = proof.purpose is ProofPurpose.SIGN_UP
            return AccountMailKind.CODE if is_code else AccountMailKind.RESET_LINK
        is_known = proof.purpose is ProofPurpose.SIGN_UP and await _has_password(
            session, proof.email
        )
        return AccountMailKind.ALREADY_THERE if is_known else AccountMailKind.NOTHING


ACCOUNTS = Part[Accounts]("accounts")


async def _has_password(session: AsyncSession, email: str) -> bool:
    query = select(Password.user_id).where(Password.user_id == rules.local_user_id(email))
    return await session.scalar(query) is not None


def is_own_account(user_id: UUID, email: str) -> bool:
    """Tell whether a user can have a password: their address decides their id."""
    return user_id == rules.local_user_id(email)


def read_address(text: str) -> str:
    """Return an address in the form that it is known by.

    Raises:
        InvalidFieldError: It is none.
    """
    email = text.strip().lower()
    if not rules.is_email(email) or not email.isprintable():
        raise InvalidFieldError("email", message="Write an address like you@example.com.")
    return email


def read_new(email: str, password: str) -> str:
    """Return the address of a new account.

    Raises:
        InvalidFieldError: The address or the password will not do.
    """
    address = read_address(email)
    check_password(password, address)
    return address
