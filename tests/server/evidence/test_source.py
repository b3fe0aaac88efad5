"""A source as the store and the stored trail write it."""

import pytest
from pydantic import ValidationError

from torale.server.evidence.source import SOURCES, Source

LAMP = Source("https://shop.example/lamp")


def test_a_source_is_written_as_its_address() -> None:
    assert SOURCES.dump_python((LAMP,), mode="json") == [LAMP.url]
    assert SOURCES.validate_python([LAMP.url]) == (LAMP,)


@pytest.mark.parametrize("written", [7, None, {}, {"url": 7}, {"address": LAMP.url}])
def test_nothing_else_is_taken_for_a_source(written: object) -> None:
    with pytest.raises(ValidationError):
        SOURCES.validate_python([written])
