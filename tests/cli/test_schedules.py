import pytest

from torale.cli.console.schedules import to_cron


@pytest.mark.parametrize(
    "text,cron",
    [
        ("0 9 * * *", "0 9 * * *"),
        ("  */5  8-18 * * MON-FRI ", "*/5 8-18 * * MON-FRI"),
        ("every day at 09:00", "0 9 * * *"),
        ("Daily", "0 9 * * *"),
        ("every day at 5pm", "0 17 * * *"),
        ("every day at 12:30 am", "30 0 * * *"),
        ("every day at noon", "0 12 * * *"),
        ("every 15 minutes", "*/15 * * * *"),
        ("every minute", "*/1 * * * *"),
        ("every 60 minutes", "0 * * * *"),
        ("every 6 hours", "0 */6 * * *"),
        ("every 24 hours", "0 0 * * *"),
        ("hourly", "0 * * * *"),
        ("weekdays at 8:30", "30 8 * * 1-5"),
        ("weekends at 10", "0 10 * * 0,6"),
        ("mondays at 10", "0 10 * * 1"),
        ("every friday and tuesday at 7:05", "5 7 * * 2,5"),
    ],
)
def test_words_become_cron(text: str, cron: str) -> None:
    assert to_cron(text) == cron


@pytest.mark.parametrize(
    "text", ["", "now", "every 7 minutes", "every 0 hours", "every day at 25:00", "mondays at 0pm"]
)
def test_what_cannot_be_said_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="every"):
        to_cron(text)
