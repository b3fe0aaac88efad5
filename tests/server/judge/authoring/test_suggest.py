import pytest
from hypothesis import given
from hypothesis import strategies as st

from torale.server.judge.authoring.suggest import suggest

CURRENT = {
    "name": "iPhone",
    "search_query": "iPhone release date",
    "condition_description": "A release date is announced",
    "schedule": "0 9 * * *",
    "notify_behavior": "once",
}


@pytest.mark.parametrize(
    "words, cron",
    [
        ("", "0 9 * * *"),
        ("every hour", "0 * * * *"),
        ("hourly", "0 * * * *"),
        ("every 15 minutes", "*/15 * * * *"),
        ("every 6 hours", "0 */6 * * *"),
        ("every day", "0 9 * * *"),
        ("daily at 18:30", "30 18 * * *"),
        ("every morning", "0 9 * * *"),
        ("every evening", "0 18 * * *"),
        ("every weekday", "0 9 * * 1-5"),
        ("every weekday at 7pm", "0 19 * * 1-5"),
        ("every monday", "0 9 * * 1"),
        ("on Mondays and Thursdays at 8", "0 8 * * 1,4"),
        ("weekly", "0 9 * * 1"),
        ("every month", "0 9 1 * *"),
        ("at noon", "0 12 * * *"),
        ("twice a day", "0 9,18 * * *"),
        ("every 2 days", "0 9 */2 * *"),
    ],
)
def test_the_schedule_is_taken_out_of_the_prompt(words: str, cron: str) -> None:
    found = suggest(f"Tell me when the PS6 is in stock {words}")

    assert found.schedule == cron
    assert found.condition_description == "The PS6 is in stock"


@pytest.mark.parametrize(
    "prompt, behavior",
    [
        ("Tell me when the PS6 is in stock", "once"),
        ("Tell me every time a new Python version is released", "always"),
        ("Let me know whenever the site is down", "always"),
        ("Tell me when the price of the PS6 changes", "track_state"),
        ("Keep me posted on the Mars mission", "track_state"),
    ],
)
def test_the_behavior_follows_the_words(prompt: str, behavior: str) -> None:
    assert suggest(prompt).notify_behavior == behavior


def test_as_soon_as_looks_often() -> None:
    assert suggest("Alert me as soon as Radiohead tickets go on sale").schedule == "*/30 * * * *"


def test_a_new_rhythm_keeps_everything_else() -> None:
    found = suggest("check it every 6 hours and notify me every time", CURRENT)

    assert found.schedule == "0 */6 * * *"
    assert found.notify_behavior == "always"
    assert (found.name, found.search_query) == (CURRENT["name"], CURRENT["search_query"])
    assert found.condition_description == CURRENT["condition_description"]


def test_a_new_matter_keeps_the_rhythm() -> None:
    found = suggest("tell me when the PS6 is in stock", {**CURRENT, "schedule": "0 7 * * *"})

    assert found.condition_description == "The PS6 is in stock"
    assert found.schedule == "0 7 * * *"


@given(prompt=st.text(max_size=2_000), current=st.sampled_from([None, {}, CURRENT]))
def test_any_prompt_gives_a_task_that_the_wire_accepts(
    prompt: str, current: dict[str, str] | None
) -> None:
    found = suggest(prompt, dict(current) if current is not None else None)

    assert 1 <= len(found.name) <= 200
    assert 10 <= len(found.search_query) <= 500
    assert 10 <= len(found.condition_description) <= 500
    assert len(found.schedule.split()) == 5
    assert found.notify_behavior in {"once", "always", "track_state"}
