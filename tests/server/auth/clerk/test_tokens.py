"""The verifier alone: a token, a key, whose tokens are believed, and the time."""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from tests.support.clerk import APP, ClerkStandIn, private_key, public_pem, sign
from tests.support.fakes import START
from torale.server.auth.clerk import tokens
from torale.server.auth.clerk.tokens import Session, TokenPolicy
from torale.server.auth.errors import InvalidTokenError, TokenExpiredError
from torale.server.errors import UnauthorizedError

CLERK = ClerkStandIn()  # never started: nothing here asks for anything
KEY = RSAKey.import_key(public_pem(private_key()))
POLICY = TokenPolicy(CLERK.url, frozenset({APP}))
NOW = int(START.timestamp())


def verify(token: str, *, now: datetime = START, policy: TokenPolicy = POLICY) -> Session:
    return tokens.verify(tokens.read(token), KEY, policy, now)


def minted(header: Any = None, **claims: Any) -> str:
    """Mint a right token but for what is given; `...` leaves a member out."""
    wanted = [
        {**CLERK.header(), **(header or {})},
        {**CLERK.claims("user_ada", now=START), **claims},
    ]
    kept = [{k: v for k, v in one.items() if v is not ...} for one in wanted]
    return CLERK.mint(kept[0], kept[1])


def outcome(token: str, **more: Any) -> str:
    try:
        verify(token, **more)
    except UnauthorizedError as error:
        return error.detail
    return "holds"


def test_a_token_says_whose_session_it_is() -> None:
    session = verify(minted())

    assert session == Session("user_ada", "sess_2StandIn", NOW + 60)


@pytest.mark.parametrize(
    "header,claims",
    [
        ({"cat": ...}, {}),
        ({"cat": "cl_I7d4PD111III"}, {}),
        ({"typ": ...}, {}),
        ({"oiat": NOW, "new": {"deep": [1]}}, {}),
        ({"x5t": "thumbprint", "cty": "JWT"}, {}),
        ({"padding": "x" * 1000}, {}),
        ({}, {"o": {"id": "org_1", "rol": "admin"}, "pla": "u:free", "fea": "u:x", "aud": "me"}),
        ({}, {"act": {"iss": "https://dashboard.clerk.com", "sub": "user_support"}}),
        ({}, {"sts": ...}),
        ({}, {"jti": ..., "v": ..., "fva": ..., "oiat": ...}),
        ({}, {"iat": NOW + 5, "nbf": NOW + 5}),
        ({}, {"exp": NOW - 4}),
        ({}, {"iat": NOW - 100, "exp": NOW - 100 + 3600}),
        ({}, {"nbf": 0}),
        ({}, {"name": "Ада \U0001f469‍\U0001f4bb"}),
    ],
)
def test_what_real_tokens_carry_is_accepted(
    header: dict[str, object], claims: dict[str, object]
) -> None:
    assert outcome(minted(header, **claims)) == "holds"


def test_without_authorized_parties_any_party_or_none_will_do() -> None:
    anybody = TokenPolicy(CLERK.url)

    for azp in ("https://elsewhere.example", ...):
        assert outcome(minted(azp=azp), policy=anybody) == "holds"
        assert outcome(minted(azp=azp)) == "Invalid token"


@pytest.mark.parametrize("seconds,answer", [(64, "holds"), (65, "Token has expired")])
def test_a_token_holds_until_five_seconds_past_its_end(seconds: int, answer: str) -> None:
    assert outcome(minted(), now=START + timedelta(seconds=seconds)) == answer


SPOILED: dict[str, Callable[[], str]] = {
    "signature": lambda: minted(exp=NOW - 60)[:-4] + "AAAA",
    "iss": lambda: minted(exp=NOW - 60, iss="https://evil.example"),
    "azp": lambda: minted(exp=NOW - 60, azp="https://evil.example"),
    "sub": lambda: minted(exp=NOW - 60, sub="mch_1"),
    "sid": lambda: minted(exp=NOW - 60, sid=...),
    "sts": lambda: minted(exp=NOW - 60, sts="pending"),
    "iat": lambda: minted(exp=NOW - 60, iat=...),
    "nbf": lambda: minted(exp=NOW - 60, nbf=NOW + 60),
    "lifetime": lambda: minted(exp=NOW - 60, iat=NOW - 3661),
    "cat": lambda: minted({"cat": "cl_B7d4PD222AAA"}, exp=NOW - 60),
}


