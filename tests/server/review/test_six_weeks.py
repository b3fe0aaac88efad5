"""One history of six weeks as its owner sees it: told, judged again, corrected, and verified."""

from sqlalchemy import text

from tests.server.audit.steps import alter, check, key
from tests.server.executions.steps import replay
from tests.server.review.steps import days, run, say, six_weeks
from tests.support.world import SHOP, World

SALES = [*range(14, 21), *range(35, 42)]  # the days at 345 and at 310 USD


async def test_six_weeks_can_be_checked_from_end_to_end(world: World) -> None:
    task = await six_weeks(world, notify_behavior="always")
    path = f"/tasks/{task['id']}"
    listed = [
        execution
        for page in (1, 2, 3)
        for execution in (await world.show(f"{path}/executions?page={page}&limit=20"))["executions"]
    ]
    executions = sorted(listed, key=lambda one: one["started_at"])
    assert [day for day, one in enumerate(executions) if one["condition_met"]] == SALES

    # Every verdict follows from what was stored, and comes out the same.
    for execution in executions:
        again = await replay(world, task, execution)
        assert (again["same"], again["evidence_complete"]) == (True, True)

    # The first sale was none to its owner. What a better condition would have done is known
    # before it is set; when it is set, nothing that was said is contradicted.
    await say(world, task, executions[14], correct=False, note="Too dear for me.")
    await say(world, task, executions[35], correct=True)
    found = await run(world, task, condition_description="Price below 320 USD")
    assert days(found, "told_then") == SALES
    assert days(found, "would_tell") == SALES[7:]
    assert found["coverage"]["share"] == 1.0
    shown = await world.show(path)
    assert shown["feedback"] == {"right": 1, "wrong": 1, "precision": 0.5}
    change = {"condition_description": "Price below 320 USD"}
    changed = await world.alice.put(f"/api/v1{path}", json=change)
    assert "regressions" not in changed.json()
    worse = {"condition_description": "Price below 300 USD"}
    changed = await world.alice.put(f"/api/v1{path}", json=worse)
    (lost,) = changed.json()["regressions"]
    assert lost["execution_id"] == executions[35]["id"]

    # All of that left the history as it was. One flipped byte does not.
    report = await check(world, task["id"])
    assert (report.executions, report.faults) == (42, [])
    async with world.sessions.begin() as session:
        query = "SELECT compressed FROM evidence_texts ORDER BY seen_at DESC LIMIT 1"
        whole = bytes((await session.execute(text(query))).scalar_one())
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 0x01]) + whole[middle + 1 :]
    statement = "UPDATE evidence_texts SET compressed = :new WHERE compressed = :old"
    await alter(world, statement, new=flipped, old=whole)
    report = await check(world, task["id"])
    named = {(str(one.execution_id), one.document) for one in report.faults}
    assert named == {(executions[day]["id"], SHOP) for day in SALES[7:]}

    # So does one letter of what was answered.
    await alter(world, statement, new=whole, old=flipped)
    statement = "UPDATE executions SET change_summary = 'x' WHERE id = :id"
    await alter(world, statement, id=key(world, executions[3]["id"]))
    (fault,) = (await check(world, task["id"])).faults
    assert str(fault.execution_id) == executions[3]["id"]
