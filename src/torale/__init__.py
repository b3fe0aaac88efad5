"""Torale tells you when something happens on the web, and shows the evidence.

    from torale import ToraleClient

    with ToraleClient() as client:
        task = client.tasks.create(
            search_query="PlayStation 5 Slim price",
            condition_description="the price is below 350 USD",
            schedule="0 9 * * *",
        )

What can go wrong is in `torale.exceptions`. Everything is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torale.contract.auth import KeyCreated, KeyOut, Scope, UserOut
    from torale.contract.channels import (
        ChannelOut,
        ChannelState,
        ChannelType,
        DeliveryStatus,
        EventType,
        SendOut,
        TestOut,
    )
    from torale.contract.executions import (
        EvidenceDocument,
        ExecutionOut,
        ExecutionStatus,
        GroundingSource,
        NotificationOut,
        PreviewOut,
        QuoteOut,
        ResultOut,
        Trigger,
    )
    from torale.contract.tasks import (
        ChannelTarget,
        EmailTarget,
        NotifyBehavior,
        SuggestOut,
        TaskOut,
        TaskState,
        WebhookTarget,
    )
    from torale.contract.templates import TemplateCategory, TemplateOut
    from torale.sdk.client import AsyncToraleClient, ToraleClient
    from torale.sdk.pages import AsyncPage, Page
    from torale.sdk.transport.answers import RateLimit

__all__ = [
    "AsyncPage",
    "AsyncToraleClient",
    "ChannelOut",
    "ChannelState",
    "ChannelTarget",
    "ChannelType",
    "DeliveryStatus",
    "EmailTarget",
    "EventType",
    "EvidenceDocument",
    "ExecutionOut",
    "ExecutionStatus",
    "GroundingSource",
    "KeyCreated",
    "KeyOut",
    "NotificationOut",
    "NotifyBehavior",
    "Page",
    "PreviewOut",
    "QuoteOut",
    "RateLimit",
    "ResultOut",
    "Scope",
    "SendOut",
    "SuggestOut",
    "TaskOut",
    "TaskState",
    "TemplateCategory",
    "TemplateOut",
    "TestOut",
    "ToraleClient",
    "Trigger",
    "UserOut",
    "WebhookTarget",
]

_HOMES = {
    "torale.contract.auth": ("KeyCreated", "KeyOut", "Scope", "UserOut"),
    "torale.contract.channels": (
        "ChannelOut",
        "ChannelState",
        "ChannelType",
        "DeliveryStatus",
        "EventType",
        "SendOut",
        "TestOut",
    ),
    "torale.contract.executions": (
        "EvidenceDocument",
        "ExecutionOut",
        "ExecutionStatus",
        "GroundingSource",
        "NotificationOut",
        "PreviewOut",
        "QuoteOut",
        "ResultOut",
        "Trigger",
    ),
    "torale.contract.tasks": (
        "ChannelTarget",
        "EmailTarget",
        "NotifyBehavior",
        "SuggestOut",
        "TaskOut",
        "TaskState",
        "WebhookTarget",
    ),
    "torale.contract.templates": ("TemplateCategory", "TemplateOut"),
    "torale.sdk.transport.answers": ("RateLimit",),
    "torale.sdk.client": ("AsyncToraleClient", "ToraleClient"),
    "torale.sdk.pages": ("AsyncPage", "Page"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name == "__version__":
        return import_module("importlib.metadata").version("torale")
    if name not in _HOME:
        raise AttributeError(f"module 'torale' has no attribute {name!r}")
    value: object = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
