"""Templates are code: of short lines, and as light as if nobody had to read them."""

import re
from pathlib import Path

import pytest

from torale.server.dashboard.web.templates import FOLDER, environment, fill

LONGEST_LINE = 120
TEMPLATES = sorted(FOLDER.rglob("*.html"))


def name(path: Path) -> str:
    return str(path.relative_to(FOLDER))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_lines_are_short(path: Path) -> None:
    lines = path.read_text().splitlines()

    assert [line for line in lines if len(line) > LONGEST_LINE] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_preformatted_text_comes_from_values(path: Path) -> None:
    blocks = re.findall(r"<pre[^>]*>(.*?)</pre>", path.read_text(), re.DOTALL)

    assert [text for text in blocks if "\n" in re.sub(r"{{.*?}}", "", text, flags=re.DOTALL)] == []


def test_white_space_of_a_template_is_one_blank_and_that_of_a_value_stays() -> None:
    template = environment().from_string("<p>\n    {{ text }}\n\n    <b>told</b>\n</p>\n")

    assert template.render(text="a\n  b") == "<p> a\n  b <b>told</b> </p>"


def test_nothing_stands_around_a_part() -> None:
    assert fill("tasks/_nothing.html", {}) == ""
