"""Mails of accounts: codes, links to set a password, and notes that there is an account already."""

from dataclasses import dataclass
from uuid import UUID

import structlog

from torale.server.auth.accounts.own_accounts import AccountMailKind, Accounts
from torale.server.auth.models import Proof
from torale.server.clock import Clock
from torale.server.database import Sessions
from torale.server.notifications.mails.letters import Letter
from torale.server.notifications.mails.mailer import Mailer

log = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class AccountMailJob:
    """The handler of `ACCOUNT_MAIL` jobs."""

    sessions: Sessions
    accounts: Accounts
    mailer: Mailer
    clock: Clock

    async def run(self, proof_id: UUID) -> None:
        """Send the mail of a proof, under the same id however often it is sent."""
        now = self.clock()
        async with self.sessions.begin() as session:
            proof = await session.get(Proof, proof_id)
            if proof is None:
                return
            kind = await self.accounts.what_to_tell(session, proof, now=now)
        letter = self._letter(proof, kind)
        if letter is None:
            return
        outcome = await self.mailer.mail(letter, proof.email, mail_id=proof.id, now=now)
        if not outcome.ok:
            log.warning("account mail not sent", error=outcome.error)

    def _letter(self, proof: Proof, kind: AccountMailKind) -> Letter | None:
        url, proofs = self.mailer.public_url, self.accounts.proofs
        match kind:
            case AccountMailKind.CODE:
                return code_letter(proofs.code_of(proof), url)
            case AccountMailKind.RESET_LINK:
                return reset_letter(f"{url}/reset/{proofs.token_of(proof)}", url)
            case AccountMailKind.ALREADY_THERE:
                return already_there_letter(url)
            case AccountMailKind.NOTHING:
                return None


def code_letter(code: str, url: str) -> Letter:
    return Letter(
        title=f"{code} is your Torale code",
        paragraphs=(
            f"Somebody wants to create an account with this address at {url}.",
            f"If that was you, enter this code there within 15 minutes: {code}",
            "Give it to nobody. If it was not you, ignore this mail: nothing will happen.",
        ),
    )


def reset_letter(link: str, url: str) -> Letter:
    return Letter(
        title="Set a new password for Torale",
        paragraphs=(
            f"Somebody wants to set a new password for your account at {url}.",
            "If that was you, open the link below within an hour. It works once.",
            "If it was not you, ignore this mail: your password stays as it is.",
        ),
        link=link,
    )


def already_there_letter(url: str) -> Letter:
    return Letter(
        title="You have a Torale account already",
        paragraphs=(
            f"Somebody wants to create an account with this address at {url}, and there is one.",
            "If that was you, sign in, or set a new password with “Forgot it?” on that page.",
            "If it was not you, ignore this mail: nothing will happen.",
        ),
        link=f"{url}/sign-in",
    )
