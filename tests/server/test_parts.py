import pytest
from fastapi import FastAPI, Request

from torale.server.app.wiring import wire
from torale.server.clock import CLOCK, utc_now
from torale.server.crypto import VAULT, Vault
from torale.server.parts import MissingPartError, Part, Parts, parts_of
from torale.server.settings.base import Settings
from torale.server.worker import Service


def test_a_part_is_the_one_of_the_application_that_answers() -> None:
    ours, others = FastAPI(), FastAPI()
    parts_of(ours)[VAULT] = mine = Vault("a secret key")
    parts_of(others)[VAULT] = Vault("another")

    assert VAULT.of(Request({"type": "http", "app": ours})) is mine


def test_a_missing_part_is_named() -> None:
    with pytest.raises(MissingPartError, match="without vault"):
        Parts()[VAULT]


def test_an_application_without_all_parts_is_not_built() -> None:
    parts = Parts()
    parts[CLOCK] = utc_now

    with pytest.raises(MissingPartError, match="vault") as raised:
        parts.require_all()
    assert "clock" not in str(raised.value)


async def test_the_whole_application_has_every_part(settings: Settings) -> None:
    service = Service(settings, kind="serve", executes=False)
    try:
        wire(Parts(), service)
    finally:
        await service.stop()


def test_two_parts_never_share_a_name() -> None:
    with pytest.raises(AssertionError, match="vault"):
        Part[Vault]("vault")
