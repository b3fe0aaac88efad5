"""Assets: style, script, fonts and pictures, hashed into their path, compressed once.

`static/css/*.css` and `static/js/*.js` are joined in the order of their names into `app.css` and
`app.js`; everything else is served as it is. A style sheet names another asset as `url("name")`.
"""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path

from fastapi import APIRouter, Request, Response

FOLDER = Path(__file__).parent.parent / "static"
VENDOR = Path(__file__).parent.parent.parent / "static" / "vendor"
_VENDORED = ("geist.woff2", "geist-mono.woff2", "htmx.min.js")
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".json": "application/speculationrules+json",
}
_URL = re.compile(r'url\("([\w.-]+)"\)')
_FOR_EVER = "public, max-age=31536000, immutable"

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Asset:
    """One file; `packed` is its gzip, None where that saves nothing."""

    path: str
    media_type: str
    body: bytes
    packed: bytes | None


def _make(name: str, body: bytes) -> Asset:
    suffix = Path(name).suffix
    digest = hashlib.sha256(body).hexdigest()[:12]
    packed = None if suffix == ".woff2" else gzip.compress(body, 9, mtime=0)
    return Asset(f"/assets/{digest}/{name}", _TYPES[suffix], body, packed)


def _joined(kind: str) -> str:
    return "\n".join(path.read_text() for path in sorted((FOLDER / kind).glob(f"*.{kind}")))


@cache
def assets() -> Mapping[str, Asset]:
    """Read them all, once a process."""
    files = [path for path in FOLDER.iterdir() if path.is_file()]
    files += [VENDOR / name for name in _VENDORED]
    found = {path.name: _make(path.name, path.read_bytes()) for path in files}
    found["app.js"] = _make("app.js", _joined("js").encode())
    # The preload in the page must name the font as the style sheet does, or it is loaded twice.
    css = _URL.sub(lambda match: f'url("{found[match[1]].path}")', _joined("css"))
    found["app.css"] = _make("app.css", css.encode())
    return found


def asset(name: str) -> str:
    """Return the address of an asset, for templates."""
    return assets()[name].path


@router.get("/assets/{digest}/{name}")
async def send_asset(digest: str, name: str, request: Request) -> Response:
    """Serve an asset. A page of an older release gets the present one, which it may not keep."""
    found = assets().get(name)
    if found is None:
        return Response(status_code=HTTPStatus.NOT_FOUND)
    is_present = found.path == f"/assets/{digest}/{name}"
    headers = {
        "Cache-Control": _FOR_EVER if is_present else "no-cache",
        "Vary": "Accept-Encoding",
        # Fonts and workers are fetched as cross-origin requests even from our own pages.
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if found.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(found.packed, headers=headers, media_type=found.media_type)
    return Response(found.body, headers=headers, media_type=found.media_type)
