"""Unsubscribe pages, behind the link at the end of a mail. RFC 8058: one click, no sign-in."""

from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from torale.server.database import Session
from torale.server.notifications.dependencies import TheVault
from torale.server.notifications.outbox.deliveries import unsubscribe
from torale.server.notifications.outbox.unsubscribe_links import read_token

router = APIRouter(prefix="/api/v1/unsubscribe", tags=["channels"])

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer"><title>Torale</title></head>
<body style="font:16px/1.5 sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem">
{body}
</body>
</html>
"""
_ASK = _PAGE.format(
    body='<p>Stop mails of this task?</p><form method="post"><button>Stop mails</button></form>'
)
_DONE = _PAGE.format(body="<p>Done: this task sends you no more mails.</p>")
_UNKNOWN = _PAGE.format(body="<p>This link is not valid.</p>")
_RESPONSES: dict[int | str, dict[str, str]] = {404: {"description": "We made no such link."}}


# A program that looks at every link of a mail must not unsubscribe anybody: only POST acts.
@router.get("/{token}", response_class=HTMLResponse, responses=_RESPONSES)
async def ask_to_unsubscribe(token: str, vault: TheVault) -> HTMLResponse:
    """Ask whether mails of a task shall stop."""
    if read_token(vault, token) is None:
        return HTMLResponse(_UNKNOWN, HTTPStatus.NOT_FOUND)
    return HTMLResponse(_ASK)


@router.post("/{token}", response_class=HTMLResponse, responses=_RESPONSES)
async def stop_mails(token: str, vault: TheVault, session: Session) -> HTMLResponse:
    """Stop mails of a task to the address that the link was sent to."""
    named = read_token(vault, token)
    if named is None:
        return HTMLResponse(_UNKNOWN, HTTPStatus.NOT_FOUND)
    await unsubscribe(session, *named)
    return HTMLResponse(_DONE)
