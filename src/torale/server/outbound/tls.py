"""Certificates that are trusted when we dial."""

import ssl
from functools import cache

import httpx2


@cache
def tls_context() -> ssl.SSLContext:
    """Return the certificates that are trusted, read once: each copy takes a megabyte."""
    return httpx2.create_ssl_context(trust_env=False)
