"""A chain of hashes finds what was altered, and names it."""

import json
import zlib
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import JSON, Boolean, ColumnElement, Integer, literal_column, select, text, update

from tests.server.audit.steps import alter, check, forget, key, pad
from tests.support.fakes import START
from tests.support.world import SHOP, World
from torale.server.audit.text_verification import is_intact
from torale.server.database import UtcDateTime
from torale.server.executions import lifecycle
from torale.server.executions.evidence_trail import chain
from torale.server.executions.lifecycle import ExecutionStart
from torale.server.executions.models import EvidenceDocument, Execution

DAY = timedelta(days=1)
OTHER = "https://other.example/lamp"
NOT_CHAINED = {"job_id", "chain_hash"}  # the engine's own name of the job; the link itself


def page(price: int) -> str:
    return f"Aurora lamp\nPrice: {price}.00 USD"


async def history(world: World, *prices: int, **fields: Any) -> tuple[dict[str, Any], list[Any]]:
    """Make a task and execute it once for each price, a day apart."""
    task, executions = await world.create(notify_behavior="always", **fields), []
    for price in prices:
        world.clock.advance(timedelta(days=1))
        world.web.pages[SHOP] = page(price)
        executions.append(await world.execute(task))
    return task, executions


async def test_an_untouched_history_verifies(world: World) -> None:
    task, _ = await history(world, 399, 329, 329)
    other, _ = await history(world, 399)

    report = await check(world)

    assert report.faults == []
    assert (report.executions, report.documents, report.texts) == (4, 4, 2)
    assert [(str(one.task_id), one.length) for one in report.heads] == [
        (task["id"], 3),
        (other["id"], 1),
    ]
    assert len({one.hash for one in report.heads}) == 2


async def test_what_fails_and_what_is_given_up_is_chained_too(world: World) -> None:
    task, _ = await history(world, 399)
    world.web.pages.clear()
    world.web.unusable[OTHER] = "a captcha"
    await world.execute(task)
    dying = (await world.alice.post(f"/api/v1/tasks/{task['id']}/execute")).json()
    for _ in range(5):
        async with world.sessions.begin() as session:
            await lifecycle.start_executions(
                session, [ExecutionStart(UUID(dying["execution_id"]), world.clock())]
            )

    report = await check(world)

    assert report.faults == []
    assert report.executions == 3


