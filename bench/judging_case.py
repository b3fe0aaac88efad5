"""Cost of reading and judging, and the model calls that unchanged evidence saves."""

import asyncio
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from torale.server.evidence.base import ANY, Document, DocumentKind, Gathered, SearchFreshness
from torale.server.evidence.readers.base import AnswerContent
from torale.server.evidence.readers.pages import read_page
from torale.server.evidence.source import Source
from torale.server.executions.checker import Checker, CheckRequest
from torale.server.judge.base import (
    Judge,
    Judgement,
    JudgeRequest,
    Passage,
    Quote,
    SourceDocument,
    Trace,
    Usage,
    Verdict,
)
from torale.server.judge.builtin.judge import decide
from torale.server.judge.casebook import load_cases
from torale.server.judge.passages import digest, select

START = datetime(2026, 11, 16, tzinfo=UTC)
HOURS = 7 * 24
TASKS = 40
TALK = (
    "the council met again on a long evening and spoke of roads schools bridges and money while"
    " people from every part of the town came to listen to what was said about next year"
)


def judging() -> None:
    """Milliseconds per page and per verdict, and model calls saved over a replayed week."""
    _measure_reading()
    _measure_verdicts()
    _replay_a_week()


def _prose(words: int, seed: int) -> str:
    known = TALK.split()
    return " ".join(known[(seed * 7 + n * (seed % 5 + 1)) % len(known)] for n in range(words))


def _shop() -> str:
    offer = {"@type": "Offer", "price": "349.00", "priceCurrency": "USD", "availability": "InStock"}
    data = json.dumps({"@type": "Product", "name": "Aurora lamp", "offers": offer})
    rows = "".join(
        f"<li class='card'><a href='/p/{n}'><img src='/{n}.jpg' alt=''><span>Lamp {n}</span></a>"
        f"<p class='price'>{n}.00 USD</p><div data-track='{n}' class='badge'>New</div></li>"
        for n in range(400)
    )
    return (
        f"<html><head><title>Aurora lamp</title><script type='application/ld+json'>{data}</script>"
        f"<style>{'.a{color:red}' * 500}</style></head><body><nav>{rows[:9_000]}</nav>"
        f"<h1>Aurora lamp</h1><p>{_prose(200, 1)}</p><ul>{rows}</ul>"
        f"<footer>{_prose(80, 2)}</footer>"
        f"<script>{'var a=1;' * 2_000}</script></body></html>"
    )


def _article() -> str:
    paragraphs = "".join(f"<p>{_prose(90, n)}.</p>" for n in range(25))
    links = "".join(f"<li><a href='/story/{n}'>{_prose(8, n)}</a></li>" for n in range(250))
    return (
        "<html><head><title>The bridge</title><meta property='article:published_time'"
        f" content='2026-11-16T08:00:00Z'></head><body><header><ul>{links}</ul></header>"
        f"<article><h1>The bridge</h1>{paragraphs}</article><aside><ul>{links}</ul></aside>"
        f"<script>{'var a=1;' * 3_000}</script></body></html>"
    )


def _measure_reading() -> None:
    pages = {
        "shop, named by the user": (_shop(), True),
        "article, named by the user": (_article(), True),
        "article, found by a search": (_article(), False),
    }
    print("Reading, median of 30:")
    for name, (html, everything) in pages.items():
        read = partial(read_page, _page(html, everything=everything))
        took = _median(read, 30)
        print(f"    {name}, {len(html) / 1000:.0f} kB: {took:.1f} ms")


def _page(html: str, *, everything: bool) -> AnswerContent:
    return AnswerContent("https://site.example/", "text/html", html.encode(), html, everything)


def _median(action: Callable[[], object], times: int) -> float:
    """Return milliseconds; the first run, which also imports, does not count."""
    action()
    return statistics.median(_milliseconds(action) for _ in range(times))


