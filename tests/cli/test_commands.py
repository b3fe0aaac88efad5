"""Commands as people type them, on the real server."""

import json
import re

import pytest
import yaml

from tests.cli.conftest import Torale, as_typed, make_task
from tests.sdk.conftest import Running


async def test_a_task_from_creation_to_deletion(torale: Torale, running: Running) -> None:
    made = await torale(
        *("task", "create", "-q", "Price of the Aurora lamp", "-n", "Lamp"),
        *("-c", "the price is below 350 USD", "-s", "weekdays at 8:30"),
        *("--timezone", "Europe/Berlin", "--source", "https://shop.example/lamp"),
        *("--webhook", "https://hooks.example/x", "--notify-behavior", "always"),
    )
    assert made.exit_code == 0, made.output
    assert re.search(r"^schedule +30 8 \* \* 1-5 \(Europe/Berlin\)$", made.stdout, re.MULTILINE)
    assert re.search(
        r"^next run +20\d\d-\d\d-\d\d \d\d:\d\d local time$", made.stdout, re.MULTILINE
    )
    task_id = made.stdout.splitlines()[0].split()[1]

    assert task_id in (await torale("task", "list", "--active")).stdout
    paused = await torale("task", "update", task_id[:8], "--inactive", "--json")
    assert json.loads(paused.stdout)["state"] == "paused"
    assert (await torale("task", "list", "--active")).stderr == "No tasks.\n"

    executed = await torale("task", "execute", task_id)
    assert re.fullmatch(r"[0-9a-f-]{36}\n", executed.stdout)
    await running.execute()
    logs = await torale("task", "logs", task_id, "--status", "success")
    assert logs.stdout.splitlines()[1].split()[4] == "met"
    assert "329" in (await torale("task", "logs", task_id, "--notifications-only")).stdout
    assert "329" in (await torale("notification", "list")).stdout
    assert "hooks.example" in (await torale("notification", "sends", "--task", task_id)).stdout

    deleted = await torale("task", "delete", task_id[:8], "--yes")
    assert (deleted.exit_code, deleted.stdout) == (0, "")
    assert (await torale("task", "get", task_id)).exit_code == 4


async def test_verdicts_are_looked_at_again(torale: Torale, running: Running) -> None:
    task_id = await make_task(torale, "--notify-behavior", "always")
    assert (await torale("task", "evidence", task_id)).exit_code == 4, "nothing was read yet"
    execution_id = (await torale("task", "execute", task_id)).stdout.strip()
    assert (await torale("task", "replay", task_id)).exit_code == 4, "it has not ended"
    await running.execute()

    evidence = json.loads((await torale("task", "evidence", task_id, "--json")).stdout)
    assert "329.00 USD" in evidence[0]["text"]
    assert "shop.example" in (await torale("task", "evidence", task_id, execution_id[:8])).stdout

    replayed = await torale("task", "replay", task_id[:8], execution_id[:8])
    assert re.search(r"^same +yes$", replayed.stdout, re.MULTILINE)

    said = await torale(
        *("task", "feedback", task_id, "--wrong", "--note", "The lamp is sold out", "--json")
    )
    assert json.loads(said.stdout)["execution_id"] == execution_id
    assert json.loads(said.stdout)["correct"] is False
    assert (await torale("task", "feedback", task_id)).exit_code == 2, "right or wrong?"

    tried = await torale("task", "backtest", task_id, "-c", "the price is below 300 USD")
    assert tried.stdout.splitlines()[1].split()[3:7] == ["met", "not_met", "yes", "no"]
    assert tried.stderr.startswith("told 1 times, would tell 0 times; 100% of ")
    once = await torale("task", "backtest", task_id, "--notify-behavior", "once", "--json")
    assert json.loads(once.stdout)["would_tell"] == 1


async def test_an_execution_that_is_pending_is_not_started_again(torale: Torale) -> None:
    task_id = await make_task(torale, "--run-immediately")
    refused = await torale("task", "execute", task_id, "--wait", "--wait-seconds", "1")
    assert refused.exit_code == 1, "one is pending already"
    assert refused.stderr.startswith("error: ")
    assert refused.stdout == ""


async def test_options_stand_before_or_after_the_command(torale: Torale) -> None:
    task_id = await make_task(torale)
    for typed in (
        ("--json", "task", "get", task_id),
        ("task", "--json", "get", task_id),
        ("task", "get", "--json", task_id),
        ("task", "get", task_id, "--json"),
    ):
        assert json.loads((await torale(*typed)).stdout)["id"] == task_id
    assert yaml.safe_load((await torale("task", "get", task_id, "--yaml")).stdout)["id"] == task_id
    assert (await torale("task", "get", task_id, "--yaml", "--json")).exit_code == 2


async def test_an_id_may_be_a_unique_beginning(torale: Torale) -> None:
    ids = [await make_task(torale) for _ in range(17)]  # two begin with the same digit
    first = next(one[0] for one in ids if sum(one[0] == other[0] for other in ids) > 1)

    ambiguous = await torale("task", "get", first)
    assert ambiguous.exit_code == 2
    assert all(one in ambiguous.stderr for one in ids if one[0] == first)
    assert (await torale("task", "get", ids[0][:20])).exit_code == 0
    assert (await torale("task", "get", "zzz")).exit_code == 4


