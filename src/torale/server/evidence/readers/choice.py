"""Choice of reader by content: the type that the site states, and the first characters."""

from collections.abc import Callable, Sequence

from torale.server.evidence.fetching.decoding import media_type
from torale.server.evidence.readers.base import AnswerContent, Reader, ReaderResult
from torale.server.evidence.readers.feeds import is_feed, read_feed
from torale.server.evidence.readers.json_documents import read_json
from torale.server.evidence.readers.pages import read_page
from torale.server.evidence.readers.plain_text import read_plain_text


def read_by_content(content: AnswerContent) -> ReaderResult | None:
    """Read content with the first reader that accepts it and can read it."""
    readers = (reader for accepts, reader in BY_CONTENT if accepts(content))
    results = (reader(content) for reader in readers)
    return next((result for result in results if result is not None), None)


def _is_feed(content: AnswerContent) -> bool:
    return is_feed(content.text.lstrip())


def _is_json(content: AnswerContent) -> bool:
    kind = media_type(content.content_type)
    is_like_json = kind != "text/html" and content.text.lstrip().startswith(("{", "["))
    return kind.endswith("json") or is_like_json


def _is_page(content: AnswerContent) -> bool:
    return "html" in media_type(content.content_type) or content.text.lstrip().startswith("<")


def _is_anything(_: AnswerContent) -> bool:
    return True


BY_CONTENT: Sequence[tuple[Callable[[AnswerContent], bool], Reader]] = (
    (_is_feed, read_feed),
    (_is_json, read_json),
    (_is_page, read_page),
    (_is_anything, read_plain_text),
)
