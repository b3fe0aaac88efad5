"""Dependencies of endpoints that show tasks."""

from typing import Annotated

from fastapi import Depends, Request

from torale.server.database import Session
from torale.server.settings.base import SETTINGS
from torale.server.tasks.ports import Channels
from torale.server.tasks.presentation import Display


def has_model(request: Request) -> bool:
    """Whether the operator configured a language model."""
    return SETTINGS.of(request).has_model


def _display(request: Request, session: Session, channels: Channels) -> Display:
    return Display(session, channels, has_model(request))


Shown = Annotated[Display, Depends(_display)]
