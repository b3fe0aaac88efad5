"""Replies of a model from a tape: no server, no key, and the very same requests."""

from pathlib import Path

import pytest
from vcr.record_mode import RecordMode

from tests.server.judge.model.recording import CASSETTES, KEY, MODES, cassette, judge, record
from torale.server.judge.base import Judgement, Verdict
from torale.server.judge.model.choice import OutputMode

NOBODY = "http://127.0.0.1:9/v1"


def assert_is_the_recorded_one(judgement: Judgement) -> None:
    assert judgement.verdict is Verdict.MET
    assert judgement.answer == "The lamp costs 329 USD."
    assert judgement.trace is not None
    assert judgement.trace.usage.calls == 2


@pytest.mark.parametrize("mode", MODES)
async def test_the_requests_are_still_those_that_were_recorded(mode: OutputMode) -> None:
    with cassette(CASSETTES / f"{mode}.yaml", RecordMode.NONE) as tape:
        judgement = await judge(NOBODY, mode)

        assert tape.all_played
    assert_is_the_recorded_one(judgement)


@pytest.mark.parametrize("mode", MODES)
async def test_a_recording_holds_no_key(mode: OutputMode, tmp_path: Path) -> None:
    await record(tmp_path / "tape.yaml", mode)

    with cassette(tmp_path / "tape.yaml", RecordMode.NONE):
        assert_is_the_recorded_one(await judge(NOBODY, mode))
    for path in (tmp_path / "tape.yaml", CASSETTES / f"{mode}.yaml"):
        written = path.read_text()
        assert KEY not in written
        assert "authorization" not in written.lower()
