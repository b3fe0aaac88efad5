"""Letters: the words of mails, and the mail that carries them. Pure.

A mail is plain and small, and shows no link but those of the evidence and our own.
"""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import urlsplit
from uuid import UUID

from jinja2 import Environment, StrictUndefined

from torale.contract.channels import EventType
from torale.server.notifications.messages.content import (
    EventData,
    SourceData,
    headline,
    own_links,
    shorten,
)
from torale.server.notifications.messages.links import one_line, plain

MAX_SUBJECT_LENGTH = 180

_HTML = Environment(
    autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
).from_string("""\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{{ title }}</title></head>
<body style="margin:0;padding:24px;font:16px/1.5 sans-serif;color:#1a1a1a;background:#fff">
<div style="max-width:600px;margin:0 auto">
<h1 style="font-size:18px;margin:0 0 12px">{{ title }}</h1>
{% for paragraph in paragraphs %}
<p style="margin:0 0 12px;white-space:pre-line">{{ paragraph }}</p>
{% endfor %}
{% if sources %}
<h2 style="font-size:14px;margin:20px 0 8px;color:#555">Sources</h2>
<ul style="margin:0;padding-left:20px">
{% for source in sources %}
<li style="margin:0 0 8px">
<a href="{{ source.uri }}" rel="noreferrer">{{ source.title or source.uri }}</a>
{% if source.quote %}
<blockquote style="margin:4px 0 0;color:#555">{{ source.quote }}</blockquote>
{% endif %}
</li>
{% endfor %}
</ul>
{% endif %}
{% if link %}
<p style="margin:20px 0 0"><a href="{{ link }}">Open in Torale</a></p>
{% endif %}
{% if unsubscribe_url %}
<p style="margin:20px 0 0;font-size:12px">
<a href="{{ unsubscribe_url }}" style="color:#777">Stop mails of this task</a>
</p>
{% endif %}
</div>
</body>
</html>
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Where a mail goes and how it is known. The id is the same however often it is sent."""

    id: UUID
    sender: Address
    recipient: str
    public_url: str
    now: datetime
    unsubscribe_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a mail says: texts that are safe to show, and links that may be shown."""

    title: str
    paragraphs: tuple[str, ...]
    sources: tuple[SourceData, ...] = ()
    link: str | None = None


def event_letter(event: EventType, data: EventData) -> Letter:
    known = own_links(data)
    texts = [data["change_summary"], data["answer"], data["reasoning"]]
    return Letter(
        title=headline(event, data),
        paragraphs=tuple(plain(text, known) for text in texts if text),
        sources=tuple(
            SourceData(
                uri=source["uri"],
                title=plain(one_line(source["title"]), known),
                quote=plain(source["quote"], known),
            )
            for source in data["sources"]
        ),
        link=data["task"]["url"],
    )


def code_letter(code: str, public_url: str) -> Letter:
    return Letter(
        title=f"{code} is your Torale code",
        paragraphs=(
            f"Somebody asked for notifications to this address at {public_url}.",
            f"To agree, enter this code there within 15 minutes: {code}",
            "If it was not you, ignore this mail: nothing more will come.",
        ),
    )


def disabled_letter(name: str, reason: str, public_url: str) -> Letter:
    known = frozenset({public_url})
    return Letter(
        title=f"Channel disabled: {plain(one_line(name), known)}",
        paragraphs=(
            "Messages could not be delivered to this channel, so Torale sends no more to it.",
            plain(reason, known),
            "When it works again, enable it in the settings of your channels.",
        ),
        link=f"{public_url}/",
    )


def build_mail(envelope: Envelope, letter: Letter) -> EmailMessage:
    """Put a letter into a mail. No text can add a header or a recipient."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = shorten(one_line(letter.title), MAX_SUBJECT_LENGTH)
    mail["From"] = envelope.sender
    mail["To"] = Address(addr_spec=envelope.recipient)
    mail["Date"] = envelope.now
    mail["Message-ID"] = f"<{envelope.id}@{_host(envelope.public_url)}>"
    mail["Auto-Submitted"] = "auto-generated"
    if envelope.unsubscribe_url:
        mail["List-Unsubscribe"] = f"<{envelope.unsubscribe_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(_text(letter, envelope.unsubscribe_url), cte="quoted-printable")
    html = _HTML.render(
        title=letter.title,
        paragraphs=letter.paragraphs,
        sources=letter.sources,
        link=letter.link,
        unsubscribe_url=envelope.unsubscribe_url,
    )
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    return mail


def _text(letter: Letter, unsubscribe_url: str | None) -> str:
    parts = [letter.title, *letter.paragraphs]
    for number, source in enumerate(letter.sources, start=1):
        lines = [f"[{number}] {source['title']}".rstrip(), source["uri"]]
        parts.append("\n".join([*lines, *([f"> {source['quote']}"] if source["quote"] else [])]))
    parts += [letter.link] if letter.link else []
    parts += [f"Stop mails of this task: {unsubscribe_url}"] if unsubscribe_url else []
    return "\n\n".join(parts) + "\n"


def _host(public_url: str) -> str:
    host = urlsplit(public_url).hostname or ""
    return host if host and ":" not in host else "localhost"
