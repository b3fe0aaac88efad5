"""Channels over HTTP."""

import email
import re
from datetime import timedelta
from email.policy import default
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import pytest

from tests.server.notifications.conftest import Person, Stage
from tests.support.web import Answer
from torale.contract.tasks import EmailTarget
from torale.server.crypto import VAULT
from torale.server.notifications import service
from torale.server.parts import parts_of

URL = "https://hooks.example/x"
CHANNELS = "/api/v1/channels"


async def make(person: Person, kind: str = "webhook", target: str = URL) -> dict[str, Any]:
    answer = await person.http.post(CHANNELS, json={"type": kind, "target": target})
    assert answer.status_code == HTTPStatus.CREATED, answer.text
    return dict(answer.json())


def codes(stage: Stage) -> list[str]:
    subjects = [
        email.message_from_bytes(path.read_bytes(), policy=default)["subject"]
        for path in stage.mails
    ]
    return [found.group() for one in subjects if (found := re.match(r"\d{6}", one))]


async def test_a_webhook_is_made_with_a_secret(alice: Person) -> None:
    made = await make(alice)

    assert made["state"] == "active"
    assert (made["target"], made["name"]) == (URL, URL)
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", made["secret"])
    assert (await alice.http.get(f"{CHANNELS}/{made['id']}")).json() == made
    page = (await alice.http.get(CHANNELS)).json()
    assert page == {"channels": [made], "total": 1, "page": 1, "limit": 20}


async def test_the_target_and_the_secret_are_sealed_at_rest(stage: Stage, alice: Person) -> None:
    made = await make(alice)

    kept = await stage.channel()
    assert URL not in kept.target_sealed
    assert made["secret"] not in (kept.secret_sealed or "")


async def test_a_channel_is_made_once(alice: Person, mallory: Person) -> None:
    await make(alice)

    again = await alice.http.post(CHANNELS, json={"type": "webhook", "target": URL})

    assert again.status_code == HTTPStatus.CONFLICT
    await make(mallory)


async def test_a_deleted_channel_can_be_made_again(alice: Person) -> None:
    made = await make(alice)

    assert (await alice.http.delete(f"{CHANNELS}/{made['id']}")).status_code == 204

    assert (await alice.http.get(f"{CHANNELS}/{made['id']}")).status_code == 404
    assert (await alice.http.get(CHANNELS)).json()["total"] == 0
    assert (await make(alice))["id"] != made["id"]


ENDPOINTS = [
    ("GET", ""),
    ("PUT", ""),
    ("DELETE", ""),
    ("POST", "/verify"),
    ("POST", "/test"),
    ("POST", "/rotate-secret"),
]


async def test_someone_elses_channel_looks_missing(alice: Person, mallory: Person) -> None:
    made = await make(alice)

    for method, path in ENDPOINTS:
        body = {"code": "123456"} if path == "/verify" else {"name": "x"}
        for channel_id in (made["id"], uuid4(), "nonsense"):
            answer = await mallory.http.request(method, f"{CHANNELS}/{channel_id}{path}", json=body)
            assert answer.status_code == HTTPStatus.NOT_FOUND
            assert answer.json() == {"detail": "Channel not found"}

    assert (await alice.http.get(f"{CHANNELS}/{made['id']}")).json() == made


BAD_TARGETS = [
    ("webhook", "http://10.0.0.1/x"),
    ("webhook", "http://[::1]/x"),
    ("webhook", "ftp://a.example/x"),
    ("webhook", "https://user:pw@a.example/x"),
    ("email", "nobody"),
    ("email", "a b@example.com"),
    ("email", "a@example.com, b@example.com"),
    ("email", "a@-x.com"),
    ("email", "x" * 65 + "@example.com"),
    ("apprise", "json://a.example"),
]


async def test_a_target_that_cannot_be_told_is_refused(alice: Person) -> None:
    for kind, target in BAD_TARGETS:
        answer = await alice.http.post(CHANNELS, json={"type": kind, "target": target})

        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, target
        (problem,) = answer.json()["detail"]
        assert problem["loc"] == ["body", "target"]


