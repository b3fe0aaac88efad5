import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server.judge.conftest import Ask, page
from torale.server.judge.base import Verdict
from torale.server.judge.builtin.readings.versions.numbers import parse_version

MET, NOT_MET, UNKNOWN = Verdict.MET, Verdict.NOT_MET, Verdict.UNKNOWN


@pytest.mark.parametrize(
    "older, newer",
    [
        ("1.9", "1.10"),
        ("1.0-rc1", "1.0"),
        ("1.0-alpha.7", "1.0b1"),
        ("1.0-beta.2", "1.0-rc1"),
        ("1.0.0-rc2", "v1.0.0-rc10"),
        ("2.0.dev3", "2.0a1"),
        ("3", "3.0.1"),
    ],
)
def test_candidates_come_before_what_they_are_for(older: str, newer: str) -> None:
    before, after = parse_version(older), parse_version(newer)

    assert before is not None
    assert after is not None
    assert before.key() < after.key()


@given(st.lists(st.integers(min_value=0, max_value=999), min_size=1, max_size=5))
def test_a_version_is_read_as_it_is_written(numbers: list[int]) -> None:
    release = parse_version("v" + ".".join(map(str, numbers)))

    assert release is not None
    assert release.numbers == tuple(numbers)
    assert release.is_stable


@pytest.mark.parametrize("text", ["", "latest", "v", "x1.0", "10%", "1.2.3.4.5.6"])
def test_what_is_no_version_is_none(text: str) -> None:
    assert parse_version(text) is None


@pytest.mark.parametrize(
    "condition, text, verdict",
    [
        ("Quartz 2.0 is released", "Latest release: 2.0.1", MET),
        ("Quartz 2.0 is released", "Latest release: 3.1", MET),
        ("Quartz 2.0 is released", "Latest release: 2.0-rc1", NOT_MET),
        ("Quartz 2.0.3 is released", "Latest release: 3.1", UNKNOWN),
        ("Quartz 2.0-rc1 is released", "Latest release: 2.0-rc2", MET),
        ("Quartz 2.0 is released", "Quartz 2.0 has been released.", MET),
        ("Quartz 2.0 is released", "Quartz 2.0 has not been released.", UNKNOWN),
        ("Quartz 2.0 is released", "Quartz 2.0 will be released in May.", UNKNOWN),
        ("Quartz 2.0 is released", "Emerald 2.0 is out. It runs on Quartz.", UNKNOWN),
        ("Quartz 2.0 is released", "2.0.0 (2026-11-20)\nQuartz news", MET),
        ("Quartz 2.0 is released", "2.0.0 (2027-11-20)\nQuartz news", UNKNOWN),
        ("Quartz 2.0 is released", "[0].tag_name: v2.0.0\nname: quartz", MET),
        ("Quartz 2.0 is released", "Requires version: 2.1\nQuartz", UNKNOWN),
        ("Quartz version is newer than 2.0", "version: 2.0.0\nquartz", NOT_MET),
        ("Quartz version is newer than 2.0", "version: 2.0.1\nquartz", MET),
        ("Quartz version is at least 2.0", "version: 2.0.0\nquartz", MET),
        ("Quartz 2.0 is released", "The latest stable release is Quartz 1.9.2.", NOT_MET),
        ("Quartz 2.0 is released", "The latest stable release is Quartz 2.0.1.", MET),
        ("Quartz 2.0 is released", "The latest release is 1.9.2.\nQuartz 2.0 is here", UNKNOWN),
        ("Quartz 2.0 is released", "The latest release is 1.9.2.\n2.0 in development", NOT_MET),
        ("Quartz 2.0 is released", "The latest release of the plugin is 1.9.2.\nQuartz", UNKNOWN),
        ("Quartz 2.0 is released", "The latest beta version is 2.0b3.\nQuartz", UNKNOWN),
        (
            "Quartz 2.0 is released",
            "The latest version is 2.0 (release candidate).\nQuartz",
            UNKNOWN,
        ),
        ("Quartz 2.0 is released", "The latest version is expected to be 2.0.\nQuartz", UNKNOWN),
        ("Quartz 2.0 is released", "If the latest version is 2.0, upgrade.\nQuartz", UNKNOWN),
        ("Quartz 2.0 is released", "Quartz 2.0\nReleased to testers on 3 Nov 2026", UNKNOWN),
        ("Quartz 2.0 is released", "Quartz 2.0 (due 2026-10-01)", UNKNOWN),
        ("Quartz 2.0 is released", "Quartz 2.0.0\nReleased 23 November 2026", MET),
        ("Quartz 2.0 is released", "Quartz 2.0.0\nReleased 23 November 2027", UNKNOWN),
        ("Quartz 2.0 is released", "Quartz 2.0.0\nRoadmap", UNKNOWN),
        ("Quartz 2.0 is released", "Quartz 2.0.0 (23 Nov 2026)", MET),
        ("Quartz version newer than 2.0 is out", "Version 2.1 vom 19.11.2026\nQuartz", MET),
    ],
)
def test_one_page(ask: Ask, condition: str, text: str, verdict: Verdict) -> None:
    judgement = ask(condition, page(text, title="Quartz"), query="Quartz compiler")

    assert judgement.verdict is verdict, judgement.reasoning


def test_a_new_version_is_newer_than_the_last(ask: Ask) -> None:
    condition = "A new version of Quartz is released"
    first = ask(condition, page("Latest release: 1.9", title="Quartz"))
    same = ask(condition, page("Latest release: 1.9", title="Quartz"), previous=dict(first.facts))
    newer = ask(condition, page("Latest release: 1.10", title="Quartz"), previous=dict(first.facts))

    assert [one.verdict for one in (first, same, newer)] == [NOT_MET, NOT_MET, MET]
    assert newer.answer == "The newest version is 1.10. It was 1.9."
    assert newer.facts == {"version": "1.10"}
