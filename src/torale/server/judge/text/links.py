"""Links in a text, and the host of an address."""

import re
from urllib.parse import urlsplit

LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]{0,20}://|www\.)[^\s<>\"“”]+"
    r"|(?:mailto|javascript|data|tel):[^\s<>\"“”]+"
    r"|\b(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}/[^\s<>\"“”]*",
    re.IGNORECASE,
)
_LINK_SIGNS = ("/", "www.", "mailto:", "javascript:", "data:", "tel:")


def has_link(text: str) -> bool:
    """Whether a text may hold a link: cheap, and never wrong when it says no."""
    folded = text.lower()
    return any(sign in folded for sign in _LINK_SIGNS)


def host(uri: str) -> str:
    """Return the host of an address without `www.`; empty when it has none."""
    try:
        return (urlsplit(uri).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
