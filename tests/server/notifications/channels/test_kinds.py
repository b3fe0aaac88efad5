"""Kinds of channels: each describes itself, and may be made with several settings."""

import json
import re
from dataclasses import replace

import pytest

from tests.server.notifications.conftest import Person, Stage
from torale.contract.channels import ChannelType
from torale.server.crypto import VAULT, Vault
from torale.server.notifications.channels.base import ChannelKind, Message
from torale.server.notifications.channels.fields import ChannelField, read_target, write_target
from torale.server.notifications.channels.registry import KINDS
from torale.server.notifications.rules import Outcome
from torale.server.parts import parts_of

CHANNELS = "/api/v1/channels"
PAGER = {"number": "+44 20 7946 0000", "token": "s3cret"}


class PagerKind(ChannelKind):
    label = choice = "Pager"
    fields = (
        ChannelField("number", "Number", "+44 20 …"),
        ChannelField("token", "Token", "From your provider", is_secret=True),
    )

    def normalise(self, target: str) -> str:
        return write_target(self.fields, read_target(self.fields, target))

    def show(self, target: str) -> str:
        return read_target(self.fields, target)[0]

    async def send(self, message: Message) -> Outcome:
        number, token = read_target(self.fields, message.target)
        return Outcome(ok=(number, token) == (PAGER["number"], PAGER["token"]))


@pytest.mark.parametrize("channel_type", ChannelType)
def test_every_type_has_a_kind_that_describes_itself(channel_type: ChannelType) -> None:
    kind = KINDS[channel_type]

    assert kind.__module__.endswith(f".{channel_type.value}")
    assert kind.label
    assert kind.choice
    assert len({field.name for field in kind.fields}) == len(kind.fields) > 0


async def test_a_kind_with_two_settings_is_one_sealed_target(stage: Stage, alice: Person) -> None:
    pagers = {**stage.senders.by_type, ChannelType.APPRISE: PagerKind()}
    stage.use(replace(stage.senders, by_type=pagers))
    spec = {"type": "apprise", "target": json.dumps(PAGER)}
    mixed = json.dumps(dict(reversed(PAGER.items())))

    made = (await alice.http.post(CHANNELS, json=spec)).json()
    again = await alice.http.post(CHANNELS, json={**spec, "target": mixed})
    tested = (await alice.http.post(f"{CHANNELS}/{made['id']}/test")).json()

    assert made["target"] == made["name"] == PAGER["number"]
    assert again.status_code == 409, "the order of the settings makes no other channel"
    assert tested["delivered"] is True
    assert json.loads(stage.vault.unseal((await stage.channel()).target_sealed)) == PAGER


async def test_a_channel_of_an_older_key_is_listed_all_the_same(
    stage: Stage, alice: Person
) -> None:
    await alice.http.post(CHANNELS, json={"type": "apprise", "target": "ntfy://my-topic"})
    parts_of(stage.app)[VAULT] = Vault("another" * 8)

    (shown,) = (await alice.http.get(CHANNELS)).json()["channels"]

    assert shown["target"] == "(sealed with another TORALE_SECRET_KEY)"


@pytest.mark.parametrize(
    "target, message",
    [
        ("+44 20 7946 0000", "Write a JSON object of texts: number, token."),
        ('["number"]', "Write a JSON object of texts: number, token."),
        ('{"number": 44, "token": "x"}', "Write a JSON object of texts: number, token."),
        ('{"number": "44", "token": "x\\u0000"}', "Write a JSON object of texts: number, token."),
        ('{"number": "44", "token": " "}', "Token is missing."),
        ('{"token": "x"}', "Number is missing."),
        (json.dumps({**PAGER, "pin": "1"}), "There is no field 'pin', only: number, token."),
    ],
)
def test_settings_that_do_not_fit_are_refused_in_a_sentence(target: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        PagerKind().normalise(target)
