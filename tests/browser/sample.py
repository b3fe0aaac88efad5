"""An account that has been in use for six weeks, with every state that a page can show.

The texts of the pages are made up; verdicts, quotes, changes and messages are Torale's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx2
from fastapi import FastAPI

from tests.support.fakes import START, Accepted, FakeClock, FakeGatherer, FakeQueue
from tests.support.people import BASE_URL, GENEROUS, READ_WRITE
from torale.server.app import create_app
from torale.server.auth import service as auth_service
from torale.server.engine.base import JOB_LIST, JOB_QUEUE
from torale.server.evidence.base import ANY, Gathered, Problem, SearchFreshness
from torale.server.evidence.source import Source
from torale.server.executions.checker import CHECKER, Checker
from torale.server.executions.dispatching.dispatcher import Dispatcher
from torale.server.executions.dispatching.job_names import EXECUTION
from torale.server.executions.dispatching.manual_launcher import ManualLauncher
from torale.server.executions.execution_job import ExecutionJob
from torale.server.judge.builtin.judge import BuiltinJudge
from torale.server.notifications.channels.registry import SENDERS, make_senders
from torale.server.notifications.jobs import DeliveryJob
from torale.server.notifications.outbox.delivery_jobs import DELIVERY
from torale.server.notifications.service import Channels
from torale.server.notifications.task_channels import TaskChannels
from torale.server.notifications.verification.codes import VerificationCodes
from torale.server.parts import parts_of
from torale.server.settings.base import Settings
from torale.server.tasks.ports import CHANNEL_BOOK, LAUNCHER
from torale.server.worker import Service

EMAIL = "ada@example.com"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WEEKS = timedelta(weeks=6)


@dataclass(frozen=True)
class Story:
    """A task, and what its page says day by day; the task is as old as the list is long."""

    name: str
    query: str
    condition: str
    url: str
    says: Sequence[str]
    notify_behavior: str = "track_state"

    def spec(self, channel: str) -> dict[str, Any]:
        return {
            "name": self.name,
            "search_query": self.query,
            "condition_description": self.condition,
            "schedule": "0 9 * * *",
            "timezone": "Europe/Berlin",
            "notify_behavior": self.notify_behavior,
            "sources": [self.url],
            "notifications": [{"type": "channel", "id": channel}],
        }


def _prices(item: str, prices: Sequence[str]) -> list[str]:
    return [f"{item}\nPrice: {price} EUR. In stock, delivered in two days." for price in prices]


_CONSOLE = [
    *["549.00"] * 9,
    *["529.00"] * 8,
    *["499.00"] * 10,
    *["519.00"] * 4,
    *["479.00"] * 6,
    *["449.00"] * 3,
    *["429.00"] * 2,
]
STORIES = (
    Story(
        "PlayStation 5 Pro below 450 €",
        "PlayStation 5 Pro price",
        "The price is below 450 EUR",
        "https://shop.example/playstation-5-pro",
        _prices("PlayStation 5 Pro", _CONSOLE),
    ),
    Story(
        "Standing desk back in stock",
        "Standing desk Oak 160 availability",
        "The desk is back in stock",
        "https://desks.example/oak-160",
        [
            *["Oak 160 standing desk\nSold out. Notify me when available."] * 20,
            *["Oak 160 standing desk\nIn stock. Add to cart."] * 3,
            *["Oak 160 standing desk\nSold out. Notify me when available."] * 9,
        ],
    ),
    Story(
        "Python 3.15 is released",
        "Python 3.15 release",
        "Version 3.15 has been released",
        "https://python.example/downloads",
        ["Downloads\nThe latest stable release is Python 3.14.1."] * 6
        + ["Downloads\nThe latest stable release is Python 3.14.2."] * 3,
    ),
    Story(
        "Registration for the spring marathon",
        "Spring marathon registration",
        'The page contains "registration is open"',
        "https://marathon.example/",
        [
            *["Spring marathon\nRegistration opens in November."] * 5,
            "Spring marathon\nFrom today registration is open for everybody.",
        ],
        "once",
    ),
    Story(
        "Court publishes the ruling",
        "Ruling in case C-11/26",
        "The court has announced its ruling",
        "https://court.example/c-11-26",
        ["Case C-11/26\nThe hearing took place in October. A date has not been set."] * 4,
    ),
    Story(
        "Night train to Rome",
        "Night train tickets in May",
        "Tickets are available",
        "https://trains.example/rome",
        [""] * 4,
    ),
    Story(
        "Graphics card below 600 €",
        "Graphics card price",
        "The price is below 600 EUR",
        "https://shop.example/graphics-card",
        _prices("Vertex 90 graphics card", ["689.00"] * 5),
    ),
)


class Web(FakeGatherer):
    """A web on which an address without a text does not answer."""

    async def gather(
        self,
        query: str,
        sources: Sequence[Source],
        *,
        now: datetime,
        freshness: SearchFreshness = ANY,
    ) -> Gathered:
        found = await super().gather(query, sources, now=now, freshness=freshness)
        silent = [
            Problem(source.url, "timeout", f"{source.url} did not answer within 20 s.", named=True)
            for source in sources
            if source.url not in self.pages
        ]
        return Gathered(found.documents, (*found.problems, *silent))


class Past:
    """The application as it was: its clock, web and jobs are in our hands."""

    def __init__(self, settings: Settings) -> None:
        self.clock = FakeClock(START - WEEKS - 2 * MINUTE)
        self.service = Service(
            settings, kind="serve", executes=False, clock=self.clock, policies=GENEROUS
        )
        self.channel = ""
        self.web = Web(self.clock)
        self.queue = FakeQueue(self.clock)
        self.app = create_app(self.service)
        self._wire(self.app, settings)
        self.dispatcher = Dispatcher(
            self.service.sessions, self.queue, self.clock, self.service.metrics
        )

    def _wire(self, app: FastAPI, settings: Settings) -> None:
        service, queue = self.service, self.queue
        senders = make_senders(settings, Accepted())
        checker = Checker(self.web, BuiltinJudge())
        execution = ExecutionJob(
            service.sessions, queue, checker, self.clock, service.metrics, settings.url
        )
        delivery = DeliveryJob(
            sessions=service.sessions,
            jobs=queue,
            senders=senders,
            vault=service.vault,
            settings=settings,
            clock=self.clock,
        )
        queue.handle(EXECUTION, execution.run)
        queue.handle(DELIVERY, delivery.run)
        parts = parts_of(app)
        parts[JOB_QUEUE] = parts[JOB_LIST] = queue
        parts[SENDERS] = senders
        parts[CHECKER] = checker
        parts[LAUNCHER] = ManualLauncher(queue)
        parts[CHANNEL_BOOK] = TaskChannels(
            Channels(service.vault, senders, VerificationCodes(service.vault, queue))
        )

    async def sign_up(self) -> str:
        """Make the user; answers an API key."""
        async with self.service.sessions.begin() as session:
            user = await auth_service.find_or_make_user(
                session, EMAIL, is_admin=True, now=self.clock()
            )
            _, key = await auth_service.create_key(
                session, user.id, "Laptop", READ_WRITE, None, self.clock()
            )
            return key

    async def live(self, client: httpx2.AsyncClient) -> None:
        """Let the days pass."""
        days = WEEKS // DAY
        made: dict[str, Mapping[str, Any]] = {}
        for day in range(days):
            for story in STORIES:
                born = days - len(story.says)
                if day < born:
                    continue
                if day == born:
                    made[story.name] = await _post(
                        client, "/api/v1/tasks", story.spec(self.channel)
                    )
                if text := story.says[day - born]:
                    self.web.pages[story.url] = text
            self.clock.advance(DAY)
            await self.dispatcher.tick()
            await self.queue.run_due()
        paused = made["Graphics card below 600 €"]
        changed = await client.put(f"/api/v1/tasks/{paused['id']}", json={"state": "paused"})
        changed.raise_for_status()


async def _post(client: httpx2.AsyncClient, path: str, body: object) -> dict[str, Any]:
    response = await client.post(path, json=body)
    assert response.is_success, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def furnish(settings: Settings) -> None:
    """Fill a fresh, migrated database with the account; it ends at `START`."""
    past = Past(settings)
    try:
        key = await past.sign_up()
        transport = httpx2.ASGITransport(app=past.app)
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(
            transport=transport, base_url=BASE_URL, headers=headers
        ) as client:
            hook = {"type": "webhook", "name": "Team", "target": "https://hooks.example/torale"}
            past.channel = str((await _post(client, "/api/v1/channels", hook))["id"])
            past.clock.advance(MINUTE)  # lists are in the order of time
            unproved = {"type": "email", "name": "Office", "target": "office@example.com"}
            await _post(client, "/api/v1/channels", unproved)
            past.clock.advance(MINUTE)
            await _post(client, "/auth/api-keys", {"name": "Price script", "expires_at": None})
            await past.live(client)
    finally:
        await past.service.stop()
