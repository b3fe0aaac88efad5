"""Validator cache: answers that a site may confirm with a 304 instead of sending them again."""

from collections import OrderedDict

from torale.server.outbound import Fetched

MAX_ENTRIES = 200
MAX_BODY_BYTES = 1_000_000
MAX_TOTAL_BYTES = 16_000_000


class ValidatorCache:
    """The most recently used answers that carry an ETag or a Last-Modified date.

    Nothing is ever served from here by itself: the site is asked each time.
    """

    def __init__(self) -> None:
        self._answers: OrderedDict[str, Fetched] = OrderedDict()
        self._bytes = 0

    def get(self, url: str) -> Fetched | None:
        answer = self._answers.get(url)
        if answer is not None:
            self._answers.move_to_end(url)
        return answer

    def put(self, url: str, answer: Fetched) -> None:
        """Keep `answer` for `url`, or forget the old one if the new one cannot be confirmed."""
        old = self._answers.pop(url, None)
        if old is not None:
            self._bytes -= len(old.body)
        if not _is_worth_keeping(answer):
            return
        self._answers[url] = answer
        self._bytes += len(answer.body)
        while len(self._answers) > MAX_ENTRIES or self._bytes > MAX_TOTAL_BYTES:
            _, oldest = self._answers.popitem(last=False)
            self._bytes -= len(oldest.body)


def conditions(answer: Fetched | None) -> dict[str, str]:
    """Return the request headers that ask for a 304 if nothing has changed since `answer`."""
    if answer is None:
        return {}
    named = {
        "If-None-Match": answer.headers.get("etag"),
        "If-Modified-Since": answer.headers.get("last-modified"),
    }
    return {name: value for name, value in named.items() if value}


def _is_worth_keeping(answer: Fetched) -> bool:
    return (
        answer.status == 200
        and not answer.truncated
        and len(answer.body) <= MAX_BODY_BYTES
        and "no-store" not in answer.headers.get("cache-control", "").lower()
        and bool(conditions(answer))
    )
