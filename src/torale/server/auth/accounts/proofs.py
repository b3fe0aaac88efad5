"""Mails that prove whose an address is: a six-digit code or a link, once and for a while.

Codes and links are derived from the secret key, so that the job that mails them needs no copy
and mails the same one when it runs twice; the database holds digests alone.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.auth.models import Proof, ProofPurpose
from torale.server.crypto import Vault
from torale.server.engine.base import JobKind, JobQueue

CODE_LIVES = timedelta(minutes=15)
LINK_LIVES = timedelta(hours=1)
MAX_TRIES = 5
ACCOUNT_MAIL: JobKind[UUID] = JobKind(
    "account-mail", "proof:{}".format, lambda stored: UUID(stored.removeprefix("proof:"))
)
"""Jobs that mail what proves an address; an argument is the id of a proof."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """Issues them and checks them."""

    vault: Vault
    jobs: JobQueue

    async def ask(
        self,
        session: AsyncSession,
        purpose: ProofPurpose,
        email: str,
        now: datetime,
        *,
        is_real: bool = True,
        password_hash: str | None = None,
    ) -> Proof:
        """Write down a proof and have its mail sent.

        Args:
            is_real: Without it nothing ever proves it, and looks the same from outside.
            password_hash: What a sign-up sets once it is proven.
        """
        lives = CODE_LIVES if purpose is ProofPurpose.SIGN_UP else LINK_LIVES
        proof = Proof(
            id=uuid4(),
            purpose=purpose,
            email=email,
            password_hash=password_hash,
            tries=0,
            created_at=now,
            expires_at=now + lives,
        )
        proof.digest = self._digest_of(proof) if is_real else secrets.token_hex(32)
        session.add(proof)
        await session.flush()
        await self.jobs.enqueue(session, f"account-mail-{proof.id}", ACCOUNT_MAIL, proof.id)
        return proof

    def is_real(self, proof: Proof) -> bool:
        return proof.digest == self._digest_of(proof)

    def code_of(self, proof: Proof) -> str:
        """Return the code of a sign-up."""
        return f"{int(self._derive('account-code', proof), 16) % 1_000_000:06d}"

    def token_of(self, proof: Proof) -> str:
        """Return what stands in the link of a reset: 256 bits."""
        return self._derive("account-link", proof)

    async def try_code(
        self, session: AsyncSession, proof_id: UUID, code: str, *, now: datetime
    ) -> tuple[Proof | None, bool]:
        """Count a try; answers the proof while it lasts, and whether the code is the one.

        The caller commits whatever the answer is: a wrong try that is undone is not counted.
        """
        query = select(Proof).where(
            Proof.id == proof_id,
            Proof.purpose == ProofPurpose.SIGN_UP,
            Proof.expires_at > now,
            Proof.tries < MAX_TRIES,
        )
        proof = await session.scalar(query.with_for_update())
        if proof is None:
            return None, False
        proof.tries += 1
        await session.flush()
        return proof, proof.digest == self._code_digest(proof, code)

    async def find_link(
        self, session: AsyncSession, token: str, *, now: datetime, lock: bool = False
    ) -> Proof | None:
        """Return the reset that a link belongs to, while it lasts."""
        query = select(Proof).where(
            Proof.digest == _sha256(token),
            Proof.purpose == ProofPurpose.RESET,
            Proof.expires_at > now,
        )
        return await session.scalar(query.with_for_update() if lock else query)

    def _digest_of(self, proof: Proof) -> str:
        if proof.purpose is ProofPurpose.SIGN_UP:
            return self._code_digest(proof, self.code_of(proof))
        return _sha256(self.token_of(proof))

    def _code_digest(self, proof: Proof, code: str) -> str:
        return self.vault.digest("account-code-kept", f"{proof.id}:{code}")

    def _derive(self, purpose: str, proof: Proof) -> str:
        return self.vault.digest(purpose, f"{proof.id}:{proof.email}")


async def use_up(session: AsyncSession, email: str) -> None:
    """Make all codes and links of an address worthless: one of them was used."""
    await session.execute(delete(Proof).where(Proof.email == email))


async def forget(session: AsyncSession, *, now: datetime) -> None:
    """Delete what is over."""
    await session.execute(delete(Proof).where(Proof.expires_at <= now))


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
