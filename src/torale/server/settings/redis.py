"""Redis addresses."""

from urllib.parse import urlsplit


def is_redis_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        has_place = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    number = parts.path.strip("/")
    return parts.scheme in {"redis", "rediss"} and has_place and (not number or number.isdecimal())
