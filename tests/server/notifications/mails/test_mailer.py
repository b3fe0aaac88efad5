"""Mails, as a mail server and a reader get them."""

import asyncio
import email
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from hypothesis import given
from hypothesis import strategies as st

from tests.server.notifications.conftest import PUBLIC_URL, Person, Stage
from tests.server.notifications.mails.sample_message import SOURCE, STOP, message
from tests.support.databases import make_settings
from tests.support.fakes import START
from torale.contract.tasks import EmailTarget
from torale.server.errors import SettingsError
from torale.server.notifications.channels.base import Message
from torale.server.notifications.channels.email import EmailKind
from torale.server.notifications.mails.mailer import Mailer, normal_address, parse_smtp_url


@dataclass
class MailServer:
    """A real SMTP server on loopback."""

    refuse: str | None = None
    got: list[Envelope] = field(default_factory=list[Envelope])
    logins: list[LoginPassword] = field(default_factory=list[LoginPassword])
    port: int = 0

    async def handle_DATA(self, _: object, __: Session, envelope: Envelope) -> str:  # noqa: N802
        self.got.append(envelope)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _: object, __: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def log_in(self, _: object, __: object, ___: object, ____: str, given: Any) -> AuthResult:
        self.logins.append(given)
        right = given.password == b"p@ss/word"
        return AuthResult(success=right, handled=right)


@pytest.fixture
async def smtp() -> AsyncIterator[MailServer]:
    found = MailServer()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(
            found,
            hostname="test",
            loop=loop,
            authenticator=found.log_in,
            auth_require_tls=False,
        ),
        "127.0.0.1",
        0,
    )
    found.port = server.sockets[0].getsockname()[1]
    yield found
    server.close()


def make_sender(folder: Path, url: str | None) -> EmailKind:
    return EmailKind(Mailer(make_settings(folder, public_url=PUBLIC_URL, smtp_url=url)))


def parts(mail: EmailMessage) -> tuple[str, str]:
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    return str(plain.get_content()), str(html.get_content())


async def written(folder: Path, sent: Message) -> EmailMessage:
    assert (await make_sender(folder, None).send(sent)).ok
    (path,) = (folder / "mails").glob("*.eml")
    return email.message_from_bytes(path.read_bytes(), policy=default)


async def test_a_mail_reaches_the_server(smtp: MailServer, tmp_path: Path) -> None:
    sender = make_sender(tmp_path, f"smtp://127.0.0.1:{smtp.port}")

    outcome = await sender.send(message("bob@example.com"))

    assert outcome.ok
    (got,) = smtp.got
    assert got.rcpt_tos == ["bob@example.com"]
    assert got.mail_from == "torale@localhost"
    assert isinstance(got.content, bytes)
    mail = email.message_from_bytes(got.content, policy=default)
    assert mail["Subject"] == "Condition met: Launch"
    assert mail["To"] == "bob@example.com"
    assert mail["From"] == "Torale <torale@localhost>"
    assert mail["Message-ID"] == f"<{UUID(int=3)}@torale.example>"
    assert mail["Date"].datetime == START.replace(microsecond=0)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] == f"<{STOP}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert not (tmp_path / "mails").exists()


async def test_the_operators_password_is_used(smtp: MailServer, tmp_path: Path) -> None:
    url = f"smtp://me%40example.com:p%40ss%2Fword@127.0.0.1:{smtp.port}"

    assert (await make_sender(tmp_path, url).send(message("bob@example.com"))).ok

    assert smtp.logins == [LoginPassword(b"me@example.com", b"p@ss/word")]


async def test_a_wrong_password_is_an_outcome_without_it(smtp: MailServer, tmp_path: Path) -> None:
    url = f"smtp://me:wrong-secret@127.0.0.1:{smtp.port}"

    outcome = await make_sender(tmp_path, url).send(message("bob@example.com"))

    assert (outcome.ok, outcome.status_code) == (False, 535)
    assert "wrong-secret" not in str(outcome)


async def test_a_refused_recipient_is_an_outcome(smtp: MailServer, tmp_path: Path) -> None:
    smtp.refuse = "550 No such user"
    sender = make_sender(tmp_path, f"smtp://127.0.0.1:{smtp.port}")

    outcome = await sender.send(message("bob@example.com"))

    assert (outcome.ok, outcome.status_code) == (False, 550)
    assert "No such user" in (outcome.error or "")


