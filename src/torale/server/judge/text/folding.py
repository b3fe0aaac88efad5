"""Folding: text without hidden characters, case and typography, so that equal words are equal."""

import re
import unicodedata
from functools import lru_cache

# A page is folded for several questions about it. Longer texts are rare, and large to keep.
_MIN_CACHED, _MAX_CACHED = 1_000, 100_000
# The categories Cc (but tab and line ends), Cf, Co and Cs. Written out, because asking
# `unicodedata` for each character of a long page takes a second.
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff]"
)
_TYPOGRAPHY = (("'", "‘’‚‛′`´"), ('"', "“”„‟″«»"), ("-", "‐‑‒–—―−"))


def visible(text: str) -> str:
    """Return `text` without control, hidden and private characters, white space collapsed."""
    plain = " ".join(text.split())
    # Hidden characters are not printable, and asking so is a hundred times as fast.
    return plain if plain.isprintable() else " ".join(_HIDDEN.sub("", text).split())


def fold(text: str) -> str:
    """Return what two texts with the same words have in common: to compare, not to show."""
    return _cached_fold(text) if _MIN_CACHED <= len(text) <= _MAX_CACHED else _fold(text)


@lru_cache(maxsize=32)
def _cached_fold(text: str) -> str:
    return _fold(text)


def _fold(text: str) -> str:
    plain = visible(text)
    if plain.isascii():
        return plain.replace("`", "'").lower()
    folded = plain.casefold()
    is_normal = all(unicodedata.is_normalized("NFKC", form) for form in (plain, folded))
    if not is_normal:
        folded = unicodedata.normalize("NFKC", plain).casefold()
        folded = unicodedata.normalize("NFKC", folded)
    for mark, variants in _TYPOGRAPHY:
        for variant in variants:
            if variant in folded:
                folded = folded.replace(variant, mark)
    return folded if is_normal else visible(folded)
