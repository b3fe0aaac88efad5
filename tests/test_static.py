"""The pages that ship with the server work without internet and under a strict content policy."""

import hashlib
import re
from pathlib import Path

import pytest

import torale

STATIC = Path(torale.__file__).parent / "server" / "static"
VENDOR = STATIC / "vendor"
PAGES = sorted(STATIC.glob("*.html"))
DASHBOARD = STATIC.parent / "dashboard" / "static"
OURS = [path for path in (*STATIC.iterdir(), *DASHBOARD.rglob("*")) if path.is_file()]


def test_vendored_files_are_what_was_vendored() -> None:
    lines = (VENDOR / "SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    found = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name not in {"SHA256SUMS", "README.md"}
    }

    assert found == sums


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_runs_no_inline_code(page: Path) -> None:
    text = page.read_text()

    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", text) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_loads_is_there(page: Path) -> None:
    wanted = re.findall(r'(?:src|href)="/static/([^"]+)"', page.read_text())

    assert wanted
    assert [one for one in wanted if not (STATIC / one).is_file()] == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(STATIC.parent)))
def test_nothing_of_ours_names_another_server(path: Path) -> None:
    hosts = set(re.findall(r"https?://([^/\"' ]+)", path.read_text()))

    assert hosts <= {"www.w3.org"}, "an XML namespace is a name; anything else is a request"
