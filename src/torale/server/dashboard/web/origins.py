"""Cross-site guard: only requests that our own pages cause may change something."""

from http import HTTPStatus
from typing import ClassVar
from urllib.parse import urlsplit

from fastapi import Request

from torale.server.errors import ToraleError
from torale.server.settings.base import SETTINGS

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS = frozenset({"same-origin", "none"})


class CrossSiteError(ToraleError):
    status: ClassVar[HTTPStatus] = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__("This request came from another site, so it was refused")


async def refuse_cross_site(request: Request) -> None:
    """Refuse a write that another site may have caused.

    A request with a bearer credential passes: no browser adds one by itself.

    Raises:
        CrossSiteError: Neither Sec-Fetch-Site nor Origin says that it is our own page's.
    """
    authorization = request.headers.get("authorization", "")
    if request.method in _SAFE or authorization.lower().startswith("bearer "):
        return
    require_own_page(request)


def require_own_page(request: Request) -> None:
    """Refuse a request that no page of ours caused, whatever it carries.

    Raises:
        CrossSiteError: Neither Sec-Fetch-Site nor Origin says that it is our own page's.
    """
    headers = request.headers
    settings = SETTINGS.of(request)
    own = is_own(
        site=headers.get("sec-fetch-site"),
        origin=headers.get("origin"),
        host=headers.get("host", ""),
        public_url=settings.public_url,
    )
    if not own:
        raise CrossSiteError


def is_own(*, site: str | None, origin: str | None, host: str, public_url: str) -> bool:
    """Tell whether a page of ours caused a request.

    Args:
        site: `Sec-Fetch-Site`, which browsers send to https and to this machine only.
        origin: `Origin`; `null` from sandboxed frames and data: pages is nobody's.
        host: `Host`; what counts where no public URL is set.
        public_url: Behind a proxy, where people find us.
    """
    if site is not None:
        return site in _OURS
    found, wanted = _origin(origin or ""), _origin(public_url)
    if found is None:
        return False
    return found == wanted if public_url else found[1] == host


def _origin(text: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    is_known = parts.scheme in {"http", "https"} and parts.netloc
    return (parts.scheme, parts.netloc) if is_known else None
