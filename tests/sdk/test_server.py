"""Every call, by both clients, on the real server."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.sdk.clients import everything
from tests.sdk.conftest import Running
from tests.support.offline import LAMP
from torale import ChannelState, ChannelType, ExecutionOut, NotifyBehavior, TaskState, WebhookTarget
from torale.exceptions import (
    AuthenticationError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RateLimitError,
    ValidationError,
)
from torale.server.limits import LimitPolicies, LimitPolicy
from torale.server.limits.rules import Window

SPEC: dict[str, Any] = {
    "search_query": "Price of the Aurora lamp",
    "condition_description": "The price is below 350 USD",
    "schedule": "0 9 * * *",
}


async def test_who_is_calling(alice: Any) -> None:
    me = await alice.auth.me()

    assert me.email == "alice@example.com"
    assert me.state == "active"
    assert me.created_at.tzinfo is UTC


async def test_api_keys_are_made_listed_and_revoked(running: Running, alice: Any) -> None:
    expires = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    made = await alice.api_keys.create("Script", expires_at=expires, scopes=["read"])
    assert made.key.startswith("sk_")
    assert made.key not in repr(made)
    assert made.expires_at == expires

    page = await alice.api_keys.list()
    assert {one.name for one in page.items} == {"Test", "Script"}
    assert page.total == len(await everything(page)) == 2

    await alice.api_keys.revoke(made.id)
    states = {one.name: one.state for one in (await alice.api_keys.list()).items}
    assert states == {"Test": "active", "Script": "revoked"}
    with pytest.raises(NotFoundError):
        await alice.api_keys.revoke(made.id)


async def test_a_task_from_its_birth_to_its_end(alice: Any) -> None:
    made = await alice.tasks.create(
        **SPEC,
        name="Lamp",
        notify_behavior=NotifyBehavior.ALWAYS,
        state="paused",
        timezone="Europe/Berlin",
        sources=(LAMP,),
        notifications=[
            {"type": "email", "address": "alice@example.com"},
            WebhookTarget(type="webhook", url="https://hooks.example/torale"),
        ],
    )
    assert made.state is TaskState.PAUSED
    assert made.sources == [LAMP]
    assert [one.type for one in made.notifications] == ["email", "webhook"]
    assert await alice.tasks.get(made.id) == made
    assert await alice.tasks.get(str(made.id)) == made

    changed = await alice.tasks.update(made.id, state="active", schedule="0 10 * * *")
    assert changed.state is TaskState.ACTIVE
    assert changed.next_run is not None
    assert (changed.name, changed.timezone) == ("Lamp", "Europe/Berlin")
    assert changed.notify_behavior is NotifyBehavior.ALWAYS

    assert await alice.tasks.delete(made.id) is None
    with pytest.raises(NotFoundError):
        await alice.tasks.get(made.id)


async def test_not_given_is_not_none(alice: Any) -> None:
    task = await alice.tasks.create(**SPEC, name="Lamp")

    same = await alice.tasks.update(task.id)
    assert same.name == "Lamp"
    with pytest.raises(ValidationError, match="null is not a value"):
        await alice.tasks.update(task.id, name=None)


async def test_a_list_leads_over_all_its_pages(alice: Any) -> None:
    names = [f"Task {number}" for number in range(5)]
    for name in names:
        await alice.tasks.create(**SPEC, name=name)
    await alice.tasks.create(**SPEC, name="Paused", state="paused")

    page = await alice.tasks.list(active=True, limit=2)

    assert (page.total, page.page, page.limit, len(page.items)) == (5, 1, 2, 2)
    assert page[0].name == page.items[0].name
    assert [one.name for one in page[:1]] == [page[0].name]
    assert {one.name for one in await everything(page)} == set(names)
    assert {one.name async for one in alice.tasks.list(active=True, limit=2)} == set(names)
    assert (await alice.tasks.list(state="paused"))[0].name == "Paused"
    assert not (await alice.tasks.list(state=TaskState.COMPLETED))


async def test_an_execution_is_awaited_and_shows_its_evidence(running: Running, alice: Any) -> None:
    task = await alice.tasks.create(
        **SPEC,
        sources=[LAMP],
        notifications=[{"type": "webhook", "url": "https://hooks.example/torale"}],
    )

    execution_id = await alice.tasks.execute(task.id)
    assert isinstance(execution_id, UUID)
    with pytest.raises(ConflictError):
        await alice.tasks.execute(task.id)
    await running.execute()
    looks: list[ExecutionOut] = []
    ended = await alice.tasks.wait(task.id, execution_id, timeout=5, on_look=looks.append)

    assert looks == [ended]
    assert ended.condition_met is True
    assert ended.result is not None
    assert ended.result.verdict == "met"
    assert await alice.tasks.get_execution(task.id, execution_id) == ended
    (listed,) = await everything(await alice.tasks.get_executions(task.id, status="success"))
    assert listed.id == execution_id
    documents: Sequence[Any] = await alice.tasks.get_evidence(task.id, execution_id)
    assert documents[0].uri == LAMP
    assert "329.00" in documents[0].text
    (told,) = await everything(await alice.tasks.get_notifications(task.id))
    assert told.condition_met is True
    assert (await alice.notifications.list()).items == [told]
    sends = await alice.notifications.sends(task_id=task.id, notification_type="webhook")
    assert [one.task_id for one in await everything(sends)] == [task.id]
    assert (sends.total, sends.page, sends.limit) == (1, 1, 20)


async def test_a_look_ahead_and_a_draft(alice: Any) -> None:
    preview = await alice.tasks.preview(
        search_query=SPEC["search_query"],
        condition_description=SPEC["condition_description"],
        sources=[LAMP],
    )
    assert preview.condition_met is True

    draft = await alice.tasks.suggest("Tell me every day when the lamp is below 350 USD")
    task = await alice.tasks.create(**draft.model_dump())
    assert task.name == draft.name
    other = await alice.tasks.suggest("every hour, please", current_task=draft.model_dump())
    assert other.search_query == draft.search_query


async def test_templates(alice: Any) -> None:
    found = await alice.templates.list(category="prices")

    assert found.total == len(found.items) > 0
    assert all(one.category == "prices" for one in found.items)


async def test_a_channel_from_its_birth_to_its_end(alice: Any) -> None:
    made = await alice.channels.create(
        type="webhook", target="https://hooks.example/torale", name="Hook"
    )
    assert made.type is ChannelType.WEBHOOK
    assert made.secret is not None
    assert made.secret not in repr(made)

    assert await alice.channels.get(made.id) == made
    assert [one.id for one in await everything(await alice.channels.list())] == [made.id]
    renamed = await alice.channels.update(made.id, name="Other")
    assert (renamed.name, renamed.target) == ("Other", made.target)
    tried = await alice.channels.test(made.id)
    assert (tried.delivered, tried.status_code) == (True, 204)
    rotated = await alice.channels.rotate_secret(made.id)
    assert rotated.secret != made.secret

    await alice.channels.delete(made.id)
    with pytest.raises(NotFoundError):
        await alice.channels.get(made.id)


async def test_an_address_is_verified_by_a_code(alice: Any) -> None:
    other = await alice.channels.create(type="email", target="bob@example.com")
    assert other.state is ChannelState.UNVERIFIED

    with pytest.raises(ValidationError, match="code"):
        await alice.channels.verify(other.id, "000000")


async def test_operators_see_everybody(running: Running, alice: Any) -> None:
    await alice.tasks.create(**SPEC, name="Lamp")
    admin = running.client(await running.person("admin@example.com", is_admin=True))

    assert (await admin.admin.stats()).users.total == 2
    assert [one.name for one in await everything(await admin.admin.queries())] == ["Lamp"]
    assert (await admin.admin.executions(status="failed")).total == 0
    assert (await admin.admin.errors(days=1)).groups == []
    (user,) = await everything(await admin.admin.users(search="alice"))
    shut_out = await admin.admin.deactivate_user(user.id)
    assert shut_out.state == "inactive"
    with pytest.raises(AuthenticationError, match="Invalid API key"):
        await alice.auth.me()
    assert (await admin.admin.activate_user(user.id)).state == "active"
    assert (await admin.admin.audit(user_id=user.id)).total > 0

    with pytest.raises(ForbiddenError, match="Admin access required"):
        await running.client(await running.person()).admin.stats()


async def test_what_is_wrong_is_said_field_by_field(alice: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        await alice.tasks.create(**{**SPEC, "search_query": "short", "schedule": "never"})

    assert caught.value.status_code == 422
    assert "search_query: " in str(caught.value)
    assert caught.value.detail[0]["loc"] == ["body", "search_query"]
    assert caught.value.request_id


@pytest.mark.parametrize("text", ["a\ud800b lone surrogate", "a\x00 zero byte in it"])
async def test_hostile_text_reaches_the_server_which_says_what_is_wrong(
    alice: Any, text: str
) -> None:
    with pytest.raises(ValidationError, match="search_query"):
        await alice.tasks.create(**{**SPEC, "search_query": text})


async def test_what_is_not_yours_looks_missing(running: Running, alice: Any) -> None:
    task = await alice.tasks.create(**SPEC)
    mallory = running.client(await running.person("mallory@example.com"))

    for missing in (task.id, uuid4(), "no-uuid", "../../auth/me", "a/b?c=d#e"):
        with pytest.raises(NotFoundError):
            await mallory.tasks.get(missing)
    for empty in ("", ".", ".."):
        with pytest.raises(ValueError, match="is no id"):
            await mallory.tasks.delete(empty)


async def test_the_same_idempotency_key_gives_the_same_task(alice: Any) -> None:
    first = await alice.tasks.create(**SPEC, idempotency_key="lamp")
    again = await alice.tasks.create(**SPEC, idempotency_key="lamp")
    other = await alice.tasks.create(**SPEC)

    assert first == again
    assert other.id != first.id
    with pytest.raises(ValidationError, match="another request"):
        await alice.tasks.create(**SPEC, name="Other", idempotency_key="lamp")


class TestRateLimits:
    @pytest.fixture
    def policies(self) -> LimitPolicies:
        window = (Window("minute", limit=3, seconds=60),)
        return LimitPolicies(
            *(LimitPolicy(name, window) for name in ("callers", "admins", "failures"))
        )

    async def test_they_are_told(self, alice: Any) -> None:
        await alice.auth.me()
        assert (alice.rate_limit.limit, alice.rate_limit.remaining) == (3, 2)

        for _ in range(2):
            await alice.auth.me()
        with pytest.raises(RateLimitError) as caught:
            await alice.auth.me()

        assert caught.value.retry_after is not None
        assert 5 < caught.value.retry_after <= 60
        assert (caught.value.limit, caught.value.remaining) == (3, 0)
        assert caught.value.reset is not None
