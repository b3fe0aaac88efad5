"""Retries: whether a request is made again, and after how long. No I/O, no clock."""

from http import HTTPStatus

MAX_RETRY_AFTER = 5.0
"""Seconds. A longer wait is left to the caller: the error says how long."""

_FIRST, _LONGEST = 0.5, 8.0


def backoff(failures: int, luck: float) -> float:
    """Return the seconds to wait: exponential, and between half of that and all of it.

    Args:
        failures: How many attempts have failed, 1 or more.
        luck: Between 0 and 1, so that many clients do not come back at once.
    """
    full = min(_FIRST * 2.0 ** (failures - 1), _LONGEST)
    return full * (0.5 + luck / 2)


def seconds_of(retry_after: str | None) -> float | None:
    """Read a `Retry-After`; None without one, and for a date, which our servers do not send."""
    text = (retry_after or "").strip()
    return float(text[:9]) if text.isascii() and text.isdigit() else None


def after_answer(status: int, retry_after: float | None, wait: float) -> float | None:
    """Return the seconds until the next attempt, or None when the answer stands.

    Args:
        status: Of the answer.
        retry_after: The seconds that it asks for, if it does.
        wait: What would be waited without it.
    """
    asked = 0.0 if retry_after is None else retry_after
    if asked > MAX_RETRY_AFTER:
        return None
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return None if retry_after is None else max(asked, wait)
    if status == HTTPStatus.REQUEST_TIMEOUT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return max(asked, wait)
    return None
