"""Toasts: short words about what was done, on this page or on the next one."""

import base64
import binascii
import json
from dataclasses import asdict, dataclass

from fastapi import Request, Response

_SECONDS = 60
_MAX_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Toast:
    """One message.

    Attributes:
        undo: A path that undoes it when POSTed to; shown as a button.
        kind: `ok`, or `bad` for what went wrong.
    """

    text: str
    undo: str | None = None
    kind: str = "ok"

    def leave_in(self, response: Response) -> None:
        """Hand it to the page that is loaded next."""
        short = Toast(self.text[:_MAX_LENGTH], self.undo, self.kind)
        packed = base64.urlsafe_b64encode(json.dumps(asdict(short)).encode()).decode()
        response.set_cookie(
            "flash", packed, max_age=_SECONDS, path="/", httponly=True, samesite="lax"
        )


def trigger(toast: Toast) -> str:
    """Return the `HX-Trigger` that makes the script show it."""
    return json.dumps({"toast": asdict(toast)})


def take_toast(request: Request) -> tuple[Toast | None, bool]:
    """Return what the page before left, and whether there is a cookie to delete."""
    packed = request.cookies.get("flash")
    if packed is None:
        return None, False
    try:
        found = json.loads(base64.urlsafe_b64decode(packed))
        text, undo, kind = str(found["text"]), found["undo"], found["kind"]
    except (binascii.Error, ValueError, KeyError, TypeError):
        return None, True
    # Cookies can be planted by a neighbouring host: only words and a path of ours come through.
    is_path = isinstance(undo, str) and undo.startswith("/") and not undo.startswith("//")
    return Toast(
        text[:_MAX_LENGTH], undo if is_path else None, "bad" if kind == "bad" else "ok"
    ), True
