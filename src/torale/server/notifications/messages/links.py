"""Link filter: messages show no links but those of the evidence and our own. Pure."""

import re
from collections.abc import Collection

REMOVED = "[link removed]"

_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.\-]{0,20}:(?://|\\\\)|\bwww\.|\b(?:mailto|javascript|vbscript):(?=\S)"
    r"|\bdata:(?=[a-z]+/))[^\s<>\"]*",
    re.IGNORECASE,
)
# `example.com/login` is turned into a link by readers of mail, though it has no scheme.
_BARE = re.compile(r"(?<![\w@./\-])(?:[\w\-]{1,63}\.){1,8}[^\W\d_]{2,24}(?::\d+)?[/?#][^\s<>\"]*")
_DOTTED = re.compile(r"(?<=[\w\-])\.(?=[^\W\d_]{2})")
_TRAILING = ".,;:!?)]}'*_"
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_WORD_JOINER = "\u2060"

MAX_URI_LENGTH = 2_000
_WEB = re.compile(r"https?://[^\s<>\"'\\]+", re.IGNORECASE)


def is_web(uri: str) -> bool:
    """Tell whether `uri` is a link that a message may show at all."""
    return len(uri) <= MAX_URI_LENGTH and _WEB.fullmatch(uri) is not None and uri.isprintable()


def clean(text: str) -> str:
    """Remove what no reader sees but what changes what is read: control and direction marks."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    return " ".join(clean(text).split())


def without_links(text: str, known: Collection[str]) -> str:
    """Replace every link that is not among `known`."""

    def keep(match: re.Match[str]) -> str:
        link = match.group()
        if link in known:
            return link
        bare = link.rstrip(_TRAILING)
        return bare + link[len(bare) :] if bare in known else REMOVED + link[len(bare) :]

    return _BARE.sub(keep, _LINK.sub(keep, text))


def plain(text: str, known: Collection[str]) -> str:
    """Return `text` so that a mail or chat program finds no link in it but the `known` ones.

    A name such as `example.com` stays readable, but an unseen joiner keeps it from being linked.
    """
    text = without_links(clean(text), known)
    pieces: list[str] = []
    end = 0
    for match in _LINK.finditer(text):
        pieces += [_unlinked(text[end : match.start()]), match.group()]
        end = match.end()
    return "".join([*pieces, _unlinked(text[end:])])


def _unlinked(text: str) -> str:
    return _DOTTED.sub(f".{_WORD_JOINER}", text)
