"""The real application, but for the web that it reads, its engine, and whoever it writes to."""

from fastapi import FastAPI

from tests.support.fakes import Accepted, FakeClock, FakeGatherer, FakeQueue
from torale.server.app import create_app
from torale.server.clock import utc_now
from torale.server.engine.base import JOB_LIST, JOB_QUEUE
from torale.server.executions.checker import CHECKER, Checker
from torale.server.executions.dispatching.manual_launcher import ManualLauncher
from torale.server.judge.builtin.judge import BuiltinJudge
from torale.server.notifications.channels.registry import SENDERS, make_senders
from torale.server.notifications.service import Channels
from torale.server.notifications.task_channels import TaskChannels
from torale.server.notifications.verification.codes import VerificationCodes
from torale.server.parts import parts_of
from torale.server.tasks.ports import CHANNEL_BOOK, LAUNCHER
from torale.server.worker import Service

LAMP = "https://shop.example/lamp"


def build_offline(service: Service) -> tuple[FastAPI, FakeQueue]:
    """Build it around `service`, which is never started; the one page there is sells a lamp."""
    app = create_app(service)
    clock = FakeClock(utc_now())
    web = FakeGatherer(clock, pages={LAMP: "Aurora lamp\nPrice: 329.00 USD"})
    queue, senders = FakeQueue(clock), make_senders(service.settings, Accepted())
    parts = parts_of(app)
    parts[JOB_QUEUE] = parts[JOB_LIST] = queue
    parts[SENDERS] = senders
    parts[CHECKER] = Checker(web, BuiltinJudge())
    parts[LAUNCHER] = ManualLauncher(queue)
    parts[CHANNEL_BOOK] = TaskChannels(
        Channels(service.vault, senders, VerificationCodes(service.vault, queue))
    )
    return app, queue
