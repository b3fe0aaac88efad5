import re
from collections import Counter
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI

from tests.support.people import Person, browse
from torale.contract.tasks import TaskCreate
from torale.contract.templates import TemplateOut
from torale.server.judge.builtin.conditions import compiler
from torale.server.tasks import api, rules
from torale.server.tasks.templates import TEMPLATES, fill, find

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def example(template: TemplateOut) -> dict[str, str]:
    values = {one.name: one.example for one in template.placeholders}
    return {
        "search_query": fill(template.search_query, values),
        "condition_description": fill(template.condition_description, values),
        "schedule": template.schedule,
        "notify_behavior": template.notify_behavior.value,
    }


def test_there_are_enough_for_everybody() -> None:
    categories = Counter(one.category for one in TEMPLATES)
    assert len(TEMPLATES) >= 12
    assert {"releases", "prices", "stock", "tickets"} <= set(categories)
    assert len({one.slug for one in TEMPLATES}) == len(TEMPLATES)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.slug)
def test_its_example_is_a_task(template: TemplateOut) -> None:
    task = TaskCreate.model_validate(example(template))
    assert "{" not in task.search_query + task.condition_description
    assert rules.next_run(task.schedule, "UTC", NOW) > NOW


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.slug)
def test_each_blank_is_named_and_used(template: TemplateOut) -> None:
    texts = template.search_query + template.condition_description
    used = set(re.findall(r"\{(\w+)\}", texts))
    assert used == {one.name for one in template.placeholders}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.slug)
def test_it_says_rightly_whether_a_model_is_needed(template: TemplateOut) -> None:
    made = example(template)
    compiled = compiler.compile_condition(made["condition_description"], made["search_query"])
    assert (compiled is None) is template.needs_model


def test_a_template_is_found_by_its_slug() -> None:
    assert find("back-in-stock") is not None
    assert find("nothing") is None


def test_a_value_with_braces_is_taken_as_it_is() -> None:
    values = {"product": "{amount}", "amount": "5"}
    assert fill("price of {product}", values) == "price of {amount}"
    assert fill("price of {other}", values) == "price of {other}"


async def test_they_are_listed_by_category(app: FastAPI, person: Person) -> None:
    app.include_router(api.templates_router)
    async with browse(app, person) as client:
        answer = await client.get("/api/v1/templates?category=prices")
        unknown = await client.get("/api/v1/templates?category=nonsense")
    found = answer.json()["templates"]
    assert {one["category"] for one in found} == {"prices"}
    assert unknown.status_code == 422