async def test_suggest_and_preview_store_nothing(torale: Torale) -> None:
    draft = await torale("task", "suggest", "Tell me when the Aurora lamp drops below 350 USD")
    assert "350 USD" in draft.stdout
    found = await torale(
        *("task", "preview", "-q", "Price of the Aurora lamp"),
        *("-c", "the price is below 350 USD", "--source", "https://shop.example/lamp"),
    )
    assert re.search(r"^verdict +met$", found.stdout, re.MULTILINE)
    assert (await torale("task", "list")).stdout == ""


async def test_keys_are_made_used_and_revoked(torale: Torale, running: Running) -> None:
    made = await torale("key", "create", "CI", "--scope", "read")
    assert re.fullmatch(r"sk_[A-Za-z0-9]{32}\n", made.stdout)
    other = as_typed(running, made.stdout.strip())
    assert (await other("task", "list")).exit_code == 0
    assert (await other("key", "create", "More")).exit_code == 1, "it may only read"

    listed = json.loads((await torale("key", "list", "--json")).stdout)
    (made_id,) = [one["id"] for one in listed if one["name"] == "CI"]
    assert made.stdout.strip() not in (await torale("key", "list")).stdout
    assert (await torale("key", "revoke", made_id)).exit_code == 0
    assert (await other("task", "list")).exit_code == 3


async def test_channels(torale: Torale) -> None:
    made = await torale("channel", "create", "webhook", "https://hooks.example/y", "--json")
    channel = json.loads(made.stdout)
    assert channel["secret"].startswith("whsec_")
    short = channel["id"][:12]
    assert "hooks.example" in (await torale("channel", "list")).stdout
    rotated = json.loads((await torale("channel", "rotate-secret", short, "--json")).stdout)
    assert rotated["secret"] != channel["secret"]
    assert (await torale("channel", "test", short)).stderr == "✓ Delivered\n"
    assert "Chat" in (await torale("channel", "update", short, "--name", "Chat")).stdout
    assert "Chat" in (await torale("channel", "get", short)).stdout
    assert (await torale("channel", "verify", short, "123456")).exit_code == 0, "needs no code"
    assert (await torale("channel", "delete", short)).exit_code == 2, "nobody is asked"
    assert (await torale("channel", "delete", short, "--yes")).exit_code == 0


async def test_operators_see_everything_and_others_nothing(
    torale: Torale, as_admin: Torale
) -> None:
    await make_task(torale)
    for name in ("stats", "users", "executions", "errors", "queries", "jobs", "audit"):
        assert (await as_admin("admin", name)).exit_code == 0, name
        assert (await torale("admin", name)).exit_code == 1, name
    users = json.loads((await as_admin("admin", "users", "--json")).stdout)
    (alice,) = [one["id"] for one in users if one["email"] == "alice@example.com"]
    assert "inactive" in (await as_admin("admin", "deactivate", alice)).stdout
    assert (await torale("task", "list")).exit_code != 0
    assert (await as_admin("admin", "activate", alice)).exit_code == 0


async def test_lists_are_narrowed_and_leafed_through(torale: Torale, as_admin: Torale) -> None:
    ids = [await make_task(torale) for _ in range(3)]
    await torale("task", "execute", ids[0])

    async def listed(run: Torale, *typed: str) -> list[dict[str, object]]:
        shown = await run(*typed, "--json")
        assert shown.exit_code == 0, shown.output
        found: list[dict[str, object]] = json.loads(shown.stdout)
        return found

    async def show_ids(run: Torale, *typed: str) -> list[object]:
        return [one["id"] for one in await listed(run, *typed)]

    two = ("--limit", "2", "--page", "2")
    assert await show_ids(torale, "task", "list", *two) == ids[:1]
    assert await show_ids(as_admin, "admin", "queries", *two) == ids[:1]
    assert await show_ids(torale, "notification", "list", *two) == []
    assert len(await listed(as_admin, "admin", "executions", "--task", ids[0])) == 1
    assert await listed(as_admin, "admin", "executions", "--task", ids[1]) == []

    everybody = {one["email"]: str(one["id"]) for one in await listed(as_admin, "admin", "users")}
    alice = everybody["alice@example.com"]
    await as_admin("admin", "deactivate", alice)
    assert await show_ids(as_admin, "admin", "users", "--state", "inactive") == [alice]
    events = await listed(as_admin, "admin", "audit", "--user", alice[:13])
    assert {one["user_id"] for one in events} == {alice}
    assert (await as_admin("admin", "users", "--state", "asleep")).exit_code == 2
    assert (await torale("task", "logs", ids[0], "--follow", "--page", "2")).exit_code == 2


async def test_templates(torale: Torale) -> None:
    assert len((await torale("template", "list")).stdout.splitlines()) > 3


async def test_mistakes_are_usage_errors(torale: Torale) -> None:
    for typed in (
        ("task", "update", "x" * 36),
        (
            "task",
            "create",
            "-q",
            "a question of mine",
            "-c",
            "it is answered",
            "-s",
            "now and then",
        ),
        ("task", "get"),
        ("task", "list", "--state", "sleeping"),
        ("task", "delete", "0" * 36),
    ):
        ended = await torale(*typed)
        assert ended.exit_code == 2, ended.output
        assert ended.stdout == ""


@pytest.mark.parametrize("form", ["--json", "--yaml", None])
async def test_what_a_server_says_does_not_steer_the_terminal(
    torale: Torale, form: str | None
) -> None:
    task_id = await make_task(torale, "-n", "quiet \u202e\u2066 name")
    shown = await torale("task", "get", task_id, *([form] if form else []))

    assert shown.exit_code == 0
    assert not set("\x1b\u202e\u2066\x9b") & set(shown.output)