async def test_a_user_has_not_too_many(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_CHANNELS", 1)
    await make(alice)

    over = await alice.http.post(CHANNELS, json={"type": "webhook", "target": URL + "2"})

    assert over.status_code == HTTPStatus.CONFLICT


async def test_changing_a_channel(alice: Person) -> None:
    made = await make(alice)
    await make(alice, target=URL + "2")
    path = f"{CHANNELS}/{made['id']}"

    moved = await alice.http.put(path, json={"name": "Ops", "target": URL + "3"})

    assert moved.json() == {**made, "name": "Ops", "target": URL + "3"}
    taken = await alice.http.put(path, json={"target": URL + "2"})
    assert taken.status_code == HTTPStatus.CONFLICT
    paused = await alice.http.put(path, json={"state": "disabled"})
    assert paused.json()["state"] == "disabled"
    odd = await alice.http.put(path, json={"state": "unverified"})
    assert odd.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


async def test_ones_own_address_is_active_at_once(stage: Stage, alice: Person) -> None:
    made = await make(alice, "email", "Alice@Example.com")

    assert (made["state"], made["target"], made["secret"]) == ("active", "alice@example.com", None)
    assert stage.queue.waiting == []


async def test_another_address_is_verified_with_the_code_of_a_mail(
    stage: Stage, alice: Person
) -> None:
    made = await make(alice, "email", "team@example.org")
    await stage.queue.run_due()
    (code,) = codes(stage)
    path = f"{CHANNELS}/{made['id']}"

    assert made["state"] == "unverified"
    assert code not in str(vars(await stage.channel()))
    early = await alice.http.put(path, json={"state": "active"})
    assert early.status_code == HTTPStatus.CONFLICT
    assert (await alice.http.post(f"{path}/test")).status_code == HTTPStatus.CONFLICT

    verified = await alice.http.post(f"{path}/verify", json={"code": code})

    assert (verified.status_code, verified.json()["state"]) == (200, "active")


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def test_five_wrong_codes_end_it(stage: Stage, alice: Person) -> None:
    made = await make(alice, "email", "team@example.org")
    await stage.queue.run_due()
    (code,) = codes(stage)
    path = f"{CHANNELS}/{made['id']}/verify"

    for _ in range(5):
        wrong = await alice.http.post(path, json={"code": other_than(code)})
        assert wrong.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert wrong.json()["detail"][0]["loc"] == ["body", "code"]
    right = await alice.http.post(path, json={"code": code})

    assert right.status_code == HTTPStatus.CONFLICT
    assert (await alice.http.get(f"{CHANNELS}/{made['id']}")).json()["state"] == "unverified"


async def test_a_code_is_valid_for_15_minutes(stage: Stage, alice: Person) -> None:
    made = await make(alice, "email", "team@example.org")
    await stage.queue.run_due()
    (code,) = codes(stage)
    stage.clock.advance(timedelta(minutes=15))

    late = await alice.http.post(f"{CHANNELS}/{made['id']}/verify", json={"code": code})

    assert late.status_code == HTTPStatus.CONFLICT


async def test_adding_it_again_mails_a_new_code_once_a_minute(stage: Stage, alice: Person) -> None:
    made = await make(alice, "email", "team@example.org")
    await stage.queue.run_due()
    await make(alice, "email", "team@example.org")
    await alice.http.delete(f"{CHANNELS}/{made['id']}")
    again = await make(alice, "email", "team@example.org")
    await stage.queue.run_due()
    assert len(codes(stage)) == 1, "not within the minute, not even by deleting it"

    stage.clock.advance(timedelta(minutes=1))
    same = await make(alice, "email", "team@example.org")
    await stage.queue.run_due()

    assert same["id"] == again["id"]
    (_, code) = codes(stage)
    path = f"{CHANNELS}/{made['id']}/verify"
    assert (await alice.http.post(path, json={"code": code})).status_code == 404
    path = f"{CHANNELS}/{again['id']}/verify"
    assert (await alice.http.post(path, json={"code": code})).status_code == 200


async def test_an_unverified_address_gets_no_messages(stage: Stage, alice: Person) -> None:
    task = await stage.task(alice.id, EmailTarget(type="email", address="team@example.org"))

    assert await stage.tell(task) == 0
    await stage.queue.run_due()
    assert len(stage.mails) == len(codes(stage)) == 1


async def test_moving_a_verified_channel_to_another_address_needs_a_code(
    stage: Stage, alice: Person
) -> None:
    made = await make(alice, "email", alice.email)

    moved = await alice.http.put(
        f"{CHANNELS}/{made['id']}", json={"target": "team@example.org", "state": "active"}
    )
    assert moved.status_code == HTTPStatus.CONFLICT
    moved = await alice.http.put(f"{CHANNELS}/{made['id']}", json={"target": "team@example.org"})

    assert moved.json()["state"] == "unverified"
    await stage.queue.run_due()
    assert len(codes(stage)) == 1


async def test_a_test_message_is_sent_once_and_counted_nowhere(stage: Stage, alice: Person) -> None:
    url = stage.web.answers("/hook", [Answer(b"", 503), Answer(b"", 200)])
    made = await make(alice, target=url)
    path = f"{CHANNELS}/{made['id']}/test"

    failed, fine = [(await alice.http.post(path)).json() for _ in range(2)]

    assert failed == {
        "delivered": False,
        "status_code": 503,
        "error": "The receiver answered 503.",
    }
    assert fine == {"delivered": True, "status_code": 200, "error": None}
    first, second = stage.web.requests("/hook")
    assert b'"type":"channel.test"' in first.body
    assert first.headers["webhook-id"] != second.headers["webhook-id"]
    assert await stage.deliveries() == []
    assert (await alice.http.get(f"{CHANNELS}/{made['id']}")).json() == made


async def test_only_webhooks_have_a_secret_to_rotate(alice: Person) -> None:
    made = await make(alice, "email", alice.email)

    answer = await alice.http.post(f"{CHANNELS}/{made['id']}/rotate-secret")

    assert answer.status_code == HTTPStatus.CONFLICT


async def test_a_changed_secret_key_breaks_no_list(stage: Stage, alice: Person) -> None:
    await make(alice)
    parts_of(stage.app)[VAULT] = type(stage.vault)("another key, much like the first one")

    answer = await alice.http.get(CHANNELS)

    assert "TORALE_SECRET_KEY" in answer.json()["channels"][0]["target"]


async def test_a_chat_target_is_masked(stage: Stage, alice: Person) -> None:
    made = await make(alice, "apprise", "tgram://123456789:abcdefg_hijklmnop/12315544/")

    assert made["target"] == "tgram://…544/"
    assert "abcdefg" not in str(made)
