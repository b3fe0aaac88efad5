"""Every call that the SDK describes."""

from collections.abc import Callable, Generator
from typing import Any

from torale.sdk.admin import Admin
from torale.sdk.auth import ApiKeys, Auth
from torale.sdk.channels import Channels
from torale.sdk.notifications import Notifications
from torale.sdk.tasks import Tasks
from torale.sdk.templates import Templates
from torale.sdk.transport.calls import Resource

RESOURCES: tuple[type[Resource[Any]], ...] = (
    Admin,
    ApiKeys,
    Auth,
    Channels,
    Notifications,
    Tasks,
    Templates,
)


def descriptions() -> Generator[tuple[str, Callable[..., Any]]]:
    for resource in RESOURCES:
        mro = resource.__mro__
        own = [kind for kind in mro if issubclass(kind, Resource) and kind is not Resource]
        for name in (name for kind in own for name in vars(kind)):
            if not name.startswith("_"):
                yield f"{resource.__name__}.{name}", getattr(resource, name)
