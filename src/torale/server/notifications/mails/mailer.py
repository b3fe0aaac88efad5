"""Mailer: mail through the operator's SMTP server, or into files where there is none."""

import asyncio
import os
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib
import structlog

from torale.server.errors import SettingsError
from torale.server.notifications.mails.letters import Envelope, Letter, build_mail
from torale.server.notifications.messages.links import one_line
from torale.server.notifications.rules import Outcome
from torale.server.settings.base import Settings

log = structlog.stdlib.get_logger()

TIMEOUT = timedelta(seconds=30)
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_FORMS = "smtp://, smtp+starttls:// or smtps://user:password@host:port"

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+)*")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9\-]{1,63}(?<!-)")
_MAX_LENGTH, _MAX_LOCAL_LENGTH = 254, 64


@dataclass(frozen=True, slots=True)
class Smtp:
    """The operator's server."""

    host: str
    port: int
    use_tls: bool
    start_tls: bool
    username: str | None = None
    password: str | None = field(default=None, repr=False)


def parse_smtp_url(url: str) -> Smtp:
    """Read SMTP_URL.

    Raises:
        SettingsError: It has none of the forms that we know.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise SettingsError(f"SMTP_URL: not a valid address; write {_FORMS}") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise SettingsError(f"SMTP_URL: must be {_FORMS}")
    return Smtp(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        use_tls=parts.scheme == "smtps",
        start_tls=parts.scheme == "smtp+starttls",
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


class Mailer:
    """Sends any mail: messages of tasks, codes, notices to owners."""

    def __init__(self, settings: Settings) -> None:
        """Connect to nothing yet.

        Raises:
            SettingsError: SMTP_URL or TORALE_MAIL_FROM is wrong.
        """
        url = settings.smtp_url
        self._smtp = parse_smtp_url(url.get_secret_value()) if url is not None else None
        self._folder = settings.data_dir / "mails"
        self._sender = _sender(settings.mail_from)
        self.public_url = settings.url

    async def mail(
        self,
        letter: Letter,
        recipient: str,
        *,
        mail_id: UUID,
        now: datetime,
        unsubscribe_url: str | None = None,
    ) -> Outcome:
        """Send one mail. Whatever the server does is an outcome."""
        envelope = Envelope(
            id=mail_id,
            sender=self._sender,
            recipient=recipient,
            public_url=self.public_url,
            now=now,
            unsubscribe_url=unsubscribe_url,
        )
        try:
            mail = build_mail(envelope, letter)
            await self._hand_over(envelope, mail)
        except aiosmtplib.SMTPRecipientsRefused as error:
            outcome = _failed(error.recipients[0].code, error.recipients[0].message)
        except aiosmtplib.SMTPResponseException as error:
            outcome = _failed(error.code, error.message)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            outcome = _failed(None, str(error) or type(error).__name__)
        else:
            outcome = Outcome(ok=True)
        return outcome

    async def check(self) -> None:
        """Log in to the operator's server, if there is one, and leave.

        Raises:
            SettingsError: It does not answer, or refuses us; the message says why.
        """
        if self._smtp is None:
            return
        smtp = self._smtp
        client = aiosmtplib.SMTP(
            hostname=smtp.host,
            port=smtp.port,
            username=smtp.username,
            password=smtp.password,
            use_tls=smtp.use_tls,
            start_tls=smtp.start_tls,
            timeout=TIMEOUT.total_seconds(),
        )
        try:
            async with client:
                await client.noop()
        except (aiosmtplib.SMTPException, OSError) as error:
            raise SettingsError(f"SMTP_URL: {one_line(str(error))}") from None

    async def _hand_over(self, envelope: Envelope, mail: EmailMessage) -> None:
        if self._smtp is None:
            await self._write(envelope, mail)
        else:
            await self._send(self._smtp, mail)

    async def _send(self, smtp: Smtp, mail: EmailMessage) -> None:
        async with asyncio.timeout(TIMEOUT.total_seconds()):
            await aiosmtplib.send(
                mail,
                hostname=smtp.host,
                port=smtp.port,
                username=smtp.username,
                password=smtp.password,
                use_tls=smtp.use_tls,
                start_tls=smtp.start_tls,
                timeout=TIMEOUT.total_seconds(),
            )

    async def _write(self, envelope: Envelope, mail: EmailMessage) -> None:
        path = self._folder / f"{envelope.id}.eml"
        await asyncio.to_thread(_write_private, path, mail.as_bytes())
        log.info("mail written to a file, for SMTP_URL is not set", path=str(path))


def _write_private(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A mail may hold a code: only the owner of the data folder reads it.
    draft = path.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    draft.replace(path)


def _sender(written: str) -> Address:
    name, address = parseaddr(written)
    try:
        return Address(display_name=one_line(name), addr_spec=normal_address(address))
    except ValueError:
        raise SettingsError(
            "TORALE_MAIL_FROM: not an address; write Torale <torale@example.com>"
        ) from None


def _failed(code: int | None, message: str) -> Outcome:
    reason = " ".join(message.split())[:300]
    cause = f"The mail server answered {code}" if code else "The mail was not sent"
    return Outcome(ok=False, status_code=code, error=f"{cause}: {reason}")


def normal_address(written: str) -> str:
    """Return an e-mail address in lower case, its domain in ASCII.

    Raises:
        ValueError: It is none that we could write to.
    """
    local, _, domain = written.strip().lower().rpartition("@")
    try:
        domain = domain.encode("idna").decode()
    except UnicodeError:
        domain = ""
    labels = domain.split(".")
    if (
        not _LOCAL.fullmatch(local)
        or len(local) > _MAX_LOCAL_LENGTH
        or len(local) + len(domain) >= _MAX_LENGTH
        or not all(_LABEL.fullmatch(label) for label in labels)
    ):
        raise ValueError("This is not a valid e-mail address.")
    return f"{local}@{domain}"
