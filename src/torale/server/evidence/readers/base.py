"""Reader: a pure function from what a site answered to readable text."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from torale.server.evidence.base import DocumentKind


@dataclass(frozen=True, slots=True)
class AnswerContent:
    """What a site answered, as plain values: a reader may run in another process.

    Attributes:
        url: Where it came from, after redirects.
        text: `body`, decoded.
        everything: Keep all that a person would see, as of a page that the user named. Otherwise
            the main text is enough, if there is any.
    """

    url: str
    content_type: str
    body: bytes
    text: str
    everything: bool


@dataclass(frozen=True, slots=True)
class ReaderResult:
    """The text of one answer, or why it is of no use."""

    text: str
    kind: DocumentKind = DocumentKind.PAGE
    title: str = ""
    uri: str | None = None
    published_at: datetime | None = None
    unusable_reason: str | None = None


class Reader(Protocol):
    """Reads one kind of content: a function of a module, so that it can be sent to a process."""

    def __call__(self, content: AnswerContent, /) -> ReaderResult | None:
        """Read hostile content; None when it is not of this reader's kind after all."""
        ...
