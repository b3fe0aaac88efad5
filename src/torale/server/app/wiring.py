"""Wiring: the parts that the rooms declare, handed to an application."""

from torale.server.auth.accounts import oauth
from torale.server.auth.accounts.oauth import OAUTH_CLIENT, OAUTH_PROVIDERS
from torale.server.auth.accounts.own_accounts import ACCOUNTS
from torale.server.auth.clerk.provider import CLERK
from torale.server.auth.key_uses import KEY_USES
from torale.server.auth.keys import KEYS
from torale.server.auth.ports import PAUSE_TASKS
from torale.server.clock import CLOCK
from torale.server.crypto import VAULT
from torale.server.dashboard.notifications.live_feed import LIVE_FEED, LiveFeed
from torale.server.database import SESSIONS
from torale.server.engine.base import JOB_LIST, JOB_QUEUE
from torale.server.executions.checker import CHECKER
from torale.server.executions.dispatching.manual_launcher import ManualLauncher
from torale.server.idempotency import InFlightLocks
from torale.server.idempotency.in_flight import IN_FLIGHT_LOCKS
from torale.server.limits import LIMITS
from torale.server.notifications.channels.registry import SENDERS
from torale.server.notifications.service import Channels
from torale.server.notifications.task_channels import TaskChannels
from torale.server.notifications.verification.codes import VerificationCodes
from torale.server.parts import Parts
from torale.server.review.regression_check import RegressionChecker
from torale.server.review.rejudging import REJUDGER, Rejudger
from torale.server.settings.base import SETTINGS
from torale.server.tasks import service as tasks_service
from torale.server.tasks.ports import CHANNEL_BOOK, LAUNCHER, REGRESSION_CHECK
from torale.server.worker import SERVICE, Service


def wire(parts: Parts, service: Service) -> None:
    """Lay down every part, out of those that the service built.

    Raises:
        MissingPartError: A room declares a part that is not laid down here.
    """
    parts[SERVICE] = service
    parts[SETTINGS] = service.settings
    parts[CLOCK] = service.clock
    parts[VAULT] = service.vault
    parts[SESSIONS] = service.sessions
    parts[JOB_QUEUE] = parts[JOB_LIST] = service.engine
    parts[LIMITS] = service.limits
    parts[IN_FLIGHT_LOCKS] = InFlightLocks()
    parts[KEYS] = service.keys
    parts[KEY_USES] = service.key_uses
    parts[CLERK] = service.clerk
    parts[ACCOUNTS] = service.accounts
    parts[OAUTH_CLIENT] = service.oauth
    parts[OAUTH_PROVIDERS] = oauth.providers(service.settings)
    parts[PAUSE_TASKS] = tasks_service.pause_all
    parts[SENDERS] = service.senders
    codes = VerificationCodes(service.vault, service.engine)
    parts[CHANNEL_BOOK] = TaskChannels(Channels(service.vault, service.senders, codes))
    parts[CHECKER] = service.checker
    parts[LAUNCHER] = ManualLauncher(service.engine)
    parts[REJUDGER] = rejudger = Rejudger(service.sessions, service.checker)
    parts[REGRESSION_CHECK] = RegressionChecker(rejudger)
    parts[LIVE_FEED] = LiveFeed(service.sessions, service.clock)
    parts.require_all()