@pytest.mark.parametrize("defect", SPOILED)
def test_only_a_token_without_other_faults_has_expired(defect: str) -> None:
    assert outcome(minted(exp=NOW - 60)) == "Token has expired"
    assert outcome(SPOILED[defect]()) == "Invalid token"


def test_the_longest_token_has_eight_kilobytes() -> None:
    spare = (8192 - len(minted(spare=""))) * 3 // 4

    around = [minted(spare="x" * (spare + more)) for more in range(-3, 4)]

    assert {len(token) > 8192 for token in around} == {False, True}
    for token in around:
        assert outcome(token) == ("holds" if len(token) <= 8192 else "Invalid token")


# Properties.

VALID = minted()
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."


@given(st.integers(0, len(VALID) - 1), st.sampled_from(LETTERS))
def test_a_token_with_another_letter_does_not_hold(index: int, letter: str) -> None:
    other = VALID[:index] + letter + VALID[index + 1 :]

    assert outcome(other) == ("holds" if other == VALID else "Invalid token")


@given(st.integers(0, len(VALID) - 1), st.integers(1, 40))
def test_a_token_with_a_part_missing_does_not_hold(start: int, length: int) -> None:
    assert outcome(VALID[:start] + VALID[start + length :]) == "Invalid token"


@given(st.one_of(st.text(), st.text(LETTERS), st.from_regex(r"[\w-]+\.[\w-]+\.[\w-]*")))
def test_no_other_text_is_a_token(text: str) -> None:
    assert outcome(text) == "Invalid token"


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_whatever_clerk_might_sign_is_refused_in_words(header: bytes, payload: bytes) -> None:
    assert outcome(sign(header, payload, private_key())) == "Invalid token"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
HEADER_MEMBERS = ("alg", "kid", "typ", "cat", "crit", "jku", "jwk", "x5u", "x5c", "b64")
CLAIMS = ("iss", "sub", "sid", "azp", "sts", "exp", "iat", "nbf")


@given(st.sampled_from(HEADER_MEMBERS), values)
def test_any_value_of_a_header_member_is_judged(name: str, value: object) -> None:
    answer = outcome(minted({name: value}))

    # Whatever holds could have come from Clerk: the key was looked up elsewhere.
    assert answer == "Invalid token" or (name == "kid" and isinstance(value, str) and value != "")


@given(st.sampled_from(CLAIMS), values)
def test_any_value_of_a_claim_is_judged(name: str, value: object) -> None:
    answer = outcome(minted(**{name: value}))

    could_hold = {"sid": isinstance(value, str), "nbf": isinstance(value, int)}
    could_hold["iat"] = could_hold["exp"] = could_hold["nbf"]
    assert answer == "Invalid token" or could_hold.get(name, False)


near = st.integers(-4000, 4000)


@given(near, near, near)
def test_times_are_judged_as_the_rules_say(exp: int, iat: int, nbf: int) -> None:
    token = minted(exp=NOW + exp, iat=NOW + iat, nbf=NOW + nbf)

    in_order = iat <= 5 and nbf <= 5 and exp - iat <= 3600
    expected = "holds" if exp > -5 else "Token has expired"
    assert outcome(token) == (expected if in_order else "Invalid token")


@given(st.dictionaries(st.text(min_size=1, max_size=8), values, max_size=4))
def test_claims_that_no_rule_speaks_of_change_nothing(more: dict[str, object]) -> None:
    unknown = {name: one for name, one in more.items() if name not in CLAIMS}
    try:
        json.dumps(unknown, allow_nan=False)
    except ValueError:
        return  # NaN is no JSON: another test's

    assert outcome(minted(**unknown)) == "holds"


def test_a_verification_takes_little_time() -> None:
    token = tokens.read(VALID)
    rounds = 300

    started = time.process_time()
    for _ in range(rounds):
        tokens.verify(tokens.read(token.raw), KEY, POLICY, START)
    spent = (time.process_time() - started) / rounds

    assert spent < 0.001, "a tenth of this is usual"


def test_errors_name_their_reason_for_the_operator_only() -> None:
    with pytest.raises(InvalidTokenError) as refused:
        verify(minted(azp="https://evil.example"))
    with pytest.raises(TokenExpiredError):
        verify(minted(), now=START + timedelta(hours=1))

    assert refused.value.reason == "azp"
    assert "azp" not in json.dumps(refused.value.body)
