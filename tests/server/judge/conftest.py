import importlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from torale.server.judge.base import Judgement, JudgeRequest, SourceDocument
from torale.server.judge.builtin.judge import decide
from torale.server.judge.model.choice import OutputMode

if TYPE_CHECKING:
    from tests.server.judge.model.scripted_model import World

Ask = Callable[..., Judgement]


@pytest.fixture
def ask() -> Ask:
    """Asks the builtin judge about one page that the user named, or about given sources."""

    def _ask(
        condition: str,
        *texts: str | SourceDocument,
        query: str = "Aurora X headphones",
        previous: dict[str, str] | None = None,
    ) -> Judgement:
        sources = tuple(
            text
            if isinstance(text, SourceDocument)
            else page(text, uri=f"https://shop{index}.example/x")
            for index, text in enumerate(texts)
        )
        now = datetime(2026, 11, 24, 9, tzinfo=UTC)
        return decide(JudgeRequest(query, condition, sources, now, previous))

    return _ask


def page(
    text: str,
    *,
    uri: str = "https://shop.example/aurora",
    title: str = "Aurora X headphones",
    named: bool = True,
) -> SourceDocument:
    return SourceDocument(uri, title, text, named=named)


@pytest.fixture(params=["tool", "native", "prompted"])
def mode(request: pytest.FixtureRequest) -> OutputMode:
    found: OutputMode = request.param
    return found


@pytest.fixture
async def world(mode: OutputMode) -> "AsyncIterator[World]":
    # Few tests here need the library behind it, which takes a second to load.
    scripted = importlib.import_module("tests.server.judge.model.scripted_model")
    async with scripted.open_world(mode) as made:
        yield made
