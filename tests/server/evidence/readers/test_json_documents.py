"""JSON that is small and would be large as lines is read within bounds."""

import json
import tracemalloc

from torale.server.evidence.readers.base import AnswerContent, ReaderResult
from torale.server.evidence.readers.json_documents import MAX_LINES, read_json


def read(text: str) -> ReaderResult | None:
    url = "https://api.example/items"
    return read_json(AnswerContent(url, "application/json", text.encode(), text, everything=True))


def test_a_long_key_over_a_long_list_takes_no_memory_for_each_item() -> None:
    text = json.dumps({"k" * 50_000: [0] * 50_000})

    tracemalloc.start()
    result = read(text)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert result is not None
    assert result.text.count("\n") == MAX_LINES - 1
    assert most < 20_000_000


def test_a_path_shows_its_end() -> None:
    result = read(json.dumps({"a" * 500: {"price": 349}}))

    assert result is not None
    assert result.text.startswith("…aaa")
    assert result.text.endswith(".price: 349")
    assert len(result.text) < 230