def _milliseconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def _measure_verdicts() -> None:
    requests = [case.request() for case in load_cases()]
    for request in requests:
        decide(request)
    took = sorted(_milliseconds(partial(decide, request)) for request in requests)
    p95 = took[int(len(took) * 0.95)]
    print(
        f"Builtin judge, {len(requests)} cases: {statistics.mean(took):.2f} ms per verdict,"
        f" median {statistics.median(took):.2f}, p95 {p95:.2f}"
    )
    page = read_page(_page(_article(), everything=True)).text
    sources = (SourceDocument("https://site.example/", "The bridge", page),)
    took_to_select = _median(lambda: digest(select("bridge", "The bridge opens", sources)), 30)
    print(f"    passages of an article and their hash: {took_to_select:.1f} ms")


@dataclass
class Week:
    """One task's page over a week: news every few days, and what changes each time it is loaded.

    Attributes:
        news: Hours at which what the page says of the subject changes.
    """

    number: int
    news: Sequence[int]
    hour: int = 0

    async def gather(
        self,
        query: str,
        sources: Sequence[Source],
        *,
        now: datetime,
        freshness: SearchFreshness = ANY,
    ) -> Gathered:
        del query, freshness  # nothing is searched for
        version = sum(self.hour >= hour for hour in self.news)
        above = "\n".join(f"{_prose(14, n)}." for n in range(40))
        below = "\n".join(f"{_prose(14, n)}." for n in range(40, 80))
        text = (
            f"Visitors now: {self.hour * 37 % 900}\n"
            f"Advertisement {self.hour % 11}\n{above}\n"
            f"The ferry line {self.number} to the island runs by plan {version}.\n{below}\n"
            f"Page made in {self.hour % 7} ms"
        )
        page = Document(sources[0].url, "Ferry", text, DocumentKind.PAGE, now, named=True)
        return Gathered((page,), ())


class CountedModel(Judge):
    """Counts how often it is asked."""

    name = "model"

    def __init__(self) -> None:
        self.calls = 0

    async def judge(self, request: JudgeRequest) -> Judgement:
        self.calls += 1
        source = request.sources[0]
        sentence = next(line for line in source.text.splitlines() if "ferry line" in line)
        return Judgement(
            Verdict.NOT_MET,
            "It runs.",
            "The page says so.",
            0.9,
            (Quote(source.uri, sentence),),
            trace=Trace(
                self.name, passages=(Passage(source.uri, sentence),), usage=Usage(1, 5_000, 300)
            ),
        )


async def _week(task: Week, model: CountedModel, *, filtered: bool) -> None:
    checker = Checker(task, model)
    subject = CheckRequest(
        f"Ferry line {task.number} to the island",
        f"The ferry line {task.number} to the island is cancelled",
        (Source("https://ferry.example/"),),
        None,
        watched_since=START,
    )
    for hour in range(HOURS):
        task.hour = hour
        finding = await checker.check(subject, now=START + timedelta(hours=hour))
        assert finding.judgement is not None
        assert finding.judgement.verdict is Verdict.NOT_MET
        if filtered and finding.settled is not None:
            subject = replace(subject, settled=finding.settled)


def _replay_a_week() -> None:
    calls: dict[bool, int] = {}
    for filtered in (False, True):
        model = CountedModel()
        for number in range(TASKS):
            news = [hour for hour in range(1, HOURS) if (hour * 13 + number * 29) % 53 == 0]
            asyncio.run(_week(Week(5_000 + number, news), model, filtered=filtered))
        calls[filtered] = model.calls
    total = TASKS * HOURS
    saved = 1 - calls[True] / calls[False]
    print(f"A week of {TASKS} hourly tasks, {total} executions, pages that never load the same:")
    print(
        f"    {calls[False]} calls of a model without the hash of passages, {calls[True]} with it:"
    )
    print(f"    {saved:.1%} saved; {total - calls[True]} verdicts carried over")
