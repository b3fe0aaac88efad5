"""From the outbox to the receiver."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook, WebhookVerificationError

from tests.server.notifications.conftest import Person, Stage
from tests.support.web import Answer
from torale.contract.channels import ChannelState, ChannelType, DeliveryStatus
from torale.contract.tasks import ChannelTarget, EmailTarget, WebhookTarget
from torale.server.notifications.channels.base import ChannelKind, Message
from torale.server.notifications.channels.registry import Senders
from torale.server.notifications.models import Channel, Delivery
from torale.server.notifications.outbox.delivery_jobs import DELIVERY
from torale.server.notifications.rules import MAX_ATTEMPTS, SCHEDULE, Outcome
from torale.server.tasks.models import Task

OK, BROKEN = Answer(b"", 204), Answer(b"", 500)


def hook(url: str) -> WebhookTarget:
    return WebhookTarget(type="webhook", url=url)


async def secret_of(person: Person) -> str:
    (channel,) = (await person.http.get("/api/v1/channels")).json()["channels"]
    return str(channel["secret"])


class Dying(ChannelKind):
    """A kind whose process dies right after the receiver got the message."""

    def __init__(self, inner: ChannelKind) -> None:
        self.inner = inner

    def normalise(self, target: str) -> str:
        return self.inner.normalise(target)

    def show(self, target: str) -> str:
        return self.inner.show(target)

    async def send(self, message: Message) -> Outcome:
        await self.inner.send(message)
        raise KeyboardInterrupt


def swap(senders: Senders, kind: ChannelKind) -> Senders:
    return replace(senders, by_type={**senders.by_type, ChannelType.WEBHOOK: kind})


async def test_a_message_arrives_signed(stage: Stage, alice: Person) -> None:
    stage.clock.now = datetime.now(UTC)  # the receiver's library looks at the real clock
    task = await stage.task(alice.id, hook(stage.web.answers("/hook", [OK])))

    assert await stage.tell(task) == 1
    await stage.queue.run_due()

    (seen,) = stage.web.requests("/hook")
    body = Webhook(await secret_of(alice)).verify(seen.body, dict(seen.headers))
    delivery = await stage.delivery()
    assert seen.method == "POST"
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["webhook-id"] == str(delivery.id)
    assert body["type"] == "task.condition_met"
    assert body["data"]["task"]["id"] == str(task.id)
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.DELIVERED, 1)
    assert delivery.delivered_at == (await stage.channel()).last_delivery_at == stage.clock.now
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_AAAA").verify(seen.body, dict(seen.headers))


async def test_nothing_is_sent_when_the_transaction_is_undone(stage: Stage, alice: Person) -> None:
    task = await stage.task(alice.id, hook(stage.web.answers("/hook", [OK])))

    async with stage.sessions() as session:
        told = await stage.tell_in(session, task, execution_id=uuid4())
        await session.rollback()

    assert told == 1
    assert await stage.queue.run_due() == 0
    assert await stage.deliveries() == []


async def test_a_task_without_channels_tells_nobody(stage: Stage, alice: Person) -> None:
    assert await stage.tell(await stage.task(alice.id)) == 0


async def test_one_execution_tells_a_channel_once(stage: Stage, alice: Person) -> None:
    task = await stage.task(alice.id, hook(stage.web.answers("/hook", [OK])))
    execution_id = uuid4()

    assert await stage.tell(task, execution_id=execution_id) == 1
    assert await stage.tell(task, execution_id=execution_id) == 0


async def test_a_failure_is_tried_again_under_the_same_id(stage: Stage, alice: Person) -> None:
    task = await stage.task(alice.id, hook(stage.web.answers("/hook", [BROKEN, BROKEN, OK])))
    await stage.tell(task)
    await stage.queue.run_due()

    delivery = await stage.delivery()
    assert (delivery.status, delivery.status_code) == (DeliveryStatus.RETRYING, 500)
    assert delivery.next_attempt_at is not None
    stage.clock.advance(timedelta(seconds=6))
    await stage.queue.run_due()
    stage.clock.advance(timedelta(minutes=6))
    await stage.queue.run_due()

    delivery = await stage.delivery()
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.DELIVERED, 3)
    assert delivery.last_error is None
    seen = stage.web.requests("/hook")
    assert {one.headers["webhook-id"] for one in seen} == {str(delivery.id)}
    assert len({one.headers["webhook-timestamp"] for one in seen}) == 3
    assert len({one.body for one in seen}) == 1


async def test_after_the_last_attempt_the_channel_is_disabled_and_its_owner_told(
    stage: Stage, alice: Person
) -> None:
    task = await stage.task(alice.id, hook(stage.web.answers("/hook", [BROKEN])))
    await stage.tell(task)
    for wait in SCHEDULE:
        stage.clock.advance(wait * 1.11)
        await stage.queue.run_due()

    assert len(stage.web.requests("/hook")) == MAX_ATTEMPTS
    assert (await stage.delivery()).status is DeliveryStatus.FAILED
    channel = await stage.channel()
    assert channel.state is ChannelState.DISABLED
    assert "500" in (channel.last_error or "")
    (mail,) = stage.mails
    assert b"To: alice@example.com" in mail.read_bytes()
    assert b"Channel disabled" in mail.read_bytes()
    assert stage.queue.waiting == []


async def test_410_disables_the_channel_at_once(stage: Stage, alice: Person) -> None:
    task = await stage.task(alice.id, hook(stage.web.answers("/hook", [Answer(b"", 410)])))
    await stage.tell(task)
    await stage.queue.run_due()

    assert (await stage.delivery()).status is DeliveryStatus.FAILED
    assert (await stage.channel()).state is ChannelState.DISABLED
    assert await stage.tell(task) == 0, "a disabled channel gets no messages"
    channel_id = (await stage.channel()).id
    enabled = await alice.http.put(f"/api/v1/channels/{channel_id}", json={"state": "active"})
    assert (enabled.json()["state"], enabled.json()["last_error"]) == ("active", None)
    assert await stage.tell(task) == 1


async def test_429_waits_as_long_as_it_is_asked(stage: Stage, alice: Person) -> None:
    busy = Answer(b"", 429, {"Retry-After": "3600"})
    task = await stage.task(alice.id, hook(stage.web.answers("/hook", [busy, OK])))
    await stage.tell(task)
    await stage.queue.run_due()

    assert (await stage.delivery()).next_attempt_at == stage.clock() + timedelta(hours=1)
    stage.clock.advance(timedelta(minutes=59))
    assert await stage.queue.run_due() == 0
    stage.clock.advance(timedelta(minutes=1))
    await stage.queue.run_due()
    assert (await stage.delivery()).status is DeliveryStatus.DELIVERED


async def test_a_redirect_is_a_failure_and_not_followed(stage: Stage, alice: Person) -> None:
    stage.web.answers("/secret", [OK])
    task = await stage.task(alice.id, hook(stage.web.redirect("/hook", "/secret", status=307)))
    await stage.tell(task)
    await stage.queue.run_due()

    delivery = await stage.delivery()
    assert (delivery.status, delivery.status_code) == (DeliveryStatus.RETRYING, 307)
    assert stage.web.requests("/secret") == []


async def test_a_connection_that_fails_is_tried_again(stage: Stage, alice: Person) -> None:
    task = await stage.task(alice.id, hook("http://127.0.0.1:9/hook"))
    await stage.tell(task)
    await stage.queue.run_due()

    delivery = await stage.delivery()
    assert (delivery.status, delivery.status_code) == (DeliveryStatus.RETRYING, None)
    assert "127.0.0.1" in (delivery.last_error or "")


async def test_for_a_day_after_a_rotation_both_secrets_sign(stage: Stage, alice: Person) -> None:
    stage.clock.now = datetime.now(UTC)
    task = await stage.task(alice.id, hook(stage.web.answers("/hook", [OK])))
    old = await secret_of(alice)
    path = f"/api/v1/channels/{(await stage.channel()).id}/rotate-secret"
    new = (await alice.http.post(path)).json()["secret"]
    await stage.tell(task)
    await stage.queue.run_due()

    (seen,) = stage.web.requests("/hook")
    assert len(seen.headers["webhook-signature"].split(" ")) == 2
    for secret in (old, new):
        Webhook(secret).verify(seen.body, dict(seen.headers))

    stage.clock.advance(timedelta(hours=24))
    await stage.tell(task)
    await stage.queue.run_due()
    later = stage.web.requests("/hook")[1].headers["webhook-signature"]
    assert " " not in later


async def test_a_job_that_runs_twice_sends_once(stage: Stage, alice: Person) -> None:
    task = await stage.task(alice.id, hook(stage.web.answers("/hook", [OK])))
    await stage.tell(task)
    (job,) = stage.queue.waiting
    await stage.queue.run_due()
    await stage.job().run(DELIVERY.decode(job.argument))

    assert len(stage.web.requests("/hook")) == 1
    assert (await stage.delivery()).attempts == 1


async def test_a_death_between_sending_and_recording_sends_again_under_the_same_id(
    stage: Stage, alice: Person
) -> None:
    task = await stage.task(alice.id, hook(stage.web.answers("/hook", [OK])))
    await stage.tell(task)
    senders = stage.senders
    stage.use(swap(senders, Dying(senders.of(ChannelType.WEBHOOK))))
    with pytest.raises(KeyboardInterrupt):
        await stage.queue.run_due()
    assert (await stage.delivery()).status is DeliveryStatus.PENDING

    stage.use(senders)
    await stage.queue.run_due()

    first, second = stage.web.requests("/hook")
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert (await stage.delivery()).status is DeliveryStatus.DELIVERED


async def test_a_bug_in_a_sender_is_a_failed_attempt(stage: Stage, alice: Person) -> None:
    class Buggy(Dying):
        async def send(self, message: Message) -> Outcome:
            raise ZeroDivisionError

    task = await stage.task(alice.id, hook(stage.web.answers("/hook", [OK])))
    await stage.tell(task)
    stage.use(swap(stage.senders, Buggy(stage.senders.of(ChannelType.WEBHOOK))))
    await stage.queue.run_due()

    assert (await stage.delivery()).last_error == "Internal error: ZeroDivisionError"


async def test_a_failing_channel_holds_up_no_other(stage: Stage, alice: Person) -> None:
    task = await stage.task(
        alice.id,
        hook(stage.web.answers("/broken", [BROKEN])),
        hook(stage.web.answers("/fine", [OK])),
    )
    assert await stage.tell(task) == 2
    await stage.queue.run_due()

    assert len(stage.web.requests("/fine")) == 1
    assert {one.status for one in await stage.deliveries()} == {
        DeliveryStatus.DELIVERED,
        DeliveryStatus.RETRYING,
    }


async def test_nothing_comes_of_a_deleted_task(stage: Stage, alice: Person) -> None:
    task = await stage.task(alice.id, hook(stage.web.answers("/hook", [OK])))
    await stage.tell(task)
    async with stage.sessions.begin() as session:
        kept = await session.get_one(Task, task.id)
        kept.state, kept.next_run_at, kept.deleted_at = "paused", None, stage.clock()  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    await stage.queue.run_due()

    assert stage.web.requests("/hook") == []
    delivery = await stage.delivery()
    assert (delivery.status, delivery.last_error) == (
        DeliveryStatus.FAILED,
        "The task was deleted.",
    )


async def test_nothing_goes_to_a_deleted_channel(stage: Stage, alice: Person) -> None:
    task = await stage.task(alice.id, hook(stage.web.answers("/hook", [OK])))
    await stage.tell(task)
    await alice.http.delete(f"/api/v1/channels/{(await stage.channel()).id}")
    await stage.queue.run_due()

    assert stage.web.requests("/hook") == []
    assert (await stage.delivery()).status is DeliveryStatus.FAILED


async def test_a_message_that_alone_is_refused_leaves_a_working_channel(
    stage: Stage, alice: Person
) -> None:
    task = await stage.task(alice.id, hook(stage.web.answers("/hook", [BROKEN])))
    await stage.tell(task)
    for wait in SCHEDULE[:-1]:
        stage.clock.advance(wait * 1.11)
        await stage.queue.run_due()
    async with stage.sessions.begin() as session:
        channel = await session.scalar(select(Channel))
        assert channel is not None
        channel.last_delivery_at = stage.clock()
    stage.clock.advance(SCHEDULE[-1] * 1.11)
    await stage.queue.run_due()

    assert (await stage.delivery()).status is DeliveryStatus.FAILED
    assert (await stage.channel()).state is ChannelState.ACTIVE


async def test_a_task_names_channels_inline_and_by_id(
    stage: Stage, alice: Person, mallory: Person
) -> None:
    first = await stage.task(
        alice.id, hook("https://a.example/x"), EmailTarget(type="email", address=alice.email)
    )
    async with stage.sessions() as session:
        (shown,) = (await stage.book.of_tasks(session, [first.id])).values()
    assert [(one.type, one.url, one.address) for one in shown] == [
        ("webhook", "https://a.example/x", None),
        ("email", None, alice.email),
    ]

    second = await stage.task(
        alice.id,
        EmailTarget(type="email", address="ALICE@example.com"),
        ChannelTarget(type="channel", id=shown[0].channel_id),
        hook("https://a.example/x"),
    )
    async with stage.sessions() as session:
        again = (await stage.book.of_tasks(session, [second.id]))[second.id]
    assert [one.channel_id for one in again] == [shown[1].channel_id, shown[0].channel_id]

    with pytest.raises(Exception, match="Channel not found") as caught:
        await stage.task(mallory.id, ChannelTarget(type="channel", id=shown[0].channel_id))
    assert getattr(caught.value, "loc", None) == ("notifications", 0, "id")
    with pytest.raises(Exception, match="not a public address") as caught:
        await stage.task(alice.id, hook("http://10.0.0.1/x"))
    assert getattr(caught.value, "loc", None) == ("notifications", 0, "url")


async def test_sends_show_what_became_of_each_message(
    stage: Stage, alice: Person, mallory: Person
) -> None:
    url = stage.web.answers("/hook", [BROKEN])
    task = await stage.task(
        alice.id, hook(url), EmailTarget(type="email", address=alice.email), name="Launch"
    )
    await stage.tell(task)
    await stage.queue.run_due()

    found = (await alice.http.get("/api/v1/notifications/sends")).json()
    assert found["total"] == 2
    path = "/api/v1/notifications/sends?notification_type=webhook&limit=1"
    (send,) = (await alice.http.get(path)).json()["sends"]
    assert send["recipient"] == url
    assert send["task_name"] == "Launch"
    assert (send["status"], send["attempts"]) == ("retrying", 1)
    assert "500" in send["error"]
    for query, total in ((f"task_id={task.id}", 2), (f"task_id={UUID(int=0)}", 0)):
        answer = (await alice.http.get(f"/api/v1/notifications/sends?{query}")).json()
        assert answer["total"] == total
    assert (await mallory.http.get("/api/v1/notifications/sends")).json()["total"] == 0
    over = await alice.http.get("/api/v1/notifications/sends?limit=101")
    assert over.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


async def test_the_outbox_keeps_what_was_said_then(stage: Stage, alice: Person) -> None:
    task = await stage.task(alice.id, hook(stage.web.answers("/hook", [OK])))
    await stage.tell(task)
    async with stage.sessions() as session:
        kept = await session.scalar(select(Delivery.data))
    await stage.queue.run_due()

    assert json.loads(stage.web.requests("/hook")[0].body)["data"] == kept
