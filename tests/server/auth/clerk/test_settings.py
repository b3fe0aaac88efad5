"""What an operator sets, and the one line that says what is wrong with it."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.e2e.servers import command, environment
from tests.support.clerk import SECRET_KEY, ClerkStandIn, Failure, private_key, public_pem
from torale.server.errors import SettingsError
from torale.server.settings import base, loading

HOST = "clerk.example.com"
PUBLISHABLE = "pk_live_" + base64.b64encode(f"{HOST}$".encode()).decode()
RIGHT = {"CLERK_PUBLISHABLE_KEY": PUBLISHABLE, "CLERK_SECRET_KEY": SECRET_KEY}


def encoded(text: str) -> str:
    return "pk_test_" + base64.b64encode(text.encode()).decode()


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    public = key.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def short_key() -> str:
    return pem(rsa.generate_private_key(65537, 1024))


def curve_key() -> str:
    return pem(ec.generate_private_key(ec.SECP256R1()))


def secret_pem() -> str:
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private_key().private_bytes(*form).decode()


@pytest.fixture(autouse=True)
def blind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """See nothing of the environment of whoever runs the tests."""
    for name in base.Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


WRONG: list[tuple[str, str]] = [
    *(
        ("CLERK_PUBLISHABLE_KEY", value)
        for value in (
            "nonsense",
            "pk_test_",
            "pk_test_%%%",
            "pk_test_a",
            "pk_prod_" + PUBLISHABLE[8:],
            SECRET_KEY,
            encoded("clerk.example.com"),
            encoded("$"),
            encoded("clerk.example.com/path$"),
            encoded("user@clerk.example.com$"),
            encoded("clérk.example.com$"),
            encoded("clerk.example.com$\n"),
        )
    ),
    *(
        (name, value)
        for name in ("CLERK_ISSUER", "CLERK_API_URL")
        for value in (
            "clerk.example.com",
            "//clerk.example.com",
            "ftp://clerk.example.com",
            "https://",
            "https://clerk.example.com:port",
            "https://user:password@clerk.example.com",
            "https://clerk.example.com?x=1",
            "https://clerk.example.com#x",
            "https://clerk example.com",
        )
    ),
    *(
        ("CLERK_AUTHORIZED_PARTIES", value)
        for value in (
            "app.example.com",
            "https://",
            "https://app.example.com/path",
            "https://*.example.com",
            "https://a.example.com,b.example.com",
            ",",
            " , ",
        )
    ),
    *(("CLERK_WEBHOOK_SECRET", value) for value in ("whsec_", "whsec_%%%", "=", "whsec_a")),
    *(("CLERK_SECRET_KEY", value) for value in (PUBLISHABLE, "sk_test x", "sk_test_\u00e9")),
    *(("CLERK_JWT_KEY", value) for value in ("nonsense", "AAAA", "https://clerk.example.com")),
]


@pytest.mark.parametrize("name,value", WRONG)
def test_a_wrong_setting_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    for right, known in RIGHT.items():
        monkeypatch.setenv(right, known)
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as refused:
        loading.load()

    line = str(refused.value)
    assert line.startswith(f"{name}: ")
    assert "\n" not in line
    assert SECRET_KEY not in line


@pytest.mark.parametrize("make", [short_key, curve_key, secret_pem])
def test_only_a_public_rsa_key_will_do(
    monkeypatch: pytest.MonkeyPatch, make: Callable[[], str]
) -> None:
    for name, value in {**RIGHT, "CLERK_JWT_KEY": make()}.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=r"^CLERK_JWT_KEY: is no RSA public key; ") as refused:
        loading.load()
    assert "PRIVATE" not in str(refused.value)


@pytest.mark.parametrize(
    "given,named",
    [
        ({"CLERK_PUBLISHABLE_KEY": PUBLISHABLE}, "CLERK_SECRET_KEY"),
        ({"CLERK_ISSUER": f"https://{HOST}"}, "CLERK_SECRET_KEY"),
        ({"CLERK_SECRET_KEY": SECRET_KEY}, "CLERK_PUBLISHABLE_KEY"),
        ({"CLERK_WEBHOOK_SECRET": "whsec_c2VjcmV0"}, "CLERK_PUBLISHABLE_KEY"),
        ({"CLERK_AUTHORIZED_PARTIES": "https://a.example.com"}, "CLERK_PUBLISHABLE_KEY"),
        ({"CLERK_JWT_KEY": public_pem(private_key())}, "CLERK_PUBLISHABLE_KEY"),
    ],
)
def test_half_of_the_settings_stop_the_start(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], named: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=rf"^{named}: set it too"):
        loading.load()


def test_clerk_is_off_by_default() -> None:
    assert loading.load().clerk_instance == ""


@pytest.mark.parametrize(
    "more,issuer",
    [
        ({}, f"https://{HOST}"),
        ({"CLERK_PUBLISHABLE_KEY": PUBLISHABLE.rstrip("=")}, f"https://{HOST}"),
        ({"CLERK_PUBLISHABLE_KEY": encoded("a-1.clerk.accounts.dev$")}, None),
        ({"CLERK_ISSUER": "https://issuer.example.com/"}, "https://issuer.example.com"),
        ({"CLERK_ISSUER": "http://127.0.0.1:9000"}, "http://127.0.0.1:9000"),
    ],
)
def test_the_issuer_is_set_or_decoded(
    monkeypatch: pytest.MonkeyPatch, more: dict[str, str], issuer: str | None
) -> None:
    for name, value in {**RIGHT, **more}.items():
        monkeypatch.setenv(name, value)

    assert loading.load().clerk_instance == (issuer or "https://a-1.clerk.accounts.dev")


def test_parties_are_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    parties = " https://App.example.com/ , chrome-extension://abcdef,http://localhost:3000"
    for name, value in {**RIGHT, "CLERK_AUTHORIZED_PARTIES": parties}.items():
        monkeypatch.setenv(name, value)

    assert loading.load().clerk_authorized_parties == (
        "https://app.example.com",
        "chrome-extension://abcdef",
        "http://localhost:3000",
    )


def check(folder: Path, stand_in: ClerkStandIn) -> tuple[int, str]:
    """Run `torale server check`; answers its exit code and its line on sign-in."""
    done = command("server", "check", env={**environment(folder), **stand_in.environment})
    [line] = [line for line in done.stdout.splitlines() if "sign-in" in line]
    assert SECRET_KEY not in done.stdout + done.stderr
    return done.returncode, line


def test_check_reaches_clerk(tmp_path: Path) -> None:
    with ClerkStandIn() as stand_in:
        code, line = check(tmp_path, stand_in)
        assert (code, line[:4]) == (0, "ok  ")
        assert f"1 key(s) at {stand_in.url}" in line

        stand_in.keys = Failure.HTML
        code, line = check(tmp_path, stand_in)
        assert (code, line[:4]) == (1, "FAIL")
        assert "CLERK_ISSUER" in line

        stand_in.keys, stand_in.users = None, Failure.REDIRECT
        code, line = check(tmp_path, stand_in)
        assert (code, line[:4]) == (1, "FAIL")
        assert "CLERK_SECRET_KEY" in line
