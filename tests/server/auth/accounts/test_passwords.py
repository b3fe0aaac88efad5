"""What a password must be, and how it is kept."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torale.server.auth.accounts.passwords import (
    MAX_LENGTH,
    MIN_LENGTH,
    Passwords,
    check_password,
    normal,
)
from torale.server.errors import InvalidFieldError


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords()
    yield made
    made.close()


async def test_a_hash_is_argon2id_as_chosen_and_salted(passwords: Passwords) -> None:
    first, second = [await passwords.hash("correct horse battery") for _ in range(2)]

    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert await passwords.matches("correct horse battery", first)
    assert not await passwords.matches("correct horse batterz", first)


async def test_nobody_has_any_password(passwords: Passwords) -> None:
    for password in ("", "nobody's", "correct horse battery"):
        assert not await passwords.matches(password, None)


async def test_one_character_has_one_form(passwords: Passwords) -> None:
    composed, decomposed = "caf\u00e9 caf\u00e9 caf\u00e9", "cafe\u0301 cafe\u0301 cafe\u0301"

    assert await passwords.matches(decomposed, await passwords.hash(composed))


async def test_nothing_is_cut_off(passwords: Passwords) -> None:
    stored = await passwords.hash("x" * 100 + "1")

    assert not await passwords.matches("x" * 100 + "2", stored)
    assert not await passwords.matches("x" * 100 + "1\x00", stored)
    assert not await passwords.matches("x" * 1_000_000, stored), "refused, however long it is"


@given(st.text(max_size=MAX_LENGTH + 50))
@settings(max_examples=200)
def test_what_is_taken_is_within_the_bounds(password: str) -> None:
    try:
        check_password(password, "alice@example.com")
    except InvalidFieldError:
        return
    assert len(password) <= MAX_LENGTH
    assert len(normal(password)) >= MIN_LENGTH
    assert len(set(password)) > 1
    assert password.isprintable()


@pytest.mark.parametrize("password", ["alice@example.com", "ALICE@example.com"])
def test_the_address_is_no_password(password: str) -> None:
    with pytest.raises(InvalidFieldError, match="must not be the address"):
        check_password(password, "alice@example.com")