async def test_one_flipped_byte_of_a_text_is_found_and_named(world: World) -> None:
    task, executions = await history(world, 399, 329)
    async with world.sessions.begin() as session:
        query = "SELECT compressed FROM evidence_texts ORDER BY seen_at LIMIT 1"
        compressed = bytearray((await session.execute(text(query))).scalar_one())
    whole = bytes(compressed)
    compressed[len(compressed) // 2] ^= 0x01
    statement = "UPDATE evidence_texts SET compressed = :new WHERE compressed = :old"
    await alter(world, statement, new=bytes(compressed), old=whole)

    report = await check(world)

    (fault,) = report.faults
    assert str(fault.task_id) == task["id"]
    assert str(fault.execution_id) == executions[0]["id"]
    assert fault.document == SHOP
    assert str(fault) == (
        f"task {task['id']} execution {executions[0]['id']} document {SHOP}: "
        "its text is not the one that was read"
    )


async def test_one_changed_letter_of_a_verdict_is_found_and_named(world: World) -> None:
    task, executions = await history(world, 399, 329, 329)
    result = json.dumps(executions[1]["result"]).replace('"met"', '"not_met"')
    statement = "UPDATE executions SET result = :result WHERE id = :id"
    await alter(world, statement, result=result, id=key(world, executions[1]["id"]))

    report = await check(world)

    (fault,) = report.faults
    assert (str(fault.task_id), str(fault.execution_id)) == (task["id"], executions[1]["id"])


async def test_the_same_verdict_in_other_bytes_is_found(world: World) -> None:
    _, executions = await history(world, 329)
    spaced = "CAST(replace(CAST(result AS text), ', ', ',  ') AS {})"
    spaced = spaced.format("text" if world.settings.is_sqlite else "json")
    await alter(world, f"UPDATE executions SET result = {spaced}")

    (fault,) = (await check(world)).faults

    assert str(fault.execution_id) == executions[0]["id"]


COLUMNS = [
    column
    for table in (Execution.__table__, EvidenceDocument.__table__)
    for column in table.columns
    if column.name not in {"job_id", "task_id", "execution_id"} and not column.primary_key
]
MOMENT = "'2026-01-01 00:00:00.000000'"


def other_value(column: ColumnElement[Any], name: str) -> str:
    """Return an expression of another value than the one in the column."""
    kind = column.type
    if name == "status":
        return "'failed'"
    if isinstance(kind, Boolean):
        return f"CASE WHEN {name} THEN false ELSE true END"
    if isinstance(kind, Integer):
        return f"coalesce({name}, 0) + 7"
    fixed = {JSON: "'[1]'", UtcDateTime: MOMENT}
    given = [one for known, one in fixed.items() if isinstance(kind, known)]
    return given[0] if given else f"'x' || substr(coalesce({name}, ''), 2)"


async def test_every_single_altered_field_is_found(world: World) -> None:
    task, executions = await history(world, 399, 329, 329)
    wanted = (task["id"], executions[1]["id"])
    for column in COLUMNS:
        table = column.table
        of_execution = table.c["id" if table.name == "executions" else "execution_id"]
        this = of_execution == UUID(executions[1]["id"])
        async with world.sessions.begin() as session:
            before = await session.scalar(select(column).where(this))
            other: ColumnElement[Any] = literal_column(other_value(column, column.name))
            await session.execute(update(table).where(this).values({column.name: other}))

        named = {(str(one.task_id), str(one.execution_id)) for one in (await check(world)).faults}
        async with world.sessions.begin() as session:
            await session.execute(update(table).where(this).values({column.name: before}))

        assert wanted in named, f"{column} was altered unseen"
    assert (await check(world)).faults == [], "all is as it was"


async def test_a_document_that_was_altered_is_named(world: World) -> None:
    _, executions = await history(world, 399, 329)
    statement = (
        "UPDATE evidence_documents SET uri = 'https://forged.example/' WHERE execution_id = :id"
    )
    await alter(world, statement, id=key(world, executions[0]["id"]))

    (fault,) = (await check(world)).faults

    assert fault.document == "https://forged.example/"
    assert str(fault.execution_id) == executions[0]["id"]


async def test_bytes_that_are_no_text_are_found(world: World) -> None:
    if not world.settings.is_sqlite:
        return  # PostgreSQL refuses them
    _, executions = await history(world, 399)
    statement = "UPDATE evidence_documents SET title = CAST(x'4175e9' AS text)"
    await alter(world, statement)
    await alter(world, "UPDATE executions SET created_at = 'yesterday'")

    faults = (await check(world)).faults

    assert {str(one.execution_id) for one in faults} == {executions[0]["id"]}
    assert {one.document for one in faults} == {SHOP, None}


async def test_a_removed_document_is_found(world: World) -> None:
    _, executions = await history(world, 399, 329)
    statement = "DELETE FROM evidence_documents WHERE execution_id = :id"
    await alter(world, statement, id=key(world, executions[0]["id"]))

    faults = (await check(world)).faults

    assert [str(one.execution_id) for one in faults] == [executions[0]["id"]]


@pytest.mark.parametrize("at", [0, 1, 2])
async def test_a_removed_execution_is_found(world: World, at: int) -> None:
    task, executions = await history(world, 399, 329, 329)
    statement = "DELETE FROM executions WHERE id = :id"
    await alter(world, statement, id=key(world, executions[at]["id"]))

    faults = (await check(world)).faults

    missing = [one for one in faults if "is missing" in one.what and one.execution_id is None]
    assert [str(one.task_id) for one in missing] == [task["id"]]
    assert f"execution {at + 1} of its chain" in missing[0].what


async def test_an_added_execution_is_found(world: World) -> None:
    task, _ = await history(world, 399)
    await pad(world, task["id"], 1)

    (fault,) = (await check(world)).faults

    assert str(fault.task_id) == task["id"]
    assert "added" in fault.what


async def test_what_ended_before_there_was_a_chain_is_counted(world: World) -> None:
    task, _ = await history(world)
    await pad(world, task["id"], 3)
    async with world.sessions.begin() as session:
        await session.execute(text("UPDATE executions SET chain_hash = ''"))
    world.web.pages[SHOP] = page(399)
    await world.execute(task)

    report = await check(world)

    assert report.faults == []
    assert [(one.length, one.unchained) for one in report.heads] == [(1, 3)]


async def test_a_chain_that_was_cut_at_its_end_is_found(world: World) -> None:
    task, executions = await history(world, 399, 329)
    await alter(world, "DELETE FROM executions WHERE id = :id", id=key(world, executions[1]["id"]))
    statement = "UPDATE tasks SET chain_length = 1 WHERE id = :id"
    await alter(world, statement, id=key(world, task["id"]))

    (fault,) = (await check(world)).faults

    assert "does not end where" in fault.what


async def test_whoever_rewrites_all_of_it_is_caught_by_a_noted_head_alone(world: World) -> None:
    _, executions = await history(world, 399)
    noted = (await check(world)).heads[0].hash
    async with world.sessions.begin() as session:
        execution = await session.get_one(Execution, UUID(executions[0]["id"]))
        rows = await session.execute(text("SELECT digest FROM evidence_documents"))
        digests = [one.digest for one in rows]
        columns = [execution.__table__.c[one] for one in chain.EXECUTION_FIELDS]
        row = (await session.execute(select(*columns))).mappings().one()
        result = {**row["result"], "answer": "Forged."}
        hash_ = chain.link("", {**row, "result": result}, digests)
        execution.result, execution.chain_hash = result, hash_
        await session.execute(text("UPDATE tasks SET chain_head = :hash"), {"hash": hash_})

    report = await check(world)

    assert report.faults == [], "a chain alone cannot prove it"
    assert report.heads[0].hash != noted


async def test_retention_leaves_a_chain_that_verifies(world: World) -> None:
    task, _ = await history(world, 399, 329)
    world.clock.advance(timedelta(days=500))
    world.web.pages[SHOP] = page(419)
    for _ in range(51):
        world.clock.advance(timedelta(seconds=1))
        await world.execute(task)
    assert await forget(world) == 4, "two executions, two texts"

    report = await check(world)

    assert report.faults == []
    assert report.executions == 51
    assert report.heads[0].length == 53

    await alter(world, "UPDATE tasks SET chain_anchor = :no", no="0" * 64)
    assert len((await check(world)).faults) == 1, "the first one left follows the removed ones"


async def test_forgotten_texts_are_not_altered_ones(world: World) -> None:
    task, _ = await history(world, 399)
    world.clock.advance(timedelta(days=91))
    world.web.pages[SHOP] = page(329)
    for _ in range(50):
        world.clock.advance(timedelta(seconds=1))
        await world.execute(task)
    assert await forget(world) == 1

    report = await check(world)

    assert report.faults == []
    assert report.forgotten == 1


async def test_a_young_text_that_is_gone_is_missing(world: World) -> None:
    _, executions = await history(world, 399, 329)
    await alter(
        world, "DELETE FROM evidence_texts WHERE seen_at < :now", now=str(START + DAY * 1.5)
    )

    (fault,) = (await check(world)).faults

    assert (str(fault.execution_id), fault.document) == (executions[0]["id"], SHOP)
    assert "too young" in fault.what


async def test_one_task_is_verified_alone(world: World) -> None:
    task, _ = await history(world, 399)
    other, executions = await history(world, 329)
    statement = "UPDATE executions SET notification = 'x' WHERE id = :id"
    await alter(world, statement, id=key(world, executions[0]["id"]))

    assert (await check(world, task["id"])).faults == []
    assert len((await check(world, other["id"])).faults) == 1
    assert (await check(world, task["id"])).texts == 1


def test_every_column_is_covered_or_left_out_on_purpose() -> None:
    executions = {column.name for column in Execution.__table__.columns}
    documents = {column.name for column in EvidenceDocument.__table__.columns}

    assert executions == {*chain.EXECUTION_FIELDS, *NOT_CHAINED}
    assert documents == {*chain.DOCUMENT_FIELDS, "digest"}


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
EXECUTIONS = st.fixed_dictionaries(dict.fromkeys(chain.EXECUTION_FIELDS, JSON_VALUES))
DIGESTS = st.lists(st.text("0123456789abcdef", min_size=64, max_size=64), max_size=3)


@given(
    execution=EXECUTIONS,
    digests=DIGESTS,
    field=st.sampled_from(chain.EXECUTION_FIELDS),
    value=JSON_VALUES,
)
def test_a_link_changes_with_every_field(
    execution: dict[str, Any], digests: list[str], field: str, value: object
) -> None:
    altered = {**execution, field: value}
    is_same = json.dumps(value, sort_keys=True) == json.dumps(execution[field], sort_keys=True)

    links = chain.link("", execution, digests), chain.link("", altered, digests)

    assert (links[0] == links[1]) == is_same
    assert chain.link("", execution, [*digests, "0" * 64]) != links[0]
    assert chain.link("0" * 64, execution, digests) != links[0]
    stored = json.loads(json.dumps(execution))
    assert chain.link("", stored, digests) == links[0], "what was stored and read back is the same"


@given(text=st.text(max_size=300), at=st.integers(0, 10_000), mask=st.integers(1, 255))
def test_a_byte_of_a_text_cannot_change_it_unseen(text: str, at: int, mask: int) -> None:
    name, compressed = sha256(text.encode()).hexdigest(), bytearray(zlib.compress(text.encode()))
    compressed[at % len(compressed)] ^= mask

    # The last bits of a compressed block may mean nothing: then the text is what it was.
    if is_intact(name, bytes(compressed)):
        assert zlib.decompress(bytes(compressed)) == text.encode()
    assert is_intact(name, zlib.compress(text.encode()))
    assert not is_intact(name, zlib.compress(text.encode()) + b"x")
