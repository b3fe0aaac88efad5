"""Records what the model judge sends and gets. Run it to renew the cassettes:

python -m tests.server.judge.recording
"""

import asyncio
from pathlib import Path
from typing import Any

import vcr
from vcr.record_mode import RecordMode

from tests.support.models import INVENTED, LAMP, ModelServer, answer, refused, text, tool
from torale.server.judge.base import Judgement
from torale.server.judge.model.choice import Access, OutputMode, choose
from torale.server.judge.model.judge import LlmJudge
from torale.server.judge.model.providers import build_model

CASSETTES = Path(__file__).parent / "cassettes"
KEY = "sk-recorded-0123456789-not-a-real-key"
FENCE = "0123456789abcdef"  # else no two requests were the same
MODES: tuple[OutputMode, ...] = ("tool", "native", "prompted")


def cassette(path: Path, record_mode: RecordMode) -> Any:
    """A tape of whole requests but for the port, and without the key."""
    tape = vcr.VCR(
        record_mode=record_mode,
        match_on=["method", "scheme", "path", "body"],
        filter_headers=["authorization"],
        decode_compressed_response=True,
    )
    return tape.use_cassette(str(path))


async def judge(base_url: str, mode: OutputMode) -> Judgement:
    """Judge the price of the lamp, without pausing between attempts."""
    access = Access(openai_key=KEY, openai_url=base_url)
    choice = choose("openai-chat:stub", access, mode, variable="TORALE_MODEL")

    async def sleep(_: float) -> None:
        pass

    model = build_model(choice, access)
    made = LlmJudge(choice.label, model, output=mode, sleep=sleep, fence=lambda: FENCE)
    try:
        return await made.judge(LAMP)
    finally:
        await made.aclose()


async def record(path: Path, mode: OutputMode) -> None:
    """Record a refusal, an invented quote, and its repair."""
    say = tool if mode == "tool" else text
    async with ModelServer() as server:
        server.script(refused(503), say(INVENTED), say(answer()))
        with cassette(path, RecordMode.ALL):
            await judge(server.base_url, mode)


if __name__ == "__main__":
    for each in MODES:
        (CASSETTES / f"{each}.yaml").unlink(missing_ok=True)
        asyncio.run(record(CASSETTES / f"{each}.yaml", each))
