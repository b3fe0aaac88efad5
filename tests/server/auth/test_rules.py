import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torale.contract.auth import Scope
from torale.server.auth import rules
from torale.server.auth.rules import LacksScopeError, NotAdminError, NotLocalError
from torale.server.errors import UnauthorizedError

KEY = "sk_" + "a1B2" * 8
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyXzEifQ.c2ln"
MINE = frozenset({Scope.READ, Scope.WRITE})


def test_a_key_is_long_random_text() -> None:
    keys = {rules.make_key() for _ in range(100)}

    assert len(keys) == 100
    assert all(re.fullmatch("sk_[A-Za-z0-9]{32}", key) for key in keys)


def test_a_prefix_tells_the_last_five_characters() -> None:
    assert rules.prefix_of("sk_" + "x" * 27 + "abcde") == "sk_...abcde"


@pytest.mark.parametrize(
    "header",
    [f"Bearer {KEY}", f"bearer {KEY}", f"BEARER {KEY}", f"bEaReR   {KEY}", f" Bearer {KEY}\t"],
)
def test_a_key_is_read_whatever_the_case_of_its_scheme(header: str) -> None:
    assert rules.read_credential([header]) == rules.Key(KEY)


@pytest.mark.parametrize("raw", [JWT, "a.b.c", "a.b."])
def test_what_is_shaped_like_a_token_is_a_token(raw: str) -> None:
    assert rules.read_credential([f"Bearer {raw}"]) == rules.Token(raw)


@given(st.lists(st.text(), max_size=3))
def test_any_header_is_read_or_refused(headers: list[str]) -> None:
    try:
        rules.read_credential(headers)
    except UnauthorizedError as error:
        refusal = (error.detail, error.headers["WWW-Authenticate"])
    else:
        return
    assert refusal in {
        ("Authorization header missing", "Bearer"),
        ("Invalid API key", 'Bearer error="invalid_token"'),
    }


def test_a_new_key_has_what_its_maker_has() -> None:
    def default(scopes: frozenset[Scope]) -> list[Scope]:
        return rules.scopes_of_new_key(None, is_admin=True, scopes=scopes)

    assert default(frozenset(Scope)) == [Scope.READ, Scope.WRITE]
    assert default(frozenset({Scope.WRITE})) == [Scope.WRITE]


def test_a_new_key_never_has_more_than_its_maker() -> None:
    with pytest.raises(LacksScopeError):
        rules.scopes_of_new_key([Scope.READ], is_admin=False, scopes={Scope.WRITE})
    with pytest.raises(LacksScopeError):
        rules.scopes_of_new_key([Scope.ADMIN], is_admin=True, scopes=MINE)
    with pytest.raises(NotAdminError):
        rules.scopes_of_new_key([Scope.ADMIN], is_admin=False, scopes=frozenset(Scope))


def test_scopes_are_named_once() -> None:
    wanted = [Scope.WRITE, Scope.READ, Scope.WRITE]

    assert rules.scopes_of_new_key(wanted, is_admin=False, scopes=MINE) == ["read", "write"]


def test_an_operators_user_has_the_same_id_every_time() -> None:
    assert rules.local_user_id("A@b.example") == rules.local_user_id("a@b.example")
    assert rules.local_user_id("a@b.example") != rules.local_user_id("c@b.example")


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "localhost:8000"},
        {"host": "LOCALHOST"},
        {"host": "localhost."},
        {"host": "127.0.0.1:8000"},
        {"host": "127.9.9.9"},
        {"host": "[::1]:8000"},
        {"host": "localhost:8000", "origin": "http://localhost:8000"},
        {"host": "localhost", "origin": "http://localhost:80"},
        {"host": "[::1]:8000", "origin": "http://[::1]:8000"},
    ],
)
def test_requests_of_this_machine_are_local(headers: dict[str, str]) -> None:
    rules.require_local(headers.items(), "http")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": ""},
        {"host": "torale.example"},
        {"host": "127.0.0.1.evil.example"},
        {"host": "localhost.evil.example:8000"},
        {"host": "localhost:8000@evil.example"},
        {"host": "evil@localhost"},
        {"host": "192.168.1.2:8000"},
        {"host": "0.0.0.0:8000"},
        {"host": "[::1"},
        {"host": "::1"},
        {"host": "localhost", "forwarded": "for=1.2.3.4"},
        {"host": "localhost", "x-forwarded-for": ""},
        {"host": "localhost", "x-forwarded-proto": "https"},
        {"host": "localhost", "x-forwarded-anything": "1"},
        {"host": "localhost", "x-real-ip": "127.0.0.1"},
        {"host": "localhost:8000", "origin": "https://evil.example"},
        {"host": "localhost:8000", "origin": "null"},
        {"host": "localhost:8000", "origin": "http://localhost:3000"},
        {"host": "localhost:8000", "origin": "https://localhost:8000"},
        {"host": "localhost:8000", "origin": "http://[localhost:8000"},
        {"host": "localhost:8000", "origin": ""},
    ],
)
def test_requests_from_elsewhere_are_not_local(headers: dict[str, str]) -> None:
    with pytest.raises(NotLocalError):
        rules.require_local(headers.items(), "http")


def test_two_hosts_are_no_host() -> None:
    with pytest.raises(NotLocalError):
        rules.require_local([("host", "localhost"), ("host", "localhost")], "http")