async def test_a_server_that_is_away_is_an_outcome(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    outcome = await make_sender(tmp_path, f"smtp://127.0.0.1:{port}").send(message("b@example.com"))

    assert not outcome.ok
    assert outcome.status_code is None


async def test_a_server_without_starttls_gets_no_mail_that_demands_it(
    smtp: MailServer, tmp_path: Path
) -> None:
    sender = make_sender(tmp_path, f"smtp+starttls://127.0.0.1:{smtp.port}")

    assert not (await sender.send(message("bob@example.com"))).ok
    assert smtp.got == []


async def test_without_a_server_mails_are_private_files(tmp_path: Path) -> None:
    await written(tmp_path, message("bob@example.com"))
    mail = await written(tmp_path, message("bob@example.com"))

    (path,) = (tmp_path / "mails").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    plain, html = parts(mail)
    for text in (plain, html):
        assert text.index("Condition met") < text.index("5 May") < text.index("The page says so")
        assert f"{PUBLIC_URL}/tasks/1" in text
        assert STOP in text
    assert SOURCE.uri in plain
    assert 'href="https://news.example/launch?a=1&amp;b=2"' in html
    assert "it is on 5 May" in html


HOSTILE = "x\r\nBcc: victim@example.com\r\n\r\n<script>alert(1)</script> <img src=x onerror=y>"


async def test_hostile_texts_add_no_header_and_no_markup(tmp_path: Path) -> None:
    mail = await written(tmp_path, message("bob@example.com", name=HOSTILE, answer=HOSTILE))

    assert mail["Bcc"] is None
    assert "Bcc: victim" in mail["Subject"]
    _, html = parts(mail)
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html


@given(name=st.text(max_size=300), answer=st.text(max_size=300))
def test_any_text_makes_a_mail_with_our_headers_only(
    tmp_path_factory: pytest.TempPathFactory, name: str, answer: str
) -> None:
    folder = tmp_path_factory.mktemp("mail")

    mail = asyncio.run(written(folder, message("bob@example.com", name=name, answer=answer)))

    assert set(mail.keys()) == {
        *("Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"),
        *("List-Unsubscribe", "List-Unsubscribe-Post", "Content-Type"),
    }
    assert len(mail["Subject"]) <= 200


@pytest.mark.parametrize(
    "url, host, port, use_tls, start_tls",
    [
        ("smtp://mail.example", "mail.example", 25, False, False),
        ("smtp+starttls://mail.example", "mail.example", 587, False, True),
        ("smtps://mail.example", "mail.example", 465, True, False),
        ("smtps://mail.example:2465", "mail.example", 2465, True, False),
    ],
)
def test_forms_of_smtp_url(url: str, host: str, port: int, use_tls: bool, start_tls: bool) -> None:
    smtp = parse_smtp_url(url)

    assert (smtp.host, smtp.port, smtp.use_tls, smtp.start_tls) == (host, port, use_tls, start_tls)


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "smtp://a:x"])
def test_another_form_stops_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^SMTP_URL: "):
        parse_smtp_url(url)


def test_a_sender_that_is_no_address_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^TORALE_MAIL_FROM: "):
        Mailer(make_settings(tmp_path, mail_from="Torale"))


def test_an_address_has_one_form() -> None:
    assert normal_address(" Bob@Bücher.example ") == "bob@xn--bcher-kva.example"


async def test_one_click_ends_the_mails_of_a_task(stage: Stage, alice: Person) -> None:
    task = await stage.task(alice.id, EmailTarget(type="email", address=alice.email))
    other = await stage.task(alice.id, EmailTarget(type="email", address=alice.email))
    await stage.tell(task)
    await stage.queue.run_due()
    (path,) = stage.mails
    mail = email.message_from_bytes(path.read_bytes(), policy=default)
    assert mail["Message-ID"] == f"<{(await stage.delivery()).id}@torale.example>"
    link = mail["List-Unsubscribe"].strip("<>")
    alice.http.headers.pop("Authorization")

    asked = await alice.http.get(link)
    assert (asked.status_code, "<form" in asked.text) == (200, True)
    assert await stage.tell(task) == 1, "looking at the link changes nothing"
    clicked = await alice.http.post(link, data={"List-Unsubscribe": "One-Click"})
    assert clicked.status_code == 200
    assert await stage.tell(task) == 0
    await stage.queue.run_due()
    assert len(stage.mails) == 1, "not even one that waited already"
    assert await stage.tell(other) == 1


async def test_a_link_that_we_did_not_make_does_nothing(stage: Stage, alice: Person) -> None:
    for token in ("x", "a.b.c", f"{'0' * 32}.{'0' * 32}.{'0' * 32}", "%C3%A9"):
        for method in ("GET", "POST"):
            answer = await alice.http.request(method, f"/api/v1/unsubscribe/{token}")
            assert answer.status_code == 404
