"""Bytes of a page as text, in the charset that it claims."""

import codecs
import re

# A longer mark first: the start of UTF-32 LE is that of UTF-16 LE.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_IN_PAGE = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]{0,200}?encoding=[\"']([\w.:-]+)",
    re.IGNORECASE,
)
# Browsers read these as windows-1252, which only adds quotes and dashes to them.
_LATIN = frozenset({"iso8859-1", "ascii"})


def media_type(content_type: str) -> str:
    """Return `text/html` of `Text/HTML; charset=utf-8`."""
    return content_type.partition(";")[0].strip().lower()


def is_binary(body: bytes) -> bool:
    """Tell whether `body` has bytes that no text has, unless it is marked as UTF-16 or UTF-32."""
    return b"\0" in body[:4096] and not any(body.startswith(mark) for mark, _ in _MARKS)


def decode(body: bytes, content_type: str) -> str:
    """Decode `body` by its mark, its header, its own claim, or as UTF-8 or Latin-1.

    Bytes that do not fit become U+FFFD.
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body.decode(name, errors="replace")
    claimed = _known(_claimed_by_header(content_type)) or _known(_claimed_by_page(body))
    if claimed is not None:
        return body.decode(claimed, errors="replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        # A cut in the middle of a letter is no sign of another charset.
        is_cut = error.reason == "unexpected end of data"
        return body.decode("utf-8" if is_cut else "cp1252", errors="replace")


def _claimed_by_header(content_type: str) -> str:
    found = _IN_HEADER.search(content_type)
    return found[1] if found else ""


def _claimed_by_page(body: bytes) -> str:
    found = _IN_PAGE.search(body[:4096])
    return (found[1] or found[2]).decode("ascii", errors="replace") if found else ""


def _known(name: str) -> str | None:
    """Return Python's name of a text encoding; it also knows some that are not for text."""
    try:
        codec = codecs.lookup(name)
        b"x".decode(name)
    except (LookupError, ValueError):
        return None
    if codec.name.startswith(("utf-7", "unicode", "raw", "idna", "puny", "utf-16", "utf-32")):
        # UTF-16 without a mark is a lie more often than not; the others hide markup.
        return None
    return "cp1252" if codec.name in _LATIN else codec.name
