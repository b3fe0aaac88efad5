"""Passwords of own accounts: what one must be, and argon2 beside the event loop."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from torale.server.errors import InvalidFieldError

Result = TypeVar("Result")

MIN_LENGTH = 10
MAX_LENGTH = 256  # argon2 takes any length; a bound keeps a request from being work
# Of 256 random bits that nobody knows: what an address without account is compared with.
_NOBODYS = (
    "$argon2id$v=19$m=19456,t=2,p=1$EFg28qDUVAGsMG7r2nhMvA"
    "$6tV2sMvE2kc+H4t+P8NjpCaW82FnIE9Dp+WoN9but3o"
)
_AT_ONCE = 2  # each takes 19 MB and a core


class Passwords:
    """Hashes and compares. One for a process, so that a rush of sign-ins waits in a line."""

    def __init__(self) -> None:
        # OWASP's choice for argon2id: 19 MiB, two passes, one lane.
        self._argon2 = PasswordHash(
            (Argon2Hasher(memory_cost=19_456, time_cost=2, parallelism=1),),
        )
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="argon2")

    async def hash(self, password: str) -> str:
        """Return what is stored."""
        return await self._run(lambda: self._argon2.hash(normal(password)))

    async def matches(self, password: str, stored: str | None) -> bool:
        """Tell whether a password is the one that `stored` was made of.

        Without anything stored the answer is no, and takes as long.
        """
        return await self._run(lambda: self._compare(password, stored))

    def _compare(self, password: str, stored: str | None) -> bool:
        if len(password) > MAX_LENGTH:
            return False
        holds = self._argon2.verify(normal(password), stored or _NOBODYS)
        return holds and stored is not None

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def normal(password: str) -> str:
    """Return a password as every keyboard writes it: one form of each character (NIST 800-63B)."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, email: str, *, field: str = "password") -> None:
    """Refuse a password that anybody would guess.

    Raises:
        InvalidFieldError: It is too short, too long, the address itself, or one character.
    """
    if len(password) > MAX_LENGTH:
        raise InvalidFieldError(field, message=f"Use at most {MAX_LENGTH} characters.")
    if len(normal(password)) < MIN_LENGTH:
        raise InvalidFieldError(field, message=f"Use at least {MIN_LENGTH} characters.")
    if not password.isprintable() or len(set(password)) == 1:
        raise InvalidFieldError(field, message="Use letters, digits and signs, not one alone.")
    if password.lower() in {email.lower(), email.lower().partition("@")[0]}:
        raise InvalidFieldError(field, message="The password must not be the address.")
